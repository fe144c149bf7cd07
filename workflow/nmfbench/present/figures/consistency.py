"""Figure S7: how consistent the signatures of each model are from split to split."""

import pandas as pd
from matplotlib.figure import Figure

from nmfbench.present import style
from nmfbench.present.figures.similarity import draw_panels
from nmfbench.present.panels import Study, by_model, model_labels, panels

TITLE = "Figure S7: signature consistency"
READS = ("scores",)
PER = ("cohorts", "loss", "training")
WHEN = "no released figures"


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
    looks = style.looks(study)
    fills = {label: looks[name] for name, label in models.items()}
    values = [
        by_model(panel.rows(here, metric="sc"), models, ["split", "other_split"]).set_axis(
            list(models.values()), axis=1
        )
        for panel in cohorts
    ]
    label = "Signature consistency (average cosine similarity)"
    figure, _ = draw_panels(cohorts, values, [table.mean() for table in values], fills, label, 4)
    return figure
