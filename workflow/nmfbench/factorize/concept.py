"""The proof of concept: three models on two toys, from one start (Egendal et al. 2025, S2.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nmfbench.factorize.fit import Fit
from nmfbench.factorize.methods import ae_nmf, c_nmf, nmf

#: The true signatures, 6 features x 2. Each has a feature of its own: NMF cannot move one of them
#: towards the other's side without a misfit.
SIGNATURES = np.array(
    [[0.40, 0.30, 0.20, 0.08, 0.02, 0.00], [0.00, 0.05, 0.10, 0.15, 0.30, 0.40]]
).T

#: Samples that carry nearly one signature, for each of them. Signatures of convex NMF are
#: combinations of samples: without such samples the truth would be out of its reach.
PURE = 3
TRACE = 0.005  # of the other signature that such a sample keeps

#: Exposures, in mutations: gamma distributed with this shape and mean.
SHAPE, MEAN = 2.0, 300.0


@dataclass(frozen=True)
class Toy:
    """A catalogue and what it was drawn from.

    Attributes
    ----------
    counts : (6, N), Poisson
    signatures : (6, 2), columns sum to 1
    exposures : (2, N), in mutations
    """

    counts: NDArray
    signatures: NDArray
    exposures: NDArray


#: The toy of the authors' released code: its signatures, and the exposures of a third of the
#: samples each. No sample is near a pure one, so that no mixture of samples is a true signature.
RELEASED_SIGNATURES = np.array([[2, 2, 1, 1, 0, 0], [0, 0, 0, 2, 2, 2]]).T / 6
RELEASED_EXPOSURES = np.array([[190, 100, 20], [10, 100, 180]], dtype=float)


def released_toy(n_samples: int, rng: np.random.Generator) -> Toy:
    """Draw Poisson counts of the released toy, of `n_samples` samples, a multiple of 3."""
    exposures = np.repeat(RELEASED_EXPOSURES, n_samples // 3, axis=1)
    counts = rng.poisson(RELEASED_SIGNATURES @ exposures).astype(float)
    return Toy(counts, RELEASED_SIGNATURES, exposures)


def pure_toy(n_samples: int, rng: np.random.Generator) -> Toy:
    """Draw Poisson counts of `n_samples` samples from our two signatures, some nearly pure."""
    rank = SIGNATURES.shape[1]
    exposures = rng.gamma(SHAPE, MEAN / SHAPE, size=(rank, n_samples))
    for k in range(rank):
        others = np.arange(rank) != k
        exposures[others, k * PURE : (k + 1) * PURE] *= TRACE
    counts = rng.poisson(SIGNATURES @ exposures).astype(float)
    return Toy(counts, SIGNATURES, exposures)


TOYS = {"released": released_toy, "pure": pure_toy}


class Prepared:
    """Stands where a method draws its start, and hands out prepared arrays in turn.

    Raises
    ------
    ValueError
        If a method asks for another shape than that of the array whose turn it is.
    """

    def __init__(self, *arrays: NDArray) -> None:
        self._arrays = list(arrays)

    def random(self, size: Sequence[int]) -> NDArray:
        """Give a copy of the next array."""
        array = self._arrays.pop(0)
        if array.shape != tuple(size):
            raise ValueError(f"a start of {array.shape} is prepared, {tuple(size)} is asked for")
        return array.copy()


def models(V: NDArray, W: NDArray, G: NDArray) -> dict[str, tuple[ModuleType, Any, Prepared]]:
    """Give method, settings and start of the models: all begin at ``S = V W'`` and ``E = G``.

    The autoencoder is trained to convergence: as published, with single precision, steps of 1e-4
    and a tolerance of 1e-10, its stopping rule ends it before.

    Parameters
    ----------
    V : (M, N) counts
    W, G : (K, N) weights
    """
    # Each in the order and the shapes in which the method draws them.
    return {
        "nmf": (nmf, nmf.Settings(tolerance=1e-10), Prepared(V @ W.T, G)),
        "c-nmf": (c_nmf, c_nmf.Settings(tolerance=1e-10), Prepared(G.T, W.T)),
        "ae-nmf": (
            ae_nmf,
            ae_nmf.Settings(
                dtype="float64", learning_rate=2e-5, tolerance=1e-11, max_iterations=400_000
            ),
            Prepared(np.stack([W, G])),
        ),
    }


def fit_toy(toy: Toy, rng: np.random.Generator) -> dict[str, Fit]:
    """Fit NMF, C-NMF and AE-NMF to the toy by the squared error, from one U(0, 1) start."""
    V, rank = toy.counts, toy.signatures.shape[1]
    W, G = rng.random((2, rank, V.shape[1]))
    with threadpool_limits(1):
        return {
            name: method.fit(V, rank, "mse", start, settings)
            for name, (method, settings, start) in models(V, W, G).items()
        }
