"""Figure S7: how consistent the signatures of each model are from split to split."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nmfbench.present import style
from nmfbench.present.panels import Study, model_labels, panels


@style.styled
def draw(scores: pd.DataFrame, study: Study, loss: str) -> Figure:
    """Draw box plots of the signature consistency, one panel per cohort.

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
        One box per model over all pairs of its splits; a diamond is their mean.
    """
    here = scores[scores["loss"] == loss]
    models, cohorts = model_labels(here, study), panels(here, study)
    n_rows = max(1, -(-len(cohorts) // 4))
    per_row = max(1, -(-len(cohorts) // n_rows))
    width = style.SINGLE_MM if per_row == 1 else style.DOUBLE_MM
    step = 5 if len(models) <= 5 else 3.5
    figure = style.figure(width, 4 + n_rows * (10 + step * len(models)))
    axes = figure.subplots(n_rows, per_row, sharey=True, sharex=True, squeeze=False).ravel()
    for ax, panel in zip(axes, cohorts, strict=False):
        _panel(ax, panel.rows(here, metric="sc"), models, study)
        ax.set_title(style.wrap(panel.label, (width - 25) / per_row), fontweight="bold")
    for ax in axes[len(cohorts) :]:
        ax.set_visible(False)
    for i, ax in enumerate(axes[: len(cohorts)]):
        if i + per_row >= len(cohorts):
            ax.tick_params(labelbottom=True)
    figure.supxlabel("Signature consistency (average cosine similarity)", fontsize=7)
    return figure


def _panel(ax: Axes, scores: pd.DataFrame, models: dict[str, str], study: Study) -> None:
    """Draw the boxes of one cohort."""
    values = scores.pivot(index=["split", "other_split"], columns="model", values="value")
    values = values.reindex(columns=list(models)).astype(float)
    style.boxes(ax, values, style.looks(study), vertical=False)
    mean = values.mean()
    ax.plot(mean, range(len(mean)), "D", ms=2.6, mfc="white", mec="black", mew=0.5, zorder=4)
    for i, none in enumerate(mean.isna()):
        if none:
            style.note(ax, 0.02, i, "no pair of fits", color=style.FAILED)
    style.rows(ax, list(models.values()))
