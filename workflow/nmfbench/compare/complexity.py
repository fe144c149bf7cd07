"""How time and memory grow: slopes on doubly logarithmic axes."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from nmfbench.compare.intervals import MISSING, Variance

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


def slope_variance(x: ArrayLike, y: ArrayLike) -> Variance:
    """Variance of the slope of n points by their scatter about the line, with n - 2 df.

    It is that of this run's points: the scatter is what timings vary, and how little a cost is a
    power of x. Of less than 3 points, which lie on a line whatever they are, it cannot be had.
    """
    x, y = np.log(np.asarray(x, dtype=float)), np.log(np.asarray(y, dtype=float))
    if len(np.unique(x)) < 3 or not np.isfinite(y).all():
        return MISSING
    df = len(x) - 2
    scatter = np.square(y - np.polyval(np.polyfit(x, y, 1), x)).sum() / df
    return Variance(float(scatter / np.square(x - x.mean()).sum()), float(df))


def larger_half(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Points in the larger half of the values of `column`, ascending; of 5 points, 3.

    At the small end an iteration costs what its calls cost, whatever is computed: the slope of
    the larger half says more about what is computed.
    """
    return rows.sort_values(column)[len(rows) // 2 :]


def slopes(rows: pd.DataFrame) -> pd.DataFrame:
    """Fit the growth of every model's costs.

    Parameters
    ----------
    rows : DataFrame
        One row per model, loss and point of the grid, as `factorize.complexity.measure` gives it;
        those of a study's cohorts are no points of it.

    Returns
    -------
    DataFrame
        One row per model, loss, varied (samples or ranks) and cost (seconds or memory_mb): points,
        slope over all of them, and slope over the larger half (``larger``).
    """
    found = []
    grid = rows[rows["varied"].isin(GROWTHS)]
    for (model, loss, varied), group in grid.groupby(["model", "loss", "varied"], sort=False):
        column, costs = GROWTHS[varied]
        half = larger_half(group, column)
        for cost in costs:
            found.append(
                {
                    **{"model": model, "loss": loss, "varied": varied, "cost": cost},
                    **{"points": len(group), "slope": slope(group[column], group[cost])},
                    "larger": slope(half[column], half[cost]),
                }
            )
    return pd.DataFrame(found)
