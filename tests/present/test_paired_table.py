"""Model against model: which pairs the table shows, and both of their intervals."""

import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.paired import COLUMNS
from nmfbench.present.tables.paired import METRICS, make, pairs

STUDY = {
    "title": "Example",
    "baseline": "nmf",
    "hypermutated": 28_000,
    "models": {
        "nmf": {"label": "NMF"},
        "c-nmf": {"label": "C-NMF"},
        "ae-nmf": {"label": "AE-NMF"},
        "nmf-converged": {"label": "NMF (converged)", "converges": "nmf"},
        "ae-nmf-converged": {"label": "AE-NMF (converged)", "converges": "ae-nmf"},
    },
    "cohorts": {"ovary": {"label": "Ovary", "rank": 4}},
}


@pytest.fixture(scope="module")
def table():
    rows = [
        {"metric": metric, "model": model, "other": other, "effect": 0.5, "low": 0.4, "high": 0.6}
        | {"like_low": 0.3, "like_high": 0.8, "p": 0.01, "n": 30, "below": 29}
        for metric in METRICS
        for model in STUDY["models"]
        for other in STUDY["models"]
        if model != other
    ]
    ids = {"cohort": "ovary", "scheme": "published", "loss": "mse", "k": 4, "set": "test"}
    made = pd.DataFrame(rows).assign(**ids).reindex(columns=list(COLUMNS))
    held_out = made[made["metric"] == "error"].assign(set="thinned", effect=0.7)
    made = pd.concat([made, held_out])
    # As read from a file: numbers of which some are missing.
    return made.assign(below=made["below"].where(made["metric"] == "error"))


def test_a_converged_model_is_compared_with_its_like_and_itself():
    assert pairs(STUDY) == [
        ("c-nmf", "nmf"),
        ("ae-nmf", "nmf"),
        ("nmf-converged", "nmf"),
        ("ae-nmf-converged", "nmf-converged"),
        ("ae-nmf-converged", "ae-nmf"),
    ]


def test_each_pair_has_a_line_with_both_intervals(table):
    made = make(table, None, STUDY)
    (block,) = made.blocks
    labels = {name: model["label"] for name, model in STUDY["models"].items()}
    assert [row[0].text for row in block.rows] == [labels[model] for model, _ in pairs(STUDY)]
    assert all(len(row) == len(made.columns) for row in block.rows)
    texts = [cell.text for cell in block.rows[0]]
    assert texts[2:8] == [
        *("0.500", "[0.400, 0.600]", "[0.300, 0.800]", "0.01", "29/30"),
        "0.500 [0.300, 0.800]",
    ]
    assert texts[8] == "50 % [30 %, 80 %]"
    assert texts[-1] == "0.700 [0.300, 0.800]"
    assert "28,000" in " ".join(made.notes)


def test_beside_the_intervals_stands_what_seeds_alone_change(table):
    errors = {"nmf": [1.0, 1.0], "c-nmf": [0.4, 0.7]}
    floor = pd.DataFrame(
        [
            {"variant": f"seed{n}", "kernel": "Zen", "cohort": "ovary", "scheme": "published"}
            | {"model": model, "loss": "mse", "k": 4, "set": set_, "split": 0, "error": error}
            for model, of_seeds in errors.items()
            for n, error in enumerate(of_seeds)
            for set_ in ("train", "test")
        ]
    )
    made = make(table, floor, STUDY)
    place = [column.name for column in made.columns].index("Seeds alone")
    cells = [row[place].text for row in made.blocks[0].rows]
    assert cells == ["[0.400, 0.700]", *["–"] * 4]  # the other models have no floor
    assert all(len(row) == len(made.columns) for row in made.blocks[0].rows)
    assert "2 seeds" in made.notes[-1]


def test_what_cannot_be_had_is_a_dash(table):
    made = make(table.assign(low=np.nan, like_low=np.nan, like_high=np.nan, p=np.nan), None, STUDY)
    assert [cell.text for cell in made.blocks[0].rows[0]][3:6] == ["–"] * 3
