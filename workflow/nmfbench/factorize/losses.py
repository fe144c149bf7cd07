"""The losses, as means over all entries of the catalogue.

They are reported per entry so that cohorts of different size can be compared, as in Egendal et al.
2025 (Tables 2 and 3).
"""

from typing import Any, Self

import numpy as np
import scipy
from numpy.typing import NDArray

LOSSES = ("mse", "kld", "nb", "tweedie")
WITH_PARAMETER = ("nb", "tweedie")  # a `Loss`, not a mere name; they are deviances

#: Smallest reconstruction and count inside a logarithm (Egendal et al. 2025, released code).
KLD_FLOOR = 1e-10

#: Entries of the factors stay above this: multiplicative updates drive them towards zero, where
#: denormal numbers would slow every product down many times.
FLOOR = 1e-30

#: Added to a denominator it changes none but zero; to a sum, entries below it add nothing.
TINY = 1e-300


class Loss(str):
    """A loss by its name, which is all that "mse" and "kld" need, with its noise model's parameter.

    Attributes
    ----------
    parameter : of "nb" the dispersion alpha, one or one per sample (N): the variance of a count of
        mean m is ``m + alpha m^2``. Of "tweedie" the power p: the variance is in proportion to
        ``m^p``.

    Raises
    ------
    ValueError
        If alpha is not above 0, or p is neither 0 nor in [1, 2].
    """

    parameter: Any

    def __new__(cls, name: str, parameter: float | NDArray | None = None) -> Self:
        """Make a loss of its name and parameter."""
        loss = super().__new__(cls, name)
        values = np.asarray(np.nan if parameter is None else parameter, dtype=float)
        if name == "nb" and not (np.isfinite(values) & (values > 0)).all():
            raise ValueError(
                f"the dispersion alpha of nb is {parameter}, but has to be above 0: "
                "without dispersion the loss is kld"
            )
        if name == "tweedie" and not (parameter == 0 or 1 <= values <= 2):
            raise ValueError(
                f"the power of tweedie is {parameter}, but has to be 0 or between 1 and 2: "
                "there is no such distribution between 0 and 1"
            )
        loss.parameter = parameter
        return loss


def parameter_of(loss: str) -> Any:
    """Alpha or p of a loss that needs it.

    Raises
    ------
    ValueError
        If it is a mere name.
    """
    parameter = getattr(loss, "parameter", None)
    if parameter is None:
        raise ValueError(f"loss {loss} needs its parameter: Loss('{loss}', ...)")
    return parameter


def part_of(loss: str, share: float) -> str:
    """Give the loss of a share of the counts, as `nmfbench.data.thinning.thin` divides them.

    A part of a negative binomial count has the share of its mean and of its shape 1 / alpha.
    """
    return Loss(loss, parameter_of(loss) / share) if loss == "nb" else loss


def mse(V: NDArray, R: NDArray) -> float:
    """Mean squared error, ``mean((V - R)^2)``; V and R are M x N."""
    D = np.subtract(V, R)
    return float(np.vdot(D, D)) / D.size


def kld(V: NDArray, R: NDArray) -> float:
    """Poisson Kullback-Leibler divergence, ``mean(V log(V / R) - V + R)``; V and R are M x N.

    Both are held above 1e-10 as in the released code of Egendal et al. 2025.
    """
    return float(np.mean(_divergence(V, R)))


def _divergence(V: NDArray, R: NDArray) -> NDArray:
    """KLD of each entry (M x N)."""
    V, R = np.maximum(V, KLD_FLOOR), np.maximum(R, KLD_FLOOR)
    return V * np.log(V / R) - V + R


def _nb_deviance(V: NDArray, R: NDArray, alpha: float | NDArray) -> NDArray:
    """``2 [v log(v / m) - (v + 1/alpha) log((1 + alpha v) / (1 + alpha m))]`` of each entry.

    Twice the logarithm of the likelihood's ratio to that of ``m = v`` (McCullagh & Nelder 1989,
    Generalized Linear Models, section 11.2). Alpha is one number or one per sample (N).
    """
    R = np.maximum(R, KLD_FLOOR)
    # log1p of the difference: with a small alpha both logarithms would nearly cancel.
    excess = np.log1p(alpha * (V - R) / (1 + alpha * R))
    return 2 * (scipy.special.xlogy(V, V / R) - (V + 1 / alpha) * excess)


