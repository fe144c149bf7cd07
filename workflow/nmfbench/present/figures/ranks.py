"""How many signatures: held-out error, consistency and time of every model, by rank."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nmfbench.compare.rows import rows_where
from nmfbench.data.thinning import THINNING
from nmfbench.factorize.losses import WITH_PARAMETER
from nmfbench.present import style
from nmfbench.present.panels import Study, divisions, model_labels

TITLE = "Number of signatures"
READS = ("ranks",)
PER = ("loss",)
WHEN = "several ranks"

POINT = {"linestyle": "none"}
CHOSEN = POINT | {"markersize": 5, "markeredgecolor": "black", "markeredgewidth": 0.9}
LOWEST = POINT | {"marker": "o", "markersize": 8, "fillstyle": "none", "clip_on": False}
FAILED = POINT | {"marker": "x", "markersize": 3.5, "markeredgewidth": 0.8}
DODGE = 0.12  # between the models, in ranks, so that their error bars stay apart


@style.styled
def draw(ranks: pd.DataFrame, study: Study, loss: str) -> Figure:
    """Draw a column of three axes per cohort: held-out error, consistency, seconds by rank.

    Parameters
    ----------
    ranks : DataFrame
        As from `by_rank`.
    study : mapping
        Models, cohorts and their labels.
    loss : str
        Which loss.

    Returns
    -------
    Figure
        Errors and seconds on logarithmic axes, errors with a range of their own per cohort.
    """
    ranks = ranks[ranks["loss"] == loss]
    models, cohorts = model_labels(ranks, study), divisions(ranks, study)
    if not cohorts:
        return style.sentence("No cohort has several ranks.")
    lines = _lines(models, study)
    width = min(style.DOUBLE_MM, max(style.SINGLE_MM, 14 + 54 * len(cohorts)))
    figure = style.figure(width, 122)
    axes = figure.subplots(3, len(cohorts), squeeze=False, sharex="col", height_ratios=(3, 2, 2))
    for column, ((cohort, scheme), label) in zip(axes.T, cohorts.items(), strict=True):
        here = rows_where(ranks, cohort=cohort, scheme=scheme)
        title = style.wrap(label, width / len(cohorts) - 10)
        parts = "folds" if scheme == THINNING else "splits"
        title += ("\n" if len(cohorts) > 3 else " ") + f"({here['splits'].max()} {parts})"
        column[0].set_title(title, fontweight="bold")
        _cohort(column, here, lines)
        ks = sorted(here["k"].unique())
        column[2].set_xticks(ks[:: -(-len(ks) * len(cohorts) // 36)])  # 36 fit a page
    _share(axes[1], axes[2], ranks)
    test = "Test perplexity" if loss in WITH_PARAMETER else "Test error"
    error = "Held-out error" if (ranks["scheme"] == THINNING).all() else test
    for ax, text in zip(
        axes[:, 0], (f"{error} ({loss.upper()})", "SC", "Seconds per fit"), strict=True
    ):
        ax.set_ylabel(text)
    figure.align_ylabels(axes[:, 0])
    key = _key(models, lines, ranks)
    figure.legend(handles=key, loc="outside lower center", ncols={1: 2, 2: 3}.get(len(cohorts), 6))
    return figure


def _lines(models: dict[str, str], study: Study) -> dict[str, dict[str, Any]]:
    """Give each model its colour, its dashes (which model of its method) and its marker.

    As the looks, they depend on the study alone.
    """
    looks = style.looks(study)
    return {
        name: {
            "color": looks[name].colour,
            "linestyle": style.DASHES[style.HATCHES.index(looks[name].hatch) % len(style.DASHES)],
            "marker": looks[name].marker,
            "markersize": 2.5,
        }
        for name in models
    }


def _cohort(column: np.ndarray, ranks: pd.DataFrame, lines: dict[str, dict[str, Any]]) -> None:
    """Draw the three axes of one cohort."""
    first = (len(lines) - 1) / 2
    for i, (model, line) in enumerate(lines.items()):
        rows = ranks[ranks["model"] == model].sort_values("k")
        at = rows["k"] + DODGE * (i - first)
        _errors(column[0], at, rows, line)
        column[1].plot(at, rows["sc_mean"], **line)
        column[2].plot(at, rows["seconds_mean"], **line)
    style.log_axis_around(column[0], pd.concat([*_bars(ranks), ranks["held_out_error"]]))
    ks = sorted(ranks["k"].unique())
    column[2].set_xlim(ks[0] - 0.6, ks[-1] + 0.6)
    column[2].set_xlabel("Signatures K")


def _errors(ax: Axes, at: pd.Series, rows: pd.DataFrame, line: dict[str, Any]) -> None:
    """Draw the held-out errors of one model, with standard errors and its two choices of K."""
    ax.plot(at, rows["held_out_error"], **line)
    ax.vlines(at, *_bars(rows), color=line["color"], linewidth=0.6)
    for mark, how in (("lowest", LOWEST), ("chosen", CHOSEN)):
        marked = rows[mark] == 1
        if marked.any():  # a line that is nowhere upsets the layout
            ax.plot(at[marked], rows.loc[marked, "held_out_error"], **(line | how))
    failed = at[rows["failed"] > 0]
    below = ax.get_xaxis_transform()
    ax.plot(failed, [0.03] * len(failed), color=line["color"], transform=below, **FAILED)


def _bars(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Give the ends of the error bars: a standard error of the ratio to the lowest error."""
    factor = np.exp(rows["excess_se"])
    return rows["held_out_error"] / factor, rows["held_out_error"] * factor


def _share(consistency: np.ndarray, seconds: np.ndarray, ranks: pd.DataFrame) -> None:
    """Give consistency and seconds the same range in all cohorts."""
    lowest = ranks["sc_mean"].min()
    below = 1.08 * lowest - 0.08 if np.isfinite(lowest) else 0.0  # room for the lowest marker
    for ax in consistency:
        ax.set_ylim(min(below, 0.9), 1.01)
    for ax in seconds:
        style.log_axis_around(ax, ranks["seconds_mean"])
    for ax in (*consistency[1:], *seconds[1:]):
        ax.tick_params(labelleft=False)


def _key(
    models: dict[str, str], lines: dict[str, dict[str, Any]], ranks: pd.DataFrame
) -> list[Line2D]:
    """Legend entries: the models, then what the marks mean that are there."""
    key = [Line2D([], [], **lines[name], label=label) for name, label in models.items()]
    marks = {}
    if ranks["chosen"].any():
        marks["lowest"] = LOWEST
        marks["smallest K within one standard error of it"] = {"marker": "o"} | CHOSEN
    if ranks["failed"].any():
        marks["a fit failed: not chosen"] = FAILED
    return key + [Line2D([], [], color="0.5", label=label, **how) for label, how in marks.items()]
