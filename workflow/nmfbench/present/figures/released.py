"""A figure of a paper drawn again: what it released, the same from here, and held out."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nmfbench.compare.rows import rows_where
from nmfbench.present import style
from nmfbench.present.panels import Study, loss_words

TITLE = "As released"
READS = ("released",)
PER = ("figure",)
WHEN = "released figures"

SETS = {
    "released": "As released: most of the columns tested on were trained on",
    "test": "Held out: the columns of each fold that were not trained on",
}
METRICS = {"exposure_error": "Squared error of a sample's exposures"}
COLOURS = (*style.PALETTE, "black")
WIDTH = 0.8  # of the place of a cohort that its models take
HERE = {"linestyle": "none", "markersize": 2.4}
RELEASED = HERE | {"markersize": 4.2, "fillstyle": "none", "markeredgewidth": 0.6}


@style.styled
def draw(table: pd.DataFrame, study: Study, figure: str) -> Figure:
    """Draw means over the folds, and their range, by cohort and model.

    Parameters
    ----------
    table : DataFrame
        As from `nmfbench.compare.released.compare`.
    study : mapping
        Models, cohorts, and the plans of the figures: ``released``.
    figure : str
        Which figure.

    Returns
    -------
    Figure
        One axis per loss and set, logarithmic. Full markers are found here, open ones released.
        Models that referee the others are on the axis of the held-out samples alone.
    """
    plan, table = study["released"][figure], rows_where(table, figure=figure)
    cohorts = [name for name in study["cohorts"] if name in set(table["cohort"])]
    losses = [loss for loss in study["losses"] if loss in set(table["loss"])]
    models = [*plan["models"], *plan["against"]]
    looks = {
        model: {"color": COLOURS[i % len(COLOURS)], "marker": style.MARKERS[i % len(style.MARKERS)]}
        for i, model in enumerate(models)
    }
    if not cohorts:
        return style.sentence("No cohort of this figure was fitted.")
    drawn = style.figure(style.DOUBLE_MM, 22 + 54 * 2 * len(losses))
    axes = drawn.subplots(2 * len(losses), 1, squeeze=False, sharex=True)[:, 0]
    rows = [(loss, set_) for loss in losses for set_ in SETS]
    for ax, (loss, set_) in zip(axes, rows, strict=True):
        here = rows_where(table, loss=loss, set=set_)
        shown = plan["models"] if set_ == "released" else models
        _axis(ax, here, cohorts, {model: looks[model] for model in shown})
        ax.set_title(SETS[set_], loc="left")
        ax.set_ylabel(METRICS.get(plan["metric"], loss_words(loss)))
    for ax, (loss, _) in zip(axes, rows, strict=True):  # the two axes of a loss can be compared
        style.log_axis_around(ax, table.loc[table["loss"] == loss, ["released", "here"]])
    labels = [study["cohorts"][name]["label"] for name in cohorts]
    axes[-1].set_xticks(range(len(cohorts)), [style.wrap(label, 14) for label in labels])
    drawn.align_ylabels(axes)
    drawn.legend(
        handles=_key(plan["models"], plan["against"], looks, study),
        loc="outside lower center",
        ncols=4,
    )
    return drawn


def _axis(
    ax: Axes, table: pd.DataFrame, cohorts: Sequence[str], looks: dict[str, dict[str, str]]
) -> None:
    """Draw the models of all cohorts side by side."""
    step = WIDTH / len(looks)
    apart = 0.2 * step * table["released"].notna().any()
    for i, (model, look) in enumerate(looks.items()):
        for x, cohort in enumerate(cohorts):
            rows = rows_where(table, model=model, cohort=cohort)
            at = x + (i + 0.5) * step - WIDTH / 2
            folds, mean = rows[rows["split"].notna()], rows[rows["split"].isna()]
            for column, how, side in (("released", RELEASED, -apart), ("here", HERE, apart)):
                known = folds[column].dropna()
                middle = known.mean() if len(known) else mean[column].mean()
                if len(known):
                    ends = known.min(), known.max()
                    ax.vlines(at + side, *ends, color=look["color"], linewidth=0.5, alpha=0.7)
                ax.plot([at + side], [middle], **look | how)
    for x in range(1, len(cohorts)):
        ax.axvline(x - 0.5, color="0.9", linewidth=0.5)
    ax.set_xlim(-0.5, len(cohorts) - 0.5)
    ax.tick_params(axis="x", length=0)


def _key(
    models: Sequence[str],
    against: Sequence[str],
    looks: dict[str, dict[str, str]],
    study: Study,
) -> list[Line2D]:
    """Legend entries: the models, and what open and full markers are."""
    key = [
        Line2D([], [], **looks[model] | HERE, label=study["models"][model]["label"])
        for model in [*models, *against]
    ]
    grey = {"color": "0.4", "marker": "o"}
    key.append(Line2D([], [], **grey | HERE, label="found here: mean and range of the folds"))
    return [*key, Line2D([], [], **grey | RELEASED, label="released")]
