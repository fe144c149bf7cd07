"""Figure 3: the signatures of all splits in the plane of their first two principal components."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nmfbench.present import style
from nmfbench.present.panels import Study, model_labels, panels

TITLE = "Figure 3: signatures of all splits"
READS = ("points",)
PER = ("cohorts", "loss", "training")
WHEN = "no released figures"


@style.styled
def draw(points: pd.DataFrame, study: Study, loss: str) -> Figure:
    """Draw cohorts (rows) by models (columns); the panels of a row share their axes.

    Parameters
    ----------
    points : DataFrame
        Every signature of every split with its cluster and its place in the plane.
    study : mapping
        Models, cohorts and their labels.
    loss : str
        Which loss.

    Returns
    -------
    Figure
        Colours are PAM clusters, the same number in all models of a row; medoids have a black
        outline.
    """
    points = points[points["loss"] == loss]
    models, cohorts = model_labels(points, study), panels(points, study)
    if not cohorts:
        return style.sentence("No fit of this loss succeeded.")
    width = style.DOUBLE_MM if len(models) > 1 else style.SINGLE_MM
    height = 45 if len(models) <= 4 else 35
    figure = style.figure(width, 6 + height * len(cohorts))
    rows = figure.subfigures(len(cohorts), 1, squeeze=False).ravel()
    for row, panel in zip(rows, cohorts, strict=True):
        here = panel.rows(points)
        axes = row.subplots(1, len(models), sharex=True, sharey=True, squeeze=False).ravel()
        for ax, (model, label) in zip(axes, models.items(), strict=True):
            _scatter(ax, here[here["model"] == model], n_ticks=3 if len(models) <= 5 else 2)
            ax.set_title(style.wrap(label, (width - 30) / len(models)))
            ax.set_xlabel(f"PC1 ({here['pc1_share'].iloc[0]:.0%})")
        axes[0].set_ylabel(f"PC2 ({here['pc2_share'].iloc[0]:.0%})")
        row.suptitle(panel.label, fontweight="bold")
        clusters = sorted(here["cluster"].unique())
        key = [
            axes[-1].scatter([], [], s=14, linewidth=0, label=f"{c}", **style.cluster_look(c))
            for c in clusters
        ]
        row.legend(
            handles=key, title="Cluster", title_fontsize=style.SMALL_PT, loc="outside right center"
        )
    return figure


def _scatter(ax: Axes, points: pd.DataFrame, n_ticks: int) -> None:
    """Draw the signatures of one model, its medoids on top."""
    for cluster, here in points.groupby("cluster"):
        look = style.cluster_look(int(cluster))
        ax.scatter(here["pc1"], here["pc2"], s=7, linewidth=0, alpha=0.6, zorder=2, **look)
        medoid = here[here["medoid"] == 1]
        ax.scatter(
            medoid["pc1"], medoid["pc2"], s=20, linewidth=0.9, edgecolor="black", zorder=3, **look
        )
    if points.empty:
        ax.text(
            0.5, 0.5, "all fits\nfailed", transform=ax.transAxes, ha="center", color=style.FAILED
        )
    ax.xaxis.set_major_locator(MaxNLocator(n_ticks))
    ax.yaxis.set_major_locator(MaxNLocator(3))