def _tweedie_deviance(V: NDArray, R: NDArray, p: float) -> NDArray:
    """Give the unit deviance of each entry (Jorgensen 1987, J R Stat Soc B 49:127).

    ``2 [v^(2-p) / ((1-p)(2-p)) - v m^(1-p) / (1-p) + m^(2-p) / (2-p)]``: with p = 0 the squared
    error, with p = 1 twice the KLD, with p = 2 (of counts above 0) twice the Itakura-Saito
    divergence ``v / m - log(v / m) - 1``.
    """
    if p == 0:
        return np.square(V - R)
    R = np.maximum(R, KLD_FLOOR)
    if p == 1:
        return 2 * (scipy.special.xlogy(V, V / R) - V + R)
    if p == 2:
        return 2 * (V / R - np.log(V / R) - 1)
    of_counts = V ** (2 - p) / ((1 - p) * (2 - p))
    return 2 * (of_counts - V * R ** (1 - p) / (1 - p) + R ** (2 - p) / (2 - p))


def by_entry(V: NDArray, R: NDArray, loss: str) -> NDArray:
    """Loss of each entry (M x N); of "nb" and "tweedie" the deviance."""
    match loss:
        case "mse":
            return np.square(V - R)
        case "kld":
            return _divergence(V, R)
        case "nb":
            return _nb_deviance(V, R, parameter_of(loss))
        case _:
            return _tweedie_deviance(V, R, parameter_of(loss))


def varying(V: NDArray, R: NDArray, loss: str) -> tuple[NDArray, NDArray, NDArray]:
    """Give what of the loss of each entry varies with its mean, and the two parts of its slope.

    Parameters
    ----------
    V : (M, N) counts
    R : (M, N) means, above 0
    loss : "kld", or a `Loss` "nb" or "tweedie"

    Returns
    -------
    lost, up, down
        (M, N) each. ``lost`` is `by_entry` less what depends on the counts alone; its slope in the
        mean is ``down - up``, neither of which is below 0 (the U and D of
        `nmfbench.factorize.deviance`, of the deviances twice these).
    """
    log = np.log(R)
    if loss == "kld":
        return R - V * log, V / R, np.ones_like(R)
    if loss == "nb":
        alpha = parameter_of(loss)
        r = 1 / alpha
        lost = (V + r) * np.log1p(alpha * R) - V * log
        up, down = V / R, (V + r) / (R + r)
    else:
        p = parameter_of(loss)
        down = np.exp((1 - p) * log)
        up = V * down / R
        lost = log if p == 2 else R * down / (2 - p)
        lost = lost - (V * log if p == 1 else V * down / (1 - p))
    return 2 * lost, 2 * up, 2 * down


def information(R: NDArray, loss: str) -> NDArray | float:
    """Mean over variance of each count (M x N), at means R: 1 of a Poisson count, less of others.

    The expected curvature of the loss in the mean m is this over m.
    """
    match loss:
        case "kld":
            return 1.0
        case "nb":
            return 1 / (1 + parameter_of(loss) * R)
        case _:
            return R ** (1 - parameter_of(loss))


def by_sample(V: NDArray, R: NDArray, loss: str) -> NDArray:
    """Loss of each sample (N), summed over its channels; V and R are M x N."""
    return by_entry(V, R, loss).sum(axis=0)


def error(V: NDArray, S: NDArray, E: NDArray, loss: str) -> float:
    """Reconstruction error of ``V ~ S E`` per entry.

    Parameters
    ----------
    V : (M, N) catalogue, mutation counts
    S : (M, K) signatures
    E : (K, N) exposures
    loss : "mse", "kld", or a `Loss` "nb" or "tweedie" with its parameter: the mean deviance
    """
    R = S @ E
    return mse(V, R) if loss == "mse" else float(np.mean(by_entry(V, R, loss)))


class KldTracker:
    """KLD of successive reconstructions of one catalogue, with the constant part computed once.

    ``mean(V log V - V)`` never changes, so one logarithm of R is left per call.
    """

    def __init__(self, V: NDArray) -> None:
        self._V = np.maximum(V, KLD_FLOOR)
        self._constant = float(np.sum(self._V * np.log(self._V) - self._V))
        self._log = np.empty_like(self._V)

    def __call__(self, R: NDArray) -> float:
        """KLD of the M x N reconstruction `R`, per entry."""
        np.maximum(R, KLD_FLOOR, out=self._log)
        np.log(self._log, out=self._log)
        total = self._constant - float(np.vdot(self._V, self._log)) + float(R.sum())
        return total / R.size
