"""Differences on the same splits: the estimate, its interval, and the tests beside it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nmfbench.compare.paired import COLUMNS, effect, held_out_share, jackknife, paired, signed_rank


def long(values, metric="error", set_="test"):
    """A long table of one metric: `values` maps a model to its values by split."""
    rows = [
        {"split": split, "model": model, "value": value}
        for model, of_model in values.items()
        for split, value in enumerate(of_model)
    ]
    ids = {"cohort": "toy", "scheme": "holdout", "loss": "mse", "k": 3}
    return pd.DataFrame(rows).assign(**ids, metric=metric, set=set_)


def row(table, model, other):
    return table[(table["model"] == model) & (table["other"] == other)].iloc[0]


def test_a_ratio_is_a_geometric_mean_over_the_same_splits():
    found = row(paired(long({"a": [1, 4], "b": [2, 32]}), 0.25), "a", "b")
    assert found["effect"] == pytest.approx(0.25)  # of 1/2 and 1/8
    assert (found["n"], found["below"], found["equal"]) == (2, 2, 0)
    assert found["kind"] == "ratio"
    back = row(paired(long({"a": [1, 4], "b": [2, 32]}), 0.25), "b", "a")
    assert back["effect"] == pytest.approx(4)
    assert back["low"] == pytest.approx(1 / found["high"])


def test_the_interval_is_the_corrected_one():
    one, other = np.array([1.0, 2.0, 4.0, 3.0]), np.array([1.5, 2.5, 3.0, 5.0])
    d = one - other
    half = stats.t.ppf(0.975, 3) * d.std(ddof=1) * np.sqrt(1 / 4 + 0.25)
    found = effect(one, other, "difference", 0.25)
    assert found == pytest.approx((4, d.mean(), d.mean() - half, d.mean() + half))
    plain = stats.ttest_rel(one, other).confidence_interval()
    naive = effect(one, other, "difference", 0.0)
    assert (naive.low, naive.high) == pytest.approx((plain.low, plain.high))
    assert naive.high < found.high


def test_the_corrected_interval_covers_where_the_naive_one_does_not():
    """Means over random 80/20 splits of one sample, against the mean of the population."""
    rng, hits = np.random.default_rng(1), {0.0: 0, 0.25: 0}
    for _ in range(200):
        sample = rng.normal(size=100)
        values = np.array([rng.permutation(sample)[:20].mean() for _ in range(30)])
        for share in hits:
            found = effect(values, np.zeros(30), "difference", share)
            hits[share] += found.low <= 0 <= found.high
    assert hits[0.0] / 200 < 0.7
    assert hits[0.25] / 200 > 0.9


def test_failed_splits_are_left_out_pairwise():
    table = paired(long({"a": [1, np.nan, 4, 2], "b": [2, 2, 8, np.nan], "c": [1, 1, 1, 1]}), 0.25)
    assert row(table, "a", "b")["n"] == 2
    assert row(table, "a", "c")["n"] == 3
    assert row(table, "c", "b")["n"] == 3


@pytest.mark.parametrize("values", [{"a": [1], "b": [2]}, {"a": [0, 1], "b": [1, 1]}])
def test_too_few_splits_or_a_perfect_fit_have_no_interval(values):
    found = row(paired(long(values), 0.25), "a", "b")
    assert np.isnan(found[["effect", "low", "high", "p"]].to_numpy(float)).all()


def test_the_signed_rank_test_is_scipys():
    one, other = np.random.default_rng(0).lognormal(size=(2, 12))
    assert signed_rank(one, other, "ratio") == stats.wilcoxon(np.log(one / other)).pvalue
    assert np.isnan(signed_rank(one, one, "ratio"))


def test_similarities_are_compared_by_their_difference():
    found = row(
        paired(long({"a": [0.9, 0.8], "b": [0.7, 0.7]}, "acs_truth", "train"), 0.25), "a", "b"
    )
    assert found["effect"] == pytest.approx(0.15)
    assert found["kind"] == "difference"


def test_every_metric_set_and_ordered_pair_has_its_row():
    values = {"a": [1.0, 2.0], "b": [2.0, 3.0], "c": [3.0, 1.0]}
    scores = pd.concat(
        [long(values, "error", "train"), long(values, "error", "test"), long(values, "sc", "train")]
    )
    table = paired(scores, 0.25)
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * 6
    assert not table.duplicated(["metric", "set", "model", "other"]).any()
    assert (table[["cohort", "scheme", "loss", "k"]] == ["toy", "holdout", "mse", 3]).all(axis=None)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(0).normal(size=20)
    left_out = np.array([np.delete(values, i).mean() for i in range(20)])
    found = jackknife(values.mean(), left_out)
    half = stats.t.ppf(0.975, 19) * values.std(ddof=1) / np.sqrt(20)
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half))


def test_the_share_held_out_counts_every_training_copy():
    splits = pd.DataFrame({"split": [0, 0, 1], "sample": ["c", "a", "b"]})
    assert held_out_share(splits, list("abcd")) == 3 / 5
    assert held_out_share(splits.assign(copies=[0, 3, 0]), list("abcd")) == 2 / 8
