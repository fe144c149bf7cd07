"""The scorecard: tiles, rows and words are those of the verdicts."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from nmfbench.compare.claims import judge
from nmfbench.compare.paired import COLUMNS
from nmfbench.factorize.complexity import PRINTED, SIZES
from nmfbench.present import scorecard, style
from nmfbench.present.figures import claims as figure_claims
from nmfbench.present.tables.claims import make as claims_table

STUDY = {
    "title": "Example",
    "losses": ["mse", "kld"],
    "refereed": "trained to convergence",
    "claims": "Our tests",
    "models": {
        name: {"label": name.upper(), "method": name}
        for name in ("nmf", "c-nmf", "ae-nmf", "nmf-converged", "ae-nmf-converged")
    },
    "cohorts": {name: {"label": name.capitalize()} for name in ("ovary", "prostate", "uterus")},
}
MINIMUM = {"error": {"of": "ratio", "minimum": 0.05}}
LIKE = {"nmf": "nmf-converged", "ae-nmf": "ae-nmf-converged"}
# Interval on cohorts like it by cohort and side, and the verdict on "below" that follows.
INTERVALS = {
    "ovary": {"deposited": (0.4, 0.6), "published": (0.4, 0.6), "refereed": (0.5, 2.0)},
    "prostate": {"deposited": (0.5, 2.0), "published": (0.6, 0.7), "refereed": (1.4, 1.6)},
    "uterus": {"deposited": (0.98, 1.01), "published": (0.99, 1.02), "refereed": (0.4, 0.5)},
}
VERDICTS = {
    "ovary": ("supported", "supported", "inconclusive"),
    "prostate": ("inconclusive", "supported", "contradicted"),
    "uterus": ("negligible", "negligible", "supported"),
}


def row(cohort, loss, side, models):
    low, high = INTERVALS[cohort][side]
    ends = np.log([low, high])
    like = dict(zip(("like_low", "like_high"), (low, high), strict=True))
    like |= {"like_se": (ends[1] - ends[0]) / 2 / 1.96, "like_df": np.inf}
    # On this cohort the interval is half as wide.
    here = np.exp(ends.mean() + (ends - ends.mean()) / 2)
    found = {"low": here[0], "high": here[1], "se": like["like_se"] / 2, "df": np.inf}
    names = dict(zip(("model", "other"), models, strict=True))
    ids = {"cohort": cohort, "scheme": "holdout", "loss": loss, "k": 4, "metric": "error"}
    values = {"value": 10.0, "value_other": 20.0, "effect": np.exp(ends.mean()), "n": 30}
    return ids | names | like | found | values | {"set": "test", "kind": "ratio"}


def claim(id_, **other):
    return {
        "id": id_,
        "sentence": "NMF reconstructs the test samples better than AE-NMF: a long sentence.",
        "place": "Table 3",
        "metric": "error",
        "set": "test",
        "models": ["nmf", "ae-nmf"],
        "relation": "below",
        "cohorts": list(INTERVALS),
        "losses": ["mse"],
    } | other


def make_claims(*claims, deposit=True):
    published, referees = ("nmf", "ae-nmf"), ("nmf-converged", "ae-nmf-converged")
    run = [
        row(cohort, loss, side, models)
        for cohort in INTERVALS
        for loss in ("mse", "kld")
        for side, models in (("published", published), ("refereed", referees))
    ]
    own = [row(cohort, "mse", "deposited", published) for cohort in INTERVALS] * deposit
    reference = pd.DataFrame(
        [("ovary", "nmf", "mse", "test_error_mean", 10.0, "made up"),
         ("ovary", "ae-nmf", "mse", "test_error_mean", 25.0, "made up")],
        columns=["cohort", "method", "loss", "metric", "value", "source"],
    )  # fmt: skip
    tables = [pd.DataFrame(rows).reindex(columns=list(COLUMNS)) for rows in (run, own)]
    return judge(claims, tables[0], MINIMUM, reference, LIKE, tables[1])


@pytest.fixture(scope="module")
def judged():
    return make_claims(
        claim("E1"),
        claim("E2", sentence="On data both are alike.", relation="similar", losses=["mse", "kld"]),
        claim("E3", cohorts=["ovary"], sentence="Of C-NMF, too.", models=["c-nmf", "nmf"]),
        claim("E4", cohorts=["ovary"], sentence="The one is better."),
    )


def test_the_verdicts_are_those_of_the_intervals(judged):
    rows = judged[judged["id"] == "E1"].set_index("cohort")
    for cohort, verdicts in VERDICTS.items():
        assert tuple(rows.loc[cohort, f"{s}_verdict"] for s in INTERVALS[cohort]) == verdicts


def test_each_verdict_has_its_tile_and_strip(judged):
    figure = figure_claims.draw(judged, STUDY)
    boxes = [p for p in figure.axes[0].patches if isinstance(p, Rectangle)]
    sides = scorecard.shown_sides(judged, STUDY)
    assert list(sides) == ["deposited", "published", "refereed"]
    said = pd.concat([judged[f"{side}_verdict"] for side in sides])
    here = pd.concat([judged[f"{side}_verdict_here"] for side in sides])
    here = here[here != "cannot be tested"]
    counts = said.value_counts().add(here.value_counts(), fill_value=0)
    assert len(counts) == 5
    for verdict, count in counts.items():
        colour = to_hex(figure_claims.VERDICTS[verdict][0])
        assert sum(to_hex(box.get_facecolor()) == colour for box in boxes) == count
    signs = [sign for _, sign in figure_claims.VERDICTS.values()]
    assert len(set(signs)) == 5  # without their colours, too
    text = [t.get_text() for t in figure.axes[0].texts]
    for verdict, (_, sign) in figure_claims.VERDICTS.items():
        assert not sign or text.count(sign) == (said == verdict).sum()
    for word in ("E1", "E4", "Ovary", "MSE", "KLD", "D: the authors' own numbers"):
        assert word in " ".join(text)
    width, height = figure.get_size_inches() * 25.4
    assert width <= style.DOUBLE_MM + 1
    assert height <= 230


def test_nothing_of_the_scorecard_overlaps(judged):
    figure = figure_claims.draw(judged, STUDY)
    figure.draw_without_rendering()
    ax = figure.axes[0]
    tiles = [tile.get_window_extent() for tile in ax.patches]
    for i, tile in enumerate(tiles):
        assert not any(tile.shrunk(0.9, 0.9).overlaps(t.shrunk(0.9, 0.9)) for t in tiles[:i])
    sentences = [t for t in ax.texts if t.get_text().startswith("E")]
    assert len(sentences) == 4
    for sentence in sentences:
        box = sentence.get_window_extent()
        assert not any(box.overlaps(tile) for tile in tiles)


def test_without_a_deposit_there_are_two_tiles():
    judged = make_claims(claim("E1"), deposit=False)
    assert list(scorecard.shown_sides(judged, STUDY)) == ["published", "refereed"]
    text = " ".join(t.get_text() for t in figure_claims.draw(judged, STUDY).axes[0].texts)
    assert "the authors" not in text
    table = claims_table(judged, STUDY)
    assert not [c for block in table.blocks for r in block.rows for c in r if "authors" in c.text]
    assert "authors" not in " ".join(table.notes)


def test_the_table_has_the_numbers_and_verdicts(judged):
    table = claims_table(judged, STUDY)
    assert table.title == "Our tests, tested. Example"
    assert [block.heading.split(":")[0] for block in table.blocks] == ["E1", "E2", "E3", "E4"]
    assert "smallest effect that matters 5%" in table.blocks[0].heading
    papers = judged["paper_effect"].notna().sum()
    deposited = (judged["deposited_verdict"] != "cannot be tested").sum()
    rows = papers + deposited + 2 * len(judged)  # two of what was run here
    assert sum(len(block.rows) for block in table.blocks) == rows
    assert all(len(row) == len(table.columns) for block in table.blocks for row in block.rows)
    paper, deposit, *_ = ([cell.text for cell in row] for row in table.blocks[0].rows)
    # The deposit has 20 where the text has 25.
    assert paper[:6] == ["Ovary, K = 4", "MSE", "the paper", "10.0†", "25.0†", "0.400"]
    assert deposit[2:6] == ["the authors' own numbers", "10.0", "20.0", "0.490 [0.400, 0.600]"]
    assert deposit[8:] == ["supported", "supported"]
    assert "does not follow from its deposit." in " ".join(table.notes)
    alike = [cell.text for cell in table.blocks[1].rows[1]]
    assert alike[8] == "contradicted (within 150.0%)"  # 1 / 0.4
    contradicted = [c for block in table.blocks for r in block.rows for c in r if c.best]
    assert {cell.text.split(" (")[0] for cell in contradicted} == {"contradicted"}


def test_the_answer_says_each_sentence_under_its_verdict(judged):
    lines = scorecard.answers(judged[judged["id"] == "E1"], STUDY)
    sentence = "NMF reconstructs the test samples better than AE-NMF: a long sentence"
    assert lines == [
        ("Supported when refereed (trained to convergence)", [f"{sentence}, in Uterus"]),
        ("Contradicted when refereed (trained to convergence)", [f"that {sentence}, in Prostate"]),
    ]
    # What is unknown is said where nothing else is.
    ((lead, sentences),) = scorecard.answers(judged[judged["id"] == "E4"], STUDY)
    assert lead.startswith("The data cannot tell when refereed")
    assert sentences == ["whether the one is better, in Ovary"]


def test_the_answer_says_on_how_many_tumours(judged):
    shares = judged[judged["id"] == "E1"].assign(refereed_share=[0.961, 0.5, 0.984])
    _, (sentence,) = scorecard.answers(shares, STUDY)[0]
    assert sentence.endswith("in Uterus (on 98 % of the tumours)")
    table = claims_table(shares.assign(refereed_share_low=0.9, refereed_share_high=1), STUDY)
    assert "96 % [90 %, 100 %]" in [cell.text for cell in table.blocks[0].rows[3]]


def test_places_are_named_by_cohort_and_loss():
    judged = make_claims(
        claim("E1", losses=["mse", "kld"]),
        claim("E2", metric="error", relation="above", losses=["mse", "kld"]),
    )
    rows = judged[judged["id"] == "E1"]
    assert scorecard._places(rows, rows, STUDY) == "in all 3 cohorts"
    assert scorecard._places(rows.iloc[:4], rows, STUDY) == "in Ovary and Prostate"
    assert scorecard._places(rows.iloc[[0, 2, 3]], rows, STUDY) == "in Ovary (MSE) and Prostate"


def test_a_claim_about_the_published_way_is_told_as_published(judged):
    rows = judged[judged["id"] == "E1"].assign(refereed_verdict="cannot be tested")
    _, (sentence,) = scorecard.answers(rows, STUDY)[0]
    assert sentence.endswith("in Ovary and Prostate (as published)")


def test_what_the_deposit_does_not_show_is_said(judged):
    def said(id_):
        return scorecard.about_the_deposit(judged[judged["id"] == id_], STUDY)

    assert "The authors' own numbers show it only in 1 of 3 cohorts." in said("E1")
    differs = "In Ovary the paper states 10.0 and 25.0; its deposit gives 10.0 and 20.0."
    assert differs in said("E1")
    assert said("E3") == ""  # the deposit has none of C-NMF


def test_the_counts_are_those_of_the_verdicts(judged):
    lines = scorecard.counts(judged, STUDY)
    assert len(lines) == 3
    for line, side in zip(lines, scorecard.shown_sides(judged, STUDY), strict=True):
        counted = judged[f"{side}_verdict"].value_counts()
        counted = counted.drop("cannot be tested")
        assert f"of {counted.sum()} combinations" in line
        assert all(f"{verdict} in {n}" in line for verdict, n in counted.items())


def test_counts_drawn_anew_have_tiles_and_lines_of_their_own_and_the_last_word():
    judged = make_claims(claim("E1", cohorts=["ovary"]), deposit=False)
    assert list(scorecard.shown_sides(judged, STUDY)) == ["published", "refereed"]
    judged["poisson_verdict"] = judged["poisson_verdict_here"] = "supported"
    judged["nb_verdict"] = judged["nb_verdict_here"] = "supported"
    assert list(scorecard.shown_sides(judged, STUDY)) == ["published", "refereed", "poisson", "nb"]
    ((lead, _),) = scorecard.answers(judged, STUDY)
    assert lead.startswith("Supported")  # where without noise the data cannot tell
    text = [t.get_text() for t in figure_claims.draw(judged, STUDY).axes[0].texts]
    assert [letter for letter in text if letter in "PRNB"] == ["P", "R", "N", "B"]
    rows = [cell.text for r in claims_table(judged, STUDY).blocks[0].rows for cell in r]
    assert "the same, Poisson noise" in rows
    judged["nb_verdict"] = "contradicted"
    ((lead, _),) = scorecard.answers(judged, STUDY)
    assert lead.startswith("The data cannot tell")
    # Each verdict stands under its own letter, and in its own line.
    tiles = [p for p in figure_claims.draw(judged, STUDY).axes[0].patches if p.get_height() > 0.4]
    last = [to_hex(p.get_facecolor()) for p in sorted(tiles, key=lambda p: p.get_x())][-2:]
    assert last == [to_hex(figure_claims.VERDICTS[v][0]) for v in ("supported", "contradicted")]
    lines = [[cell.text for cell in r] for r in claims_table(judged, STUDY).blocks[0].rows]
    assert {line[2]: line[8] for line in lines if line[2].startswith("the same")} == {
        "the same, Poisson noise": "supported",
        "the same, negative binomial noise": "contradicted",
    }


@pytest.fixture(scope="module")
def of_slopes():
    """A slope of C-NMF as printed, which is as stated, and one of NMF, which is not."""
    at = {"cohort": SIZES, "scheme": "-", "loss": "mse", "k": 0, "metric": "slope", "n": 4}
    at |= {"kind": "difference", "df": 2.0, "se": 0.01}
    of_n, of_k = (
        {**at, "set": set_, "model": model, "other": "2", "value": 2 + effect, "value_other": 2.0}
        | {"effect": effect, "low": effect - 0.043, "high": effect + 0.043}
        for set_, model, effect in (("samples", PRINTED, 0.05), ("ranks", "nmf", -1.0))
    )
    paired = pd.DataFrame([of_n, of_k]).reindex(columns=list(COLUMNS))
    slope = {"metric": "slope", "exponent": 2, "relation": "similar", "cohorts": [SIZES]}
    claims = [
        claim("E16", set="samples", models=[PRINTED], sentence="C-NMF grows as N².", **slope),
        claim("E17", set="ranks", models=["nmf"], sentence="NMF grows as K².", **slope),
    ]
    reference = pd.DataFrame(columns=["cohort", "method", "loss", "metric", "value", "source"])
    least = {"slope": {"of": "difference", "minimum": 0.25}}
    return judge(claims, paired, least, reference, LIKE, paired.iloc[:0])


SIZED = STUDY | {"cohorts": STUDY["cohorts"] | {SIZES: {"label": "Simulated sizes"}}}


def test_slopes_stand_in_the_table_with_their_interval_of_this_run(of_slopes):
    table = claims_table(of_slopes, SIZED)
    first, second = table.blocks
    assert "C-NMF as printed against 2 as stated: alike" in first.heading
    assert "smallest effect that matters 0.25" in first.heading
    as_published, refereed = ([cell.text for cell in row] for row in first.rows)
    assert as_published[0] == "Simulated sizes, by N and K"
    assert as_published[3:6] == ["2.05", "2.00", "+0.050 [+0.007, +0.093]"]
    assert as_published[8:] == ["supported (within 0.093)", "supported"]
    assert refereed[8:] == ["cannot be tested", "cannot be tested"]
    assert [cell.text for cell in second.rows[0]][9] == "contradicted"
    notes = " ".join(table.notes)
    assert "larger half of the points" in notes
    assert "no cap on iterations" not in notes  # there are no seconds


def test_slopes_have_a_column_of_their_own_in_the_figure(of_slopes, judged):
    both = pd.concat([judged, of_slopes], ignore_index=True)
    figure = figure_claims.draw(both, SIZED)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert any("by N and K" in text for text in texts)
    assert not any("K = 0" in text for text in texts)


def test_seconds_name_the_models_of_both_sides(judged):
    """Both are as published: no side of them is trained to convergence."""
    names = {"published_name": "nmf", "published_name_other": PRINTED}
    names |= {"refereed_name": "nmf", "refereed_name_other": "c-nmf"}
    seconds = judged[judged["id"] == "E1"].assign(metric="seconds", set="train", **names)
    table = claims_table(seconds, STUDY)
    said = [row[2].text for row in table.blocks[0].rows]
    assert "as published, NMF against C-NMF as printed" in said
    assert "as published, NMF against C-NMF" in said
    assert "trained to convergence" not in said
    assert "no cap on iterations" in " ".join(table.notes)
    _, (sentence,) = scorecard.answers(seconds, STUDY)[0]
    assert sentence.endswith("in Uterus (as published, NMF against C-NMF)")
    sides = scorecard.shown_sides(seconds, STUDY)
    assert "as published, NMF against C-NMF: " in scorecard.each_side(seconds, sides, STUDY)
    others = claims_table(judged[judged["id"] == "E1"], STUDY).blocks[0].rows
    assert "trained to convergence" in [row[2].text for row in others]


def test_slopes_are_told_as_published(of_slopes):
    lines = dict(scorecard.answers(of_slopes, SIZED))
    assert lines["Supported when refereed (trained to convergence)"] == [
        "C-NMF grows as N², as timed here"
    ]
    other = of_slopes[of_slopes["id"] == "E16"].assign(loss="kld", published_verdict="contradicted")
    both = pd.concat([of_slopes[of_slopes["id"] == "E16"], other], ignore_index=True)
    said = [sentence for _, sentences in scorecard.answers(both, SIZED) for sentence in sentences]
    assert said == [
        "C-NMF grows as N², as timed here (MSE)",
        "that C-NMF grows as N², as timed here (KLD)",
    ]
