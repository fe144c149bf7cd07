"""Figures S10-S15: the COSMIC signatures that the signatures of every split are matched to."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FixedLocator

from nmfbench.compare.consensus import DEAD
from nmfbench.present import style
from nmfbench.present.panels import Panel, Study, model_labels, panels

TITLE = "Figures S10-S15: matches of every split"
READS = ("matches",)
PER = ("cohort", "loss", "training")
WHEN = "no released figures"

MOST = 20  # rows, beyond which the signatures are pooled that are
RARE = 2  # matched in no more splits than this, of all models together
SEEN = "*"
PER_ROW = 4  # models
COLOURS, LOWEST = "viridis_r", 0.5  # the cosine where the colours begin
NO_FIT = "0.88"


@style.styled
def draw(matches: pd.DataFrame, study: Study, loss: str) -> Figure:
    """Draw COSMIC signatures (rows) by splits (columns), one grid per model.

    Parameters
    ----------
    matches : DataFrame
        Reference signatures of the consensus and of every split.
    study : mapping
        Models, cohorts and their labels.
    loss : str
        Which loss.

    Returns
    -------
    Figure
        Colours are the cosine of a match; white means that the split has no such match, grey that
        its fit failed. Rows are sorted by how often they are matched; signatures observed before
        in the cancer type are bold with an asterisk. At the right of each row, in percent, the
        share of the model's splits that matched it.
    """
    split = matches["split"].astype(str) != "consensus"
    matches = matches[split & (matches["library"] == "cosmic") & (matches["loss"] == loss)]
    models, cohorts = model_labels(matches, study), panels(matches, study)
    if not cohorts:
        return style.sentence("No fit of this cohort and loss succeeded.")
    tables = [_pool(panel.rows(matches)) for panel in cohorts]
    bands = -(-len(models) // PER_ROW)
    n_rows = [table["row"].nunique() for table in tables]
    step = min(3.0, 190 / (bands * sum(n_rows)))
    heights = [5 + bands * (9 + step * n) for n in n_rows]
    width = style.DOUBLE_MM if len(models) > 1 else style.SINGLE_MM
    figure = style.figure(width, 12 + sum(heights))
    cells = figure.subfigures(len(cohorts), 1, squeeze=False, height_ratios=heights).ravel()
    for cell, panel, table in zip(cells, cohorts, tables, strict=True):
        mesh = _cohort(cell, panel, table, models)
    bar = figure.colorbar(
        mesh,
        ax=cells[-1].axes,
        location="bottom",
        extend="min",
        shrink=0.4,
        aspect=40,
        label="Cosine similarity with the matched signature",
    )
    bar.outline.set_linewidth(0.5)
    return figure


def _pool(matches: pd.DataFrame) -> pd.DataFrame:
    """Add the row of each match: its label, or that of the rare ones; ``order`` sorts the rows."""
    often = matches["match"].map(matches["match"].value_counts())
    rare = (often <= RARE) & (matches["match"].nunique() > MOST) & (matches["match"] != DEAD)
    observed = matches["observed"].astype(float) == 1  # missing where there is no list
    seen = observed.groupby(matches["match"]).transform("max")
    label = matches["match"] + seen.map({True: SEEN, False: ""})
    others = f"{matches.loc[rare, 'match'].nunique()} others"
    return matches.assign(row=label.mask(rare, others), order=often.mask(rare, 0))


def _cohort(cell: SubFigure, panel: Panel, table: pd.DataFrame, models: dict[str, str]) -> QuadMesh:
    """Draw the grids of one cohort; rows and splits are the same in all of them."""
    cell.suptitle(panel.label, fontweight="bold")
    order = table.groupby("row")["order"].max().sort_values(ascending=False, kind="stable")
    splits = range(table["split"].astype(int).max() + 1)
    per_row = min(len(models), PER_ROW)
    axes = cell.subplots(-(-len(models) // per_row), per_row, squeeze=False, sharey=True).ravel()
    for ax in axes[len(models) :]:
        ax.set_visible(False)
    for ax, (model, label) in zip(axes, models.items(), strict=False):
        here = table[table["model"] == model].assign(split=lambda t: t["split"].astype(int))
        cosines = here.pivot_table(index="row", columns="split", values="cosine", aggfunc="mean")
        mesh = _grid(ax, cosines.reindex(index=order.index, columns=splits))
        ax.set_title(label)
    for ax in axes[::per_row]:
        ax.set_yticks(np.arange(len(order)), order.index)
        for text in ax.get_yticklabels():
            text.set_fontweight("bold" if text.get_text().endswith(SEEN) else "normal")
    for ax in axes[max(0, len(models) - per_row) : len(models)]:
        ax.set_xlabel("Split")
    return mesh


def _grid(ax: Axes, cosines: pd.DataFrame) -> QuadMesh:
    """Draw the matches of one model and, at their right, how often there is one in percent."""
    n_rows, n = cosines.shape
    fitted = cosines.notna().any()
    mesh = ax.pcolormesh(
        np.arange(n + 1) + 0.5,
        np.arange(n_rows + 1) - 0.5,
        np.ma.masked_invalid(cosines.to_numpy(float)),
        cmap=COLOURS,
        vmin=LOWEST,
        vmax=1,
        edgecolor="white",
        linewidth=0.25,
        zorder=2,
    )
    for i in np.flatnonzero(~fitted):
        ax.axvspan(i + 0.5, i + 1.5, color=NO_FIT, linewidth=0, zorder=3)
    ax.hlines(np.arange(1, n_rows) - 0.5, 0.5, n + 0.5, color="0.9", linewidth=0.3, zorder=2)
    style.note(ax, 1.02, -1, "%")
    for i, share in enumerate(cosines.notna().sum(axis=1) / max(1, fitted.sum())):
        style.note(ax, 1.02, i, f"{100 * share:.0f}" if share else "")
    ax.xaxis.set_major_locator(FixedLocator([1, *range(10, n + 1, 10)] if n >= 10 else [1, n]))
    ax.tick_params(left=False)
    ax.spines[:].set_visible(False)
    ax.set_ylim(n_rows - 0.5, -0.5)
    return mesh
