"""Lying box plots of cosine similarities, a panel per cohort: what two figures share."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nmfbench.present import style
from nmfbench.present.panels import Panel

DIAMOND = {"marker": "D", "ms": 2.6, "mfc": "white", "mec": "black", "mew": 0.5, "zorder": 4}


def draw_panels(
    cohorts: Sequence[Panel],
    values: Sequence[pd.DataFrame],
    means: Sequence[pd.Series],
    fills: Mapping[str, style.Look],
    label: str,
    most: int,
) -> tuple[Figure, list[Axes]]:
    """Draw the boxes and means of every cohort.

    Parameters
    ----------
    cohorts : sequence of Panel
    values : sequence of DataFrame
        Of each cohort; one column, and box, per entry of `fills`.
    means : sequence of Series
        Of each cohort, one per box: where the diamonds go.
    fills : mapping
        Label of a box to its look.
    label : str
        What is shown.
    most : int
        Panels in a row, at most.

    Returns
    -------
    Figure, list of Axes
        The axes of the cohorts.
    """
    n_rows = max(1, -(-len(cohorts) // most))
    per_row = max(1, -(-len(cohorts) // n_rows))
    width = style.SINGLE_MM if per_row == 1 else style.DOUBLE_MM
    step = 4.2 if len(fills) <= 15 else 2.8
    figure = style.figure(width, 8 + n_rows * (11 + step * len(fills)))
    axes = figure.subplots(n_rows, per_row, sharey=True, sharex=True, squeeze=False).ravel()
    for ax, panel, table, mean in zip(axes, cohorts, values, means, strict=False):
        _panel(ax, table, mean, fills)
        ax.set_title(style.wrap(panel.label, (width - 45) / per_row), fontweight="bold")
    for i, ax in enumerate(axes):
        ax.set_visible(i < len(cohorts))
        ax.tick_params(labelbottom=i + per_row >= len(cohorts))
    figure.supxlabel(label, fontsize=7)
    return figure, list(axes[: len(cohorts)])


def _panel(
    ax: Axes, values: pd.DataFrame, mean: pd.Series, fills: Mapping[str, style.Look]
) -> None:
    """Draw the boxes of one cohort; a row without values says so."""
    style.boxes(ax, values, fills, vertical=False)
    ax.plot(mean, range(len(mean)), linestyle="none", **DIAMOND)
    for i, none in enumerate(values.isna().all()):
        if none:
            style.note(ax, 0.02, i, "no pair of fits", color=style.FAILED)
    style.rows(ax, list(fills))
