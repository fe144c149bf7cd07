"""How time and memory grow: slopes on doubly logarithmic axes."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

#: What is varied and its column, with the costs that are looked at.
GROWTHS = {
    "samples": ("samples", ("seconds", "memory_mb")),
    "ranks": ("k", ("seconds",)),
}


def slope(x: ArrayLike, y: ArrayLike) -> float:
    """Exponent p of ``y ~ x^p`` by least squares on the logarithms; NaN for less than two x."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(np.unique(x)) < 2 or not np.isfinite(y).all():
        return np.nan
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def slopes(rows: pd.DataFrame) -> pd.DataFrame:
    """Fit the growth of every model's costs.

    At the small end an iteration costs what its calls cost, whatever is computed: the slope of
    the larger half says more about what is computed.

    Parameters
    ----------
    rows : DataFrame
        One row per model, loss and point of the grid, as `factorize.complexity.measure` gives it.

    Returns
    -------
    DataFrame
        One row per model, loss, varied (samples or ranks) and cost (seconds or memory_mb): points,
        slope over all of them, and slope over the larger half (``larger``).
    """
    found = []
    for (model, loss, varied), group in rows.groupby(["model", "loss", "varied"], sort=False):
        column, costs = GROWTHS[varied]
        group = group.sort_values(column)
        for cost in costs:
            x, y = group[column], group[cost]
            half = len(group) // 2
            found.append(
                {
                    **{"model": model, "loss": loss, "varied": varied, "cost": cost},
                    **{"points": len(group), "slope": slope(x, y)},
                    "larger": slope(x[half:], y[half:]),
                }
            )
    return pd.DataFrame(found)
