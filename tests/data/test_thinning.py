"""Data thinning: that the folds are what the theory says they are, by simulation."""

import numpy as np
import pandas as pd
import pytest

from nmfbench.data.seeds import seed_sequence
from nmfbench.data.thinning import check_thinned, thin, thin_cohort
from nmfbench.errors import InputError

FOLDS, MEAN, TIMES = 5, 20.0, 200_000


def drawn(alpha):
    """Counts of one mean, Poisson or negative binomial."""
    rng = np.random.default_rng(4)
    means = MEAN if alpha is None else MEAN * rng.gamma(1 / alpha, alpha, size=TIMES)
    return rng.poisson(means, size=TIMES)[None]


@pytest.mark.parametrize("alpha", [None, 0.05, 0.4, 3.0])
def test_folds_are_uncorrelated_and_vary_as_the_model_says(alpha):
    """Of mean m / F and dispersion alpha F; what is left of mean m (F-1) / F, alpha F / (F-1)."""
    V = drawn(alpha)
    parts = thin(V, FOLDS, seed_sequence(1), alpha)
    assert (parts.sum(axis=0) == V).all()
    for part, share in [(parts[0], 1 / FOLDS), (parts[-1], 1 / FOLDS), (V - parts[0], 0.8)]:
        m = MEAN * share
        variance = m + (alpha or 0) / share * m**2
        # Four standard errors: those of a variance grow with the fourth moment.
        deviations = np.square(part - m)
        assert abs(part.mean() - m) < 4 * np.sqrt(variance / TIMES)
        assert abs(deviations.mean() - variance) < 4 * deviations.std() / np.sqrt(TIMES)
    for one, other in [(parts[0], parts[1]), (parts[1], parts[4]), (parts[0], V - parts[0])]:
        assert abs(np.corrcoef(one[0], other[0])[0, 1]) < 4 / np.sqrt(TIMES)


def test_too_small_a_dispersion_leaves_the_folds_correlated():
    """Why it has to be estimated well: what they share can be learned, and is no signature."""
    parts = thin(drawn(0.4), FOLDS, seed_sequence(1), 0.2)
    assert np.corrcoef(parts[0, 0], parts[1, 0])[0, 1] > 0.05


def test_the_distribution_of_a_fold_is_beta_binomial():
    """The first fold of 30 mutations against the probabilities of scipy."""
    from scipy.stats import betabinom, chisquare

    alpha = 0.1
    parts = thin(np.full((1, 50_000), 30), 2, seed_sequence(2), alpha)
    seen = np.bincount(parts[0, 0].astype(int), minlength=31)
    expected = betabinom.pmf(np.arange(31), 30, 1 / (2 * alpha), 1 / (2 * alpha))
    common = expected * 50_000 > 5
    seen, expected = seen[common], expected[common]
    assert chisquare(seen, expected / expected.sum() * seen.sum()).pvalue > 1e-3


def test_a_dispersion_of_nearly_none_is_poisson_and_a_vast_one_keeps_counts_together():
    V = np.full((1, 20_000), 100)
    assert thin(V, 2, seed_sequence(1), 1e-6)[0].var() == pytest.approx(25, rel=0.05)
    together = thin(V, 2, seed_sequence(1), 1e3)[0]
    assert np.isin(together, [0, 100]).mean() > 0.9


def test_the_same_cohort_is_thinned_alike_and_another_is_not():
    V = drawn(None)[:, :100]
    first = thin_cohort(V, 3, 1, "ovary")
    assert (first == thin_cohort(V, 3, 1, "ovary")).all()
    assert (first != thin_cohort(V, 3, 1, "uterus")).any()
    assert (first != thin_cohort(V, 3, 2, "ovary")).any()


def table(counts):
    return pd.DataFrame(counts, index=["C1", "C2"], columns=["s1", "s2"], dtype=float)


@pytest.mark.parametrize(
    ("counts", "alpha", "message"),
    [
        ([[9, 0.5], [9, 9]], None, "counts that are not whole numbers cannot be thinned"),
        ([[900, 1], [900, 0]], None, "one fold has all 1 mutation.* of sample 's2' and leaves"),
        ([[1, 0], [900, 900]], None, "one fold has all 1 mutation.* of channel 'C1'"),
        ([[900, 1], [900, 1]], 1e3, "at the dispersion alpha = 1e.03, one fold has all .* sample"),
    ],
)
def test_counts_that_a_fold_takes_all_of_are_refused(counts, alpha, message):
    with pytest.raises(InputError, match=message):
        check_thinned(table(counts), 5, 1, "mine", alpha)
    check_thinned(table([[900, 800], [900, 700]]), 5, 1, "mine", None)
