"""The consensus signatures of one cohort as 96-channel profiles, over their COSMIC matches."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from nmfbench.compare.consensus import DEAD
from nmfbench.compare.rows import rows_where
from nmfbench.data.catalogue import CHANNELS
from nmfbench.present import style
from nmfbench.present.panels import Study, model_labels, panels

TITLE = "Consensus signatures"
READS = ("signatures", "matches", "cosmic")
PER = ("cohort", "loss", "training")
WHEN = "no released figures"

COLOURS = [style.SUBSTITUTION_COLOURS[channel[2:5]] for channel in CHANNELS]

# Of the axes of a signature: found, its match, the difference.
HEIGHTS = (1, 1, 0.7)
NOTHING = "0.88"  # the grey of a dead signature
BESIDE_TICKS_PT = 21  # from an axis to the words at its left


@style.styled
def draw(
    signatures: pd.DataFrame,
    matches: pd.DataFrame,
    cosmic: pd.DataFrame,
    study: Study,
    loss: str,
) -> Figure:
    """Draw clusters (rows) by models (columns) in the conventional colours.

    Parameters
    ----------
    signatures : DataFrame
        Consensus signatures, long.
    matches : DataFrame
        Reference signatures of the consensus and of each split; those of the consensus in the
        library ``cosmic`` are drawn below the profiles and named above them, with their cosine.
    cosmic : DataFrame
        The signatures of COSMIC, 96 x R.
    study : mapping
        Models, the one cohort that is drawn, and their labels.
    loss : str
        Which loss.

    Returns
    -------
    Figure
        Bars in percent of the mutations: the signature found, its match, and the difference of
        the two, in one unit; each signature has its own range, as is the convention. Where most
        fits of a model have a dead signature, a grey panel says in how many.
    """
    (cohort,) = study["cohorts"]
    signatures, matches = (
        rows_where(table, loss=loss, cohort=cohort) for table in (signatures, matches)
    )
    matches = matches[matches["library"] == "cosmic"]
    models, blocks = model_labels(signatures, study), panels(signatures, study)
    if not blocks:
        return style.sentence("No fit of this cohort and loss succeeded.")
    n_rows = sum(panel.k for panel in blocks)
    width = style.DOUBLE_MM if len(models) > 2 else style.SINGLE_MM
    figure = style.figure(width, 8 + 12 * len(blocks) + 26 * n_rows)
    ratios = [panel.k for panel in blocks]
    cells = figure.subfigures(len(blocks), 1, squeeze=False, height_ratios=ratios).ravel()
    letters = len(models) <= len(style.METHODS)
    for cell, panel in zip(cells, blocks, strict=True):
        cell.suptitle(panel.label, fontweight="bold")
        cell.supylabel("Share of mutations (%)", fontsize=7)
        ratios = [0.4, *HEIGHTS * panel.k]
        axes = cell.subplots(len(ratios), len(models), squeeze=False, height_ratios=ratios)
        for ax, label in zip(axes[0], models.values(), strict=True):
            title = style.wrap(label, (width - 15) / len(models))
            _strip(ax, title, letters=letters)
        here = panel.rows(signatures), panel.rows(matches)
        _profiles(axes[1:].reshape(panel.k, 3, -1), *here, cosmic, list(models))
    if not letters:
        key = [Patch(facecolor=c, label=s) for s, c in style.SUBSTITUTION_COLOURS.items()]
        figure.legend(handles=key, loc="outside lower center", ncols=6)
    return figure


def _profiles(
    axes: np.ndarray,
    signatures: pd.DataFrame,
    matches: pd.DataFrame,
    cosmic: pd.DataFrame,
    models: list[str],
) -> None:
    """Draw the profiles of one cohort, scheme and rank; `axes` is clusters x 3 x models."""
    profiles = signatures.pivot(index="channel", columns=["model", "cluster"], values="value")
    profiles = profiles.reindex(list(CHANNELS))
    cosmic = cosmic.reindex(list(CHANNELS))
    of_consensus = matches["split"].astype(str) == "consensus"
    names = matches[of_consensus].set_index(["model", "component"])[["match", "cosine"]]
    dead = _dead(matches)
    for i, rows in enumerate(axes, start=1):
        for column, model in zip(rows.T, models, strict=True):
            found = profiles[model, i].to_numpy(float) if (model, i) in profiles else None
            match = None
            if found is not None and (model, i) in names.index:
                name, cosine = names.loc[(model, i)]
                match = cosmic[name].to_numpy(float)
                column[0].set_title(f"{name} ({cosine:.2f})", fontsize=style.SMALL_PT, loc="right")
            _signature(column, found, match)
            if (model, i) in dead:
                _say_dead(column[0], dead[model, i])
        for ax, label in zip(rows[:, 0], (f"Signature {i}", "COSMIC", "difference"), strict=True):
            how = {"rotation": 0, "ha": "right", "va": "center"}
            ax.set_ylabel(label, fontsize=style.SMALL_PT, **how)
            # In one line by their place: to align them, each looks at the ticks of all others.
            left = ScaledTranslation(-BESIDE_TICKS_PT / 72, 0, ax.figure.dpi_scale_trans)
            ax.yaxis.set_label_coords(0, 0.5, transform=ax.transAxes + left)


def _dead(matches: pd.DataFrame) -> dict[tuple[str, int], str]:
    """Say of each dead consensus signature (model, number) in how many splits it is.

    A signature of a split has no number; the first of a model is dead where any is, the second
    where two are.
    """
    words = {}
    for model, rows in matches.groupby("model"):
        is_dead = rows["match"] == DEAD
        consensus = rows["split"].astype(str) == "consensus"
        of_split = is_dead[~consensus].groupby(rows["split"]).sum()
        for least, i in enumerate(rows.loc[consensus & is_dead, "component"], start=1):
            words[model, i] = f"dead in {(of_split >= least).sum()} of {len(of_split)} splits"
    return words


def _say_dead(ax: Axes, words: str) -> None:
    """Draw a grey panel with words."""
    ax.set_facecolor(NOTHING)
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center")


def _signature(axes: np.ndarray, found: np.ndarray | None, match: np.ndarray | None) -> None:
    """Draw a signature, its match and their difference in percent, one percent equally high."""
    top = 105 * max((values.max() for values in (found, match) if values is not None), default=0)
    for ax, values in zip(axes[:2], (found, match), strict=True):
        if values is not None:
            _bars(ax, values)
            ax.set_ylim(0, top)
            ax.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    if match is not None:
        _bars(axes[2], found - match)
        half = max(top * HEIGHTS[2] / 2, 105 * np.abs(found - match).max())
        ticks = MaxNLocator(2, steps=[1, 2, 5, 10]).tick_values(0, half)
        tick = ticks[ticks <= half].max()  # three labels would not fit
        axes[2].set(ylim=(-half, half), yticks=(-tick, tick))
        axes[2].axhline(0, color="0.5", linewidth=0.4, zorder=0)
    for ax, values in zip(axes, (found, match, match), strict=True):
        ax.set(xticks=[], xlim=(-0.5, 95.5))
        if values is None:
            ax.set_yticks([])


def _bars(ax: Axes, values: np.ndarray) -> None:
    """Draw 96 bars as one collection, in percent."""
    left, top = np.arange(96) - 0.36, 100 * values
    right, bottom = left + 0.72, np.zeros(96)
    corners = np.array([(left, bottom), (left, top), (right, top), (right, bottom)])
    ax.add_collection(
        PolyCollection(corners.transpose(2, 0, 1), facecolors=COLOURS, linewidths=0, snap=False)
    )


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
