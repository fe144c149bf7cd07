"""Likelihoods of noise models.

A noise model says how a count varies about its mean m: with variance m (Poisson, "kld"),
``m + alpha m^2`` (negative binomial, "nb"), ``phi m^p`` (Tweedie, "tweedie"), or the same for all
(normal, "mse").

The Tweedie model is one of amounts, not of counts: its density where it is not 0, a probability at
0. Its probability of a count, which is what can be compared with those of the others, is that of
the amounts that round to it: of 0 those up to a half, of any other those within a half of it.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize_scalar
from scipy.special import gammainc, gammaln

from nmfbench.factorize.losses import KLD_FLOOR, Loss, by_entry, parameter_of

#: Amounts at which a density is looked at within the unit about a count, ...
NODES = 12
#: ... and means at which the probability of a 0 is.
GRID = 200


def _saturated(V: NDArray, power: float, phi: float) -> NDArray:
    """Tweedie log-density of each of the different amounts in V (1-d) at a mean equal to it."""
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
        Log-probabilities of the counts, of "tweedie" for a power above 1; of "mse", and a power of
        0, a log-density, which for any variance of more than a few is about the same.
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
    return _tweedie(V, R, loss, phi)


def log_density(V: NDArray, R: NDArray, loss: str, phi: float) -> NDArray:
    """Log-density of each entry (M x N) under a Tweedie model of a power above 1.

    It costs less than a probability, and will do to choose among powers.
    """
    counts, place = np.unique(V, return_inverse=True)
    saturated = _saturated(counts, parameter_of(loss), phi)[place.reshape(V.shape)]
    return saturated - by_entry(V, np.maximum(R, KLD_FLOOR), loss) / (2 * phi)


def _tweedie(V: NDArray, R: NDArray, loss: str, phi: float) -> NDArray:
    """Log-probability that an amount rounds to the count, by Gauss-Legendre quadrature.

    A density at mean m is ``f(v; v) exp(-d(v, m) / (2 phi))``: its first part, the dear one, is the
    same for all entries of one count.
    """
    power = parameter_of(loss)
    found = np.empty(V.shape)
    zero = V == 0
    if zero.any():
        # A smooth function of the mean: from a grid of means, by a spline.
        means = np.log(R[zero])
        grid = np.linspace(means.min() - 1e-3, means.max() + 1e-3, GRID)
        found[zero] = CubicSpline(grid, _log_near_zero(np.exp(grid), power, phi))(means)
    R = R[~zero]
    counts, place = np.unique(V[~zero], return_inverse=True)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    at = counts[:, None] + nodes / 2
    dear = _saturated(at.ravel(), power, phi).reshape(at.shape) + np.log(weights / 2)
    total = np.full(R.shape, -np.inf)
    for node in range(NODES):
        lost = by_entry(at[place, node], R, loss) / (2 * phi)
        np.logaddexp(total, dear[place, node] - lost, out=total)
    found[~zero] = total
    return found


def _log_near_zero(m: NDArray, power: float, phi: float) -> NDArray:
    """Log-probability of an amount up to a half, at each of the means m (1-d).

    The amount is the sum of a Poisson number of gamma distributed jumps: of mean
    ``m^(2-p) / (phi (2-p))``, shape ``(2-p) / (p-1)`` and scale ``phi (p-1) m^(p-1)`` (Jorgensen
    1997, The Theory of Dispersion Models, section 4.2.4).
    """
    rate = m ** (2 - power) / (phi * (2 - power))
    shape = (2 - power) / (power - 1)
    half = 0.5 / (phi * (power - 1) * m ** (power - 1))
    found = -rate
    # More jumps than either are improbable by themselves, or together above a half.
    likely, small = (x + 9 * np.sqrt(x) + 30 for x in (rate, half))
    most = int(np.minimum(likely, small / shape).max()) + 1
    for n in range(1, most + 1):
        with np.errstate(divide="ignore"):
            within = np.log(gammainc(n * shape, half))
        found = np.logaddexp(found, n * np.log(rate) - rate - gammaln(n + 1) + within)
    return found


def power_of(loss: str) -> float:
    """Power p of a Tweedie model, of which the normal one ("mse") is that of 0."""
    return 0 if loss == "mse" else parameter_of(loss)
