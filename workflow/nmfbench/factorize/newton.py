"""Exposures at their optimum, with the signatures fixed: a Newton method for all samples at once.

The loss of a sample falls apart from those of the others, and has K unknowns that are not negative:
few enough for a projected Newton method (Bertsekas 1982, SIAM J Control Optim 20:221). Exposures at
zero whose slope keeps them there are held, the others go down the Newton direction, with what
would become negative set to zero, and a step that does not lower the loss is shortened. Updates
that multiply cannot do that: for counts far above 1/alpha, one of them moves a mean under the
negative binomial model by about 1/alpha mutations.

The deviances are not convex in the exposures: their curvature counts by its absolute value, and the
way begins at the optimum of the KLD, which is convex. What ends there is a point where no exposure
can change to any good (`is_optimal`), and under a Tweedie model of a power near 2, whose zeros draw
means to zero, it may be one of several.
"""

import numpy as np
from numpy.typing import NDArray

from nmfbench.factorize.losses import (
    FLOOR,
    KLD_FLOOR,
    TINY,
    Loss,
    by_sample,
    parameter_of,
    varying,
)

MAX_STEPS = 200  # 10 to 30 do; what is not at its optimum then is said to have ended at the cap
CUTS = 40  # of one step, to a third each
AT_ZERO = 1e-9  # exposures below this share of a sample's are held if the loss falls towards zero

#: A sample is at its optimum if its loss cannot fall by more than this part of it, ...
TOLERANCE = 1e-6
#: ... or, where it fits exactly, by more than rounding shows of the sums its slope is made of.
ROUNDING = 1e-10


def minimise_exposures(V: NDArray, S: NDArray, loss: str) -> NDArray:
    """Exposures of the lowest loss for fixed signatures.

    Parameters
    ----------
    V : (M, N) counts
    S : (M, K) signatures
    loss : "kld", or a `Loss` "nb" or "tweedie" with its parameter

    Returns
    -------
    (K, N), non-negative; `is_optimal` says of which samples they are at an optimum
    """
    V, S = np.asarray(V, dtype=float), np.asarray(S, dtype=float)
    E = spread_evenly(V, S.shape[1]) if loss == "kld" else minimise_exposures(V, S, "kld")
    for _ in range(MAX_STEPS):
        open_ = np.flatnonzero(~is_optimal(V, S, E, loss))
        if not len(open_):
            break
        E[:, open_] = _step(V[:, open_], S, E[:, open_], _of(loss, open_))
    return E


def spread_evenly(V: NDArray, K: int) -> NDArray:
    """Exposures (K, N) that spread the mutations of each sample in V (M, N) over K signatures."""
    return np.tile(np.maximum(V.sum(axis=0), FLOOR) / K, (K, 1))


def is_optimal(V: NDArray, S: NDArray, E: NDArray, loss: str) -> NDArray:
    """Whether the exposures of each sample (N) are at an optimum: the certificate of a refit.

    With U and D the sums over channels that a slope ``D - U`` in an exposure e is made of
    (`nmfbench.factorize.losses.varying`), no exposures with the same ``sum e D`` have a loss that
    is lower by more than ``sum e |D - U| + max(U / D - 1, 0) sum e D``, as far as the slope tells.
    Of the KLD, which is convex and whose optimum has as many mutations as the sample, this is a
    bound on the distance to the optimum, a duality gap.

    Parameters
    ----------
    V : (M, N) counts
    S : (M, K) signatures
    E : (K, N) exposures
    loss : "kld", or a `Loss` "nb" or "tweedie" with its parameter
    """
    R = S @ E + KLD_FLOOR
    _, up, down = varying(V, R, loss)
    up, down = S.T @ up, S.T @ down
    size = (E * down).sum(axis=0)
    gain = np.max(up / (down + TINY) - 1, axis=0)
    gap = (E * np.abs(down - up)).sum(axis=0) + np.maximum(gain, 0) * size
    return gap <= TOLERANCE * by_sample(V, R, loss) + ROUNDING * size


def _of(loss: str, samples: NDArray) -> str:
    """Give the loss of some samples, where each has a dispersion of its own."""
    parameter = getattr(loss, "parameter", None)
    return Loss(loss, parameter[samples]) if np.ndim(parameter) else loss


def _step(V: NDArray, S: NDArray, E: NDArray, loss: str) -> NDArray:
    """One Newton step of each sample, as long as it lowers the sample's loss."""
    R = S @ E + KLD_FLOOR
    lost, up, down = varying(V, R, loss)
    slope = S.T @ (down - up)
    held = (slope > 0) & (E / np.maximum(E.sum(axis=0), TINY) <= AT_ZERO)
    direction = _direction(S, _curvature(R, up, down, loss), slope, held)
    direction[held] = E[held]
    # An exposure that grows by its slope is not lost by a step too long.
    least = np.where(slope > 0, 0, E / 10)
    found, lost = E.copy(), lost.sum(axis=0)
    open_, size = np.arange(E.shape[1]), 1.0
    for _ in range(CUTS):
        now = np.maximum(E[:, open_] - size * direction[:, open_], least[:, open_])
        after = varying(V[:, open_], S @ now + KLD_FLOOR, _of(loss, open_))[0].sum(axis=0)
        expected = (slope[:, open_] * (E[:, open_] - now)).sum(axis=0)
        good = after <= lost[open_] - 1e-4 * expected + 1e-13 * np.abs(lost[open_])
        found[:, open_[good]] = now[:, good]
        open_, size = open_[~good], size / 3
        if not len(open_):
            break
    return found


def _curvature(R: NDArray, up: NDArray, down: NDArray, loss: str) -> NDArray:
    """Second derivative of the loss of each entry in its mean; up and down as of `varying`."""
    if loss == "kld":
        return up / R
    if loss == "nb":
        return up / R - down / (R + 1 / parameter_of(loss))
    p = parameter_of(loss)
    return (p * up + (1 - p) * down) / R


def _direction(S: NDArray, curvature: NDArray, slope: NDArray, held: NDArray) -> NDArray:
    """Slope over curvature of the exposures that are not held (K x N), by the absolute value."""
    K = S.shape[1]
    pairs = (S[:, :, None] * S[:, None, :]).reshape(len(S), -1)
    # In units in which all exposures are about equally curved, as they may be very different.
    unit = 1 / np.sqrt((S**2).T @ np.abs(curvature) + KLD_FLOOR**2).T
    free = unit * ~held.T
    hessian = (curvature.T @ pairs).reshape(-1, K, K) * free[:, :, None] * free[:, None, :]
    values, vectors = np.linalg.eigh(hessian)
    values = np.maximum(np.abs(values), 1e-12)
    along = np.einsum("nji,nj->ni", vectors, slope.T * free) / values
    return (np.einsum("nij,nj->ni", vectors, along) * free).T
