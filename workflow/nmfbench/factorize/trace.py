"""How far a model is after so many iterations (figure 8 of Nasser, Eldar & Sharan 2021)."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nmfbench.data.seeds import seed_sequence
from nmfbench.factorize.fit import Fit, FitError
from nmfbench.factorize.losses import error
from nmfbench.factorize.refit import refit
from nmfbench.factorize.starts import fit_capped


def trace(
    plan: Mapping[str, Any],
    models: Mapping[str, Mapping[str, Any]],
    losses: list[str],
    train: NDArray,
    test: NDArray,
    rank: int,
    seed: int,
) -> pd.DataFrame:
    """Fit every model for more and more iterations, each time from the same start.

    That costs about twice the longest fit and needs nothing of a method.

    Parameters
    ----------
    plan : mapping
        ``iterations`` (numbers of iterations, ascending), ``models``: how many starts each has, and
        ``settings`` in place of those of the models that have them.
    models : mapping of model to mapping
        Its method and settings.
    losses : list of str
    train, test : (M, N) counts to fit, and of samples held out
    rank : number of signatures K
    seed : of the study

    Returns
    -------
    DataFrame
        Columns model, loss, start, iterations, set, error. The error is the loss per entry with the
        penalties of a network that has some, of samples held out with the exposures that the model
        itself gives them; missing from where a fit fails.
    """
    rows = []
    with threadpool_limits(1):
        for loss, (name, starts) in product(losses, plan["models"].items()):
            method, settings = models[name]["method"], dict(models[name]["settings"])
            others = plan.get("settings", {})
            settings |= {key: others[key] for key in others if key in settings}
            for start, n in product(range(starts), plan["iterations"]):
                # The method's name, not the model's: models of one method start alike.
                rng = np.random.default_rng(seed_sequence(seed, "trace", method, start))
                try:
                    fit = fit_capped(method, settings, loss, train, rank, n, rng)
                    errors = _error(fit, train, loss, fit.exposures), _error(fit, test, loss)
                except FitError:
                    errors = np.nan, np.nan
                for set_, value in zip(("train", "test"), errors, strict=True):
                    rows.append((name, loss, start, n, set_, value))
            print(f"{name} {loss}: {starts} starts", flush=True)
    return pd.DataFrame(rows, columns=["model", "loss", "start", "iterations", "set", "error"])


def _error(fit: Fit, V: NDArray, loss: str, exposures: NDArray | None = None) -> float:
    """Loss per entry, or what a network with penalties minimises."""
    if fit.cost:
        return fit.cost(V)
    if exposures is None:
        exposures = fit.encode(V) if fit.encode else refit(V, fit.signatures, loss)
    return error(V, fit.signatures, exposures, loss)
