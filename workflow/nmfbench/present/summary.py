"""The long table boiled down: one row per cohort, scheme, rank, loss and model.

The tables and the front page both read their numbers here, so that they cannot disagree.
"""

import numpy as np
import pandas as pd

from nmfbench.present.panels import Study, model_labels, panels

IDS = ["cohort", "scheme", "k", "loss", "model"]
STATISTICS = ("mean", "sd", "median")
OF_SIGNATURES = ("acs_truth", "precision_truth", "recall_truth", "f1_truth", "sc", "effective_k")
USED = ("error", "ratio", "sample_cosine", *OF_SIGNATURES, "converged")


def summarise(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Boil the long table down.

    Parameters
    ----------
    scores : DataFrame
        The long table.
    study : mapping
        Models, cohorts and their labels, ``losses`` if there; they give the order of the rows.

    Returns
    -------
    DataFrame
        `IDS`, ``panel`` (words for the first three), then

        ``splits``, ``failed``: number of splits, and of those whose training or test error is
        missing; ``not_converged_{train,test,refit,thinned}``: fits, and refits of the exposures,
        that ended at their limit of iterations; ``dead``: fits with a dead signature;
        ``{train,test,refit,thinned,sample_cosine}_{mean,sd,median}`` (the last of test samples)
        and those of `OF_SIGNATURES`: over the splits that have the value (over the pairs of splits
        for sc), sd with n - 1;
        ``ratio_{train,test}``: mean over splits of baseline error / error of the model;
        ``better_{train,test}``, ``equal_{train,test}``, ``compared_{train,test}``: on how many
        splits the model's error is below, or equal to, the baseline's, and of how many.
        Missing where there is nothing to take it from.
    """
    used = scores[scores["metric"].isin(USED)]
    groups = {key: rows for key, rows in used.groupby(IDS, sort=False)}
    models = model_labels(used, study)
    losses = dict.fromkeys([*study.get("losses", ()), *used["loss"].unique()])
    rows = []
    for panel in panels(used, study):
        for loss in losses:
            for model in models:
                ids = (panel.cohort, panel.scheme, panel.k, loss, model)
                if ids in groups:
                    label = {"panel": panel.label}
                    rows.append(dict(zip(IDS, ids, strict=True)) | label | _row(groups[ids]))
    return pd.DataFrame(rows, columns=None if rows else [*IDS, "panel"])


def _row(scores: pd.DataFrame) -> dict[str, float]:
    """Boil down the scores of one model."""
    errors = scores[(scores["metric"] == "error") & scores["set"].isin(["train", "test"])]
    missing = errors.loc[errors["value"].isna(), "split"].nunique()
    row: dict[str, float] = {"splits": errors["split"].nunique(), "failed": missing}
    row["dead"] = int((_values(scores, "effective_k") < scores["k"].iloc[0]).sum())
    for name in ("train", "test", "refit", "thinned"):
        row[f"not_converged_{name}"] = int((_values(scores, "converged", name) == 0).sum())
        row |= _statistics(name, _values(scores, "error", name))
    row |= _statistics("sample_cosine", _values(scores, "sample_cosine", "test"))
    for name in OF_SIGNATURES:
        row |= _statistics(name, _values(scores, name))
    for name in ("train", "test"):
        ratio = _values(scores, "ratio", name)
        row[f"ratio_{name}"] = ratio.mean() if len(ratio) else np.nan
        row[f"better_{name}"] = int((ratio > 1).sum())
        row[f"equal_{name}"] = int((ratio == 1).sum())
        row[f"compared_{name}"] = len(ratio)
    return row


def _values(scores: pd.DataFrame, metric: str, set_: str | None = None) -> np.ndarray:
    """Values of one metric that are there."""
    where = scores["metric"] == metric
    if set_ is not None:
        where &= scores["set"] == set_
    return scores.loc[where, "value"].dropna().to_numpy(float)


def _statistics(name: str, values: np.ndarray) -> dict[str, float]:
    """Mean, standard deviation and median; missing without values."""
    n = len(values)
    found = (
        values.mean() if n else np.nan,
        values.std(ddof=1) if n > 1 else np.nan,
        np.median(values) if n else np.nan,
    )
    return {f"{name}_{key}": value for key, value in zip(STATISTICS, found, strict=True)}
