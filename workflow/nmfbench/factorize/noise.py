"""The noise of a catalogue: dispersion and power by maximum likelihood, and likelihoods.

A noise model says how a count varies about its mean m: with variance m (Poisson, "kld"),
``m + alpha m^2`` (negative binomial, "nb"), ``phi m^p`` (Tweedie, "tweedie"), or the same for all
(normal, "mse").
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize_scalar

from nmfbench.errors import InputError
from nmfbench.factorize.deviance import POISSON_STOP, dispersion, minimise
from nmfbench.factorize.fit import RelativeStop
from nmfbench.factorize.losses import FLOOR, KLD_FLOOR, Loss, by_entry, parameter_of
from nmfbench.factorize.methods import nmf

#: Powers of the profile. Close to 1 the density has a spike at every multiple of phi, which counts
#: all hit; at 2 it has no zeros.
POWERS = tuple(np.round(np.arange(1.05, 1.96, 0.05), 2))

COLUMNS = ("split", "loss", "parameter", "phi", "loglik", "chosen")

PER_POWER = 300  # iterations of the profile


def _saturated(V: NDArray, power: float, phi: float) -> NDArray:
    """Tweedie log-density of each of the different counts in V (1-d) at a mean equal to it."""
    # statsmodels takes a third of a second to import: only a job about noise does so.
    from statsmodels.genmod.families import Tweedie

    means = np.maximum(V, KLD_FLOOR)
    found = Tweedie(var_power=power).loglike_obs(V, means, scale=phi)
    return np.where(V > 0, found, 0.0)


def scale(V: NDArray, R: NDArray, power: float) -> float:
    """Scale phi of a Tweedie model of power p, by maximum likelihood at given means.

    Parameters
    ----------
    V : (M, N) counts
    R : (M, N) means
    power : p; 0, or above 1 and below 2

    Returns
    -------
    float
    """
    deviance = float(by_entry(V, R, Loss("tweedie", power)).sum())
    if power == 0:
        return deviance / V.size
    counts, times = np.unique(V, return_counts=True)

    def lost(log_phi: float) -> float:
        # log f(v; m) = log f(v; v) - d(v, m) / (2 phi), and the first of few different counts.
        phi = np.exp(log_phi)
        return deviance / (2 * phi) - float(times @ _saturated(counts, power, phi))

    middle = np.log(max(deviance / V.size, 1e-8))
    return float(np.exp(minimize_scalar(lost, bounds=(middle - 6, middle + 6)).x))


def log_likelihood(V: NDArray, R: NDArray, loss: str, phi: float = 1.0) -> NDArray:
    """Log-likelihood of each entry.

    Parameters
    ----------
    V : (M, N) counts
    R : (M, N) means
    loss : the noise model, a `Loss` where it has a parameter
    phi : the variance of "mse", the scale of "tweedie"

    Returns
    -------
    (M, N)
        Of "mse" and "tweedie", whose counts need not be whole, a density.
    """
    R = np.maximum(R, KLD_FLOOR)
    match loss:
        case "mse":
            return stats.norm.logpdf(V, R, np.sqrt(phi))
        case "kld":
            return stats.poisson.logpmf(V, R)
        case "nb":
            r = 1 / parameter_of(loss)
            return stats.nbinom.logpmf(V, r, r / (r + R))
        case _:
            power = parameter_of(loss)
            if power == 0:
                return stats.norm.logpdf(V, R, np.sqrt(phi))
            counts, place = np.unique(V, return_inverse=True)
            saturated = _saturated(counts, power, phi)[place.reshape(V.shape)]
            return saturated - by_entry(V, R, loss) / (2 * phi)


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
        ``parameter`` (the power), ``phi``, ``loglik`` (per entry), ``chosen`` (1 at the highest).
    """
    S, E = np.maximum(S, FLOOR), np.maximum(E, FLOOR)
    rows = []
    for power in powers:
        loss = Loss("tweedie", float(power))
        minimise(V, S, E, loss, FLOOR, RelativeStop(1e-6, PER_POWER))
        R = S @ E
        phi = scale(V, R, power)
        rows.append((power, phi, float(log_likelihood(V, R, loss, phi).mean())))
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
        `COLUMNS` but split: the parameter of "nb" in one row, the profile of "tweedie" in several.
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
