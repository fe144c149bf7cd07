"""Both intervals hold what they say, on values whose sources of variance are known."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from nmfbench.compare.intervals import (
    Variance,
    leave_one_out,
    mean_over_samples,
    means_of_samples,
    median_over_samples,
    share_of_samples,
)

N, SPLITS, COHORTS = 60, 12, 300


def divide(rng, scheme, n_splits=SPLITS, n=N):
    """How often every split trains on every sample (n_splits, n)."""
    if scheme == "kfold":
        folds = rng.permutation(n) % n_splits
        return (folds != np.arange(n_splits)[:, None]).astype(int)
    if scheme == "bootstrap":
        return np.array(
            [np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(n_splits)]
        )
    return np.array([rng.permutation(n) >= n // 5 for _ in range(n_splits)]).astype(int)


def patients(rng, tails, n=N):
    """Losses of two models on n patients (2, n): correlated, with the same mean."""
    if tails == "log-normal":
        common = rng.normal(size=n)
        return np.exp(common + 0.3 * rng.normal(size=(2, n)))
    return (rng.pareto(2.5, size=n) + 1) * np.exp(0.3 * rng.normal(size=(2, n)))


def measured(rng, truth, copies, starts):
    """Losses in every split (2, n_splits, n): starts differ, and every sample at every start."""
    n_splits, n = copies.shape
    of_start = starts * rng.normal(size=(2, n_splits, 1))
    rest = (0.05 + starts) * rng.normal(size=(2, n_splits, n))
    return truth[:, None] * np.exp(of_start + rest)


def log_ratio(values, weights):
    one, other = (mean_over_samples(of_model, weights, log=True) for of_model in values)
    return one - other


def covers(effect, variance, true):
    return abs(effect - true) <= variance.half_width()


SIDES = [
    ("holdout", "train"),
    ("holdout", "test"),
    ("bootstrap", "train"),
    ("bootstrap", "test"),
    ("kfold", "test"),
]


def side_of(copies, side):
    return copies if side == "train" else (copies == 0).astype(int)


@pytest.mark.parametrize("tails", ["log-normal", "pareto"])
@pytest.mark.parametrize("starts", [0.02, 0.5])
@pytest.mark.parametrize(("scheme", "side"), SIDES)
def test_intervals_of_errors_cover_and_are_no_wider_than_needed(tails, starts, scheme, side):
    rng = np.random.default_rng(5)
    n_splits = 5 if scheme == "kfold" else SPLITS
    same = patients(rng, tails)
    hits, effects, halves = np.zeros((3, 2, COHORTS))
    for c in range(COHORTS):
        copies = divide(rng, scheme, n_splits)
        weights = side_of(copies, side)
        like = log_ratio(measured(rng, patients(rng, tails), copies, starts), weights)
        here = log_ratio(measured(rng, same, copies, starts), weights)
        for q, (found, variance, true) in enumerate(
            (
                (like, like.on_cohorts_like_it(), 0.0),
                (here, here.on_this_cohort(), np.log(same[0].mean() / same[1].mean())),
            )
        ):
            hits[q, c] = covers(found.whole, variance, true)
            effects[q, c], halves[q, c] = found.whole, variance.half_width()
    coverage, width = hits.mean(axis=1), halves.mean(axis=1) / (1.96 * effects.std(axis=1))
    assert 0.9 <= coverage[0] <= 0.98
    # Five folds know what differs between them with 4 degrees of freedom: t alone is 1.42 times z.
    assert width[0] <= (1.42 if scheme == "kfold" else 1.3)
    assert coverage[1] >= 0.9
    if scheme != "kfold":  # whose folds cannot tell a sample from the split that has it
        assert coverage[1] <= 0.98
        assert width[1] <= 1.3


def test_nadeau_and_bengios_interval_is_no_interval_of_training_means():
    """Two training sets of 80 % share 80 % of the samples, and the splits differ far too little."""
    rng, hits = np.random.default_rng(1), np.zeros(2)
    for _ in range(200):
        truth, copies = patients(rng, "log-normal"), divide(rng, "holdout", 30)
        values = measured(rng, truth, copies, 0.0)
        one, other = np.log((values * copies).sum(axis=2))
        corrected = Variance((one - other).var(ddof=1) * (1 / 30 + 0.25), 29)
        found = log_ratio(values, copies)
        hits += (
            covers((one - other).mean(), corrected, 0),
            covers(found.whole, found.on_cohorts_like_it(), 0),
        )
    assert hits[0] / 200 < 0.6
    assert hits[1] / 200 >= 0.9


def test_a_samples_mean_is_over_the_splits_that_have_it():
    values = np.array([[1.0, 10.0, 5.0], [3.0, 20.0, 7.0]])
    means, without = means_of_samples(values, np.array([[1, 2, 0], [1, 1, 0]]))
    assert means[:2] == pytest.approx([2, 40 / 3])
    assert without[:, :2] == pytest.approx(np.array([[3, 20], [1, 10]]))
    assert np.isnan(means[2])
    assert np.isnan(without[:, 2]).all()


def test_what_is_left_out_is_left_out():
    """Every entry of the jackknife is the statistic of the rest."""
    rng = np.random.default_rng(0)
    values, weights = rng.lognormal(size=(6, 5)), rng.integers(1, 3, size=(6, 5))
    found = mean_over_samples(values, weights)

    def mean(v, w):
        return np.mean((v * w).sum(axis=0) / w.sum(axis=0))

    assert found.whole == pytest.approx(mean(values, weights))
    for r in range(6):
        rest = np.arange(6) != r
        assert found.splits[r] == pytest.approx(mean(values[rest], weights[rest]))
    for i in range(5):
        rest = np.arange(5) != i
        assert found.samples[i] == pytest.approx(mean(values[:, rest], weights[:, rest]))
        without = weights.copy()
        without[2, i] = 0
        assert found.cells[2, i] == pytest.approx(mean(values, without))


def test_of_a_logarithm_samples_and_cells_are_left_out_to_first_order():
    rng = np.random.default_rng(4)
    values, weights = rng.lognormal(size=(6, 5)), np.ones((6, 5))
    plain, logs = (mean_over_samples(values, weights, log=log) for log in (False, True))
    for name in ("samples", "cells"):
        moved = (getattr(plain, name) - plain.whole) / plain.whole
        assert getattr(logs, name) - logs.whole == pytest.approx(moved)
    assert logs.splits == pytest.approx(np.log(plain.splits))


def test_one_tumour_with_most_of_the_error_widens_the_interval_no_more_than_it_has_to():
    """Left out wholly, it would move the logarithm of a ratio by more than any cohort does."""
    values = np.ones((2, 8, 50))
    values[0, :, 0], values[1, :, 0] = 500, 200
    found = log_ratio(values, np.ones((8, 50)))
    shares = np.array([500 / 549, 200 / 249])
    moved = np.log((1 - shares) / (1 - shares[::-1]))[0]
    assert found.on_cohorts_like_it().value < 0.3 * moved**2


def test_patients_only_add_to_what_divisions_and_starts_do():
    rng = np.random.default_rng(9)
    for _ in range(50):
        copies = divide(rng, "holdout", 4, 20)
        values = measured(rng, patients(rng, "pareto", 20), copies, rng.uniform(0, 1))
        found = log_ratio(values, side_of(copies, "test"))
        assert found.on_cohorts_like_it().value >= found.on_this_cohort().value


def test_of_two_variances_over_patients_the_larger_is_taken():
    found = mean_over_samples(np.random.default_rng(0).lognormal(size=(6, 30)), np.ones((6, 30)))
    here, like = found.on_this_cohort(), found.on_cohorts_like_it()
    assert found.on_cohorts_like_it(Variance(like.value / 1e6, 9.0)) == like
    assert found.on_cohorts_like_it(Variance(np.nan, np.nan)) == like
    assert found.on_cohorts_like_it(Variance(7.0, 9.0)) == here + Variance(7.0, 9.0)


def test_folds_are_left_out_with_their_samples():
    values, weights = (
        np.arange(12.0).reshape(2, 6),
        np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]),
    )
    found = mean_over_samples(values, weights)
    assert found.splits == pytest.approx([10, 1])
    assert found.whole == pytest.approx(5.5)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(0).uniform(size=20)
    found = leave_one_out((values.sum() - values) / 19)
    assert found.value == pytest.approx(values.var(ddof=1) / 20)
    assert found.df == 19


def test_a_variance_that_one_sample_has_is_known_badly():
    left_out = np.zeros(50)
    left_out[7] = 1.0
    assert leave_one_out(left_out).df < 3


def test_variances_add_up_as_satterthwaite_says():
    both = Variance(2.0, 10.0) + Variance(1.0, 5.0)
    assert both == pytest.approx((3.0, 9 / (4 / 10 + 1 / 5)))
    assert Variance(2.0, 10.0) + Variance(0.0, 1.0) == (2.0, 10.0)
    assert np.isnan((Variance(2.0, 10.0) + Variance(np.nan, np.nan)).half_width())


@pytest.mark.parametrize("n", [0, 1])
def test_one_split_or_one_sample_has_no_interval(n):
    assert np.isnan(leave_one_out(np.ones(n)).value)
    found = mean_over_samples(np.ones((4, n)), np.ones((4, n)))
    assert np.isnan(found.on_cohorts_like_it().half_width())
    assert np.isnan(found.on_this_cohort().half_width())


@pytest.mark.parametrize("statistic", ["median", "share"])
def test_medians_and_shares_of_samples_cover(statistic):
    rng, hits, weights = np.random.default_rng(3), 0, np.ones((6, 41))
    for _ in range(200):
        values = rng.standard_t(3, size=41) + 0.3 + 0.2 * rng.normal(size=(6, 41))
        of_sample = means_of_samples(values, weights)
        if statistic == "median":
            found, _, like = median_over_samples(*of_sample)
            hits += covers(found, like, 0.3)
        else:
            found, _, like = share_of_samples(*of_sample)
            hits += covers(found, like, TRUE_SHARE)
    assert 0.9 <= hits / 200 <= 0.99


#: P(t_3 + 0.3 + e < 0), the e of a mean of six of sd 0.2 (by 10 million draws: 0.3925).
TRUE_SHARE = 0.3925


def test_a_share_of_all_samples_is_not_known_for_sure():
    share, here, like = share_of_samples(-np.ones(20), -np.ones((5, 20)))
    assert (share, here.value) == (1.0, 0.0)
    low = proportion_confint(20, 20, method="wilson")[0]
    assert share - np.sqrt(like.value) * 1.96 == pytest.approx(low, abs=1e-4)
