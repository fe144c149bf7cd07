"""The cost after so many iterations, of models side by side."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nmfbench.present import style
from nmfbench.present.panels import Study

TITLE = "Cost by iteration"
READS = ("trace",)
PER = ()
WHEN = "trace"

SETS = {"test": "Samples held out", "train": "Samples trained on"}
COLOURS = (style.PURPLE, style.BLUE, style.ORANGE, style.GREEN, style.VERMILLION, style.SKY)


@style.styled
def draw(rows: pd.DataFrame, study: Study) -> Figure:
    """Draw a column per loss, samples held out above those trained on.

    The best of a model's starts, by its training cost, is a line; all of them are thin lines.

    Parameters
    ----------
    rows : DataFrame
        As from `nmfbench.factorize.trace.trace`.
    study : mapping
        Models and their labels, ``losses``.

    Returns
    -------
    Figure
        Doubly logarithmic axes.
    """
    losses = [loss for loss in study["losses"] if loss in set(rows["loss"])]
    figure = style.figure(style.DOUBLE_MM if len(losses) > 1 else style.SINGLE_MM, 118)
    axes = figure.subplots(2, len(losses), squeeze=False, sharex=True)
    for column, loss in zip(axes.T, losses, strict=True):
        for ax, (set_, words) in zip(column, SETS.items(), strict=True):
            _panel(ax, rows[rows["loss"] == loss], set_, study)
            ax.set_title(words, loc="left")
            ax.set_ylabel(f"Cost ({loss.upper()})")
        column[-1].set_xlabel("Iterations, or steps of training")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(labels)))
    return figure


def _panel(ax: Axes, rows: pd.DataFrame, set_: str, study: Study) -> None:
    """Draw the models of one loss on the samples of one set."""
    for i, model in enumerate(rows["model"].unique()):
        look = {"color": COLOURS[i % len(COLOURS)]}
        wide = rows[rows["model"] == model].pivot(
            index="iterations", columns=["set", "start"], values="error"
        )
        here, starts = wide[set_], len(wide[set_].columns)
        if starts > 1:
            ax.plot(here.index, here, linewidth=0.3, alpha=0.7, **look)
        label = study["models"][model]["label"]
        label += f", best of {starts} starts" if starts > 1 else ""
        # The start that trains best at each number of iterations, on whatever samples it is shown.
        best = wide["train"].fillna(np.inf).to_numpy().argmin(axis=1)
        values = here.to_numpy()[np.arange(len(here)), best]
        marker = style.MARKERS[i % len(style.MARKERS)]
        ax.plot(here.index, values, marker=marker, markersize=2.5, label=label, **look)
    style.log_axis_around(ax, rows["iterations"], "x")
    style.log_axis_around(ax, rows[rows["set"] == set_]["error"])
