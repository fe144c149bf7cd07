"""The page of a made-up study: its words follow the numbers, and it needs nothing but itself."""

import base64
import copy
import re
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest
from present_examples import REASON, RECORD, SETTINGS, make_page

from nmfbench.compare.claims import DRAWS
from nmfbench.factorize.methods import make_settings
from nmfbench.present.methods_text import describe_models, methods_text
from nmfbench.present.page import references
from nmfbench.present.panels import about_path

VOID = {"meta", "img", "link", "br"}
CLAIMS = pd.DataFrame(
    [
        ("E1", "NMF is better.", "ovary", "supported", "supported"),
        ("E1", "NMF is better.", "scenario8", "supported", "inconclusive"),
        ("E2", "AE-NMF is <faster>.", "ovary", "contradicted", "cannot be tested"),
    ],
    columns=["id", "sentence", "cohort", "published_verdict", "refereed_verdict"],
).assign(
    loss="mse",
    **{f"{side}_verdict": "cannot be tested" for side in ("deposited", *DRAWS)},
    paper_differs=0,
    relation="below",
    metric="error",
    published_share=float("nan"),
    refereed_share=float("nan"),
)


class Page(HTMLParser):
    """Tags with their attributes, ids, and the text of the page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.texts = [], [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for section in [id_ for tag, id_ in self.open if tag == "section"]:
            self.texts[section] = self.texts.get(section, "") + data

    def values(self, attribute, tag=None):
        found = [attrs for name, attrs in self.tags if tag in (None, name)]
        return [attrs[attribute] for attrs in found if attribute in attrs]


@pytest.fixture(scope="module")
def text(example, tmp_path_factory):
    return make_page(tmp_path_factory.mktemp("page"), example, CLAIMS)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_the_page_is_whole_and_needs_no_other_file(page):
    assert page.open == []
    assert "link" not in [tag for tag, _ in page.tags]
    assert all(src.startswith("data:image/") for src in page.values("src"))
    assert all(href.startswith(("#", "data:")) for href in page.values("href"))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.values("href") if href.startswith("#")} <= set(ids)


@pytest.mark.parametrize(
    ("path", "about"),
    [
        ("figures/all/errors.mse.svg", ("errors", "all", "mse", "")),
        ("figures/ovary/pca.kld.converged.svg", ("pca", "ovary", "kld", "converged")),
        ("figures/all/released.fig_5.svg", ("released", "all", "fig_5", "")),
        ("figures/all/claims.svg", ("claims", "all", "", "")),
        ("tables/matches.mse.html", ("matches", "all", "mse", "")),
    ],
)
def test_a_path_says_what_its_file_is_about(path, about):
    assert about_path(f"results/demo/{path}") == about


def test_a_figure_of_a_cohort_shows_its_rows_and_the_models_of_the_study(example):
    models = {name: example.study["models"][name] for name in ("nmf", "ae-nmf")}
    study = example.study | {"models": models}
    rows = about_path("figures/ovary/errors.mse.svg").rows(example.scores, study)
    assert set(rows["cohort"]) == {"ovary"}
    assert set(rows["model"]) == {"nmf", "ae-nmf"}
    rows = about_path("figures/all/errors.mse.svg").rows(example.scores, study)
    assert set(rows["cohort"]) == set(example.scores["cohort"])
    assert about_path("figures/all/claims.svg").rows(CLAIMS, study) is CLAIMS


def test_headings_are_in_order(page):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_sections_are_in_reading_order(page):
    order = ["answer", "scorecard", "compared", "figures", "tables", "details", "methods"]
    ids = [id_ for id_ in page.values("id", "section") if not id_.startswith(("figure-", "table-"))]
    assert ids == [*order, "citations"]


def test_pictures_have_words(page):
    assert page.values("alt") == [
        "Scorecard",
        "Figure 2. Training and test error, split by split, MSE",
        "Figure 2. Training and test error, split by split, KLD",
        "Consensus signatures, Ovary, MSE",
    ]
    assert "A grey line joins the same split" in " ".join(page.texts["figure-errors.mse"].split())
    assert "figures/all/errors.mse.pdf" in page.texts["figure-errors.mse"]


def test_the_words_follow_the_numbers(example, page, tmp_path):
    answer = page.texts["answer"]
    assert "Lowest mean test error, of 4 combinations of cohort and loss: NMF in 4." in answer
    first = "Supported when refereed (trained to convergence): NMF is better, in Ovary."
    assert answer.split("\n")[3] == first
    assert "that AE-NMF is <faster>, in Ovary (as published)." in answer
    assert answer.index(first) < answer.index("As published, run here: of 3 combinations")
    assert "supported in 2 and contradicted in 1." in answer
    better = example.scores.copy()
    better.loc[(better["metric"] == "error") & (better["model"] == "c-nmf"), "value"] /= 1000
    changed = type(example)(**{**vars(example), "scores": better})
    claims = CLAIMS.assign(published_verdict="supported")
    answer = Page(make_page(tmp_path, changed, claims)).texts["answer"]
    assert "Lowest mean test error, of 4 combinations of cohort and loss: C-NMF in 4." in answer
    assert "As published, run here: of 3 combinations" in answer
    assert "Contradicted" not in answer


def test_the_scorecard_has_the_heading_of_the_study(page):
    assert page.texts["scorecard"].split()[:2] == ["The", "conclusions"]


def test_a_failed_fit_is_named(page):
    assert "8 of the 96 fits failed: AE-NMF (6 of 24) and DNMF (2 of 24)" in page.texts["answer"]
    assert f"DNMF on 2 of 6 splits ({REASON})" in page.texts["details"]


def test_a_study_without_claims_has_no_scorecard(example, tmp_path):
    page = Page(make_page(tmp_path, example))
    assert "scorecard" not in page.values("id")
    assert "upported" not in page.texts["answer"]
    assert "Lowest mean test error" in page.texts["answer"]


def test_labels_are_escaped(example, tmp_path):
    nasty = '<b onclick="x">A & B</b>'
    models = example.study["models"] | {"nmf": {"label": nasty, "method": "nmf"}}
    study = example.study | {"models": models, "title": nasty, "citation": nasty}
    text = make_page(tmp_path, type(example)(**{**vars(example), "study": study}), CLAIMS)
    assert "<b " not in text
    assert nasty in Page(text).texts["answer"]
    assert "&lt;faster&gt;" in text


def test_a_table_can_be_downloaded_with_every_digit(page, example):
    links = [attrs for tag, attrs in page.tags if tag == "a" and "download" in attrs]
    assert [link["download"] for link in links] == ["errors.tsv", "matches.mse.tsv"]
    rows = base64.b64decode(links[0]["href"].split(",")[1]).decode().splitlines()
    assert rows[0].startswith("cohort\tscheme\tk\tloss\tmodel")
    mean = example.scores.query(
        "metric == 'error' and cohort == 'ovary' and loss == 'kld' and model == 'nmf' "
        "and set == 'test'"
    )["value"].mean()
    assert any(f"{mean:.10g}" in row.split("\t") for row in rows)


def test_the_same_study_gives_the_same_bytes(text, example, tmp_path):
    assert make_page(tmp_path, example, CLAIMS) == text


def test_methods_say_the_versions(example):
    text = methods_text([RECORD, RECORD])
    assert "nmfbench 0.1.0 (Python 3.11.7, numpy 2.4.6) from seed 5" in text[0]
    assert text[0].endswith(" of a CPU. Linear algebra: openblas 0.3.31 (Haswell).")
    assert len(text) == 3
    assert "KLD" not in text[-2]
    assert "one half of their counts" in text[-1]
    thinned = RECORD | {"job": RECORD["job"] | {"folds": 5}}
    assert "There are 5 folds" in methods_text([thinned])[-1]


def test_models_are_described_with_their_settings_and_whose_these_are(example, text):
    nmf, other = describe_models(SETTINGS, example.study)
    assert nmf.label == "NMF"
    assert nmf.about.startswith("V ~ S E by multiplicative updates (Lee & Seung 2001")
    # Its one solver has no starts.
    assert nmf.settings == "tolerance 1e-08, max_iterations 30,000 (Scenario 8), 500 (Ovary)"
    assert (other.settings, other.chosen_by) == ("none", "this study")
    study = copy.deepcopy(example.study)
    study["models"]["nmf"]["settings_from"] = {"mse": "released code"}
    found = [
        describe_models(SETTINGS, study | {"losses": losses})[0].chosen_by
        for losses in (["mse"], ["mse", "kld"])
    ]
    assert found == ["released code", "MSE: released code; KLD: this study"]
    assert f"<td>{nmf.settings}</td><td>this study</td>" in text


def test_methods_do_not_say_how_the_published_model_is_trained_of_a_converged_one(example):
    converged = {"label": "NMF (converged)", "method": "nmf", "converges": "nmf"}
    study = example.study | {"models": example.study["models"] | {"nmf-converged": converged}}
    given = vars(make_settings("nmf", {"solver": "l-bfgs", "starts": 20}, ""))
    (row,) = describe_models({"nmf-converged": {"ovary": given}}, study)
    about = "The loss and factors of NMF, trained to convergence"
    assert row[:3] == ("NMF (converged)", about, "solver l-bfgs, starts 20")


def test_nothing_is_cited_twice():
    paper = {"title": "On X", "authors": [{"family-names": "Li", "given-names": "Tao"}]}
    paper |= {"journal": "J", "volume": 3, "start": 1, "end": 9, "year": 2025, "doi": "10.1/x"}
    project = {"title": "nmfbench", "version": "0.1.0", "references": [paper]}
    first = "nmfbench. Version 0.1.0."
    assert references({}, project, ["D", "D (this is a copy)"]) == [
        first,
        "Li T. On X. J 3:1–9 (2025), doi:10.1/x.",
        "Data: D.",
    ]
    assert references({"citation": "Li: On X"}, project, []) == [first, "Li: On X."]
