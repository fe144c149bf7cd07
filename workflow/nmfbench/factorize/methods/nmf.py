"""NMF: V ~ S E by multiplicative updates (Lee & Seung 2001, Advances in NIPS 13)."""

import numpy as np
from numpy.typing import NDArray

from nmfbench.factorize.descent import fit_converged
from nmfbench.factorize.fit import (
    Fit,
    MultiplicativeSettings,
    RelativeStop,
    divide,
    hold,
    normalise,
)
from nmfbench.factorize.losses import TINY, KldTracker

LOSSES = ("mse", "kld")
MONOTONE = True  # the contract tests hold it to that


Settings = MultiplicativeSettings


def fit(V: NDArray, rank: int, loss: str, rng: np.random.Generator, settings: Settings) -> Fit:
    """Factorize a catalogue.

    Parameters
    ----------
    V : (M, N) counts
    rank : number of signatures K
    loss : "mse" or "kld"
    rng : source of the U(0, 1) start of both factors
    settings : see `MultiplicativeSettings`

    Returns
    -------
    Fit

    Raises
    ------
    FitError
        If the loss or a factor stops being finite, or a signature dies.
    """
    if settings.solver == "l-bfgs":
        return fit_converged(V, rank, loss, rng, settings, convex=False)
    V = np.ascontiguousarray(V, dtype=float)
    S = rng.random((V.shape[0], rank))
    E = rng.random((rank, V.shape[1]))
    stop = RelativeStop(settings.tolerance, settings.max_iterations)
    {"mse": _minimise_mse, "kld": _minimise_kld}[loss](V, S, E, settings.floor, stop)
    S, E, _ = normalise(S, E)
    return Fit(S, E, stop.loss, stop.iterations, stop.converged)


def _minimise_mse(V: NDArray, S: NDArray, E: NDArray, floor: float, stop: RelativeStop) -> None:
    """``E <- E * S'V / S'S E``, then ``S <- S * V E' / S E E'``, in place.

    Exposures go first as in the released code of Egendal et al. 2025. The loss comes from the
    products the updates need anyway: ``||V||^2 - 2 <S, V E'> + <S'S, E E'>``.
    """
    total, size = float(np.vdot(V, V)), V.size
    numerator_E, denominator_E = np.empty_like(E), np.empty_like(E)
    StS = S.T @ S
    while True:
        np.dot(S.T, V, out=numerator_E)
        np.dot(StS, E, out=denominator_E)
        denominator_E += TINY  # a sample without exposures keeps none
        np.divide(numerator_E, denominator_E, out=numerator_E)
        np.multiply(E, numerator_E, out=E)
        hold(E, floor)
        VEt, EEt = V @ E.T, E @ E.T
        S *= VEt / (S @ EEt + TINY)
        hold(S, floor)
        StS = S.T @ S
        if stop.due():
            loss = total - 2 * float(np.vdot(S, VEt)) + float(np.vdot(StS, EEt))
            # The three terms cancel in an exact fit; rounding must not show a negative loss.
            if stop(max(loss, 0.0) / size):
                return


def _minimise_kld(V: NDArray, S: NDArray, E: NDArray, floor: float, stop: RelativeStop) -> None:
    """``S <- S * (V / S E) E' / 1 E'``, then ``E <- E * S'(V / S E) / S'1``, in place.

    Signatures go first as in the released code of Egendal et al. 2025.
    """
    tracker = KldTracker(V)
    # One M x N buffer holds the reconstruction and then V over it: it has to stay in the cache.
    R = S @ E
    while True:
        divide(V, R)
        S *= (R @ E.T) / E.sum(axis=1)
        hold(S, floor)
        np.dot(S, E, out=R)
        divide(V, R)
        E *= (S.T @ R) / S.sum(axis=0)[:, None]
        hold(E, floor)
        np.dot(S, E, out=R)
        if stop.due() and stop(tracker(R)):
            return
