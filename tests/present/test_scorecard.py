"""The scorecard: tiles, rows and words are those of the verdicts."""

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from present_examples import make_example

from nmfbench.compare.claims import judge
from nmfbench.compare.paired import paired
from nmfbench.present import style
from nmfbench.present.figures import claims as figure_claims
from nmfbench.present.report import front_page
from nmfbench.present.tables.claims import make as claims_table

REFERENCE = pd.DataFrame(
    {
        "cohort": "ovary",
        "method": ["nmf", "ae-nmf"],
        "loss": "mse",
        "metric": "test_error_mean",
        "value": [10.0, 25.0],
        "source": "made up",
    }
)


def claim(id_, **other):
    return {
        "id": id_,
        "sentence": "NMF reconstructs the test samples better than AE-NMF: a long sentence.",
        "place": "Table 3",
        "metric": "error",
        "set": "test",
        "models": ["nmf", "ae-nmf"],
        "relation": "below",
        "cohorts": ["scenario8", "ovary"],
        "losses": ["mse", "kld"],
    } | other


@pytest.fixture(scope="module")
def case():
    """Two cohorts, three models and two of them converged: study, paired, claims, example."""
    models = ["nmf", "c-nmf", "ae-nmf", "nmf-converged", "ae-nmf-converged"]
    made = make_example(models, ["scenario8", "ovary"], n_splits=6)
    study = made.study | {
        "losses": ["mse", "kld"],
        "hypermutated": 28_000,
        "refereed": "trained to convergence",
    }
    study["models"] = {
        name: model | ({"converges": name.removesuffix("-converged")} if "-conv" in name else {})
        for name, model in study["models"].items()
    }
    keys = ["cohort", "scheme", "loss", "k"]
    table = pd.concat([paired(rows, 0.25) for _, rows in made.scores.groupby(keys, sort=False)])
    claims = [
        claim("E1"),
        claim("E2", relation="similar", margin=0.5, models=["c-nmf", "nmf"]),
        claim("E3", metric="sc", set="train", cohorts=["ovary"], losses=["mse"]),
        claim("E4", relation="above"),
    ]
    like = {"nmf": "nmf-converged", "ae-nmf": "ae-nmf-converged"}
    judged = judge(claims, made.scores, table, made.matches, REFERENCE, like)
    return study, table, judged, made


def test_each_verdict_has_its_tile(case):
    study, _, judged, _ = case
    figure = figure_claims.draw(judged, study)
    tiles = [p for p in figure.axes[0].patches if isinstance(p, Rectangle)]
    assert len(tiles) == 2 * len(judged)
    said = pd.concat([judged["published_verdict"], judged["converged_verdict"]]).value_counts()
    assert len(said) >= 3
    for verdict, count in said.items():
        colour = to_hex(figure_claims.VERDICTS[verdict][0])
        assert sum(to_hex(tile.get_facecolor()) == colour for tile in tiles) == count
    text = " ".join(t.get_text() for t in figure.axes[0].texts)
    for word in ("E1", "E4", "Ovary", "MSE", "KLD"):
        assert word in text
    width, height = figure.get_size_inches() * 25.4
    assert width <= style.DOUBLE_MM + 1
    assert height <= 230


def test_nothing_of_the_scorecard_overlaps(case):
    study, _, judged, _ = case
    figure = figure_claims.draw(judged, study)
    figure.draw_without_rendering()
    ax = figure.axes[0]
    tiles = [tile.get_window_extent() for tile in ax.patches]
    sentences = [t for t in ax.texts if t.get_text().startswith("E")]
    assert len(sentences) == 4
    for sentence in sentences:
        box = sentence.get_window_extent()
        assert not any(box.overlaps(tile) for tile in tiles)


def test_the_table_has_the_numbers_and_verdicts(case):
    study, _, judged, _ = case
    table = claims_table(judged, study)
    assert [block.heading.split(":")[0] for block in table.blocks] == ["E1", "E2", "E3", "E4"]
    assert sum(len(block.rows) for block in table.blocks) == len(judged)
    assert all(len(row) == len(table.columns) for block in table.blocks for row in block.rows)
    ovary = next(row for row in table.blocks[0].rows if row[0].text.startswith("Ovary"))
    assert [cell.text for cell in ovary[2:5]] == ["10.0", "25.0", "0.400"]
    row = judged[(judged["id"] == "E1") & (judged["cohort"] == "ovary")].iloc[0]
    assert ovary[8].text == row["published_verdict"]
    assert f"{row['published_effect']:.3g}"[:4] in ovary[7].text


def test_the_first_page_says_which_claims_survive(case):
    study, _, judged, made = case
    page = front_page(made.scores, made.matches, study, judged)
    section = page.split("Which conclusions survive")[1].split("In short")[0]
    for id_, rows in judged.groupby("id"):
        line = next(line for line in section.splitlines() if f"**{id_}**" in line)
        for verdict, count in rows["published_verdict"].value_counts().items():
            assert f"{verdict} in {count}" in line.split("converged:")[0]
    assert "Which conclusions survive" not in front_page(made.scores, made.matches, study)
