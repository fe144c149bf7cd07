"""Released values in the units of the scores, and the scores beside them."""

import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.released import COLUMNS, compare, reference

PLAN = {
    "fig_5": {"metric": "exposure_error", "models": ["net", "mu"], "against": ["nnls"]},
    "fig_6": {"metric": "error", "models": ["net"], "against": []},
}


@pytest.fixture
def scores():
    rows = [
        ("set1", model, "mse", split, set_, metric, 10.0 * (i + 1) + split, "ok")
        for i, model in enumerate(("net", "mu", "nnls"))
        for split in range(2)
        for set_ in ("released", "test")
        for metric in ("error", "exposure_error")
    ]
    names = ["cohort", "model", "loss", "split", "set", "metric", "value", "status"]
    return pd.DataFrame(rows, columns=names)


@pytest.fixture
def released():
    rows = [
        ("fig_5", "set1", "net", "mse", 0, "exposures, mean", 7.0),
        ("fig_5", "set1", "mu", "mse", 0, "exposures, sum", 800.0),
        ("fig_6", "set1", "net", "mse", pd.NA, "half squares, mean", 480.0),
        ("fig_6", "set9", "net", "kld", 0, "kld, sum", 1.0),
    ]
    names = ["figure", "cohort", "model", "loss", "split", "unit", "value"]
    return pd.DataFrame(rows, columns=names)


def at(table, **where):
    for key, value in where.items():
        table = table[table[key].isna() if value is None else table[key] == value]
    return table


def test_sums_and_halves_become_means(released, scores):
    table = compare(PLAN, released, scores, {"set1": 80})
    assert tuple(table.columns) == COLUMNS
    here = {"figure": "fig_5", "set": "released", "split": 0}
    assert at(table, model="net", **here)["released"].item() == 7
    assert at(table, model="mu", **here)["released"].item() == 800 / 80
    mean = at(table, figure="fig_6", set="released", split=None)
    assert mean["released"].item() == 2 * 480 / 96
    assert mean["here"].item() == 10.5  # of the folds


def test_referees_are_on_the_held_out_samples_alone(released, scores):
    table = compare(PLAN, released, scores, {"set1": 80})
    fifth = at(table, figure="fig_5")
    assert set(at(fifth, set="released")["model"]) == {"net", "mu"}
    assert set(at(fifth, set="test")["model"]) == {"net", "mu", "nnls"}
    assert at(fifth, set="test")["released"].isna().all()
    # Two folds and their mean of each.
    assert fifth.groupby(["set", "model"]).size().eq(3).all()


def test_the_error_of_a_network_with_penalties_has_them_in_it(released, scores):
    """As released; a fold that failed is of neither set and stays with its reason."""
    cost = at(scores, model="net", set="released", split=0).assign(set="penalised", value=99.0)
    lost = (scores["model"] == "net") & (scores["split"] == 1)
    scores.loc[lost, ["value", "status"]] = [np.nan, "failed: nan"]
    table = compare(PLAN, released, pd.concat([scores, cost]), {"set1": 80})
    found = at(table, figure="fig_6", set="released")
    folds = found[found["split"].notna()].sort_values("split")
    assert folds["here"].fillna(-1).tolist() == [99, -1]
    assert folds["status"].tolist() == ["ok", "failed: nan"]
    assert at(table, figure="fig_6", set="test", split=0)["here"].item() == 10


def test_a_mean_needs_every_fold(released, scores):
    lost = (scores["model"] == "mu") & (scores["split"] == 1)
    scores.loc[lost, ["value", "status"]] = [np.nan, "failed: nan"]
    mean = at(compare(PLAN, released, scores, {"set1": 80}), model="mu", split=None)
    assert mean["here"].isna().all()
    assert set(mean["status"]) == {"failed: nan"}


def test_as_the_values_of_a_paper(released, scores):
    values = reference(compare(PLAN, released, scores, {"set1": 80}))
    assert list(values.columns) == ["cohort", "method", "loss", "metric", "value", "source"]
    found = {(row.method, row.metric): row.value for row in values.itertuples()}
    assert found == {
        ("net", "released_exposure_error_mean"): 7,
        ("mu", "released_exposure_error_mean"): 10,
        ("net", "released_error_mean"): 10,
    }
