"""Likelihoods of noise models.

A noise model says how a count varies about its mean m: with variance m (Poisson, "kld"),
``m + alpha m^2`` (negative binomial, "nb"), ``phi m^p`` (Tweedie, "tweedie"), or the same for all
(normal, "mse").
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from nmfbench.factorize.losses import KLD_FLOOR, Loss, by_entry, parameter_of


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
    # It takes half a second to import: most studies have no likelihoods.
    from scipy import stats

    R = np.maximum(R, KLD_FLOOR)
    if loss == "kld":
        return stats.poisson.logpmf(V, R)
    if loss == "nb":
        r = 1 / parameter_of(loss)
        return stats.nbinom.logpmf(V, r, r / (r + R))
    power = power_of(loss)
    if power == 0:
        return stats.norm.logpdf(V, R, np.sqrt(phi))
    counts, place = np.unique(V, return_inverse=True)
    saturated = _saturated(counts, power, phi)[place.reshape(V.shape)]
    return saturated - by_entry(V, R, loss) / (2 * phi)


def power_of(loss: str) -> float:
    """Power p of a Tweedie model, of which the normal one ("mse") is that of 0."""
    return 0 if loss == "mse" else parameter_of(loss)
