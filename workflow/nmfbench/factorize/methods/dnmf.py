"""DNMF: multiplicative updates unfolded into a network (Nasser, Eldar & Sharan 2021).

Each of L layers is one update of the exposures with its own learned non-negative matrices, applied
to every sample v at once from h = 1:

``h <- h * A v / (B h + l2 h + l1)``                        squared error, B is K x K
``h <- h * A (v / B h) / (A 1 + l2 h + l1)``                KLD, B is M x K

Trained without truth: Adam on the reconstruction of the training samples; after each step the
weights are cut at zero and the signatures are found by non-negative least squares (section 2.3).
The code that the authors released has the layers of the squared error under both costs.
All signatures begin equal there, and least squares parts them: of equal exposures the first takes
all. Samples lie in rows and every operation has its place in the released order, so that fits of
the squared error end within 0.04 % of the authors'.
Trained with truth: Adam on the squared error of the exposures, where the penalties in the layers
are learned as well (section 2.2). New samples are encoded by the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nmfbench.factorize.fit import Fit, FitError, check_choice, check_starts, normalise
from nmfbench.factorize.losses import error
from nmfbench.factorize.methods import nmf
from nmfbench.factorize.refit import signatures_of
from nmfbench.factorize.unfolded import EPSILON, fit_converged

if TYPE_CHECKING:
    # torch takes a second to import: only a job that fits a network does so.
    from torch import Tensor

LOSSES = ("mse", "kld")
#: NMF whose updates are unfolded, as one of the starts of "l-bfgs".
OF_START = nmf.Settings(solver="l-bfgs", starts=3, tolerance=1e-4, max_iterations=1500)


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
        published start is 0: all signatures begin equal.
    l1, l2 : penalties on the exposures, in the layers and in the cost; of a supervised network in
        the layers only
    supervised : the true exposures of the training samples are given (see `fit_supervised`)
    unfolded : whose updates the layers are, "loss" for those of the loss, as in the appendix, or
        "mse", as in the released code
    solver : "adam", or "l-bfgs" from several starts until samples held out gain no more (see
        `fit_converged`); `steps` is the most it takes then
    starts, validation, patience : of "l-bfgs"; one more start is NMF unfolded
    learned : the penalties of a supervised network are learned, from l1 and l2 on. Without them
        the released code holds both at 1, as it sets all parameters to 1, not at 0.
    """

    layers: int = 10
    steps: int = 500
    learning_rate: float = 5e-4
    start: float = 0.1
    spread: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    supervised: bool = False
    learned: bool = False
    unfolded: str = "loss"
    solver: str = "adam"
    starts: int = 5
    validation: float = 0.2
    patience: int = 500

    def __post_init__(self) -> None:
        check_choice("unfolded", self.unfolded, ("loss", "mse"))
        check_choice("solver", self.solver, ("adam", "l-bfgs"))
        check_starts(self.starts)
        if not 0 < self.validation < 1:
            raise ValueError(f"validation is {self.validation}, but has to be a share below 1")
        if self.patience < 1:
            raise ValueError("patience has to be 1 or more")
        plain = not (self.l1 or self.l2 or self.supervised or self.learned)
        if self.solver == "l-bfgs" and not (plain and self.unfolded == "mse"):
            raise ValueError(
                "solver l-bfgs needs unfolded: mse and has no l1, l2, supervised or learned: leave "
                "them out"
            )


class Network:
    """L unfolded updates for M channels and K signatures; samples are rows."""

    def __init__(
        self, channels: int, rank: int, loss: str, settings: Settings, rng: np.random.Generator
    ) -> None:
        self.loss, self.settings = loss, settings
        self.unfolded = loss if settings.unfolded == "loss" else settings.unfolded
        rows = rank if self.unfolded == "mse" else channels
        self.A = self._start((settings.layers, rank, channels), rng)
        self.B = self._start((settings.layers, rows, rank), rng)
        self.l1, self.l2 = settings.l1, settings.l2

    def _start(self, shape: tuple[int, ...], rng: np.random.Generator) -> Tensor:
        """First weights of all layers."""
        import torch

        spread = self.settings.spread
        values = self.settings.start * rng.uniform(1 - spread, 1 + spread, size=shape)
        return torch.tensor(values, dtype=torch.float32, requires_grad=True)

    def __call__(self, X: Tensor) -> Tensor:
        """Exposures (N, K) of the samples in X (N, M)."""
        h = X.new_ones(len(X), self.A.shape[1])
        layer = self._mse if self.unfolded == "mse" else self._kld
        for A, B in zip(self.A.unbind(), self.B.unbind(), strict=True):
            h = layer(X, h, A, B)
        return h

    def _mse(self, X: Tensor, h: Tensor, A: Tensor, B: Tensor) -> Tensor:
        """``h * A v / (B h + l2 h + l1)``."""
        if self.settings.learned or self.l1 or self.l2:
            below = h @ B.T + (self.l2 * h + self.l1 + EPSILON)
        else:  # the same to the bit, in fewer passes
            below = h @ B.T + EPSILON
        return X @ A.T / below * h

    def _kld(self, X: Tensor, h: Tensor, A: Tensor, B: Tensor) -> Tensor:
        """``h * A (v / B h) / (A 1 + l2 h + l1)``."""
        above = X / (h @ B.T + EPSILON) @ A.T
        return above / (A.sum(dim=1) + (self.l2 * h + self.l1 + EPSILON)) * h

    def encode(self, V: NDArray) -> NDArray:
        """Exposures (K, N) that the network as it is gives to samples (M, N)."""
        import torch

        with torch.no_grad():
            return self(_rows(V)).numpy().T.astype(float)

    def cost(self, X: Tensor, S: Tensor, h: Tensor) -> Tensor:
        """Cost of ``X ~ h S`` with its penalties (section 2.1.1 and appendix A2); S is (K, M).

        Of the squared error it is that of a sample, of the KLD that of all, as released: Adam's
        steps do not depend on it, their rounding does.
        """
        R = h @ S
        if self.loss == "mse":
            fit = 0.5 * (X - R).square().sum()
        else:
            X, R = X + EPSILON, R + EPSILON
            fit = (X * (X / R).log() - X + R).sum()
        whole = fit + self.l1 * h.sum() + 0.5 * self.l2 * h.square().sum()
        return whole / len(X) if self.loss == "mse" else whole

    def cost_of(self, V: NDArray, S: NDArray) -> float:
        """Cost per sample of the exposures that the network gives to samples V (M, N)."""
        import torch

        X, signatures = _rows(V), torch.tensor(S.T, dtype=torch.float32)
        with torch.no_grad():
            cost = self.cost(X, signatures, self(X)).item()
        return cost if self.loss == "mse" else cost / len(X)


