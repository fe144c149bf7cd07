"""Figure 4: how alike the signatures of two fits are, within a model and between models."""

from itertools import combinations

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
    labels = {(a, b): models[a] if a == b else f"{models[a]} – {models[b]}" for a, b in pairs}
    n_rows = max(1, -(-len(cohorts) // 3))
    per_row = max(1, -(-len(cohorts) // n_rows))
    width = style.SINGLE_MM if per_row == 1 else style.DOUBLE_MM
    step = 4.2 if len(pairs) <= 15 else 2.8
    figure = style.figure(width, 8 + n_rows * (12 + step * len(pairs)))
    axes = figure.subplots(n_rows, per_row, sharey=True, sharex=True, squeeze=False).ravel()
    for ax, panel in zip(axes, cohorts, strict=False):
        _panel(ax, panel.rows(here), labels, study)
        ax.set_title(style.wrap(panel.label, (width - 45) / per_row), fontweight="bold")
    for ax in axes[len(cohorts) :]:
        ax.set_visible(False)
    for i, ax in enumerate(axes[: len(cohorts)]):
        if i + per_row >= len(cohorts):
            ax.tick_params(labelbottom=True)
            ax.set_xlabel("Average cosine similarity")
    return figure


def _panel(
    ax: Axes, scores: pd.DataFrame, labels: dict[tuple[str, str], str], study: Study
) -> None:
    """Draw the boxes of one cohort."""
    looks = style.looks(study)
    fills = {labels[a, b]: looks[a] if a == b else BETWEEN for a, b in labels}
    values = scores.pivot(
        index=["split", "other_split"], columns=["model", "other"], values="value"
    ).reindex(columns=pd.MultiIndex.from_tuples(labels))
    values = values.set_axis(list(labels.values()), axis=1).astype(float)
    style.boxes(ax, values, fills, vertical=False)
    same = values[values.index.get_level_values(0) == values.index.get_level_values(1)].mean()
    ax.plot(same, range(len(same)), "D", ms=2.6, mfc="white", mec="black", mew=0.5, zorder=4)
    for i, none in enumerate(values.isna().all()):
        if none:
            ax.annotate(
                "no pair of fits",
                (0.02, i),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=style.SMALL_PT,
                color=style.FAILED,
            )
    n_models = sum(a == b for a, b in labels)
    if len(labels) > n_models:
        ax.axhline(n_models - 0.5, color="0.6", linewidth=0.5)
    ax.set_yticks(range(len(labels)), labels.values())
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.grid(axis="x", color="0.9", linewidth=0.5)
    ax.set_axisbelow(True)
