"""Figure 2: training and test error of every model, the same split joined by a line."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from nmfbench.compare.rows import rows_where
from nmfbench.present import style
from nmfbench.present.panels import Panel, Study, by_model, loss_words, model_labels, panels

TITLE = "Figure 2: errors"
READS = ("scores",)
PER = ("cohorts", "loss", "training")
WHEN = "no released figures"

SETS = {"train": "Training", "test": "Test"}


@style.styled
def draw(scores: pd.DataFrame, study: Study, loss: str) -> Figure:
    """Draw paired box plots of the errors, one pair of axes per cohort.

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
        Logarithmic axes, each with its own range; fits that failed are counted below their place.
    """
    errors = scores[(scores["metric"] == "error") & (scores["loss"] == loss)]
    models, cohorts = model_labels(errors, study), panels(errors, study)
    per_row = min(len(cohorts), 2) if len(models) <= 4 else 1
    n_rows = -(-len(cohorts) // per_row)
    narrow = per_row == 1 and len(models) <= 4
    width = style.SINGLE_MM if narrow else style.DOUBLE_MM
    figure = style.figure(width, 8 + (48 if n_rows <= 3 else 36) * n_rows)
    cells = figure.subfigures(n_rows, per_row, squeeze=False).ravel()
    for cell, panel in zip(cells, cohorts, strict=False):
        _cohort(cell, panel, panel.rows(errors), models, study, loss)
    key = style.model_key(models, style.looks(study))
    figure.legend(handles=key, loc="outside lower center", ncols=min(len(models), 8))
    return figure


def _cohort(
    cell: SubFigure,
    panel: Panel,
    errors: pd.DataFrame,
    models: dict[str, str],
    study: Study,
    loss: str,
) -> None:
    """Draw the two axes of one cohort."""
    cell.suptitle(f"{panel.label} ({errors['split'].nunique()} splits)", fontweight="bold")
    axes = cell.subplots(1, 2)
    for ax, (name, label) in zip(axes, SETS.items(), strict=True):
        _set(ax, by_model(rows_where(errors, set=name), models, "split"), study)
        ax.set_title(label)
    axes[0].set_ylabel(loss_words(loss))


def _set(ax: Axes, errors: pd.DataFrame, study: Study) -> None:
    """Draw the boxes, lines and failures of one set; `errors` is splits x models."""
    style.boxes(ax, errors, style.looks(study))
    values = errors.to_numpy()
    # A line has a gap where a fit failed.
    ax.plot(values.T, color="0.35", linewidth=0.3, alpha=0.6, zorder=1)
    ax.set_xlim(-0.6, values.shape[1] - 0.4)
    style.log_axis_around(ax, values)
    failed = errors.isna().sum()
    labels = [f"{n}/{len(errors)}\nfailed" if n else "" for n in failed]
    ax.set_xticks(range(len(labels)), labels, color=style.FAILED)
    ax.tick_params(axis="x", length=0)
