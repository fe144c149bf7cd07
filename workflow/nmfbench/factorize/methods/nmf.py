"""NMF: V ~ S E by multiplicative updates (Lee & Seung 2001, Advances in NIPS 13).

Exposures may have penalties ``l1 sum(E) + l2 / 2 sum(E^2)`` beside half the squared error or the
KLD (Nasser, Eldar & Sharan 2021, section 2.1.1 and appendix A):

``E <- E * S'V / (S'S E + l2 E + l1)``                      squared error
``E <- E * S'(V / S E) / (S'1 + l2 E + l1)``                KLD

The signatures' scale is free, as published: they may grow while the exposures shrink, which makes
the penalties small. Under the negative binomial and the Tweedie model the updates are those of
`nmfbench.factorize.deviance`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmfbench.factorize.descent import fit_converged
from nmfbench.factorize.deviance import POISSON_STOP, dispersion, minimise
from nmfbench.factorize.fit import (
    Factor,
    Fit,
    MultiplicativeSettings,
    RelativeStop,
    check_choice,
    divide,
    normalise,
)
from nmfbench.factorize.losses import TINY, WITH_PARAMETER, KldTracker, Loss, error
from nmfbench.factorize.refit import penalised, refit, refit_by_updates, signatures_of

LOSSES = ("mse", "kld", "nb", "tweedie")
MONOTONE = True  # the contract tests hold it to that


@dataclass(frozen=True)
class Settings(MultiplicativeSettings):
    """Settings of a model; the first ones are those of `MultiplicativeSettings`.

    Attributes
    ----------
    l1, l2 : penalties on the exposures
    start : "random", or "equal": all exposures 1 and all signatures flat, as in the released code
        of Nasser et al. 2021. Nothing but rounding tells the signatures apart then, and as long as
        it does not they stay equal: a fit of rank 1.
    signatures_first : which factor is updated first under the squared error; under the KLD it is
        the signatures
    inference : updates that give exposures to new samples, from 1; 0: an ordinary refit
    inference_penalised : these updates have the penalties, as the text says; not so the released
        code of Nasser et al. 2021
    supervised : the true exposures of the training samples are given (see `fit_supervised`)
    """

    l1: float = 0.0
    l2: float = 0.0
    start: str = "random"
    signatures_first: bool = False
    inference: int = 0
    inference_penalised: bool = True
    supervised: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("start", self.start, ("random", "equal"))
        plain = not (self.l1 or self.l2 or self.inference or self.signatures_first)
        if self.solver == "l-bfgs" and not (plain and self.start == "random"):
            raise ValueError(
                "solver l-bfgs has no l1, l2, start, signatures_first or inference: leave them out"
            )

    def check_loss(self, loss: str) -> None:
        """Refuse a loss that these settings are not for, by a ValueError."""
        if loss in WITH_PARAMETER and (self.l1 or self.l2 or self.inference or self.supervised):
            raise ValueError(f"loss {loss} has no l1, l2, inference or supervised: leave them out")


def fit(V: NDArray, rank: int, loss: str, rng: np.random.Generator, settings: Settings) -> Fit:
    """Factorize a catalogue.

    Parameters
    ----------
    V : (M, N) counts
    rank : number of signatures K
    loss : "mse", "kld", or a `Loss` "nb" or "tweedie" with its parameter
    rng : source of the U(0, 1) start of both factors
    settings : see `Settings`

    Returns
    -------
    Fit

    Raises
    ------
    FitError
        If the loss or a factor stops being finite.
    """
    if settings.solver == "l-bfgs":
        return fit_converged(V, rank, loss, rng, settings, convex=False)
    V = np.ascontiguousarray(V, dtype=float)
    if settings.start == "equal":
        S, E = np.full((len(V), rank), 1 / len(V)), np.ones((rank, V.shape[1]))
    else:
        S, E = rng.random((len(V), rank)), rng.random((rank, V.shape[1]))
    stop = RelativeStop(settings.tolerance, settings.max_iterations)
    if loss == "nb" and settings.dispersion == "sample":
        _minimise_kld(V, S, E, settings, RelativeStop(*POISSON_STOP))
        loss = Loss("nb", dispersion(V, S @ E, of_sample=True))
    if loss in WITH_PARAMETER:
        minimise(V, S, E, loss, settings.floor, stop)
    else:
        {"mse": _minimise_mse, "kld": _minimise_kld}[loss](V, S, E, settings, stop)
    scaled, E, scale = normalise(S, E)
    encode = _encoder(S, scale, loss, settings) if settings.inference else None
    return Fit(scaled, E, stop.loss, stop.iterations, stop.converged, encode)


def fit_supervised(
    V: NDArray, E: NDArray, loss: str, rng: np.random.Generator, settings: Settings
) -> Fit:
    """Learn the signatures from samples whose exposures are known: least squares.

    Parameters
    ----------
    V : (M, N) counts
    E : (K, N) true exposures
    loss : "mse"
    rng : not used: there is nothing random
    settings : see `Settings`; of use are l1, l2 and inference

    Returns
    -------
    Fit
        Its exposures, of the training samples as well, are those that the model gives without
        knowing the truth, in the truth's units and order.
    """
    S = signatures_of(V, E)
    scaled, _, _ = normalise(S, E)
    # Scaled by 1: exposures stay in the units of the truth.
    encode = _encoder(S, np.ones(len(E)), loss, settings) if settings.inference else None
    exposures = encode(V) if encode else refit(V, scaled, loss)
    return Fit(scaled, exposures, error(V, scaled, exposures, loss), 1, None, encode)


def _encoder(
    S: NDArray, scale: NDArray, loss: str, settings: Settings
) -> Callable[[NDArray], NDArray]:
    """Give exposures by a number of updates from 1, with S (M x K) as it was trained."""
    penalties = (settings.l1, settings.l2) if settings.inference_penalised else (0.0, 0.0)

    def encode(V: NDArray) -> NDArray:
        return refit_by_updates(V, S, loss, settings.inference, *penalties) * scale[:, None]

    return encode


def _penalty(E: NDArray, settings: Settings) -> float:
    """``l1 sum(E) + l2 / 2 sum(E^2)``."""
    if not (settings.l1 or settings.l2):
        return 0.0
    return settings.l1 * float(E.sum()) + settings.l2 / 2 * float(np.vdot(E, E))


def _minimise_mse(
    V: NDArray, S: NDArray, E: NDArray, settings: Settings, stop: RelativeStop
) -> None:
    """``E <- E * S'V / (S'S E + l2 E + l1)``, then ``S <- S * V E' / S E E'``, in place.

    Exposures go first as in the released code of Egendal et al. 2025, unless the signatures are
    to. The loss comes from the products the updates need anyway:
    ``||V||^2 - 2 <S, V E'> + <S'S, E E'>``.
    """
    total, size = float(np.vdot(V, V)), V.size
    signatures, exposures = Factor(S, settings.floor), Factor(E, settings.floor)
    StV, denominator, VEt = np.empty_like(E), np.empty_like(E), np.empty_like(S)

    def update_exposures() -> None:
        np.dot(S.T, V, out=StV)
        np.dot(S.T @ S, E, out=denominator)
        np.add(denominator, TINY, out=denominator)  # a sample without exposures keeps none
        below = penalised(denominator, E, settings.l1, settings.l2)
        exposures.times(np.divide(StV, below, out=below))

    def update_signatures() -> None:
        np.dot(V, E.T, out=VEt)
        signatures.times(VEt / (S @ (E @ E.T) + TINY))

    halves = [update_exposures, update_signatures]
    if settings.signatures_first:
        halves.reverse()
    while True:
        for half in halves:
            half()
        if stop.due():
            # Of the factor that was updated last the product with V is that of both as they are.
            explained = np.vdot(E, StV) if settings.signatures_first else np.vdot(S, VEt)
            loss = total - 2 * float(explained) + float(np.vdot(S.T @ S, E @ E.T))
            # The three terms cancel in an exact fit; rounding must not show a negative loss.
            if stop((max(loss, 0.0) + 2 * _penalty(E, settings)) / size):
                return


def _minimise_kld(
    V: NDArray, S: NDArray, E: NDArray, settings: Settings, stop: RelativeStop
) -> None:
    """``S <- S * (V / S E) E' / 1 E'``, ``E <- E * S'(V / S E) / (S'1 + l2 E + l1)``, in place.

    Signatures go first as in the released code of Egendal et al. 2025.
    """
    tracker = KldTracker(V)
    signatures, exposures = Factor(S, settings.floor), Factor(E, settings.floor)
    # One M x N buffer holds the reconstruction and then V over it: it has to stay in the cache.
    R = S @ E
    while True:
        divide(V, R)
        signatures.times((R @ E.T) / E.sum(axis=1))
        np.dot(S, E, out=R)
        divide(V, R)
        exposures.times((S.T @ R) / penalised(S.sum(axis=0)[:, None], E, settings.l1, settings.l2))
        np.dot(S, E, out=R)
        if stop.due() and stop(tracker(R) + _penalty(E, settings) / V.size):
            return
