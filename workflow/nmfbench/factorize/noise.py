"""The noise of a catalogue: dispersion and power by maximum likelihood."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from nmfbench.errors import InputError
from nmfbench.factorize.deviance import ALPHAS, POISSON_STOP, dispersion, minimise
from nmfbench.factorize.fit import RelativeStop
from nmfbench.factorize.likelihood import log_density, log_likelihood, scale
from nmfbench.factorize.losses import FLOOR, KLD_FLOOR, Loss
from nmfbench.factorize.methods import nmf

#: Powers of the profile. Close to 1 the density has a spike at every multiple of phi, which counts
#: all hit; at 2 it has no zeros.
POWERS = tuple(np.round(np.arange(1.05, 1.96, 0.05), 2))

PER_POWER = 300  # iterations of the profile


def profile(V: NDArray, S: NDArray, E: NDArray, powers: Sequence[float] = POWERS) -> pd.DataFrame:
    """Profile log-likelihood of the power: at each, means and scale that are best for it.

    Parameters
    ----------
    V : (M, N) counts
    S, E : (M, K) signatures and (K, N) exposures to begin with, such as those of a Poisson fit;
        the fit of one power begins where that of the power before ended
    powers : above 1 and below 2

    Returns
    -------
    DataFrame
        ``parameter`` (the power), ``phi``, ``loglik`` (log-density per entry),
        ``chosen`` (1 at the highest).
    """
    S, E = np.maximum(S, FLOOR), np.maximum(E, FLOOR)
    rows = []
    for power in powers:
        loss = Loss("tweedie", float(power))
        minimise(V, S, E, loss, FLOOR, RelativeStop(1e-6, PER_POWER))
        R = S @ E
        phi = scale(V, R, power)
        rows.append((power, phi, float(log_density(V, R, loss, phi).mean())))
    table = pd.DataFrame(rows, columns=["parameter", "phi", "loglik"])
    return table.assign(chosen=(table.index == table["loglik"].idxmax()).astype(int))


def estimate(
    V: NDArray, rank: int, losses: Sequence[str], rng: np.random.Generator, plan: Any
) -> pd.DataFrame:
    """Estimate the parameters of noise models from training samples.

    The means are those of a Poisson NMF of the same rank.

    Parameters
    ----------
    V : (M, N) counts
    rank : number of signatures K
    losses : of which "nb" and "tweedie" have a parameter
    rng : source of the start
    plan : mapping
        ``alpha`` and ``power``: "estimate", or a number that is taken instead.

    Returns
    -------
    DataFrame
        Columns loss, and as from `profile`: the parameter of "nb" in one row, the profile of
        "tweedie" in several.
    """
    V = np.ascontiguousarray(V, dtype=float)
    fit = nmf.fit(V, rank, "kld", rng, nmf.Settings(*POISSON_STOP))
    S, E = fit.signatures, fit.exposures
    R = S @ E
    parts = []
    if "nb" in losses:
        given = plan["alpha"]
        alpha = dispersion(V, R) if given == "estimate" else given
        found = log_likelihood(V, R, Loss("nb", alpha)).mean()
        row = {"loss": "nb", "parameter": alpha, "phi": np.nan, "loglik": found, "chosen": 1}
        parts.append(pd.DataFrame([row]))
    if "tweedie" in losses:
        given = plan["power"]
        if given == "estimate":
            parts.append(profile(V, S, E).assign(loss="tweedie"))
        else:
            row = {"loss": "tweedie", "parameter": given, "phi": np.nan, "loglik": np.nan}
            parts.append(pd.DataFrame([row | {"chosen": 1}]))
    return pd.concat(parts, ignore_index=True)


def estimate_whole(V: NDArray, rank: int, rng: np.random.Generator, alpha: Any) -> pd.DataFrame:
    """Estimate the dispersion by which the counts of a cohort are thinned: one for all ranks.

    The means are those of a Poisson NMF of the largest rank that is tried. It fits some of the
    noise: `dispersion_by_moments` allows for that, where maximum likelihood finds half of the
    dispersion and less, and counts that are thinned so speak for ever more signatures.

    Parameters
    ----------
    V : (M, N) counts
    rank : the largest number of signatures K that is tried
    rng : source of the start
    alpha : "estimate", or a number that is taken instead

    Returns
    -------
    DataFrame
        One row of "nb", with the columns that `estimate` gives.
    """
    V = np.ascontiguousarray(V, dtype=float)
    fit = nmf.fit(V, rank, "kld", rng, nmf.Settings(*POISSON_STOP))
    R = fit.signatures @ fit.exposures
    if alpha == "estimate":
        alpha = dispersion_by_moments(V, R, rank * (sum(V.shape) - rank))
    found = log_likelihood(V, R, Loss("nb", alpha)).mean()
    row = {"loss": "nb", "parameter": alpha, "phi": np.nan, "loglik": found, "chosen": 1}
    return pd.DataFrame([row])


def dispersion_by_moments(V: NDArray, R: NDArray, fitted: int) -> float:
    """Dispersion at which Pearson's statistic is what the degrees of freedom make it.

    ``sum (v - m)^2 / (m + alpha m^2) = M N - q`` (Breslow 1984, Appl Statist 33:38, equation 6).

    Parameters
    ----------
    V : (M, N) counts
    R : (M, N) means m, of a fit to V
    fitted : q, the parameters of that fit; K (M + N - K) of a factorization of rank K

    Returns
    -------
    float
        Within `ALPHAS`; at the lower end the counts vary no more than Poisson counts.
    """
    R, squares = np.maximum(R, KLD_FLOOR), np.square(V - R)
    low, high = np.log(ALPHAS)

    def excess(log_alpha: float) -> float:
        return float((squares / (R + np.exp(log_alpha) * R**2)).sum()) - (V.size - fitted)

    if excess(low) <= 0 or excess(high) >= 0:
        return ALPHAS[0] if excess(low) <= 0 else ALPHAS[1]
    return float(np.exp(brentq(excess, low, high)))


def check_counts(catalogue: pd.DataFrame, power: Any, cohort: str) -> None:
    """Refuse zeros where the power is 2: such a model has none.

    Raises
    ------
    InputError
        Naming the first of them.
    """
    zeros = np.argwhere(catalogue.to_numpy() == 0)
    if power == 2 and len(zeros):
        row, column = zeros[0]
        raise InputError(
            f"cohort '{cohort}': {len(zeros)} counts are 0, the first is sample "
            f"'{catalogue.columns[column]}', channel '{catalogue.index[row]}': a Tweedie model of "
            "power 2 has no zeros, choose a power below 2"
        )
