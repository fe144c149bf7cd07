"""Simulated cohorts with known truth."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nmfbench.data.catalogue import check_not_empty
from nmfbench.errors import InputError


def simulate_cohort(
    signatures: pd.DataFrame,
    n_samples: int,
    mean_log10: float | Sequence[float],
    sd_log10: float | Sequence[float],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate a cohort after Scenario 8 of Islam et al. (2022, Cell Genomics 2:100179).

    As there, exposures are log-normal and independent. Otherwise than there, every sample
    carries every signature, and counts are Poisson with mean S E: the catalogue of Scenario 8 is
    S E rounded to whole numbers, without sampling noise.

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
    counts = rng.poisson(signatures.to_numpy() @ drawn).astype(float)
    catalogue = pd.DataFrame(counts, index=signatures.index, columns=samples)
    check_not_empty(catalogue, "simulated cohort (raise mean_log10 or n_samples)")
    return catalogue, exposures
