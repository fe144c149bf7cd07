"""How far a model is after so many iterations (figure 8 of Nasser, Eldar & Sharan 2021)."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nmfbench.data.seeds import seed_sequence
from nmfbench.factorize.fit import FitError
from nmfbench.factorize.losses import error
from nmfbench.factorize.starts import fit_capped


def trace(
    plan: Mapping[str, Any],
    models: Mapping[str, Mapping[str, Any]],
    losses: list[str],
    V: NDArray,
    rank: int,
    seed: int,
) -> pd.DataFrame:
    """Fit every model for more and more iterations, each time from the same start.

    That costs about twice the longest fit and needs nothing of a method.

    Parameters
    ----------
    plan : mapping
        ``iterations`` (numbers of iterations, ascending), and ``models``: how many starts each has.
    models : mapping of model to mapping
        Its method and settings.
    losses : list of str
    V : (M, N) counts
    rank : number of signatures K
    seed : of the study

    Returns
    -------
    DataFrame
        Columns model, loss, start, iterations, error: the loss per entry of the samples trained
        on, missing from where a fit fails.
    """
    rows = []
    with threadpool_limits(1):
        for loss, (name, starts) in product(losses, plan["models"].items()):
            for start, n in product(range(starts), plan["iterations"]):
                # The method's name, not the model's: models of one method start alike.
                source = seed_sequence(seed, "trace", models[name]["method"], start)
                value = _error(models[name], loss, V, rank, n, np.random.default_rng(source))
                rows.append((name, loss, start, n, value))
            print(f"{name} {loss}: {starts} starts", flush=True)
    return pd.DataFrame(rows, columns=["model", "loss", "start", "iterations", "error"])


def _error(
    of: Mapping[str, Any], loss: str, V: NDArray, rank: int, n: int, rng: np.random.Generator
) -> float:
    """Loss per entry after n iterations, missing where the fit fails."""
    try:
        fit = fit_capped(of["method"], of["settings"], loss, V, rank, n, rng)
    except FitError:
        return np.nan
    return error(V, fit.signatures, fit.exposures, loss)
