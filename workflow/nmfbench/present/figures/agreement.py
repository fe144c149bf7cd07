"""Figure 4: how alike the signatures of two fits are, within a model and between models."""

from itertools import combinations

import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nmfbench.present import style
from nmfbench.present.figures.similarity import draw_panels
from nmfbench.present.panels import Study, model_labels, panels

TITLE = "Figure 4: agreement of signatures"
READS = ("scores",)
PER = ("cohorts", "loss", "training")
WHEN = "no released figures"

BETWEEN = style.Look("#DDDDDD", "", "")


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
    here = scores[scores["loss"] == loss]
    models, cohorts = model_labels(here, study), panels(here, study)
    pairs = [(m, m) for m in models] + list(combinations(models, 2))
    labels = {(a, b): models[a] if a == b else f"{models[a]} – {models[b]}" for a, b in pairs}
    looks = style.looks(study)
    fills = {labels[a, b]: looks[a] if a == b else BETWEEN for a, b in labels}
    values = [_wide(panel.rows(here), labels) for panel in cohorts]
    means = [table[_same(table)].mean() for table in values]
    figure, axes = draw_panels(cohorts, values, means, fills, "Average cosine similarity", 3)
    for ax in axes:
        if len(pairs) > len(models):
            ax.axhline(len(models) - 0.5, color="0.6", linewidth=0.5)
    return figure


def _wide(scores: pd.DataFrame, labels: dict[tuple[str, str], str]) -> pd.DataFrame:
    """Spread the similarities out: pairs of splits x pairs of models."""
    rows = scores[scores["metric"].isin(["sc", "acs"])]
    wide = rows.pivot(
        index=["split", "other_split"], columns=["model", "other"], values="value"
    ).reindex(columns=pd.MultiIndex.from_tuples(labels))
    return wide.set_axis(list(labels.values()), axis=1).astype(float)


def _same(wide: pd.DataFrame) -> NDArray:
    """Say which rows are of fits to the same samples."""
    return wide.index.get_level_values(0) == wide.index.get_level_values(1)
