"""What exposures of new samples cost, and how good they are: networks, updates, least squares.

Nasser, Eldar & Sharan (2021, section 2.5) compare the seconds of a network of 10 layers with those
of 10 and of 100 multiplicative updates; how far each of them gets belongs to it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nmfbench.data.seeds import seed_sequence
from nmfbench.factorize import methods
from nmfbench.factorize.fit import Fit, FitError
from nmfbench.factorize.losses import error
from nmfbench.factorize.refit import refit, refit_by_updates

Encoder = Callable[[NDArray], NDArray]

NETWORK, UPDATES, REFIT = "network", "updates", "ordinary refit"
REPEATS = 15


def measure(
    plan: Mapping[str, Any],
    models: Mapping[str, Mapping[str, Any]],
    loss: str,
    train: NDArray,
    test: NDArray,
    rank: int,
    seed: int,
) -> pd.DataFrame:
    """Time the exposures of new samples, all together and one by one, on one thread.

    Parameters
    ----------
    plan : mapping
        ``networks`` (models that encode), ``signatures`` (the model whose signatures are refitted)
        and ``updates`` (numbers of multiplicative updates).
    models : mapping of model to mapping
        Method and settings.
    loss : "mse" or "kld"
    train, test : (M, N) and (M, N') counts
    rank : number of signatures K
    seed : of the study

    Returns
    -------
    DataFrame
        Columns way, model, steps (layers, updates; 0 of a refit), batch (samples at a time),
        seconds (per sample, median of 15), error (test error per entry), and reason: why there is
        neither of a network that could not be trained.
    """
    rows = []
    with threadpool_limits(1):
        for model in [*plan["networks"], plan["signatures"]]:
            of = models[model]
            method = methods.load(of["method"])
            rng = np.random.default_rng(seed_sequence(seed, "inference", of["method"]))
            try:
                fit = method.fit(train, rank, loss, rng, method.Settings(**of["settings"]))
            except FitError as failure:
                layers = of["settings"].get("layers", 0)
                rows.append((NETWORK, model, loss, layers, 1, np.nan, np.nan, str(failure)))
                print(f"{model} {loss}: {failure}", flush=True)
                continue
            for way, steps, encode in _encoders(fit, of["settings"], plan["updates"], loss):
                found = error(test, fit.signatures, encode(test), loss)
                for batch in (test.shape[1], 1):
                    seconds = _seconds(encode, test[:, :batch]) / batch
                    rows.append((way, model, loss, steps, batch, seconds, found, ""))
                print(f"{model} {loss}: {way}, {steps} steps", flush=True)
    names = ["way", "model", "loss", "steps", "batch", "seconds", "error", "reason"]
    return pd.DataFrame(rows, columns=names)


def _encoders(
    fit: Fit, settings: Mapping[str, Any], updates: Sequence[int], loss: str
) -> list[tuple[str, int, Encoder]]:
    """List what gives exposures for the signatures of a fit, each with its number of steps."""
    if fit.encode is not None:
        return [(NETWORK, settings["layers"], fit.encode)]
    S = fit.signatures
    by_updates = [
        (UPDATES, steps, partial(refit_by_updates, S=S, loss=loss, steps=steps))
        for steps in updates
    ]
    return [*by_updates, (REFIT, 0, partial(refit, S=S, loss=loss))]


def _seconds(encode: Encoder, V: NDArray) -> float:
    """Seconds of one call: the median of several."""
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        encode(V)
        taken.append(time.perf_counter() - start)
    return median(taken)
