"""Convex NMF: V ~ V W G', signatures are non-negative combinations of the samples.

Ding, Li & Jordan 2010 (IEEE TPAMI 32:45) for the squared error; for the Poisson, the negative
binomial and the Tweedie likelihood the majorise-minimise updates of the same model. Every product
goes through the M x K signatures V W, so that an iteration costs O(M N K): the N x N matrix V'V is
never formed.
"""

import numpy as np
from numpy.typing import NDArray

from nmfbench.factorize.descent import fit_converged
from nmfbench.factorize.deviance import POISSON_STOP, dispersion, minimise_convex
from nmfbench.factorize.fit import (
    Factor,
    Fit,
    MultiplicativeSettings,
    RelativeStop,
    divide,
    normalise,
)
from nmfbench.factorize.losses import TINY, WITH_PARAMETER, KldTracker, Loss

LOSSES = ("mse", "kld", "nb", "tweedie")
CONVEX = True
MONOTONE = True  # the contract tests hold it to that


Settings = MultiplicativeSettings


def fit(V: NDArray, rank: int, loss: str, rng: np.random.Generator, settings: Settings) -> Fit:
    """Factorize a catalogue.

    Parameters
    ----------
    V : (M, N) counts
    rank : number of signatures K
    loss : "mse", "kld", or a `Loss` "nb" or "tweedie" with its parameter
    rng : source of the U(0, 1) start of W and G
    settings : see `MultiplicativeSettings`

    Returns
    -------
    Fit

    Raises
    ------
    FitError
        If the loss or a factor stops being finite.
    """
    if settings.solver == "l-bfgs":
        return fit_converged(V, rank, loss, rng, settings, convex=True)
    V = np.ascontiguousarray(V, dtype=float)
    # Both factors are held as K x N: their long side is contiguous, as in V.
    G = rng.random((V.shape[1], rank)).T.copy()
    W = rng.random((V.shape[1], rank)).T.copy()
    stop = RelativeStop(settings.tolerance, settings.max_iterations)
    if loss == "nb" and settings.dispersion == "sample":
        _minimise_kld(V, W, G, settings.floor, RelativeStop(*POISSON_STOP))
        loss = Loss("nb", dispersion(V, V @ W.T @ G, of_sample=True))
    if loss in WITH_PARAMETER:
        minimise_convex(V, W, G, loss, settings.floor, stop)
    else:
        W, G = {"mse": _minimise_mse, "kld": _minimise_kld}[loss](V, W, G, settings.floor, stop)
    S, E, _ = normalise(V @ W.T, G)
    return Fit(S, E, stop.loss, stop.iterations, stop.converged)


def _minimise_mse(
    V: NDArray, W: NDArray, G: NDArray, floor: float, stop: RelativeStop
) -> tuple[NDArray, NDArray]:
    """Square-root updates of Ding et al. 2010, equations 23 and 24 for V >= 0; gives W and G.

    ``G <- G * sqrt(V'V W / G W'V'V W)`` and ``W <- W * sqrt(V'V G / V'V W G'G)``, both from the
    same W and G as in the released code of Egendal et al. 2025. With S = V W and T = V G these are
    ``sqrt(V'S / G S'S)`` and ``sqrt(V'T / V'S G'G)``. W and G, S and T go through V side by side:
    V is read twice in an iteration, which is what an iteration costs.
    """
    total, size, rank = float(np.vdot(V, V)), V.size, len(W)
    both = np.concatenate([W, G])
    W, G = both[:rank], both[rank:]
    of_W, of_G = Factor(W, floor), Factor(G, floor)
    ST = np.empty((V.shape[0], 2 * rank))
    S, T = ST[:, :rank], ST[:, rank:]
    ratio, denominator = np.empty_like(both), np.empty_like(both)
    np.dot(V, both.T, out=ST)
    while True:
        np.dot(ST.T, V, out=ratio)
        np.dot(G @ G.T, ratio[:rank], out=denominator[rank:])
        np.dot(S.T @ S, G, out=denominator[:rank])
        denominator += TINY  # a sample without weights keeps none
        np.divide(ratio, denominator, out=ratio)
        np.sqrt(ratio, out=ratio)
        of_G.times(ratio[:rank])
        of_W.times(ratio[rank:])
        np.dot(V, both.T, out=ST)
        if stop.due():
            loss = total - 2 * float(np.vdot(S, T)) + float(np.vdot(S.T @ S, G @ G.T))
            if stop(max(loss, 0.0) / size):
                return W, G


def _minimise_kld(
    V: NDArray, W: NDArray, G: NDArray, floor: float, stop: RelativeStop
) -> tuple[NDArray, NDArray]:
    """Majorise-minimise updates of the Poisson likelihood; gives W and G.

    The mean ``sum_k (V W)_mk G_nk`` is linear in each factor, so Jensen's inequality on the log
    gives ``G <- G * (V / R)'S / 1'S`` and ``W <- W * V'((V / R) G) / V'1 1'G`` with S = V W and
    R = S G' (the Poisson case of James, Hobolth & Pelizzola 2026, arXiv 2603.09601).
    """
    tracker = KldTracker(V)
    sample_sums = V.sum(axis=0)
    of_W, of_G = Factor(W, floor), Factor(G, floor)
    S = V @ W.T
    # One M x N buffer holds the reconstruction and then V over it: it has to stay in the cache.
    R = S @ G
    while True:
        divide(V, R)
        of_G.times((S.T @ R) / S.sum(axis=0)[:, None])
        np.dot(S, G, out=R)
        divide(V, R)
        of_W.times(((R @ G.T).T @ V) / np.outer(G.sum(axis=1), sample_sums))
        S = V @ W.T
        np.dot(S, G, out=R)
        if stop.due() and stop(tracker(R)):
            return W, G
