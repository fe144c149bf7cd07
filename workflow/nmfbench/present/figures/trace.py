"""The training error after so many iterations, of models side by side."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nmfbench.present import style
from nmfbench.present.panels import LOSSES, Study

COLOURS = (style.PURPLE, style.BLUE, style.ORANGE, style.GREEN, style.VERMILLION, style.SKY)


@style.styled
def draw(rows: pd.DataFrame, study: Study) -> Figure:
    """Draw one panel per loss: the best of a model's starts as a line, all of them thin.

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
    figure = style.figure(style.DOUBLE_MM if len(losses) > 1 else style.SINGLE_MM, 68)
    axes = figure.subplots(1, len(losses), squeeze=False)[0]
    for ax, loss in zip(axes, losses, strict=True):
        _panel(ax, rows[rows["loss"] == loss], study)
        words = LOSSES[loss]
        ax.set_ylabel(f"Training error ({words})")
        ax.set_xlabel("Iterations, or steps of training")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(labels)))
    return figure


def _panel(ax: Axes, rows: pd.DataFrame, study: Study) -> None:
    """Draw the models of one loss."""
    for i, model in enumerate(rows["model"].unique()):
        look = {"color": COLOURS[i % len(COLOURS)]}
        wide = rows[rows["model"] == model].pivot(
            index="iterations", columns="start", values="error"
        )
        if len(wide.columns) > 1:
            ax.plot(wide.index, wide, linewidth=0.3, alpha=0.7, **look)
        label = study["models"][model]["label"]
        label += f", best of {len(wide.columns)} starts" if len(wide.columns) > 1 else ""
        marker = style.MARKERS[i % len(style.MARKERS)]
        ax.plot(wide.index, wide.min(axis=1), marker=marker, markersize=2.5, label=label, **look)
    style.log_axis_around(ax, rows["iterations"], "x")
    style.log_axis_around(ax, rows["error"])
