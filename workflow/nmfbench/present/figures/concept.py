"""The proof of concept: factors of three models and the truth, drawn over each other."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from nmfbench.compare.concept import TRUTH
from nmfbench.present import style
from nmfbench.present.panels import Study
from nmfbench.present.tables.render import number

TITLE = "Proof of concept"
READS = ("concept",)
PER = ()
WHEN = "concept"

LABELS = {"nmf": "NMF", "c-nmf": "C-NMF", "ae-nmf": "AE-NMF"}

# What coincides stays visible: the marks of the three fit into each other.
MARKS = {
    "nmf": {"marker": "_", "markersize": 6, "markeredgewidth": 1.1},
    "c-nmf": {"marker": "s", "markersize": 3.6, "markeredgewidth": 0.7},
    "ae-nmf": {"marker": "x", "markersize": 2.4, "markeredgewidth": 0.7},
}
TRUTH_COLOUR = "0.82"
FACTORS = {"signatures": ("Feature", "Share"), "exposures": ("Sample", "Exposure (mutations)")}
TOYS = {"released": "Released toy", "pure": "With nearly pure samples"}


@style.styled
def draw(table: pd.DataFrame, study: Study) -> Figure:
    """Draw signatures (left) and exposures (right), the toys below each other, a row per signature.

    Parameters
    ----------
    table : DataFrame
        Factors of the truth and the models, long, as `compare.concept.concept_table` gives them.
    study : mapping
        Not looked at: the toys and their models are the same in all.

    Returns
    -------
    Figure
        The truth as bars, each model as marks; the models' errors are in the legend.
    """
    toys = [name for name in TOYS if name in set(table["toy"])]
    ranks = sorted(table["signature"].unique())
    figure = style.figure(style.DOUBLE_MM, len(toys) * (14 + 36 * len(ranks)))
    parts = np.atleast_1d(figure.subfigures(len(toys), 1))
    for part, name in zip(parts, toys, strict=True):
        _toy(part, table[table["toy"] == name], ranks)
        part.suptitle(TOYS[name], x=0.01, ha="left", fontweight="bold", fontsize="medium")
    return figure


def _toy(part: SubFigure, table: pd.DataFrame, ranks: list[int]) -> None:
    """Draw the factors of one toy."""
    cells = part.subplots(
        len(ranks), 2, squeeze=False, sharex="col", sharey="col", width_ratios=[1, 3.2]
    )
    for row, k in zip(cells, ranks, strict=True):
        for ax, factor in zip(row, FACTORS, strict=True):
            here = table[(table["signature"] == k) & (table["factor"] == factor)]
            _factor(ax, here.pivot(index="item", columns="model", values="value"))
            ax.set_ylabel(FACTORS[factor][1])
            ax.set_title(f"Signature {k}", loc="left")
    for ax, (item, _) in zip(cells[-1], FACTORS.values(), strict=True):
        ax.set_xlabel(item)
    for ax in cells[0]:  # the axes below share its limits, which hold what all of them show
        ax.set_ylim(bottom=0)
    part.legend(handles=_key(table), loc="outside lower center", ncols=4)


def _factor(ax: Axes, values: pd.DataFrame) -> None:
    """Draw one row of a factor; `values` is items x models."""
    ax.bar(values.index, values[TRUTH], width=0.8, color=TRUTH_COLOUR)
    for model, marks in MARKS.items():
        ax.plot(values.index, values[model], **_mark(model, marks), clip_on=False)
    ax.set_xlim(0.3, len(values) + 0.7)
    ax.yaxis.set_major_formatter("{x:,.4g}")
    ax.set_xticks([i for i in values.index if len(values) <= 10 or i % 5 == 0])


def _mark(model: str, marks: dict[str, float | str]) -> dict[str, float | str]:
    """Say how a model's values are drawn."""
    colour = style.METHODS[model]
    return {"linestyle": "none", "color": colour, "markerfacecolor": "none", **marks}


def _key(table: pd.DataFrame) -> list[Patch | Line2D]:
    """Make the entries of the legend, with the mean squared errors."""
    errors = table.groupby("model")["mse"].first()

    def words(model: str, label: str) -> str:
        return f"{label} (MSE {number(errors[model])})"

    lines = [
        Line2D([], [], label=words(model, LABELS[model]), **_mark(model, marks))
        for model, marks in MARKS.items()
    ]
    return [Patch(color=TRUTH_COLOUR, label=words(TRUTH, "Truth")), *lines]
