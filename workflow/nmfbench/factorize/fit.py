"""What every method returns, and the stopping rule that the iterative ones share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmfbench.factorize.losses import FLOOR, TINY

_UNIT = 1074  # the smallest number above zero is 2^-1074
_MOST_UNITS = np.ldexp(TINY, _UNIT)


class FitError(RuntimeError):
    """A fit that cannot give signatures; the run goes on and the table states the reason."""


@dataclass(frozen=True)
class Fit:
    """One factorization ``V ~ S E`` of a training catalogue.

    Attributes
    ----------
    signatures : (M, K), each column sums to 1
    exposures : (K, N), mutations per signature and sample
    loss : the loss that the method minimised, per entry, at its last check
    iterations : updates done
    converged : whether the stopping rule ended the fit, not the cap on iterations or a number of
        steps that was set; None where nothing is iterated
    encode : how the method itself gives exposures (K, N') to new samples (M, N'); None means
        an ordinary refit of the signatures
    cost : what a network with penalties minimised, per entry, of samples (M, N'): the loss of the
        exposures that it encodes and the penalties on them; None where it is the loss alone
    """

    signatures: NDArray
    exposures: NDArray
    loss: float
    iterations: int
    converged: bool | None
    encode: Callable[[NDArray], NDArray] | None = None
    cost: Callable[[NDArray], float] | None = None


def normalise(S: NDArray, E: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Move the scale of ``S E`` into the exposures.

    A signature that is all zero becomes flat and has no exposures: the product stays the same, and
    the fit is compared like any other, with a signature less than it was asked for.

    Returns
    -------
    signatures (M, K) whose columns sum to 1, exposures (K, N), and the K column sums of `S`.

    Raises
    ------
    FitError
        If a factor is not finite.
    """
    S, E = np.asarray(S, dtype=float), np.asarray(E, dtype=float)
    if not (np.isfinite(S).all() and np.isfinite(E).all()):
        raise FitError("diverged: the factors are not finite")
    scale = S.sum(axis=0)
    shape = np.divide(S, scale, out=np.full(S.shape, 1 / len(S)), where=scale > 0)
    return shape, E * scale[:, None], scale


def check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a setting that is none of the known ones, with the nearest, by a ValueError."""
    if value not in known:
        raise ValueError(f"{name} is '{value}', but has to be {' or '.join(known)}")


def check_starts(starts: int) -> None:
    """Refuse less than one start, by a ValueError."""
    if starts < 1:
        raise ValueError(f"starts is {starts}, but has to be 1 or more")


@dataclass(frozen=True)
class MultiplicativeSettings:
    """Settings of a model whose method has multiplicative updates.

    Attributes
    ----------
    tolerance : stop below this relative change of the loss per iteration
    max_iterations : stop here at the latest
    floor : entries of the factors stay above; 0: as small as they become (see `Factor`)
    solver : "multiplicative", or "l-bfgs" from several starts (see `fit_converged` for what
        tolerance and max_iterations mean to it; it needs no floor)
    starts : of "l-bfgs"
    dispersion : of the loss "nb": "one", that of the loss, or "sample", one for each training
        sample, estimated at the means of a Poisson fit
    """

    tolerance: float = 1e-10
    max_iterations: int = 1_000_000
    floor: float = FLOOR
    solver: str = "multiplicative"
    starts: int = 10
    dispersion: str = "one"

    def __post_init__(self) -> None:
        check_choice("solver", self.solver, ("multiplicative", "l-bfgs"))
        check_choice("dispersion", self.dispersion, ("one", "sample"))
        check_starts(self.starts)


class Factor:
    """A factor under multiplicative updates, with a floor or down to the smallest numbers.

    Without a floor, entries that run towards zero do what IEEE arithmetic has them do, as in the
    released code of Egendal et al. 2025: below 2^-1022 they are multiples of 2^-1074, of which the
    last stays where it is multiplied by more than one half, and grows again once the ratios do.
    Fits depend on it: an entry that is exactly zero never comes back. Such numbers slow arithmetic
    down a hundredfold. So entries below `TINY` are held apart, as multiples of 2^-1074, and are
    zero in `entries`: to a product they add nothing.

    Attributes
    ----------
    entries : the factor, changed in place by `times`
    """

    every = 8  # updates between two looks for entries that have become small, or have grown

    def __init__(self, entries: NDArray, floor: float) -> None:
        self.entries = entries
        self._floor, self._updates = floor, 0
        self._flat = entries.reshape(-1)  # a view: both are contiguous
        self._where = np.empty(0, dtype=np.intp)
        self._units = np.empty(0)

    def times(self, ratio: NDArray) -> None:
        """Multiply every entry by its ratio."""
        self.entries *= ratio
        if self._floor:
            np.maximum(self.entries, self._floor, out=self.entries)
            return
        if len(self._where):
            self._units *= ratio.take(self._where)
            np.rint(self._units, out=self._units)
        self._updates += 1
        if self._updates % self.every == 0:
            self._look()

    def _look(self) -> None:
        """Give back what has grown, and hold what has become small.

        Between two looks the processor does by itself what is done with `_units` here, slowly.
        """
        grown = self._units >= _MOST_UNITS
        if grown.any():
            self._flat[self._where[grown]] = np.ldexp(self._units[grown], -_UNIT)
            self._where, self._units = self._where[~grown], self._units[~grown]
        small = self._flat < TINY
        if np.count_nonzero(small) > len(self._where):
            small[self._where] = False
            found = np.flatnonzero(small)
            self._where = np.concatenate([self._where, found])
            self._units = np.concatenate([self._units, np.ldexp(self._flat[found], _UNIT)])
            self._flat[found] = 0


def divide(V: NDArray, R: NDArray) -> None:
    """Put ``V / R`` into `R` (M x N); R may have zeros where V has, as for an absent channel."""
    R += TINY
    np.divide(V, R, out=R)


class RelativeStop:
    """Stop when the loss changes by less than `tolerance`, relative, per iteration.

    The loss is looked at every `every` iterations and its change divided by their number, which
    gives the rule of the released code (Egendal et al. 2025: one iteration, 1e-10) at a tenth of
    its price.
    """

    every = 10

    def __init__(self, tolerance: float, max_iterations: int) -> None:
        self.tolerance = tolerance
        self.max_iterations = max_iterations
        self.loss = np.inf
        self.iterations = 0
        self.converged = False

    def due(self) -> bool:
        """Count one iteration; say whether the loss has to be looked at after it."""
        self.iterations += 1
        return self.iterations % self.every == 0 or self.iterations >= self.max_iterations

    def __call__(self, loss: float) -> bool:
        """Take the loss of the current iteration; True ends the fit.

        Raises
        ------
        FitError
            If the loss is not finite.
        """
        if not np.isfinite(loss):
            raise FitError(f"diverged: loss {loss} at iteration {self.iterations}")
        change = abs(self.loss - loss)
        self.converged = bool(change <= self.tolerance * self.every * self.loss < np.inf)
        self.loss = loss
        return self.converged or self.iterations >= self.max_iterations
