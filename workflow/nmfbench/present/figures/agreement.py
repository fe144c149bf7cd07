"""Figure 4: how alike the signatures of two fits are, within a model and between models."""

from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nmfbench.present import style
from nmfbench.present.panels import Study, model_labels, panels

BETWEEN = style.Look("#DDDDDD", "")


@style.styled
def draw(scores: pd.DataFrame, study: Study, loss: str) -> Figure:
    """Draw box plots of the average cosine similarity, one panel per cohort.

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
        First each model with itself (coloured), then each pair of models (grey). A diamond is
        the mean of the pairs that were fitted to the same samples.
    """
    here = scores[(scores["loss"] == loss) & scores["metric"].isin(["sc", "acs"])]
    everything = scores[scores["loss"] == loss]
    models, cohorts = model_labels(everything, study), panels(everything, study)
    pairs = [(m, m) for m in models] + list(combinations(models, 2))
    n_rows = max(1, -(-len(cohorts) // 3))
    per_row = max(1, -(-len(cohorts) // n_rows))
    width = style.SINGLE_MM if per_row == 1 else style.DOUBLE_MM
    step = 4.2 if len(pairs) <= 15 else 2.8
    figure = style.figure(width, 8 + n_rows * (12 + step * len(pairs)))
    axes = figure.subplots(n_rows, per_row, sharey=True, sharex=True, squeeze=False).ravel()
    for ax, panel in zip(axes, cohorts, strict=False):
        _panel(ax, panel.rows(here), pairs, study)
        ax.set_title(style.wrap(panel.label, (width - 45) / per_row), fontweight="bold")
    for ax in axes[len(cohorts) :]:
        ax.set_visible(False)
    labels = [models[a] if a == b else f"{models[a]} – {models[b]}" for a, b in pairs]
    for ax in axes[::per_row]:
        ax.set_yticks(range(len(pairs)), labels)
        ax.set_ylim(len(pairs) - 0.4, -0.6)
    for i, ax in enumerate(axes[: len(cohorts)]):
        if i + per_row >= len(cohorts):
            ax.tick_params(labelbottom=True)
            ax.set_xlabel("Average cosine similarity")
    return figure


def _panel(ax: Axes, scores: pd.DataFrame, pairs: list[tuple[str, str]], study: Study) -> None:
    """Draw the boxes of one cohort."""
    fills = style.looks(study)
    scores = scores[np.isfinite(scores["value"])]
    groups = dict(list(scores.groupby(["model", "other"])))
    found = [groups.get(pair, scores[:0]) for pair in pairs]
    style.boxes(
        ax,
        [rows["value"].to_numpy(float) for rows in found],
        [fills[a] if a == b else BETWEEN for a, b in pairs],
        vertical=False,
    )
    for i, ((a, b), rows) in enumerate(zip(pairs, found, strict=True)):
        same = rows[rows["split"] == rows["other_split"]]["value"]
        if a != b and len(same):
            ax.plot(same.mean(), i, "D", ms=2.6, mfc="white", mec="black", mew=0.5, zorder=4)
        if rows.empty:
            ax.annotate(
                "no pair of fits",
                (0.02, i),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=style.SMALL_PT,
                color=style.FAILED,
            )
    n_models = sum(a == b for a, b in pairs)
    if len(pairs) > n_models:
        ax.axhline(n_models - 0.5, color="0.6", linewidth=0.5)
    ax.grid(axis="x", color="0.9", linewidth=0.5)
    ax.set_axisbelow(True)
