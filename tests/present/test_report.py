import io
from pathlib import Path

import docutils.core
import jinja2
import numpy as np
import pandas as pd
import pytest
from present_examples import REASON, held_out_samples, make_example, make_ranks

from nmfbench.compare.ranks import by_rank
from nmfbench.present.report import answer, front_page
from nmfbench.present.summary import summarise
from nmfbench.present.tables.errors import make as error_table
from nmfbench.present.tables.render import number

CAPTIONS = Path(__file__).parents[2] / "workflow" / "report"


def to_html(text):
    warnings = io.StringIO()
    page = docutils.core.publish_parts(
        text, writer="html", settings_overrides={"warning_stream": warnings, "report_level": 1}
    )
    assert warnings.getvalue() == ""
    return page["whole"]


@pytest.fixture(scope="module")
def page(example):
    return front_page(example.scores, example.matches, example.study)


def section(page, title, loss):
    after = page.split(f"\n{title}\n---")[1].split(f"\n**{loss}**\n\n")[1]
    return after.split("\n\n")[0]


def test_the_page_is_valid_restructuredtext(page):
    html = to_html(page)
    assert "Example_study" in html
    assert 'class="problematic"' not in html


def test_the_page_survives_jinja(page):
    assert jinja2.Template(page).render() == page.rstrip("\n")


def test_numbers_are_those_of_the_table(page, example):
    table = error_table(example.scores, example.study)
    for block in table.blocks:
        title, loss = block.heading.split(": ")
        text = section(page, title, loss)
        for row in block.rows:
            mean, median, ratio = (cell.text for cell in row[5:8])
            if mean == "–":
                assert f"{row[0].text} –" not in text
                continue
            assert f"{row[0].text} {mean} (median {median})" in text
            assert row[0].text == "NMF" or f"(mean ratio {ratio})" in text


def test_counts_of_splits_are_those_of_the_scores(page, example):
    ratio = example.scores.query(
        "metric == 'ratio' and set == 'test' and cohort == 'ovary' and loss == 'mse' "
        "and model == 'dnmf'"
    )["value"].dropna()
    assert len(ratio) == 4
    text = section(page, "Ovary, K = 4", "MSE")
    assert f"DNMF on {(ratio > 1).sum()} of 4 splits (mean ratio {number(ratio.mean())})" in text


def test_models_are_ordered_by_their_error(page, example):
    summary = summarise(example.scores, example.study)
    here = summary.query("cohort == 'ovary' and loss == 'mse' and failed == 0")
    labels = [example.study["models"][m]["label"] for m in here.sort_values("test_mean")["model"]]
    line = section(page, "Ovary, K = 4", "MSE").split("lowest first: ")[1].split("\n")[0]
    assert [part.split(" ")[0] for part in line.split("), ")] == labels == ["NMF", "C-NMF"]


def test_a_model_that_failed_on_some_splits_is_not_ranked(example):
    scores = example.scores.copy()
    errors = (scores["metric"] == "error") & (scores["model"] == "dnmf")
    scores.loc[errors, "value"] /= 1000
    page = front_page(scores, example.matches, example.study)
    assert (
        "Lowest mean test error, of 4 combinations of cohort and loss: DNMF in 3 and NMF in 1"
        in page
    )
    assert "failed on some splits of a cohort is not ranked there" in page
    text = section(page, "Ovary, K = 4", "MSE")
    assert "over the splits without a failure, not to be ranked with the others: DNMF " in text
    assert "not to be ranked" not in section(page, "Ovary, K = 4", "KLD")


def test_a_model_is_named_first_only_where_it_can_be_told_from_the_next(example):
    """By its interval on cohorts like it, or if there is none, on this cohort."""
    scores = example.scores
    scores = scores[scores["model"].isin(["nmf", "c-nmf"])]
    cells = scores[["cohort", "scheme", "loss", "k"]].drop_duplicates().reset_index(drop=True)
    assert len(cells) == 4
    names = {"metric": "error", "set": "test", "kind": "ratio", "model": "nmf", "other": "c-nmf"}
    paired = cells.assign(**names, low=0.7, high=0.9, like_low=0.6, like_high=0.95)
    other_way = paired.assign(model="c-nmf", other="nmf", low=1.1, high=1.5, like_low=np.nan)

    def said(paired):
        page = front_page(scores, example.matches, example.study, paired=paired)
        (line,) = (x for x in page.splitlines() if "Lowest mean test error, of 4" in x)
        return line.split("loss: ")[1]

    assert said(pd.concat([paired, other_way])) == "NMF in 4."
    paired.loc[0, "like_high"] = 1.01
    assert said(paired) == "NMF in 3 and the first two cannot be told apart in 1."
    paired[["like_low", "like_high"]] = np.nan
    assert said(paired) == "NMF in 4."
    assert said(paired.iloc[:0]) == "the first two cannot be told apart in 4."
    assert said(None) == "NMF in 4."


