"""What an iteration costs: seconds against N and K, memory against N."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from nmfbench.compare.complexity import GROWTHS, slopes
from nmfbench.factorize.complexity import PRINTED
from nmfbench.present import style
from nmfbench.present.panels import Study
from nmfbench.present.tables.complexity import exponent, labels

TITLE = "Complexity"
READS = ("complexity",)
PER = ()
WHEN = "complexity"

PANELS = (("samples", "seconds"), ("ranks", "seconds"), ("samples", "memory_mb"))
COSTS = {"seconds": "Seconds per iteration", "memory_mb": "Peak memory of a fit (MB)"}
HEADROOM = 0.5  # of the height that the lines take, above them for the legend


@style.styled
def draw(rows: pd.DataFrame, study: Study) -> Figure:
    """Draw one row of panels per loss; the slopes are in the legends.

    Parameters
    ----------
    rows : DataFrame
        One row per model, loss and point of the grid.
    study : mapping
        Models and their labels.

    Returns
    -------
    Figure
        Doubly logarithmic axes; the panels of a column share them.
    """
    losses = [loss for loss in study["losses"] if loss in set(rows["loss"])]
    figure = style.figure(style.DOUBLE_MM, 6 + 62 * len(losses))
    axes = figure.subplots(len(losses), len(PANELS), squeeze=False, sharex="col")
    found = slopes(rows).set_index(["model", "loss", "varied", "cost"])["slope"]
    for line, loss in zip(axes, losses, strict=True):
        for ax, (varied, cost) in zip(line, PANELS, strict=True):
            here = rows[rows["varied"] == varied]
            known = here[here[cost].notna()]
            lines = _panel(ax, known[known["loss"] == loss], study, varied, cost)
            _legend(ax, lines, found.xs((loss, varied, cost), level=("loss", "varied", "cost")))
            _scale(ax, known, varied, cost)
            ax.set_title(f"{loss.upper()}, {_fixed(here, varied)}")
            ax.set_ylabel(COSTS[cost])
    for ax, (varied, _) in zip(axes[-1], PANELS, strict=True):
        ax.set_xlabel({"samples": "Samples, N", "ranks": "Signatures, K"}[varied])
    figure.align_ylabels(axes)
    return figure


def _panel(ax: Axes, rows: pd.DataFrame, study: Study, varied: str, cost: str) -> dict[str, Line2D]:
    """Draw one line per model."""
    looks, lines = style.looks(study), {}
    column = GROWTHS[varied][0]
    for model, label in labels(rows, study).items():
        line = rows[rows["model"] == model].sort_values(column)
        printed = model == PRINTED
        colour = style.METHODS["c-nmf"] if printed else looks[model].colour
        (lines[model],) = ax.plot(
            line[column],
            line[cost],
            color=colour,
            linestyle=(0, (3, 1.5)) if printed else "-",
            marker="s" if printed else looks[model].marker,
            markersize=3,
            markerfacecolor="white" if printed else colour,
            markeredgewidth=0.7,
            label=label,
        )
    return lines


def _legend(ax: Axes, lines: dict[str, Line2D], found: pd.Series) -> None:
    """Name the lines, the steepest first, each with its slope."""
    order = sorted(lines, key=lambda model: -round(found[model], 2))
    words = [f"{lines[model].get_label()}: {exponent(found[model])}" for model in order]
    ax.legend(
        [lines[model] for model in order],
        words,
        title="Slope",
        title_fontsize=style.SMALL_PT,
        alignment="left",
        loc="upper left",
        handlelength=2.2,
        labelspacing=0.25,
        borderaxespad=0.1,
    )


def _scale(ax: Axes, rows: pd.DataFrame, varied: str, cost: str) -> None:
    """Make both axes logarithmic, over the values of all losses."""
    if rows.empty:  # of models whose memory is not seen
        ax.set(xticks=[], yticks=[])
        return
    values = rows[cost]
    low, high = values.min() / 1.3, values.max() * 1.3
    style.log_axis(ax, low, high * (high / low) ** HEADROOM)
    column = GROWTHS[varied][0]
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(_ticks(sorted(rows[column].unique()))))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _ticks(values: Sequence[int]) -> Sequence[float]:
    """Place ticks at the powers of ten, or at the values where there are few powers."""
    powers = 10.0 ** np.arange(np.ceil(np.log10(values[0])), np.floor(np.log10(values[-1])) + 1)
    return powers if len(powers) > 2 else values


def _fixed(rows: pd.DataFrame, varied: str) -> str:
    """Name what is the same at all points of a panel."""
    if varied == "samples":
        return f"K = {rows['k'].iloc[0]}"
    return f"N = {rows['samples'].iloc[0]:,}"
