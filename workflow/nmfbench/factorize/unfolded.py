"""The network of DNMF trained to convergence: its gradient written out, minimised by L-BFGS.

The layers are those of the squared error without penalties, ``h <- h * A v / B h``. The signatures
S are learned with the weights. All of them are squares, so that the minimiser moves freely and none
is negative. How long to train, and from which start, samples that are held out decide: a network of
ten layers has more weights than a small cohort can tell.

One of the starts is what the network unfolds: with A = S^T and B = S^T S, S the signatures of NMF,
every layer is an update of the exposures (Nasser et al. 2021, section 2.3). From there it goes on.
"""

from collections.abc import Callable, Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from nmfbench.factorize.fit import Fit, FitError, normalise
from nmfbench.factorize.losses import error
from nmfbench.factorize.refit import signatures_of

ROUND = 50  # iterations between two choices among starts
GAIN = 1e-3  # relative: a held-out cost that falls by less has not fallen
EPSILON = 2.0**-23  # added to every denominator and, in the KLD, to counts and means; as released


class Unfolded:
    """L layers for M channels and K signatures.

    Its weights are one vector: A (L, K, M), B (L, K, K) and S (M, K), one after the other.
    """

    def __init__(self, channels: int, rank: int, layers: int, loss: str) -> None:
        self.loss = loss
        self._shapes = [(layers, rank, channels), (layers, rank, rank), (channels, rank)]
        self._ends = np.cumsum([np.prod(shape) for shape in self._shapes])
        self._rooms: dict[int, NDArray] = {}  # by number of samples; fresh memory is slow

    def parts(self, weights: NDArray) -> list[NDArray]:
        """Give views of A, B and S."""
        pieces = np.split(weights, self._ends[:-1])
        return [piece.reshape(s) for piece, s in zip(pieces, self._shapes, strict=True)]

    def start(self, V: NDArray, rng: np.random.Generator, size: float, spread: float) -> NDArray:
        """Weights ``size * U(1 - spread, 1 + spread)``, signatures by least squares."""
        weights = size * rng.uniform(1 - spread, 1 + spread, size=self._ends[-1])
        S = self.parts(weights)[2]
        S[:] = signatures_of(V, self.encode(weights, V))
        np.maximum(S, S.max() * 1e-3, out=S)  # a square that is zero has no slope
        return weights

    def unfold(self, signatures: NDArray) -> NDArray:
        """Weights with which every layer is an update of exposures with signatures (M, K)."""
        weights = np.empty(self._ends[-1])
        A, B, S = self.parts(weights)
        A[:], B[:], S[:] = signatures.T, signatures.T @ signatures, signatures
        return np.maximum(weights, weights.mean() * 1e-6)  # a square that is zero has no slope

    def encode(self, weights: NDArray, V: NDArray) -> NDArray:
        """Exposures (K, N) of samples V (M, N)."""
        A, B, _ = self.parts(weights)
        return self._layers(A, B, V)[0][-1].copy()

    def cost(self, weights: NDArray, V: NDArray) -> float:
        """Loss per entry of ``V ~ S h`` with the exposures h that the network gives."""
        return error(V, self.parts(weights)[2], self.encode(weights, V), self.loss)

    def _room(self, N: int) -> NDArray:
        """Room for four arrays of all layers (L + 1, K, N) of N samples."""
        if N not in self._rooms:
            layers, rank, _ = self._shapes[0]
            self._rooms[N] = np.empty((4, layers + 1, rank, N))
        return self._rooms[N]

    def _layers(self, A: NDArray, B: NDArray, V: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Exposures h before the first layer and after each; ``B h`` and ``A v / B h`` of each.

        They are in the network's own room, and there until its next call.
        """
        layers, _, channels = A.shape
        h, below, ratio, _ = self._room(V.shape[1])
        h[0] = 1
        np.matmul(A.reshape(-1, channels), V, out=ratio[:layers].reshape(-1, V.shape[1]))
        for layer in range(layers):
            np.matmul(B[layer], h[layer], out=below[layer])
            below[layer] += EPSILON
            ratio[layer] /= below[layer]
            np.multiply(ratio[layer], h[layer], out=h[layer + 1])
        return h, below[:layers], ratio[:layers]

    def cost_and_slope(self, weights: NDArray, V: NDArray) -> tuple[float, NDArray]:
        """Give `cost` and its slope, by the chain rule from the last layer to the first."""
        slope = np.empty_like(weights)
        (A, B, S), (dA, dB, dS) = self.parts(weights), self.parts(slope)
        h, below, ratio = self._layers(A, B, V)
        cost, D = _loss_and_slope(V, S @ h[-1], self.loss)
        np.dot(D, h[-1].T, out=dS)
        dh, dAV = S.T @ D, self._room(V.shape[1])[3][: len(A)]
        for layer in reversed(range(len(A))):
            by_below = np.divide(dh, below[layer], out=below[layer])
            np.multiply(by_below, h[layer], out=dAV[layer])
            by_below *= h[layer + 1]
            dB[layer] = -by_below @ h[layer].T
            dh *= ratio[layer]
            dh -= B[layer].T @ by_below
        dA[:] = (dAV.reshape(-1, V.shape[1]) @ V.T).reshape(A.shape)
        return cost, slope


def _loss_and_slope(V: NDArray, R: NDArray, loss: str) -> tuple[float, NDArray]:
    """Loss per entry, and its slope with respect to the reconstruction R."""
    if loss == "mse":
        D = R - V
        return float(np.vdot(D, D)) / V.size, D * (2 / V.size)
    V, R = V + EPSILON, R + EPSILON
    ratio = V / R
    return float((V * np.log(ratio) - V + R).mean()), (1 - ratio) / V.size


class Training:
    """A start on its way, and its lowest cost on samples held out.

    Attributes
    ----------
    step : iterations taken
    best, cost : the iteration at which the held-out cost was the lowest of all looked at, and it:
        what is less than `GAIN` below it is not lower
    settled : whether the minimiser found no way down
    """

    every = 10  # iterations between two looks

    def __init__(
        self, network: Unfolded, V: NDArray, weights: NDArray, held_out: NDArray | None = None
    ) -> None:
        self.network, self.V, self.held_out = network, V, held_out
        # Squares of variables that are about 1 at the start, whatever they stand for.
        self._unit = np.concatenate([np.full(p.size, p.mean()) for p in network.parts(weights)])
        self._x = np.sqrt(weights / self._unit)
        self.step, self.best, self.cost, self.settled = 0, 0, np.inf, False
        self._x_of_best = self._x

    @property
    def weights(self) -> NDArray:
        """The weights as they are now."""
        return self._unit * self._x**2

    @property
    def best_weights(self) -> NDArray:
        """The weights at the iteration that was the best."""
        return self._unit * self._x_of_best**2

    def go_on(self, iterations: int, patience: int | None = None) -> None:
        """Take more iterations; end before if the held-out cost has not fallen for `patience`."""

        def value(x: NDArray) -> tuple[float, NDArray]:
            cost, slope = self.network.cost_and_slope(self._unit * x**2, self.V)
            return cost, 2 * self._unit * x * slope

        def look(x: NDArray) -> None:
            self._x, self.step = x.copy(), self.step + 1
            if self.held_out is not None and self.step % self.every == 0:
                cost = self.network.cost(self.weights, self.held_out)
                if cost < (1 - GAIN) * self.cost:
                    self.cost, self.best, self._x_of_best = cost, self.step, self._x
                if patience and self.step - self.best >= patience:
                    raise StopIteration

        options = {"maxiter": iterations, "maxfun": np.inf, "maxcor": 20, "ftol": 0, "gtol": 0}
        with np.errstate(all="ignore"):
            found = scipy.optimize.minimize(
                value, self._x, jac=True, method="L-BFGS-B", callback=look, options=options
            )
        self.settled = found.status == 2  # its line search finds nothing lower


def fit_converged(
    V: NDArray,
    rank: int,
    loss: str,
    rng: np.random.Generator,
    signatures: Callable[[NDArray, np.random.Generator], NDArray],
    *,
    layers: int,
    start: float,
    spread: float,
    starts: int,
    validation: float,
    patience: int,
    most: int,
) -> Fit:
    """Train a network from the best of several starts until samples held out gain no more.

    The starts are random, and one is NMF unfolded. All take `ROUND` iterations on a part of the
    samples, the better half of them as many more, and so on (successive halving, Jamieson &
    Talwalkar 2016, AISTATS); better is whose cost on the other samples is lower. The last goes on
    until that cost has not fallen for `patience` iterations, or to `most`. From its best weights it
    takes `patience` more on all samples.

    Parameters
    ----------
    V : (M, N) counts
    rank : number of signatures K
    loss : "mse" or "kld"
    rng : source of the starts and of what is held out
    signatures : gives those of NMF (M, K) for samples (M, N) and a source of starts
    layers, start, spread : see `nmfbench.factorize.methods.dnmf.Settings`
    starts : how many random ones are tried
    validation : share of the samples that is held out to choose
    patience, most : iterations

    Returns
    -------
    Fit
        Its ``encode`` is the trained network; it is ``converged`` if the held-out cost had stopped
        falling before `most` iterations.

    Raises
    ------
    FitError
        If no more samples than signatures are left to train on, or no start has a finite cost.
    """
    N = V.shape[1]
    order, n_train = rng.permutation(N), N - round(validation * N)
    if not rank < n_train < N:
        raise FitError(
            f"a validation share of {validation:g} leaves {n_train} of {N} samples to train "
            f"{rank} signatures on"
        )
    network = Unfolded(len(V), rank, layers, loss)
    train, held_out = V[:, order[:n_train]], V[:, order[n_train:]]
    begun = [
        network.start(train, np.random.default_rng(source), start, spread)
        for source in rng.bit_generator.seed_seq.spawn(starts)
    ]
    begun.append(network.unfold(signatures(train, rng)))
    last = _best_of(
        [Training(network, train, one, held_out) for one in begun], min(ROUND, patience)
    )
    if last.step < most:
        last.go_on(most - last.step, patience)
    if not np.isfinite(last.cost):
        raise FitError("diverged: the cost is not finite from any start")
    whole = Training(network, V, last.best_weights)
    whole.go_on(patience)
    whole.step += last.best
    return _as_fit(whole, V, loss, last.settled or last.step - last.best >= patience)


def _best_of(left: Sequence[Training], iterations: int) -> Training:
    """Choose a start by successive halving, after so many iterations each time."""
    while len(left) > 1:
        for one in left:
            one.go_on(iterations)
        left = sorted(left, key=lambda one: one.cost)[: (len(left) + 1) // 2]
    return left[0]


def _as_fit(trained: Training, V: NDArray, loss: str, converged: bool) -> Fit:
    """Put signatures and exposures to scale."""
    network, weights = trained.network, trained.weights
    S, E, scale = normalise(network.parts(weights)[2], network.encode(weights, V))

    def encode(new: NDArray) -> NDArray:
        return network.encode(weights, np.asarray(new, dtype=float)) * scale[:, None]

    return Fit(S, E, error(V, S, E, loss), trained.step, converged, encode)