def test_failures_are_named_with_their_reason(page):
    text = section(page, "Ovary, K = 4", "MSE")
    assert f"DNMF on 2 of 6 splits ({REASON})" in text
    assert f"AE-NMF on 6 of 6 splits ({REASON})" in text
    assert "8 of the 96 fits failed" in page
    assert "Failed" not in section(page, "Ovary, K = 4", "KLD")


def test_signatures_that_died_are_counted_and_none_is_not_mentioned(page):
    dead = {"c-nmf": [1, 1, 1, 1, 2, 0]}
    example = make_example(["nmf", "c-nmf"], ["ovary"], n_splits=6, losses=["mse"], dead=dead)
    with_dead = front_page(example.scores, example.matches, example.study)
    assert "- In 5 of the 12 fits a signature died" in with_dead
    found = section(with_dead, "Ovary, K = 4", "MSE")
    assert (
        "A signature died (it carries nothing, or is a mixture of the others): C-NMF in 5 of 6"
        in (found)
    )
    assert "died" not in page


def test_what_is_found_of_the_truth_is_said(page, example):
    found = example.scores.query(
        "cohort == 'scenario8' and loss == 'mse' and model == 'c-nmf' and value.notna()"
    )
    means = found.groupby("metric")["value"].mean()
    f1, recall, precision = (means[f"{name}_truth"] for name in ("f1", "recall", "precision"))
    text = section(page, "Scenario 8, K = 3", "MSE")
    assert f"C-NMF {f1:.3f} ({recall:.3f}, {precision:.3f})" in text
    assert "True signatures found" not in section(page, "Ovary, K = 4", "MSE")


def test_equal_errors_count_as_neither_better_nor_worse(example):
    scores = example.scores.copy()
    ours = (scores["metric"] == "ratio") & (scores["model"] == "c-nmf") & (scores["loss"] == "kld")
    scores.loc[ours, "value"] = 1.0
    text = section(front_page(scores, example.matches, example.study), "Ovary, K = 4", "KLD")
    assert "C-NMF on 0 of 6 splits, equal on 6 (mean ratio 1.000)" in text


def test_several_ranks_are_told_by_the_chosen_ones():
    failed = [("uterus", "ae-nmf", k, 1) for k in (2, 3, 4, 5)]
    example = make_ranks(["nmf", "ae-nmf"], ["ovary", "uterus"], [2, 3, 4, 5], 4, failed)
    page = front_page(example.scores, example.matches, example.study)
    to_html(page)
    table = by_rank(example.scores).query("cohort == 'ovary'").set_index("model")
    words = []
    for model, label in (("nmf", "NMF"), ("ae-nmf", "AE-NMF")):
        rows = table.loc[model].set_index("k")
        chosen = rows["chosen"].idxmax()
        among = rows.index[rows["among"] == 1]
        more = " or more" if among.max() == 5 else ""
        span = f" ({among.min()} to {among.max()}{more})" if len(among) > 1 else more
        words.append(f"{label} {chosen}{span}")
    begins = f"Number of signatures (MSE), Ovary: {', '.join(words)}.\n"
    assert answer(page).startswith(begins)
    assert "Number of signatures (MSE), Uterus: NMF" in answer(page)
    assert f"- Ovary, MSE: {', '.join(words)}." in page
    assert "AE-NMF none." in page
    assert f"Uterus, K = 3, MSE: AE-NMF on 1 of 4 splits ({REASON})." in page
    assert "smallest K whose held-out error is within one standard error" in page
    assert "- Ovary, K = 2 to 5: 4 splits, folds of the counts" in page
    assert "of 16 combinations of cohort, K and loss" not in page
    assert "combinations of cohort, K and loss" in page
    assert "\nOvary, K = 2\n" not in page  # no section per rank


def test_without_counts_held_out_no_rank_is_told():
    example = make_ranks(["nmf", "c-nmf"], ["ovary"], [2, 3], n_splits=3)
    page = front_page(held_out_samples(example.scores), example.matches, example.study)
    assert "No K is chosen here: the exposures of the test samples were fitted" in page
    assert "Number of signatures (MSE)" not in page


