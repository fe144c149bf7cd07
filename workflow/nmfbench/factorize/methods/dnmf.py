"""DNMF: multiplicative updates unfolded into a network (Nasser, Eldar & Sharan 2021).

Each of L layers is one update of the exposures with its own learned non-negative matrices, applied
to every sample v at once from h = 1:

``h <- h * A v / (B h + l2 h + l1)``                        squared error, B is K x K
``h <- h * A (v / B h) / (A 1 + l2 h + l1)``                KLD, B is M x K

Trained without truth: Adam on the reconstruction of the training samples; after each step the
weights are cut at zero and the signatures are found by non-negative least squares (section 2.3).
New samples are encoded by the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nmfbench.factorize.fit import Fit, FitError, normalise
from nmfbench.factorize.losses import KLD_FLOOR, error
from nmfbench.factorize.refit import solve_nnls

if TYPE_CHECKING:
    # torch takes a second to import: only a job that fits a network does so.
    from torch import Tensor

LOSSES = ("mse", "kld")


@dataclass(frozen=True)
class Settings:
    """Settings of a model.

    Attributes
    ----------
    layers : number of unfolded updates L
    steps : full-batch Adam steps
    learning_rate : of Adam
    start : first value of every weight
    spread : relative random spread of the first values, ``start * U(1 - spread, 1 + spread)``. The
        published start is 0: all signatures begin equal, and rounding decides how they part.
    l1, l2 : penalties on the exposures, in the layers and in the cost
    """

    layers: int = 10
    steps: int = 500
    learning_rate: float = 5e-4
    start: float = 0.1
    spread: float = 0.0
    l1: float = 0.0
    l2: float = 0.0


class Network:
    """L unfolded updates for M channels and K signatures; the form depends on the loss.

    The layers' A matrices are stored stacked (L x K x M): A v does not depend on h in the
    squared-error form, so all layers share one product.
    """

    def __init__(
        self, channels: int, rank: int, loss: str, settings: Settings, rng: np.random.Generator
    ) -> None:
        self.loss, self.settings = loss, settings
        rows = rank if loss == "mse" else channels
        self.A = self._start((settings.layers, rank, channels), rng)
        self.B = self._start((settings.layers, rows, rank), rng)

    def _start(self, shape: tuple[int, ...], rng: np.random.Generator) -> Tensor:
        """First weights of all layers."""
        import torch

        spread = self.settings.spread
        values = self.settings.start * rng.uniform(1 - spread, 1 + spread, size=shape)
        return torch.tensor(values, dtype=torch.float32, requires_grad=True)

    def __call__(self, V: Tensor) -> Tensor:
        """Exposures (K, N) of the samples in V (M, N)."""
        h = V.new_ones(self.A.shape[1], V.shape[1])
        return self._mse(V, h) if self.loss == "mse" else self._kld(V, h)

    def _mse(self, V: Tensor, h: Tensor) -> Tensor:
        l1, l2 = self.settings.l1, self.settings.l2
        layers, rank, channels = self.A.shape
        AV = (self.A.reshape(layers * rank, channels) @ V).reshape(layers, rank, -1)
        for Av, B in zip(AV.unbind(), self.B.unbind(), strict=True):
            h = h * Av / (B @ h + l2 * h + l1 + KLD_FLOOR)
        return h

    def _kld(self, V: Tensor, h: Tensor) -> Tensor:
        l1, l2 = self.settings.l1, self.settings.l2
        for A, B in zip(self.A.unbind(), self.B.unbind(), strict=True):
            ratio = V / (B @ h + KLD_FLOOR)
            h = h * (A @ ratio) / (A.sum(dim=1, keepdim=True) + l2 * h + l1 + KLD_FLOOR)
        return h

    def cost(self, V: Tensor, S: Tensor, h: Tensor) -> Tensor:
        """Cost per sample of ``V ~ S h`` with its penalties (section 2.1.1 and appendix A2)."""
        R = S @ h
        if self.loss == "mse":
            fit = 0.5 * (V - R).square().sum()
        else:
            # Both held above the floor, as in the reported KLD: 0 log 0 has no gradient.
            V, R = V.clamp(min=KLD_FLOOR), R.clamp(min=KLD_FLOOR)
            fit = (V * (V / R).log() - V + R).sum()
        penalty = self.settings.l1 * h.sum() + 0.5 * self.settings.l2 * h.square().sum()
        return (fit + penalty) / V.shape[1]


def fit(V: NDArray, rank: int, loss: str, rng: np.random.Generator, settings: Settings) -> Fit:
    """Factorize a catalogue.

    Parameters
    ----------
    V : (M, N) counts
    rank : number of signatures K
    loss : "mse" or "kld"
    rng : source of the random part of the start
    settings : see `Settings`

    Returns
    -------
    Fit
        Its ``encode`` is the trained network.

    Raises
    ------
    FitError
        If the cost stops being finite, or a signature dies.
    """
    import torch

    network = Network(V.shape[0], rank, loss, settings, rng)
    optimiser = torch.optim.Adam([network.A, network.B], lr=settings.learning_rate)
    X = torch.tensor(V, dtype=torch.float32)
    S = torch.full((V.shape[0], rank), 1 / V.shape[0])
    for step in range(1, settings.steps + 1):
        h = network(X)
        cost = network.cost(X, S, h)
        if not torch.isfinite(cost):
            raise FitError(f"diverged: cost {cost.item()} at step {step}")
        optimiser.zero_grad(set_to_none=True)
        cost.backward()
        optimiser.step()
        with torch.no_grad():
            network.A.clamp_(min=0)
            network.B.clamp_(min=0)
        S = torch.tensor(_signatures(V, h), dtype=torch.float32)
    return _finish(V, network, loss)


def _signatures(V: NDArray, h: Tensor) -> NDArray:
    """Signatures (M, K) that reconstruct V (M, N) best from the network's exposures h (K, N)."""
    H = h.detach().numpy().astype(float)
    if not np.isfinite(H).all():
        raise FitError("diverged: the network's exposures are not finite")
    return solve_nnls(H.T, np.asarray(V, dtype=float).T).T


def _finish(V: NDArray, network: Network, loss: str) -> Fit:
    """Signatures for the exposures that the trained network gives, with its encoder."""
    import torch

    def exposures(new: NDArray) -> Tensor:
        with torch.no_grad():
            return network(torch.tensor(new, dtype=torch.float32))

    h = exposures(V)
    raw = _signatures(V, h)
    S, E, scale = normalise(raw, h.numpy())

    def encode(new: NDArray) -> NDArray:
        return exposures(new).numpy() * scale[:, None]

    return Fit(S, E, error(V, S, E, loss), network.settings.steps, True, encode)
