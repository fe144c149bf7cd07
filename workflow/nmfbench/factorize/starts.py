"""Fits that end after so many iterations, and the best start of several by such fits."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmfbench.factorize import methods
from nmfbench.factorize.fit import Fit, FitError


def fit_capped(
    method: str,
    given: Mapping[str, Any],
    loss: str,
    V: NDArray,
    rank: int,
    iterations: int,
    rng: np.random.Generator | None = None,
) -> Fit:
    """Fit a model for exactly so many iterations.

    Parameters
    ----------
    method : id of the method
    given : its complete settings
    loss : as the method takes it
    V : (M, N) counts
    rank : number of signatures K
    iterations : number of updates
    rng : source of the start; of a seed of its own where not given
    """
    # No change of the loss is below -1: the stopping rule never holds.
    caps = {"max_iterations": iterations, "steps": iterations, "tolerance": -1.0}
    module = methods.load(method)
    settings = module.Settings(**given | {key: caps[key] for key in caps if key in given})
    return module.fit(V, rank, loss, rng or np.random.default_rng(0), settings)


def best_start(
    short_fit: Callable[[np.random.Generator], Fit],
    sources: Sequence[Callable[[], np.random.Generator]],
) -> np.random.Generator:
    """Choose, by a short fit from each, the start whose loss is the lowest.

    A fit repeats itself from the same seed: the long fit is one from the source that is given
    back, so that every method can be started so without knowing of it.

    Parameters
    ----------
    short_fit : a fit that ends early, see `fit_capped`
    sources : one for each start; called twice it gives the same draws twice

    Returns
    -------
    Generator
        Of the best start, ahead of its first draw.

    Raises
    ------
    FitError
        If all short fits fail: the last reason.
    """
    lost, failure = [], FitError("no start")
    for source in sources:
        try:
            lost.append(short_fit(source()).loss)
        except FitError as error:
            lost.append(np.inf)
            failure = error
    if not np.isfinite(lost).any():
        raise failure
    return sources[int(np.argmin(lost))]()
