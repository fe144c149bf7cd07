"""Multiplicative updates under the negative binomial and the Tweedie model.

Both deviances are, up to a factor and a constant, sums over entries with mean ``m = (S E)``

``- v log m + (v + 1/alpha) log(1 + alpha m)``            negative binomial
``- v m^(1-p) / (1-p) + m^(2-p) / (2-p)``                 Tweedie, 1 < p < 2

A part that is convex in m lies below its Jensen bound for the shares ``s e / m`` that the terms
have now; a part that is concave lies below its tangent. The bound falls apart into one function of
each entry of E (S held), whose minimum is (James, Hobolth & Pelizzola 2026, arXiv 2603.09601)

``E <- E * (S'U / S'D)^c`` with
``U = V / m``,      ``D = (1 + alpha V) / (1 + alpha m)``,  ``c = 1``      negative binomial
``U = V m^(-p)``,   ``D = m^(1-p)``,                        ``c = 1/p``    Tweedie

In both the first part is convex and the second concave. Where an entry of E grows x times, the
slopes of the bounds are ``- v/m / x`` and ``- v m^(-p) x^(-p)``, those of the tangents do not
depend on x: hence c. No update increases the deviance. The mean is linear in every factor, so the
same holds for S, and for the weights of convex NMF. The squared error (p = 0) has a second part
that is convex as well, and with it ``c = 1`` (Lee & Seung 2001).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

from nmfbench.factorize.fit import RelativeStop, hold
from nmfbench.factorize.losses import KLD_FLOOR, TINY, by_entry, parameter_of

#: Dispersions that are looked for; below, a count up to a thousand varies like a Poisson count.
ALPHAS = (1e-6, 1e3)

#: Tolerance and limit of the Poisson fit at whose means they are estimated.
POISSON_STOP = (1e-6, 3000)


class Weights:
    """U and D of successive reconstructions of one catalogue, in buffers that are used again.

    Parameters
    ----------
    V : (M, N) counts
    loss : a `Loss` "nb" or "tweedie"

    Attributes
    ----------
    exponent : the power c of the updates
    """

    def __init__(self, V: NDArray, loss: str) -> None:
        self.V, self.loss, self._parameter = V, loss, parameter_of(loss)
        self.exponent = 1.0 if loss == "nb" else 1 / max(1, self._parameter)
        self._up, self._down = np.empty_like(V), np.empty_like(V)
        self._of_counts = 1 + self._parameter * V if loss == "nb" else None

    def __call__(self, R: NDArray) -> tuple[NDArray, NDArray]:
        """U and D (both M x N) of the reconstruction `R`, which is changed."""
        np.maximum(R, KLD_FLOOR, out=R)  # as in the deviance
        up, down = self._up, self._down
        if self._of_counts is not None:
            np.divide(self.V, R, out=up)
            np.multiply(R, self._parameter, out=down)
            down += 1
            np.divide(self._of_counts, down, out=down)
        else:
            # exp(-p log R): a third faster than R ** -p.
            np.log(R, out=up)
            up *= -self._parameter
            np.exp(up, out=up)
            np.multiply(up, R, out=down)
            up *= self.V
        return up, down

    def ratio(self, up: NDArray, down: NDArray) -> NDArray:
        """Give the factor of an update; `up` and `down` are sums of U and D over what is held."""
        found = up / (down + TINY)
        return found if self.exponent == 1 else found**self.exponent

    def deviance(self, R: NDArray) -> float:
        """Deviance of the reconstruction `R` per entry."""
        return float(np.mean(by_entry(self.V, R, self.loss)))


def minimise(
    V: NDArray, S: NDArray, E: NDArray, loss: str, floor: float, stop: RelativeStop
) -> None:
    """``S <- S * (U E' / D E')^c``, then ``E <- E * (S'U / S'D)^c``, in place.

    With a power of 1 these are the updates of the KLD, in the same order.

    Parameters
    ----------
    V : (M, N) counts
    S, E : (M, K) signatures and (K, N) exposures to start from
    loss : a `Loss` "nb" or "tweedie"
    floor : see `hold`
    stop : when to end
    """
    weights = Weights(V, loss)
    R = S @ E
    while True:
        up, down = weights(R)
        S *= weights.ratio(up @ E.T, down @ E.T)
        hold(S, floor)
        np.dot(S, E, out=R)
        up, down = weights(R)
        E *= weights.ratio(S.T @ up, S.T @ down)
        hold(E, floor)
        np.dot(S, E, out=R)
        if stop.due() and stop(weights.deviance(R)):
            return


def dispersion(V: NDArray, R: NDArray, *, of_sample: bool = False) -> Any:
    """Dispersion alpha of the negative binomial, by maximum likelihood at given means.

    Newton-Raphson on log alpha. With ``r = 1 / alpha`` the log-likelihood has the slope (Hilbe
    2011, Negative Binomial Regression, chapter 8)
    ``sum psi(v + r) - psi(r) + log(r / (r + m)) + 1 - (v + r) / (r + m)`` in r.

    Parameters
    ----------
    V : (M, N) counts
    R : (M, N) means
    of_sample : one dispersion for each sample, not one for all

    Returns
    -------
    float, or (N,)
        Within `ALPHAS`; at the lower end the counts vary no more than Poisson counts.
    """
    axis = 0 if of_sample else None
    R = np.maximum(R, KLD_FLOOR)
    low, high = np.log(ALPHAS)
    excess = (np.square(V - R) - V).sum(axis=axis) / np.square(R).sum(axis=axis)
    t = np.log(np.clip(excess, 1e-3, 10.0))  # the moments' alpha, in a range
    for _ in range(200):
        r = np.exp(-t)
        first = digamma(V + r) - digamma(r) - np.log1p(R / r) + (R - V) / (r + R)
        second = polygamma(1, V + r) - polygamma(1, r) + R / (r * (r + R)) - (R - V) / (r + R) ** 2
        slope = -r * first.sum(axis=axis)  # in t = -log r
        curvature = r**2 * second.sum(axis=axis) - slope
        # Where the likelihood is not concave a Newton step would lead away from its maximum.
        step = np.where(curvature < 0, slope / np.minimum(curvature, -1e-300), -np.sign(slope))
        after = np.clip(t - np.clip(step, -1, 1), low, high)
        done, t = np.allclose(after, t, rtol=0, atol=1e-10), after
        if done:
            break
    return np.exp(t) if of_sample else float(np.exp(t))
