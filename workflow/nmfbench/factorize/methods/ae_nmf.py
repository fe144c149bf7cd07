"""AE-NMF: the non-negative linear autoencoder V ~ V |W| |G'| (Egendal et al. 2025, eq. 3 and 4).

One hidden layer, no biases, identity activations; as published, the absolute value of both weight
matrices is taken in the forward pass. It is convex NMF minimised by Adam on the full batch. The
gradient is written out: one step costs five thin matrix products and no autograd graph.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nmfbench.factorize.descent import fit_converged
from nmfbench.factorize.fit import Fit, RelativeStop, check_choice, check_starts, normalise
from nmfbench.factorize.losses import KLD_FLOOR

LOSSES = ("mse", "kld")
CONVEX = True

#: How a weight of any sign becomes one that is not negative.
NONNEGATIVE: dict[str, Callable[..., NDArray]] = {
    "abs": np.abs,
    "projection": partial(np.maximum, 0),
}


@dataclass(frozen=True)
class Settings:
    """Settings of a model.

    Attributes
    ----------
    dtype : "float32" (as published) or "float64"
    learning_rate : of Adam
    tolerance : stop below this relative change of the loss from one step to the next. In float32
        two losses are soon equal to the last bit, which ends the fit wherever it is.
    max_iterations : stop here at the latest
    start : upper end of the uniform start of the weights, U(0, start)
    nonnegativity : "abs" (as published) or "projection" (negative weights count as zero)
    enforced : "forward", in the forward pass (as published), or "step", on the weights after each
        step: the variants of Supplementary Table S1
    solver : "adam", or "l-bfgs" from several starts: the same network with non-negative weights in
        float64, where tolerance and max_iterations are those of `fit_converged`
    starts : of "l-bfgs"
    """

    dtype: str = "float32"
    learning_rate: float = 1e-4
    tolerance: float = 1e-10
    max_iterations: int = 1_000_000
    start: float = 1.0
    nonnegativity: str = "abs"
    enforced: str = "forward"
    solver: str = "adam"
    starts: int = 10

    def __post_init__(self) -> None:
        check_choice("dtype", self.dtype, ("float32", "float64"))
        check_choice("nonnegativity", self.nonnegativity, tuple(NONNEGATIVE))
        check_choice("enforced", self.enforced, ("forward", "step"))
        check_choice("solver", self.solver, ("adam", "l-bfgs"))
        check_starts(self.starts)


class EveryStep(RelativeStop):
    """The published rule to the letter: the loss of every step is compared with the last one."""

    every = 1


def fit(V: NDArray, rank: int, loss: str, rng: np.random.Generator, settings: Settings) -> Fit:
    """Factorize a catalogue.

    Parameters
    ----------
    V : (M, N) counts
    rank : number of signatures K
    loss : "mse" or "kld"
    rng : source of the start of the weights
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
        return fit_converged(V, rank, loss, rng, settings, convex=True)
    X = np.ascontiguousarray(V, dtype=settings.dtype)
    # Encoder W and decoder G side by side, K x N each, so that Adam moves both in one go.
    start = rng.random((2, rank, V.shape[1])) * settings.start
    weights = start.astype(X.dtype)
    stop = EveryStep(settings.tolerance, settings.max_iterations)
    adam = Adam(weights, settings.learning_rate)
    gradient = {"mse": MseGradient, "kld": KldGradient}[loss](X)
    _train(weights, gradient, adam, stop, settings)
    W, G = NONNEGATIVE[settings.nonnegativity](weights).astype(float)
    S, E, _ = normalise(np.asarray(V, dtype=float) @ W.T, G)
    return Fit(S, E, stop.loss, stop.iterations, stop.converged)


def _train(
    weights: NDArray,
    gradient: Callable[[NDArray, NDArray], float],
    adam: "Adam",
    stop: RelativeStop,
    settings: Settings,
) -> None:
    """Full-batch descent; the loss compared is that of the weights before the step."""
    nonnegative, after_step = NONNEGATIVE[settings.nonnegativity], settings.enforced == "step"
    used, slope = np.empty_like(weights), np.empty_like(weights)
    while True:
        nonnegative(weights, out=used)
        loss = gradient(used, slope)
        if not after_step:  # the chain rule through the forward pass
            np.copysign(used, weights, out=used)
            np.sign(used, out=used)
            np.multiply(slope, used, out=slope)
        adam.step(slope)
        if after_step:
            nonnegative(weights, out=weights)
        if stop.due() and stop(loss):
            return


