"""Test error against the seconds that a new sample costs."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nmfbench.compare.rows import rows_where
from nmfbench.factorize.inference import NETWORK, REFIT, UPDATES
from nmfbench.present import style
from nmfbench.present.panels import Study

TITLE = "What exposures cost"
READS = ("inference",)
PER = ()
WHEN = "inference"

CONVERGED = "network trained to convergence"  # another model, and no point on that line
LOOKS = {
    NETWORK: {"color": style.PURPLE, "marker": "o"},
    CONVERGED: {"color": style.GREEN, "marker": "D"},
    UPDATES: {"color": style.BLUE, "marker": "s"},
    REFIT: {"color": style.VERMILLION, "marker": "*", "markersize": 6, "linestyle": "none"},
}
WORDS = {NETWORK: "layers", CONVERGED: "layers", UPDATES: "updates"}


@style.styled
def draw(rows: pd.DataFrame, study: Study) -> Figure:
    """Draw one row of two panels per loss: all test samples together, and one by one.

    Parameters
    ----------
    rows : DataFrame
        As from `nmfbench.factorize.inference.measure`.
    study : mapping
        Models and their labels, ``losses``.

    Returns
    -------
    Figure
        Doubly logarithmic axes; numbers are those of the layers or updates.
    """
    converged = [name for name, model in study["models"].items() if "converges" in model]
    apart = (rows["way"] == NETWORK) & rows["model"].isin(converged)
    rows = rows.assign(way=rows["way"].mask(apart, CONVERGED))
    losses = [loss for loss in study["losses"] if loss in set(rows["loss"])]
    batches = sorted(rows["batch"].unique(), reverse=True)
    figure = style.figure(style.DOUBLE_MM, 10 + 60 * len(losses))
    axes = figure.subplots(len(losses), len(batches), squeeze=False, sharex=True, sharey="row")
    for line, loss in zip(axes, losses, strict=True):
        for ax, batch in zip(line, batches, strict=True):
            _panel(ax, rows_where(rows, loss=loss, batch=batch))
            together = f"{batch} samples at a time" if batch > 1 else "one sample at a time"
            ax.set_title(f"{loss.upper()}, {together}")
            style.log_axis_around(ax, rows["seconds"], "x")
            style.log_axis_around(ax, rows.loc[rows["loss"] == loss, "error"])
        line[0].set_ylabel("Test error")
    for ax in axes[-1]:
        ax.set_xlabel("Seconds per sample")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def _panel(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw each way as a line over its numbers of steps."""
    for way, look in LOOKS.items():
        here = rows[rows["way"] == way].sort_values("steps")
        if here.empty:
            continue
        label = f"{way} (numbers: {WORDS[way]})" if way in WORDS else way
        ax.plot(here["seconds"], here["error"], label=label, **{"markersize": 3} | look)
        for row in here.itertuples():
            if row.steps:
                ax.annotate(
                    f"{row.steps}",
                    (row.seconds, row.error),
                    xytext=(2, 2),
                    textcoords="offset points",
                    fontsize=style.SMALL_PT,
                    color=look["color"],
                )
