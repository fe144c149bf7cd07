"""The fits of several splits as one, on a GPU: multiplicative updates of stacks (B x M x N).

One catalogue of a hundred kilobytes leaves a GPU idle; thirty of them keep it busy. The updates,
starts and stopping rule are those of `nmfbench.factorize.methods`, in double precision: a fit ends
where it ends on the CPU, to rounding. Fits that have converged leave the stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nmfbench.errors import InputError
from nmfbench.factorize.fit import Fit, FitError, RelativeStop, normalise
from nmfbench.factorize.losses import KLD_FLOOR, TINY

if TYPE_CHECKING:
    from torch import Tensor


def check_device(device: str) -> None:
    """Refuse a device that is not there.

    Raises
    ------
    InputError
        If it is "cuda" and torch sees no GPU.
    """
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise InputError(
            "device cuda: torch sees no GPU here: install the build for CUDA "
            "(envs/nmfbench-gpu.yaml), ask the scheduler for a GPU, or leave device at cpu"
        )


def fits_together(method: str, loss: str, settings: Any) -> bool:
    """Whether the fits of several splits can be one: multiplicative updates, nothing special."""
    special = ("l1", "l2", "inference", "supervised")
    return (
        (method, loss) in UPDATES
        and settings.solver == "multiplicative"
        and getattr(settings, "start", "random") == "random"
        and not any(getattr(settings, name, False) for name in special)
    )


def fit_together(
    method: str,
    V: Sequence[NDArray],
    rank: int,
    loss: str,
    sources: Sequence[np.random.Generator],
    settings: Any,
    device: str,
) -> list[Fit | FitError]:
    """Fit catalogues of the same shape, each from its own start.

    Parameters
    ----------
    method : "nmf" or "c-nmf"
    V : B catalogues, each (M, N)
    rank : number of signatures K
    loss : "mse" or "kld"
    sources : of the U(0, 1) start of each fit, drawn as the method draws it
    settings : of the method, see `fits_together`
    device : as torch names it, e.g. "cuda"

    Returns
    -------
    list
        For each catalogue its Fit, or why it failed.
    """
    import torch

    V = np.stack(V).astype(float)
    counts = torch.tensor(V, device=device)
    pairs = [STARTS[method](rng, V[0], rank) for rng in sources]
    A, B = (torch.tensor(np.stack(side), device=device) for side in zip(*pairs, strict=True))
    update = UPDATES[method, loss]
    stops = [RelativeStop(settings.tolerance, settings.max_iterations) for _ in pairs]
    found: list[Any] = [None] * len(V)
    active = list(range(len(V)))
    while active:
        A, B = update(counts, A, B, settings.floor)
        due = [stops[i].due() for i in active]  # of all or of none: they go side by side
        if not any(due):
            continue
        S, E = _factors(method, counts, A, B)
        stay = []
        for place, (i, value) in enumerate(zip(active, _lost(counts, S @ E, loss), strict=True)):
            try:
                if stops[i](value):
                    of = (S[place].cpu().numpy(), E[place].cpu().numpy())
                    found[i] = _finished(stops[i], *of)
                else:
                    stay.append(place)
            except FitError as failure:
                found[i] = failure
        if len(stay) < len(active):
            active = [active[place] for place in stay]
            counts, A, B = counts[stay], A[stay], B[stay]
    return found


def _finished(stop: RelativeStop, S: NDArray, E: NDArray) -> Fit:
    scaled, E, _ = normalise(S, E)
    return Fit(scaled, E, stop.loss, stop.iterations, stop.converged)


def _start_nmf(rng: np.random.Generator, V: NDArray, rank: int) -> tuple[NDArray, NDArray]:
    """S (M x K) and E (K x N)."""
    return rng.random((V.shape[0], rank)), rng.random((rank, V.shape[1]))


def _start_c_nmf(rng: np.random.Generator, V: NDArray, rank: int) -> tuple[NDArray, NDArray]:
    """G and W, both K x N; G is drawn first."""
    return rng.random((V.shape[1], rank)).T, rng.random((V.shape[1], rank)).T


def _factors(method: str, V: Tensor, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """Signatures and exposures, not scaled."""
    return (A, B) if method == "nmf" else (V @ B.mT, A)


def _lost(V: Tensor, R: Tensor, loss: str) -> list[float]:
    """Loss of each fit, per entry."""
    if loss == "mse":
        return (V - R).square().mean(dim=(1, 2)).tolist()
    V, R = V.clamp(min=KLD_FLOOR), R.clamp(min=KLD_FLOOR)
    return (V * (V / R).log() - V + R).mean(dim=(1, 2)).tolist()


def _held(X: Tensor, floor: float) -> Tensor:
    """As `nmfbench.factorize.fit.Factor`: a GPU is not slowed down by the smallest numbers."""
    return X.clamp(min=floor) if floor else X


def _nmf_mse(V: Tensor, S: Tensor, E: Tensor, floor: float) -> tuple[Tensor, Tensor]:
    E = _held(E * (S.mT @ V / (S.mT @ S @ E + TINY)), floor)
    S = _held(S * (V @ E.mT / (S @ (E @ E.mT) + TINY)), floor)
    return S, E


def _nmf_kld(V: Tensor, S: Tensor, E: Tensor, floor: float) -> tuple[Tensor, Tensor]:
    S = _held(S * (V / (S @ E + TINY) @ E.mT) / E.sum(dim=2)[:, None, :], floor)
    E = _held(E * (S.mT @ (V / (S @ E + TINY))) / S.sum(dim=1)[:, :, None], floor)
    return S, E


def _c_nmf_mse(V: Tensor, G: Tensor, W: Tensor, floor: float) -> tuple[Tensor, Tensor]:
    S, T = V @ W.mT, V @ G.mT
    StV = S.mT @ V
    of_G = (StV / (S.mT @ S @ G + TINY)).sqrt()
    of_W = (T.mT @ V / (G @ G.mT @ StV + TINY)).sqrt()
    return _held(G * of_G, floor), _held(W * of_W, floor)


def _c_nmf_kld(V: Tensor, G: Tensor, W: Tensor, floor: float) -> tuple[Tensor, Tensor]:
    S = V @ W.mT
    G = _held(G * (S.mT @ (V / (S @ G + TINY))) / S.sum(dim=1)[:, :, None], floor)
    explained = (V / (S @ G + TINY) @ G.mT).mT @ V
    of_W = explained / (G.sum(dim=2)[:, :, None] * V.sum(dim=1)[:, None, :])
    return G, _held(W * of_W, floor)


STARTS = {"nmf": _start_nmf, "c-nmf": _start_c_nmf}
UPDATES = {
    ("nmf", "mse"): _nmf_mse,
    ("nmf", "kld"): _nmf_kld,
    ("c-nmf", "mse"): _c_nmf_mse,
    ("c-nmf", "kld"): _c_nmf_kld,
}
