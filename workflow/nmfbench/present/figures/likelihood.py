"""Fit by noise model and rank: likelihood of samples left out, and BIC."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nmfbench.compare.rows import rows_where
from nmfbench.present import style
from nmfbench.present.panels import Study, divisions, model_labels

TITLE = "Noise: fit by model and K"
READS = ("scores",)
PER = ()
WHEN = "noise models of samples"


@style.styled
def draw(scores: pd.DataFrame, study: Study) -> Figure:
    """Draw two rows of panels: held-out log-likelihood and BIC by K, a column per cohort.

    Parameters
    ----------
    scores : DataFrame
        The long table.
    study : mapping
        Models, cohorts and their labels, the ``baseline``.

    Returns
    -------
    Figure
        Log-likelihood of a test entry less that of the baseline under the KLD at the same K and
        split; BIC of the training samples less the lowest of the cohort and split. Means over the
        splits.
    """
    used = scores[scores["metric"].isin(["loglik", "bic"])]
    labels, models = divisions(used, study), model_labels(used, study)
    losses = [loss for loss in style.LOSSES if loss in set(used["loss"])]
    looks = {model: style.DASHES[i % len(style.DASHES)] for i, model in enumerate(models)}
    width = style.DOUBLE_MM
    drawn = style.figure(width, 100)
    axes = drawn.subplots(2, max(1, len(labels)), sharex="col", squeeze=False)
    for column, ((cohort, scheme), label) in zip(axes.T, labels.items(), strict=True):
        here = rows_where(used, cohort=cohort, scheme=scheme)
        column[0].set_title(style.wrap(label, width / len(labels) - 2), loc="left")
        gain, cost = _gain(here, study["baseline"]), rows_where(here, metric="bic")
        cost = cost.assign(value=cost["value"] - cost.groupby("split")["value"].transform("min"))
        for ax, table in zip(column, (gain, cost), strict=True):
            for (loss, model), rows in table.groupby(["loss", "model"]):
                how = {"color": style.LOSSES[loss], "linestyle": looks[model]}
                style.by_rank(ax, rows, marker="o", markersize=1.6, **how)
        column[0].axhline(0, color="0.7", linewidth=0.5, zorder=0)
        column[1].set_yscale("symlog", linthresh=100)
        column[1].set_ylim(-15, None)
        style.whole_ticks(column[1])
        column[1].set_xlabel("K")
    axes[0, 0].set_ylabel("Log-likelihood of a test entry,\nless that of the Poisson baseline")
    axes[1, 0].set_ylabel("BIC less the lowest")
    key = style.loss_key(losses)
    key += [
        Line2D([], [], color="0.4", linestyle=looks[m], label=words) for m, words in models.items()
    ]
    drawn.legend(handles=key, loc="outside lower center", ncols=4)
    return drawn


def _gain(scores: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Held-out log-likelihood less that of the baseline under the KLD, same K and split."""
    test = rows_where(scores, metric="loglik", set="test")
    of = rows_where(test, loss="kld", model=baseline).set_index(["k", "split"])["value"]
    there = pd.MultiIndex.from_frame(test[["k", "split"]])
    return test.assign(value=test["value"].to_numpy() - of.reindex(there).to_numpy())
