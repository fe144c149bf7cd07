"""Multiplicative updates under the negative binomial and the Tweedie model.

Both deviances are, up to a factor and a constant, sums over entries with mean ``m = (S E)``

``- v log m + (v + 1/alpha) log(1 + alpha m)``            negative binomial
``- v m^(1-p) / (1-p) + m^(2-p) / (2-p)``                 Tweedie, 1 < p < 2

A part that is convex in m lies below its Jensen bound for the shares ``s e / m`` that the terms
have now; a part that is concave lies below its tangent. The bound falls apart into one function of
each entry of E (S held), whose minimum is (James, Hobolth & Pelizzola 2026, arXiv 2603.09601)

``E <- E * (S'U / S'D)^c`` with
``U = V / m``,      ``D = (1/alpha + V) / (1/alpha + m)``,  ``c = 1``      negative binomial
``U = V m^(-p)``,   ``D = m^(1-p)``,                        ``c = 1/p``    Tweedie

In both the first part is convex and the second concave. Where an entry of E grows x times, the
slopes of the bounds are ``- v/m / x`` and ``- v m^(-p) x^(-p)``, those of the tangents do not
depend on x: hence c. No update increases the deviance. The mean is linear in every factor, so the
same holds for S, and for the weights of convex NMF. The squared error (p = 0) has a second part
that is convex as well, and with it ``c = 1`` (Lee & Seung 2001).
"""

from functools import cached_property
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from nmfbench.factorize.fit import Factor, RelativeStop
from nmfbench.factorize.losses import KLD_FLOOR, TINY, by_entry, parameter_of

#: Dispersions that are looked for; below, a count up to a thousand varies like a Poisson count.
ALPHAS = (1e-6, 1e3)

#: Tolerance and limit of the Poisson fit at whose means they are estimated.
POISSON_STOP = (1e-6, 3000)


