"""Which signatures the noise models find: like those under the KLD, and like the truth."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nmfbench.compare.rows import rows_where
from nmfbench.present import style
from nmfbench.present.panels import Study, divisions

TITLE = "Noise: signatures found"
READS = ("scores",)
PER = ()
WHEN = "noise models"

POISSON = {"marker": "o", "markersize": 2}
STARTS = {"color": "0.5", "linestyle": "--"}
TRUTH = {"linestyle": ":", "marker": "s", "markersize": 2}


@style.styled
def draw(scores: pd.DataFrame, study: Study) -> Figure:
    """Draw one panel per cohort: average cosine similarity by K.

    Parameters
    ----------
    scores : DataFrame
        The long table.
    study : mapping
        Models, cohorts and their labels, the ``baseline``.

    Returns
    -------
    Figure
        Of the baseline, means over the splits: with its signatures under the KLD; for comparison
        between two starts under the KLD; with the true signatures where these are known.
    """
    base = study["baseline"]
    under = rows_where(scores, metric="acs_kld", model=base)
    pairs = rows_where(scores, metric="acs", loss="kld")
    pairs = pairs[(pairs["split"] == pairs["other_split"]) & _twin(pairs, study, base)]
    truth = rows_where(scores, metric="acs_truth", model=base)
    labels = divisions(under, study)
    drawn, axes = style.grid(len(labels), 40)
    for ax, ((cohort, scheme), label) in zip(axes, labels.items(), strict=True):
        where = {"cohort": cohort, "scheme": scheme}
        for loss, rows in rows_where(under, **where).groupby("loss", sort=False):
            style.by_rank(ax, rows, color=style.LOSSES[loss], **POISSON)
        style.by_rank(ax, rows_where(pairs, **where), **STARTS)
        for loss, rows in rows_where(truth, **where).groupby("loss", sort=False):
            style.by_rank(ax, rows, color=style.LOSSES[loss], **TRUTH)
        ax.set_title(style.wrap(label, 38), loc="left")
        style.whole_ticks(ax)
    lowest = min((ax.dataLim.y0 for ax in axes), default=0)
    for ax in axes:
        ax.set_ylim(lowest - 0.02, 1.01)
    style.label_grid(axes, "Signatures K", "Average cosine similarity")
    shown = [loss for loss in style.LOSSES if loss in {*under["loss"], *truth["loss"]}]
    key = style.loss_key(shown)
    key.append(Line2D([], [], color="0.2", **POISSON, label="with those of the Poisson model"))
    key.append(Line2D([], [], **STARTS, label="two starts of the Poisson model"))
    if len(truth):
        key.append(Line2D([], [], color="0.2", **TRUTH, label="with the truth"))
    drawn.legend(handles=key, loc="outside lower center", ncols=3)
    return drawn


def _twin(pairs: pd.DataFrame, study: Study, base: str) -> pd.Series:
    """Whether a pair is the baseline and a model of the same method."""
    method = study["models"][base]["method"]
    twins = {name for name, model in study["models"].items() if model["method"] == method}
    ends = pairs[["model", "other"]]
    return (ends == base).any(axis=1) & ends.isin(twins).all(axis=1)
