"""Training to convergence: L-BFGS from several starts, for V ~ S E and for convex V ~ V W G'.

One problem has both: ``V ~ P W' G`` with W (K x J) and G (K x N) non-negative, where the generators
P are the samples' profiles (convex) or absent (``S = W'``). What makes L-BFGS fast here:

- the squared error keeps its bounds (L-BFGS-B); the KLD and the deviances, whose curvature grows
  without limit towards zero, are minimised over the square roots of W and G, where it is about the
  same;
- each signature is scaled such that its weights and its exposures are about equally curved; under
  the negative binomial and the Tweedie model each entry, by how much less a large count says there
  than under the Poisson model (mostly faster, up to two to three times; not on every catalogue);
- a Tweedie fit begins with multiplicative updates, whose small steps find the better optima;
- memory and scales are made new after every round of iterations. The round is also the window of
  the stopping rule: no single small step, and no rounding, can end a fit;
- of many starts the best third goes on after every round (successive halving, Jamieson & Talwalkar
  2016): the order of the losses says little after the first round, and nearly all after the second;
- the copies of a sample that a bootstrap has drawn several times are one sample that weighs more,
  under the squared error and the KLD; no scaled sample stands for copies under the other losses.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy
from numpy.typing import NDArray

from nmfbench.factorize.deviance import Weights, dispersion, minimise, minimise_convex
from nmfbench.factorize.fit import Fit, FitError, RelativeStop, normalise
from nmfbench.factorize.losses import (
    FLOOR,
    KLD_FLOOR,
    TINY,
    WITH_PARAMETER,
    KldTracker,
    Loss,
    by_sample,
    information,
)
from nmfbench.factorize.refit import refit_kld, solve_nnls, sweep_exposures

FIRST_ROUND, ROUND = 100, 300  # iterations
MEMORY = 5  # corrections that L-BFGS keeps; with 10 it is as good and a third slower
SLOWLY = 100  # updates before L-BFGS under the Tweedie model; after 300 or 1000 it ends no lower
SWEEPS = 3  # of the exposures, for every sample that a start picks
THIRD = 3  # one start in three goes on after a round


@dataclass(frozen=True)
class Point:
    """Where one start has come to."""

    W: NDArray
    G: NDArray
    loss: float
    iterations: int = 0
    converged: bool = False
    finished: bool = False


class Problem:
    """Loss per entry of ``V ~ (P W') G`` and its gradient.

    Parameters
    ----------
    V : (M, N) catalogue
    loss : "mse", "kld", or a `Loss` "nb" or "tweedie" with its parameter
    convex : whether signatures are convex combinations of the samples' profiles (J = N), or free
        (J = M)
    """

    def __init__(self, V: NDArray, loss: str, *, convex: bool) -> None:
        self.V, self.loss = np.ascontiguousarray(V, dtype=float), loss
        self.profiles = self.V / np.maximum(self.V.sum(axis=0), KLD_FLOOR)
        self.convex = convex
        self._kld = KldTracker(self.V)
        self._weights = Weights(self.V, loss) if loss in WITH_PARAMETER else None

    def signatures(self, W: NDArray) -> NDArray:
        """Signatures, K x M."""
        return W @ self.profiles.T if self.convex else W

    def __call__(self, W: NDArray, G: NDArray) -> tuple[float, NDArray, NDArray]:
        """Loss per entry and its gradient in W and G."""
        S = self.signatures(W)
        if self._weights:
            value, D = self._weights.deviance_and_slope(S.T, G)
        else:
            value, D = self._value_and_slope(S.T @ G)
        of_S = G @ D.T
        return value, of_S @ self.profiles if self.convex else of_S, S @ D

    def _value_and_slope(self, D: NDArray) -> tuple[float, NDArray]:
        """Squared error or KLD per entry of a reconstruction, and its slope, in its place."""
        if self.loss == "mse":
            D -= self.V
            value = float(np.vdot(D, D)) / D.size
            D *= 2
        else:
            np.maximum(D, KLD_FLOOR, out=D)
            value = self._kld(D)
            np.divide(self.V, D, out=D)
            np.subtract(1, D, out=D)
        D /= D.size
        return value, D

    def scales(self, W: NDArray, G: NDArray) -> tuple[NDArray, NDArray]:
        """Units of W and G, as columns or entries, in which the loss is about equally curved.

        The squared error is curved like ``|G_k|^2`` in a signature and like ``|S_k|^2`` in its
        exposures; the KLD is curved alike in the roots of numbers of mutations. In the root of an
        entry in units u the expected curvature of any of the others is 4 u times the sum, over the
        means that the entry is in, of its coefficient there times `information`.
        """
        if self.loss == "kld":
            return 1 / _unit(G.sum(axis=1)), np.ones((len(G), 1))
        S = self.signatures(W)
        if self.loss == "mse":
            lengths_G, lengths_S = (np.linalg.norm(X, axis=1) for X in (G, S))
            unit = _unit(np.sqrt(lengths_G / np.where(lengths_S > 0, lengths_S, 1)))
            return 1 / unit, unit
        told = information(np.maximum(S.T @ G, KLD_FLOOR), self.loss)
        of_S = G @ told.T
        of_W = of_S @ self.profiles if self.convex else of_S
        return 1 / np.maximum(of_W, TINY), 1 / np.maximum(S @ told, TINY)


def _unit(sizes: NDArray) -> NDArray:
    """Sizes of the K signatures as a column; an empty one has no size and keeps its scale."""
    return np.where(sizes > 0, sizes, 1.0)[:, None]


class Wanted(Protocol):
    """Settings of a model that is trained to convergence.

    Attributes
    ----------
    starts : number of starts, each at K samples that differ (see `pick_samples`)
    tolerance : a start has converged when a round lowers its loss by less, relative
    max_iterations : of one start
    dispersion : of the loss "nb", see `MultiplicativeSettings`
    """

    starts: int
    tolerance: float
    max_iterations: int
    dispersion: str


def fit_converged(
    V: NDArray, rank: int, loss: str, rng: np.random.Generator, settings: Wanted, *, convex: bool
) -> Fit:
    """Fit from several starts and give the best.

    All starts go one round; after every round the best third goes on, down to one.

    Parameters
    ----------
    V : (M, N) catalogue
    rank : number of signatures K
    loss : "mse", "kld", or a `Loss` "nb" or "tweedie" with its parameter
    rng : source of the starts
    settings : see `Wanted`
    convex : whether signatures are combinations of the samples' profiles

    Returns
    -------
    Fit
        Its ``iterations`` are those of all starts together.

    Raises
    ------
    FitError
        If the loss stops being finite.
    """
    if loss == "nb" and settings.dispersion == "sample":
        poisson = fit_converged(V, rank, "kld", rng, settings, convex=convex)
        means = poisson.signatures @ poisson.exposures
        loss = Loss("nb", dispersion(V, means, of_sample=True))
    merged, copies, weights = merge_copies(V, loss)
    problem = Problem(merged, loss, convex=convex)
    points = [_begin(problem, rank, rng) for _ in range(settings.starts)]
    dropped = 0
    while not all(point.finished for point in points):
        points = [p if p.finished else _advance(problem, p, settings) for p in points]
        points.sort(key=lambda point: point.loss)
        keep = max(1, len(points) // THIRD)
        dropped += sum(point.iterations for point in points[keep:])
        points = points[:keep]
    best = points[0]
    S, E, _ = normalise(problem.signatures(best.W).T, best.G / weights)
    E = np.repeat(E, copies, axis=1)
    lost = best.loss * (merged.size / V.size)  # per entry of all copies
    return Fit(S, E, lost, dropped + sum(p.iterations for p in points), best.converged)


def fit_from(
    V: NDArray, S: NDArray, E: NDArray, loss: str, settings: Wanted, *, convex: bool
) -> Fit:
    """Fit from signatures and exposures that are near the optimum of V, or were of another.

    Parameters
    ----------
    V : (M, N) catalogue; neighbouring copies of a sample are merged
    S : (M, K) signatures
    E : (K, N) exposures
    loss : "mse", "kld", or a `Loss` "nb" or "tweedie" with its parameter
    settings : see `Wanted`; its starts are of no use here
    convex : whether signatures are combinations of the samples' profiles

    Raises
    ------
    FitError
        If the loss stops being finite.
    """
    merged, copies, weights = merge_copies(V, loss)
    problem = Problem(merged, loss, convex=convex)
    # A little of everything: what is zero could not grow again.
    G = 0.99 * E[:, np.cumsum(copies) - 1] * weights + 0.01 * merged.sum(axis=0) / len(E)
    W = solve_nnls(problem.profiles, S).T if convex else S.T
    W = 0.99 * W + 0.01 * _unit(W.sum(axis=1)) / W.shape[1]
    point = Point(W, G, problem(W, G)[0])
    while not point.finished:
        point = _advance(problem, point, settings)
    S, E, _ = normalise(problem.signatures(point.W).T, point.G / weights)
    lost = point.loss * (merged.size / V.size)
    return Fit(S, np.repeat(E, copies, axis=1), lost, point.iterations, point.converged)


def merge_copies(V: NDArray, loss: str) -> tuple[NDArray, NDArray, NDArray]:
    """Merge neighbouring samples with the same counts into one, scaled so that the loss is kept.

    With ``c`` copies, ``c (v - r)^2 = (sqrt(c) v - sqrt(c) r)^2`` and ``c KLD(v, r) =
    KLD(c v, c r)``: signatures that fit the scaled samples best fit all copies best. No scale does
    that for the deviance of a noise model with a parameter: each copy stays.

    Parameters
    ----------
    V : (M, N) catalogue
    loss : "mse", "kld", "nb" or "tweedie"

    Returns
    -------
    merged : (M, N') scaled samples
    copies : (N',) how many samples each of them stands for
    weights : (N',) how each was scaled
    """
    if loss in WITH_PARAMETER:
        copies = np.ones(V.shape[1], dtype=int)
        return V, copies, copies.astype(float)
    first = np.ones(V.shape[1], dtype=bool)
    first[1:] = (V[:, 1:] != V[:, :-1]).any(axis=0)
    copies = np.diff(np.flatnonzero(np.append(first, True)))
    weights = np.sqrt(copies) if loss == "mse" else copies.astype(float)
    return V[:, first] * weights, copies, weights


def _begin(problem: Problem, rank: int, rng: np.random.Generator) -> Point:
    """Begin at K samples that differ; NMF under the Tweedie model at random, which ends lower."""
    V, profiles = problem.V, problem.profiles
    N = V.shape[1]
    if problem.loss == "tweedie" and not problem.convex:
        W, G = rng.random((len(V), rank)).T.copy(), rng.random((rank, N))
    else:
        picks, G = pick_samples(V, profiles, rank, problem.loss, rng)
        W = np.full((rank, N), 0.1 / N)
        W[np.arange(rank), picks] += 0.9
        G = G + 0.02 * V.sum(axis=0) / rank
        if not problem.convex:
            W = W @ profiles.T + 1e-4
    if problem.loss == "tweedie":
        _choose_zeros(problem, W, G)
    return Point(W, G, problem(W, G)[0])


def _choose_zeros(problem: Problem, W: NDArray, G: NDArray) -> None:
    """Go the first way by multiplicative updates, in place.

    A count of zero draws its mean to zero like ``m^(2-p)``, from a power of 1.5 on with a corner
    or a cusp there even over square roots: what comes there stays there, and each choice of zeros
    is an optimum of its own. Steps of L-BFGS make that choice blindly. Small steps do not, and soon
    have made it.
    """
    stop = RelativeStop(0, SLOWLY)
    if problem.convex:
        sizes = np.maximum(problem.V.sum(axis=0), KLD_FLOOR)
        W /= sizes  # weights of counts, not of profiles
        minimise_convex(problem.V, W, G, problem.loss, FLOOR, stop)
        W *= sizes
    else:
        minimise(problem.V, W.T, G, problem.loss, FLOOR, stop)


def pick_samples(
    V: NDArray, profiles: NDArray, rank: int, loss: str, rng: np.random.Generator
) -> tuple[list[int], NDArray]:
    """K samples to start from, each drawn by how badly those before it explain it.

    This is the seeding of k-means++ (Arthur & Vassilvitskii 2007) with the loss as the distance.

    Returns
    -------
    picks : K column numbers
    exposures : (K, N) for the profiles of these samples
    """
    picks: list[int] = []
    E = np.zeros((0, V.shape[1]))
    badness = by_sample(V, np.zeros_like(V), loss) if loss == "mse" else V.sum(axis=0)
    for _ in range(rank):
        # The largest of perturbed logarithms is a draw with these weights, in any sample order.
        with np.errstate(divide="ignore"):
            keys = np.log(np.maximum(badness, 0)) + rng.gumbel(size=V.shape[1])
        keys[picks] = -np.inf
        picks.append(int(np.argmax(keys)))
        S = profiles[:, picks]
        if loss == "mse":
            E = sweep_exposures(V, S, np.vstack([E, np.zeros(V.shape[1])]), SWEEPS)
        else:
            E = refit_kld(V, S, 30)
        badness = by_sample(V, S @ E, loss)
    return picks, E


def _advance(problem: Problem, point: Point, settings: Wanted) -> Point:
    """One round of L-BFGS."""
    rooted = problem.loss != "mse"
    scale = _unit(point.W.sum(axis=1))
    W, G = point.W / scale, point.G * scale
    unit_W, unit_G = problem.scales(W, G)
    cut, shapes = W.size, (W.shape, G.shape)

    def factors(x: NDArray) -> tuple[NDArray, NDArray]:
        return x[:cut].reshape(shapes[0]), x[cut:].reshape(shapes[1])

    def function(x: NDArray) -> tuple[float, NDArray]:
        w, g = factors(x)
        first, second = (w * w, g * g) if rooted else (w, g)
        value, of_W, of_G = problem(first * unit_W, second * unit_G)
        of_W *= unit_W
        of_G *= unit_G
        if rooted:
            of_W *= 2 * w
            of_G *= 2 * g
        # Relative to where the round began: the optimiser's own thresholds are absolute.
        return value / base, np.concatenate([of_W.ravel(), of_G.ravel()]) / base

    base = max(point.loss, KLD_FLOOR**2)
    x = np.concatenate([(W / unit_W).ravel(), (G / unit_G).ravel()])
    steps = ROUND if point.iterations else FIRST_ROUND
    steps = min(steps, settings.max_iterations - point.iterations)
    # Not `minimize`: it turns the bounds of every variable into objects, and back, in every round.
    x, value, done = scipy.optimize.fmin_l_bfgs_b(
        function,
        np.sqrt(x) if rooted else x,
        bounds=None if rooted else [(0, None)] * x.size,
        m=MEMORY,
        factr=0,
        pgtol=0,
        maxiter=steps,
        maxfun=20 * ROUND,
    )
    loss = float(value) * base
    if not np.isfinite(loss):
        raise FitError(f"diverged: loss {loss} at iteration {point.iterations + done['nit']}")
    w, g = factors(np.square(x) if rooted else x)
    iterations = point.iterations + max(done["nit"], 1)
    converged = point.loss - loss <= settings.tolerance * point.loss
    return Point(
        w * unit_W,
        g * unit_G,
        loss,
        iterations,
        converged,
        converged or iterations >= settings.max_iterations,
    )