class Weights:
    """U and D of successive reconstructions S E of one catalogue, in a buffer that is used again.

    Parameters
    ----------
    V : (M, N) counts
    loss : a `Loss` "nb" or "tweedie"
    """

    def __init__(self, V: NDArray, loss: str) -> None:
        self.V, self.loss, self._parameter = V, loss, parameter_of(loss)
        self._is_nb = loss == "nb"
        self._exponent = 1.0 if self._is_nb else 1 / max(1, self._parameter)
        # The reconstruction becomes D, or U, in its place: what is touched stays in the cache.
        self._both = np.empty((2, *V.shape))
        if self._is_nb:
            self._r = 1 / self._parameter
            self._of_counts = V + self._r

    def __call__(self, S: NDArray, E: NDArray) -> NDArray:
        """U and D (2 x M x N) of the reconstruction ``S E``."""
        R = self._reconstruct(S, E)
        if not self._is_nb:
            self._power(R)
        return self._weigh(R)

    def ratio(self, sums: NDArray) -> NDArray:
        """Give the factor of an update; `sums` has those of U and of D over what is held."""
        up, down = sums
        found = up / (down + TINY)
        return found if self._exponent == 1 else found**self._exponent

    def deviance(self, S: NDArray, E: NDArray) -> float:
        """Deviance of the reconstruction ``S E`` per entry."""
        return (self._constant + self._varying(self._reconstruct(S, E))) / self.V.size

    def deviance_and_slope(self, S: NDArray, E: NDArray) -> tuple[float, NDArray]:
        """Deviance of the reconstruction ``S E`` per entry, and its slope in each mean (M x N).

        At its floor a mean has no slope: close to power 2 any other misleads.
        """
        R = self._reconstruct(S, E)
        level = R <= KLD_FLOOR
        lost = self._constant + self._varying(R)
        up, slope = self._weigh(R)
        slope -= up
        slope *= 2 / slope.size
        slope[level] = 0.0
        return lost / slope.size, slope

    def _reconstruct(self, S: NDArray, E: NDArray) -> NDArray:
        """Put ``S E`` into the second half of the buffer."""
        R = np.dot(S, E, out=self._both[1])
        if R.min() < KLD_FLOOR:  # rare, and to look costs half as much as to hold
            np.maximum(R, KLD_FLOOR, out=R)  # as in `losses`
        return R

    def _power(self, R: NDArray) -> NDArray:
        """Put the Tweedie model's ``R^(1-p)`` into the first half of the buffer."""
        power = np.log(R, out=self._both[0])
        power *= 1 - self._parameter  # exp(c log R): a third faster than R ** c
        return np.exp(power, out=power)

    def _weigh(self, R: NDArray) -> NDArray:
        """U and D of means in the second half of the buffer; a Tweedie model's are in the first."""
        if self._is_nb:
            np.divide(self.V, R, out=self._both[0])
            R += self._r
            np.divide(self._of_counts, R, out=R)
            return self._both
        np.divide(self._both[0], R, out=R)
        R *= self.V
        return self._both[::-1]

    @cached_property
    def _constant(self) -> float:
        """Deviance of any reconstruction, summed, less what varies with it."""
        somewhere = np.maximum(self.V, 1.0)
        return float(by_entry(self.V, somewhere, self.loss).sum()) - self._varying(somewhere)

    def _varying(self, R: NDArray) -> float:
        """Deviance of the reconstruction `R`, summed, but for what depends on the counts alone.

        Under the Tweedie model ``R^(1-p)`` is in the first half of the buffer then.
        """
        buffer, p = self._both[0], self._parameter
        if self._is_nb:
            total = -np.vdot(self.V, np.log(R, out=buffer))
            # log(1 + x), not log1p, which takes three times as long: what that rounds of
            # (v + 1/alpha) log(1 + alpha m) is 1e-16 / alpha, and alpha is above 1e-6.
            np.multiply(R, p, out=buffer)
            buffer += 1.0
            total += np.vdot(self._of_counts, np.log(buffer, out=buffer))
        elif p == 1:
            total = R.sum() - np.vdot(self.V, np.log(R, out=buffer))
            buffer.fill(1.0)
        elif p == 2:
            total = np.log(R, out=buffer).sum()
            total += np.vdot(self.V, np.divide(1, R, out=buffer))
        else:
            power = self._power(R)
            total = np.vdot(R, power) / (2 - p) - np.vdot(self.V, power) / (1 - p)
        return 2 * float(total)


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
    floor : see `Factor`
    stop : when to end
    """
    weights = Weights(V, loss)
    signatures, exposures = Factor(S, floor), Factor(E, floor)
    while True:
        signatures.times(weights.ratio(weights(S, E) @ E.T))
        exposures.times(weights.ratio(S.T @ weights(S, E)))
        if stop.due() and stop(weights.deviance(S, E)):
            return


def minimise_convex(
    V: NDArray, W: NDArray, G: NDArray, loss: str, floor: float, stop: RelativeStop
) -> None:
    """``G <- G * (U'S / D'S)^c``, then ``W <- W * (V'(U G) / V'(D G))^c``, with S = V W, in place.

    The weights W are one more factor of the mean.

    Parameters
    ----------
    V : (M, N) counts
    W, G : (K, N) each, weights and exposures to start from
    loss : a `Loss` "nb" or "tweedie"
    floor : see `Factor`
    stop : when to end
    """
    weights = Weights(V, loss)
    of_W, of_G = Factor(W, floor), Factor(G, floor)
    S = V @ W.T
    while True:
        of_G.times(weights.ratio(S.T @ weights(S, G)))
        of_W.times(weights.ratio((weights(S, G) @ G.T).swapaxes(1, 2) @ V))
        S = V @ W.T
        if stop.due() and stop(weights.deviance(S, G)):
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
    # A row for every alpha.
    counts, means = (np.ascontiguousarray(X.T if of_sample else X.reshape(1, -1)) for X in (V, R))
    means = np.maximum(means, KLD_FLOOR)
    excess = (np.square(counts - means) - counts).sum(axis=1) / np.square(means).sum(axis=1)
    t = np.log(np.clip(excess, 1e-3, 10.0))  # the moments' alpha, in a range
    going = np.arange(len(t))
    for _ in range(200):
        before = t[going]
        t[going] = _newton_step(counts[going], means[going], before)
        going = going[np.abs(t[going] - before) > 1e-10]
        if not len(going):
            break
    return np.exp(t) if of_sample else float(np.exp(t[0]))


def _newton_step(V: NDArray, R: NDArray, t: NDArray) -> NDArray:
    """Log alpha (n) after a step of `dispersion`; V and R are (n, m)."""
    r = np.exp(-t)[:, None]
    digamma, polygamma = scipy.special.digamma, scipy.special.polygamma
    first = digamma(V + r) - digamma(r) - np.log1p(R / r) + (R - V) / (r + R)
    second = polygamma(1, V + r) - polygamma(1, r) + R / (r * (r + R)) - (R - V) / (r + R) ** 2
    r = r[:, 0]
    slope = -r * first.sum(axis=1)  # in t = -log r
    curvature = r**2 * second.sum(axis=1) - slope
    # Where the likelihood is not concave a Newton step would lead away from its maximum.
    step = np.where(curvature < 0, slope / np.minimum(curvature, -1e-300), -np.sign(slope))
    return np.clip(t - np.clip(step, -1, 1), *np.log(ALPHAS))