def _rows(V: NDArray) -> Tensor:
    """Lay the samples of a catalogue (M, N) in rows (N, M), a view of the catalogue's order."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(V)).float().T


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
        Its ``encode`` is the trained network; with penalties, ``cost`` is what it minimised.

    Raises
    ------
    FitError
        If the cost stops being finite.
    """
    if settings.solver == "l-bfgs":
        return fit_converged(
            np.asarray(V, dtype=float),
            rank,
            loss,
            rng,
            lambda samples, source: nmf.fit(samples, rank, loss, source, OF_START).signatures,
            layers=settings.layers,
            start=settings.start,
            spread=settings.spread,
            starts=settings.starts,
            validation=settings.validation,
            patience=settings.patience,
            most=settings.steps,
        )
    network = Network(V.shape[0], rank, loss, settings, rng)
    for _ in islice(_train_without_truth(network, V, settings.learning_rate), settings.steps):
        pass
    exposures = network.encode(V)
    raw = _signatures(V, exposures)
    S, E, scale = normalise(raw, exposures)

    def encode(new: NDArray) -> NDArray:
        return network.encode(new) * scale[:, None]

    def penalised(new: NDArray) -> float:
        return network.cost_of(new, raw) * (2 if loss == "mse" else 1) / len(new)

    lost, whole = error(V, S, E, loss), penalised if settings.l1 or settings.l2 else None
    return Fit(S, E, lost, settings.steps, False, encode, whole)


def fit_supervised(
    V: NDArray, E: NDArray, loss: str, rng: np.random.Generator, settings: Settings
) -> Fit:
    """Learn the network from samples whose exposures are known.

    Parameters
    ----------
    V : (M, N) counts
    E : (K, N) true exposures
    loss : "mse"
    rng : source of the random part of the start
    settings : see `Settings`

    Returns
    -------
    Fit
        Its exposures, of the training samples as well, are those that the network gives without
        knowing the truth, in the truth's units and order; its signatures are those that
        reconstruct the training samples best from the true exposures.

    Raises
    ------
    FitError
        If the cost stops being finite.
    """
    import torch

    network = Network(V.shape[0], len(E), loss, settings, rng)
    learned = [network.A, network.B]
    if settings.learned:
        network.l1 = torch.tensor(settings.l1, requires_grad=True)
        network.l2 = torch.tensor(settings.l2, requires_grad=True)
        learned += [network.l1, network.l2]
    truth = torch.tensor(E.T, dtype=torch.float32)

    def cost(h: Tensor) -> Tensor:
        return torch.nn.functional.mse_loss(h, truth)

    steps = _train(network, _rows(V), cost, learned, settings.learning_rate)
    for _ in islice(steps, settings.steps):
        pass
    exposures = network.encode(V)
    S, _, _ = normalise(signatures_of(V, E), E)
    lost = error(V, S, exposures, loss)
    return Fit(S, exposures, lost, settings.steps, False, network.encode)


def _train(
    network: Network,
    X: Tensor,
    cost: Callable[[Tensor], Tensor],
    learned: list[Tensor],
    rate: float,
) -> Iterator[NDArray]:
    """Take Adam's steps, what is learned cut at zero; give the exposures (K, N) before each."""
    import torch

    optimiser = torch.optim.Adam(learned, lr=rate)
    for step in count(1):
        h = network(X)
        value = cost(h)
        if not torch.isfinite(value):
            raise FitError(f"diverged: cost {value.item()} at step {step}")
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()
        with torch.no_grad():
            for weights in learned:
                weights.clamp_(min=0)
        yield h.detach().numpy().T


def _train_without_truth(network: Network, V: NDArray, rate: float) -> Iterator[NDArray]:
    """Take steps towards the reconstruction of V; give the signatures (M, K) after each."""
    import torch

    X = _rows(V)
    S = torch.full((network.A.shape[1], V.shape[0]), 1 / V.shape[0])

    def cost(h: Tensor) -> Tensor:
        return network.cost(X, S, h)

    for h in _train(network, X, cost, [network.A, network.B], rate):
        signatures = _signatures(V, h)
        S = torch.tensor(signatures.T, dtype=torch.float32)
        yield signatures


def _signatures(V: NDArray, h: NDArray) -> NDArray:
    """Signatures (M, K) that reconstruct V (M, N) best from the network's exposures h (K, N)."""
    if not np.isfinite(h).all():
        raise FitError("diverged: the network's exposures are not finite")
    return signatures_of(V, h)
