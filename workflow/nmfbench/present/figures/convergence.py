"""How many iterations and how many seconds a fit takes."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nmfbench.compare.rows import rows_where
from nmfbench.present import style
from nmfbench.present.panels import Study, by_model, model_labels, panels

TITLE = "Iterations and seconds"
READS = ("scores",)
PER = ("cohorts", "loss", "training")
WHEN = "no released figures"

METRICS = {"iterations": "Iterations", "seconds": "Seconds per fit"}


@style.styled
def draw(scores: pd.DataFrame, study: Study, loss: str) -> Figure:
    """Draw box plots of iterations and, beside them, seconds: one row of axes per cohort.

    Parameters
    ----------
    scores : DataFrame
        The long table.
    study : mapping
        Models, cohorts and their labels.
    loss : str
        Which loss.

    Returns
    -------
    Figure
        One box per model over its splits, on logarithmic axes that all cohorts share. Fits that
        ended at their limit of iterations, and fits that failed, are counted beside the boxes.
    """
    here = scores[scores["loss"] == loss]
    models, cohorts = model_labels(here, study), panels(here, study)
    step = 4.2 if len(models) * len(cohorts) <= 30 else 2.8
    figure = style.figure(style.DOUBLE_MM, 8 + max(1, len(cohorts)) * (7 + step * len(models)))
    axes = figure.subplots(max(1, len(cohorts)), 2, sharex="col", sharey=True, squeeze=False)
    for row, panel in zip(axes, cohorts, strict=False):
        iterations, seconds, converged = (
            by_model(panel.rows(here, metric=metric, set="train"), models, "split")
            for metric in (*METRICS, "converged")
        )
        for ax, values in zip(row, (iterations, seconds), strict=True):
            style.boxes(ax, values, style.looks(study), vertical=False)
            style.rows(ax, list(models.values()))
        _count(row[0], converged == 0, "at limit")
        _count(row[1], seconds.isna(), "failed", color=style.FAILED)
        row[0].set_title(panel.label, loc="left", fontweight="bold")
    for ax, (metric, label) in zip(axes[-1], METRICS.items(), strict=True):
        style.log_axis_around(ax, rows_where(here, metric=metric, set="train")["value"], "x")
        ax.set_xlabel(label)
    return figure


def _count(ax: Axes, which: pd.DataFrame, word: str, color: str = "black") -> None:
    """Count fits (splits x models) at the right end of their model's row, if there are any."""
    for i, n in enumerate(which.sum()):
        if n:
            style.note(ax, 1.01, i, f"{n}/{len(which)} {word}", color=color)
