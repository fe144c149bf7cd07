"""Simulated cohorts with known truth."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmfbench.data.catalogue import check_not_empty
from nmfbench.errors import InputError


def simulate_cohort(
    signatures: pd.DataFrame,
    n_samples: int,
    mean_log10: float | Sequence[float],
    sd_log10: float | Sequence[float],
    rng: np.random.Generator,
    dispersion: float | None = None,
    tweedie: tuple[float, float] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate a cohort after Scenario 8 of Islam et al. (2022, Cell Genomics 2:100179).

    As there, exposures are log-normal and independent. Otherwise than there, every sample
    carries every signature, and counts are random with mean S E, Poisson where nothing else is
    asked for: the catalogue of Scenario 8 is S E rounded to whole numbers, without sampling noise.

    Parameters
    ----------
    signatures : DataFrame
        S, 96 x K, columns sum to 1.
    n_samples : int
        N.
    mean_log10, sd_log10 : float or sequence of float
        Mean and standard deviation of the decimal logarithm of the exposures (in mutations), one
        for all signatures or one for each.
    rng : Generator
        Source of randomness.
    dispersion : float, optional
        Counts are negative binomial, with variance ``m + dispersion m^2``.
    tweedie : power and scale, optional
        Counts are those of a Tweedie model, with variance ``scale m^power`` and a power between 1
        and 2, rounded.

    Returns
    -------
    catalogue : DataFrame
        Whole counts as float64, 96 x N, samples ``sim0001``, ``sim0002``, ...
    exposures : DataFrame
        The true exposures E, K x N, in mutations.

    Raises
    ------
    InputError
        On settings that fit no signature, or that leave a sample or a channel without mutations.
    """
    n_signatures = signatures.shape[1]
    try:
        means, sds = (
            np.broadcast_to(np.asarray(value, dtype=float), n_signatures)[:, np.newaxis]
            for value in (mean_log10, sd_log10)
        )
    except ValueError:
        raise InputError(
            f"simulated cohort: mean_log10 and sd_log10 must be one number or {n_signatures}, one "
            f"per signature ({', '.join(signatures.columns)})"
        ) from None
    if n_samples < 1 or (sds < 0).any():
        raise InputError("simulated cohort: n_samples must be 1 or more, sd_log10 0 or more")
    samples = [f"sim{number:04d}" for number in range(1, n_samples + 1)]
    drawn = 10 ** rng.normal(means, sds, size=(n_signatures, n_samples))
    exposures = pd.DataFrame(drawn, index=signatures.columns, columns=samples)
    counts = _draw(signatures.to_numpy() @ drawn, rng, dispersion, tweedie)
    catalogue = pd.DataFrame(counts, index=signatures.index, columns=samples)
    check_not_empty(catalogue, "simulated cohort (raise mean_log10 or n_samples)")
    return catalogue, exposures


def draw_counts(
    signatures: pd.DataFrame,
    exposures: pd.DataFrame,
    rng: np.random.Generator,
    dispersion: float = 0.0,
) -> pd.DataFrame:
    """Draw a catalogue around the true means S E of a simulated cohort.

    Many simulated catalogues are S E rounded to whole numbers: without noise, the squared error of
    the truth is that of rounding (1/12), and by what factor a model misses that says little.

    Parameters
    ----------
    signatures : DataFrame
        S, 96 x K, columns sum to 1.
    exposures : DataFrame
        E, K x N, in mutations.
    rng : Generator
        Source of randomness.
    dispersion : float
        Counts are negative binomial, with variance ``m + dispersion m^2``; 0: Poisson.

    Returns
    -------
    DataFrame
        Whole counts as float64, 96 x N.

    Raises
    ------
    InputError
        If a sample or a channel has no mutation.
    """
    means = signatures.to_numpy() @ exposures.to_numpy(float)
    counts = _draw(means, rng, dispersion or None, None)
    catalogue = pd.DataFrame(counts, index=signatures.index, columns=exposures.columns)
    check_not_empty(catalogue, "counts drawn around the true means")
    return catalogue


def _draw(
    means: NDArray,
    rng: np.random.Generator,
    dispersion: float | None,
    tweedie: tuple[float, float] | None,
) -> NDArray:
    """Draw counts with given means (M x N)."""
    if dispersion is not None:
        # A Poisson count whose mean varies like a gamma.
        means = means * rng.gamma(1 / dispersion, dispersion, size=means.shape)
    if tweedie is None:
        return rng.poisson(means).astype(float)
    # A sum of a Poisson number of gammas (Jorgensen 1987, J R Stat Soc B 49:127).
    power, scale = tweedie
    number = rng.poisson(means ** (2 - power) / (scale * (2 - power)))
    shape = number * (2 - power) / (power - 1)
    size = scale * (power - 1) * means ** (power - 1)
    return np.round(np.where(number > 0, rng.gamma(np.maximum(shape, 1e-9), size), 0.0))
