"""Profile likelihood of the power of the Tweedie model."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nmfbench.compare.rows import rows_where
from nmfbench.present import style
from nmfbench.present.panels import Study, divisions

TITLE = "Noise: power of the Tweedie model"
READS = ("noise",)
PER = ()
WHEN = "noise models of samples"


@style.styled
def draw(noise: pd.DataFrame, study: Study) -> Figure:
    """Draw one panel per cohort, one curve per K.

    Parameters
    ----------
    noise : DataFrame
        As from `nmfbench.factorize.noise.estimate`, with cohort, scheme, k and split.
    study : mapping
        Cohorts, their labels, and the ``noise`` that they were simulated with.

    Returns
    -------
    Figure
        Log-likelihood per entry less its maximum, mean over the splits; a dot is the highest point.
    """
    curves = rows_where(noise, loss="tweedie").dropna(subset="loglik")
    labels = divisions(curves, study)
    drawn, axes = style.grid(len(labels), 40)
    ranks = sorted(curves["k"].unique())
    colours = style.shades(len(ranks))
    for ax, ((cohort, scheme), label) in zip(axes, labels.items(), strict=True):
        here = rows_where(curves, cohort=cohort, scheme=scheme)
        for k, rows in here.groupby("k"):
            mean = rows.groupby("parameter")["loglik"].mean()
            colour = colours[ranks.index(k)]
            ax.plot(mean.index, mean - mean.max(), color=colour)
            ax.plot(mean.idxmax(), 0, "o", color=colour, markersize=3, clip_on=False)
        true = study["cohorts"][cohort].get("noise", {}).get("power")
        if true:
            ax.axvline(true, color="black", linestyle=":")
        ax.set_title(style.wrap(label, 38), loc="left")
        ax.set_xlim(1, 2)
        ax.set_ylim(-0.5, 0.02)
    style.label_grid(axes, "Power p of the variance", "Log-likelihood per entry,\nless its maximum")
    key = [Line2D([], [], color=c, label=f"K = {k}") for k, c in zip(ranks, colours, strict=True)]
    truth = Line2D([], [], color="black", linestyle=":", label="simulated with")
    drawn.legend(handles=[*key, truth], loc="outside lower center", ncols=8)
    return drawn
