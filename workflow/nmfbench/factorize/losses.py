"""The two losses, as means over all entries of the catalogue.

Both are reported per entry so that cohorts of different size can be compared, as in Egendal et al.
2025 (Tables 2 and 3).
"""

import numpy as np
from numpy.typing import NDArray

LOSSES = ("mse", "kld")

#: Smallest reconstruction and count inside a logarithm (Egendal et al. 2025, released code).
KLD_FLOOR = 1e-10

#: Entries of the factors stay above this: multiplicative updates drive them towards zero, where
#: denormal numbers would slow every product down many times.
FLOOR = 1e-30

#: Entries below this become zero where no floor is wanted, soon before they would by themselves.
TINY = 1e-300


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


def by_sample(V: NDArray, R: NDArray, loss: str) -> NDArray:
    """Loss of each sample (N), summed over its channels; V and R are M x N."""
    lost = np.square(V - R) if loss == "mse" else _divergence(V, R)
    return lost.sum(axis=0)


def error(V: NDArray, S: NDArray, E: NDArray, loss: str) -> float:
    """Reconstruction error of ``V ~ S E`` per entry.

    Parameters
    ----------
    V : (M, N) catalogue, mutation counts
    S : (M, K) signatures
    E : (K, N) exposures
    loss : "mse" or "kld"
    """
    return {"mse": mse, "kld": kld}[loss](V, S @ E)


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