class MseGradient:
    """Loss and gradient of ``mean((V - V W G')^2)`` for non-negative W and G."""

    def __init__(self, X: NDArray) -> None:
        self.X = X
        self.residual, self._square = np.empty_like(X), np.empty_like(X)

    def __call__(self, absolute: NDArray, slope: NDArray) -> float:
        """Write the gradient at (W, G), both K x N, into `slope`; return the loss."""
        W, G = absolute
        X, R = self.X, self.residual
        S = X @ W.T
        np.dot(S, G, out=R)
        np.subtract(R, X, out=R)
        # Summed in pairs, as torch does: the loss in float32 decides when the published fit ends.
        np.square(R, out=self._square)
        loss = float(self._square.sum(dtype=X.dtype) / X.dtype.type(X.size))
        R *= X.dtype.type(2 / X.size)
        back_through(R, X, S, G, slope)
        return loss


class KldGradient:
    """Loss and gradient of ``mean(V log(V / R) - V + R)``, R = V W G', both held above 1e-10."""

    def __init__(self, X: NDArray) -> None:
        self.X = np.maximum(X, X.dtype.type(KLD_FLOOR))
        self.V = X
        self.R, self.ratio, self.term = np.empty_like(X), np.empty_like(X), np.empty_like(X)

    def __call__(self, absolute: NDArray, slope: NDArray) -> float:
        """Write the gradient at (W, G), both K x N, into `slope`; return the loss."""
        W, G = absolute
        X, R, ratio, term = self.X, self.R, self.ratio, self.term
        S = self.V @ W.T
        np.dot(S, G, out=R)
        held = np.less(R, X.dtype.type(KLD_FLOOR))  # there the loss does not depend on the factors
        np.maximum(R, X.dtype.type(KLD_FLOOR), out=R)
        np.divide(X, R, out=ratio)
        np.log(ratio, out=term)
        np.multiply(X, term, out=term)
        term -= X
        term += R
        loss = float(term.sum(dtype=X.dtype) / X.dtype.type(X.size))
        np.subtract(1, ratio, out=ratio)
        ratio[held] = 0
        ratio /= X.dtype.type(X.size)
        back_through(ratio, self.V, S, G, slope)
        return loss


def back_through(D: NDArray, V: NDArray, S: NDArray, G: NDArray, slope: NDArray) -> None:
    """Chain rule from D = d loss / d R (M x N) to W and G (K x N), where R = S G and S = V W'."""
    np.dot((D @ G.T).T, V, out=slope[0])
    np.dot(S.T, D, out=slope[1])


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1, with torch's defaults), moving `weights` in place."""

    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, weights: NDArray, learning_rate: float) -> None:
        self.weights = weights
        self.learning_rate = learning_rate
        self.mean, self.square = np.zeros_like(weights), np.zeros_like(weights)
        self._scratch = np.empty_like(weights)
        self.steps = 0

    def step(self, gradient: NDArray) -> None:
        """One step along `gradient`, an array of the shape of the weights; it is overwritten."""
        self.steps += 1
        scratch, kind = self._scratch, self.weights.dtype.type
        np.multiply(gradient, kind(1 - self.beta1), out=scratch)
        self.mean *= kind(self.beta1)
        self.mean += scratch
        np.multiply(gradient, gradient, out=gradient)
        gradient *= kind(1 - self.beta2)
        self.square *= kind(self.beta2)
        self.square += gradient
        np.sqrt(self.square, out=scratch)
        scratch *= kind((1 - self.beta2**self.steps) ** -0.5)
        scratch += kind(self.epsilon)
        np.divide(self.mean, scratch, out=scratch)
        scratch *= kind(self.learning_rate / (1 - self.beta1**self.steps))
        self.weights -= scratch
