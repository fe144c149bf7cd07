"""Observed variance against the mean, with the laws of the noise models."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nmfbench.present import style
from nmfbench.present.panels import NOISE, Study, panels

TITLE = "Noise: residuals"
READS = ("residuals",)
PER = ()
WHEN = "noise models"


@style.styled
def draw(table: pd.DataFrame, study: Study) -> Figure:
    """Draw one panel per cohort.

    Parameters
    ----------
    table : DataFrame
        As from `nmfbench.compare.residuals.residuals`, with cohort, scheme and k.
    study : mapping
        Cohorts and their labels.

    Returns
    -------
    Figure
        Logarithmic axes; dots are counts, lines are laws.
    """
    cohorts = panels(table, study)
    drawn, axes = style.grid(len(cohorts), 40)
    for ax, panel in zip(axes, cohorts, strict=True):
        here = panel.rows(table).sort_values("mean")
        ax.plot(here["mean"], here["variance"], "o", color="black", markersize=2, zorder=3)
        for loss in NOISE:
            if here[loss].notna().any():
                ax.plot(here["mean"], here[loss], color=style.LOSSES[loss])
        ax.set_title(style.wrap(panel.label, 38), loc="left")
        ax.set_xscale("log")
        ax.set_yscale("log")
    style.label_grid(axes, "Mean count of the fit", "Mean squared residual")
    dots = Line2D([], [], marker="o", color="black", linestyle="none", markersize=2)
    dots.set_label("counts, 25 bins of like means")
    drawn.legend(handles=[dots, *style.loss_key(NOISE)], loc="outside lower center", ncols=4)
    return drawn
