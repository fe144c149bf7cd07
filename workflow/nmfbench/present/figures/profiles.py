"""The consensus signatures of one cohort as 96-channel profiles."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from nmfbench.data.catalogue import CHANNELS
from nmfbench.present import style
from nmfbench.present.panels import Study, model_labels, panels

COLOURS = [style.SUBSTITUTION_COLOURS[channel[2:5]] for channel in CHANNELS]


@style.styled
def draw(
    signatures: pd.DataFrame, matches: pd.DataFrame, study: Study, loss: str, cohort: str
) -> Figure:
    """Draw clusters (rows) by models (columns) in the conventional colours.

    Parameters
    ----------
    signatures : DataFrame
        Consensus signatures, long.
    matches : DataFrame
        Reference signatures of the consensus; those of the library ``cosmic`` are written above
        the profiles with their cosine.
    study : mapping
        Models, cohorts and their labels.
    loss, cohort : str
        Which loss and cohort.

    Returns
    -------
    Figure
        Bars in percent of the mutations; each panel has its own range, as is the convention.
    """
    signatures, matches = (
        table[(table["loss"] == loss) & (table["cohort"] == cohort)]
        for table in (signatures, matches)
    )
    consensus = matches["split"].astype(str) == "consensus"
    matches = matches[consensus & (matches["library"] == "cosmic")]
    models, blocks = model_labels(signatures, study), panels(signatures, study)
    if not blocks:
        return style.sentence("No fit of this cohort and loss succeeded.")
    n_rows = sum(panel.k for panel in blocks)
    width = style.DOUBLE_MM if len(models) > 2 else style.SINGLE_MM
    figure = style.figure(width, 8 + 12 * len(blocks) + (17 if n_rows <= 10 else 14) * n_rows)
    ratios = [panel.k for panel in blocks]
    cells = figure.subfigures(len(blocks), 1, squeeze=False, height_ratios=ratios).ravel()
    letters = len(models) <= len(style.METHODS)
    for cell, panel in zip(cells, blocks, strict=True):
        cell.suptitle(panel.label, fontweight="bold")
        cell.supylabel("Share of mutations (%)", fontsize=7)
        axes = cell.subplots(
            panel.k + 1, len(models), squeeze=False, height_ratios=[0.22] + [1] * panel.k
        )
        for ax, label in zip(axes[0], models.values(), strict=True):
            title = style.wrap(label, (width - 15) / len(models))
            _strip(ax, title, letters=letters)
        _profiles(axes[1:], panel.rows(signatures), panel.rows(matches), list(models))
        cell.align_ylabels(axes[1:, 0])
    if not letters:
        key = [Patch(facecolor=c, label=s) for s, c in style.SUBSTITUTION_COLOURS.items()]
        figure.legend(handles=key, loc="outside lower center", ncols=6)
    return figure


def _profiles(
    axes: np.ndarray, signatures: pd.DataFrame, matches: pd.DataFrame, models: list[str]
) -> None:
    """Draw the profiles of one cohort, scheme and rank; `axes` is clusters x models."""
    profiles = signatures.pivot(index="channel", columns=["model", "cluster"], values="value")
    profiles = profiles.reindex(list(CHANNELS))
    names = matches.set_index(["model", "component"])[["match", "cosine"]]
    for i, row in enumerate(axes, start=1):
        for ax, model in zip(row, models, strict=True):
            if (model, i) in profiles:
                _profile(ax, profiles[model, i].to_numpy(float))
            else:
                ax.set_yticks([])
            if (model, i) in names.index:
                match, cosine = names.loc[(model, i)]
                ax.set_title(f"{match} ({cosine:.2f})", fontsize=style.SMALL_PT, loc="right")
            ax.set(xticks=[], xlim=(-0.5, 95.5))
        row[0].set_ylabel(f"Signature {i}", fontsize=style.SMALL_PT)


def _profile(ax: Axes, values: np.ndarray) -> None:
    """Draw 96 bars as one collection, in percent."""
    left, top = np.arange(96) - 0.36, 100 * values
    right, bottom = left + 0.72, np.zeros(96)
    corners = np.array([(left, bottom), (left, top), (right, top), (right, bottom)])
    ax.add_collection(
        PolyCollection(corners.transpose(2, 0, 1), facecolors=COLOURS, linewidths=0, snap=False)
    )
    ax.set_ylim(0, 1.05 * top.max())
    ax.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))


def _strip(ax: Axes, label: str, *, letters: bool) -> None:
    """Draw the header of a column: the model and the six substitutions."""
    for i, (substitution, colour) in enumerate(style.SUBSTITUTION_COLOURS.items()):
        ax.add_patch(Rectangle((16 * i - 0.3, 0), 15.6, 1, facecolor=colour))
        if letters:
            ax.text(
                16 * i + 7.5,
                0.45,
                substitution,
                ha="center",
                va="center",
                fontsize=style.SMALL_PT,
                color="white" if substitution in ("C>G", "C>T") else "black",
            )
    ax.set(xlim=(-0.5, 95.5), ylim=(0, 1))
    ax.set_axis_off()
    ax.set_title(label)