def test_the_last_rank_tried_is_that_many_or_more():
    example = make_ranks(["nmf", "c-nmf"], ["ovary"], [2, 3], n_splits=3)
    scores = example.scores
    errors = (scores["metric"] == "error") & (scores["set"] == "thinned")
    falls = errors & (scores["model"] == "nmf")
    scores.loc[falls, "value"] = 100.0 / scores.loc[falls, "k"]
    flat = errors & (scores["model"] == "c-nmf")
    scores.loc[flat, "value"] = 100.0 + scores.loc[flat, "k"]
    first, *_ = answer(front_page(scores, example.matches, example.study)).splitlines()
    assert first == "Number of signatures (MSE), Ovary: NMF 3 or more, C-NMF 2."


def test_a_cohort_of_one_rank_beside_one_of_several_keeps_its_section(example):
    more = make_ranks(["nmf", "c-nmf"], ["uterus"], [2, 3], n_splits=3)
    scores = pd.concat([example.scores, more.scores])
    cohorts = example.study["cohorts"] | more.study["cohorts"]
    page = front_page(scores, example.matches, example.study | {"cohorts": cohorts})
    assert "\nOvary, K = 4\n---" in page
    assert "\nUterus, K = 2\n---" not in page
    assert "- Uterus, MSE: NMF " in page


def test_models_of_one_optimum_are_compared_split_by_split(example):
    scores, study = example.scores.copy(), dict(example.study)
    study["models"] = study["models"] | {"ae-nmf": {"label": "AE-NMF", "same_optimum": "c-nmf"}}
    train = (scores["metric"] == "error") & (scores["set"] == "train")
    of = {model: train & (scores["model"] == model) for model in ("c-nmf", "ae-nmf")}
    scores.loc[of["ae-nmf"], "value"] = scores.loc[of["c-nmf"], "value"].to_numpy() * (1 + 1e-5)
    page = front_page(scores, example.matches, study)
    everywhere = of["ae-nmf"].sum() - scores.loc[of["ae-nmf"] | of["c-nmf"], "value"].isna().sum()
    agree = "Their training errors agree within 0.1% on"
    assert f"{agree} {everywhere} of {everywhere} splits" in page
    assert "it is no evidence from two optimisers" in page
    two = study["models"]["ae-nmf"] | {"solver": "adam"}
    two = front_page(scores, example.matches, study | {"models": study["models"] | {"ae-nmf": two}})
    assert "by two optimisers: where they agree, both have found one optimum" in two
    assert "local optimum" not in page
    here = of["ae-nmf"] & (scores["cohort"] == "ovary") & (scores["loss"] == "kld")
    first, second = scores.loc[here, "split"].sort_values().head(2)
    scores.loc[here & (scores["split"] == first), "value"] *= 2
    scores.loc[here & (scores["split"] == second), "value"] *= 0.9
    page = front_page(scores, example.matches, study)
    assert f"{agree} {everywhere - 2} of {everywhere} splits" in page
    words = f"split {first}, C-NMF 50.0% lower; split {second}, AE-NMF 10.0% lower"
    assert f"- Ovary, K = 4, KLD: {words}." in page
    assert "One optimum" not in front_page(scores, example.matches, example.study)
    to_html(page)


def test_the_answer_is_the_first_points_as_plain_text(example):
    models = example.study["models"] | {"nmf": {"label": "My_*NMF*", "method": "nmf"}}
    page = front_page(example.scores, example.matches, example.study | {"models": models})
    lines = answer(page).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("Lowest mean test error, of 4 combinations")
    assert "My_*NMF*" in lines[0]


def test_several_sentences_of_a_verdict_stand_below_it():
    page = "- One: a \\*b\\*.\n- Two:\n\n  - c\n  - d\n\n- Three.\n- Four.\n"
    assert answer(page) == "One: a *b*.\nTwo:\n  c\n  d\nThree.\n"


def test_labels_are_escaped(example):
    study = {**example.study, "title": "A *b* `c` |d| e_", "citation": "X {{ y }}, 2025"}
    html = to_html(front_page(example.scores, example.matches, study))
    assert "A *b* `c` |d| e_" in html
    assert "{{" not in html


@pytest.mark.parametrize("path", sorted(CAPTIONS.glob("*.rst")), ids=lambda path: path.stem)
def test_captions_are_valid(path, example):
    wildcards = {"loss": "mse"} if path.stem == "table-matches" else {}
    study = example.study | {"refereed": "held out"}
    snakemake = {"wildcards": wildcards, "params": {"study": study}}
    text = path.read_text(encoding="utf-8")
    strict = jinja2.Environment(undefined=jinja2.StrictUndefined)
    assert "{{" not in to_html(strict.from_string(text).render(snakemake=snakemake))
