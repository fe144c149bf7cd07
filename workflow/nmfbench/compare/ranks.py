"""How many signatures: error, consistency and time by rank, and the rank they speak for."""

import numpy as np
import pandas as pd

from nmfbench.compare.rows import rows_where
from nmfbench.factorize.losses import WITH_PARAMETER

RULE = (
    "the smallest K whose test error is within one standard error of that of the best K, both on "
    "the same splits (after Breiman et al. 1984)"
)
IDS = ["cohort", "scheme", "loss", "model"]
COLUMNS = (
    *(*IDS, "k", "splits", "failed", "train_error", "test_error", "excess", "excess_se"),
    *("sc_mean", "seconds_mean", "lowest", "chosen"),
)


def by_rank(scores: pd.DataFrame) -> pd.DataFrame:
    """Boil the long table down to one row per rank, and choose a rank for every model.

    Egendal et al. (2025, supplement 1.2) look at the test errors as a function of K.

    Parameters
    ----------
    scores : DataFrame
        The long table.

    Returns
    -------
    DataFrame
        `COLUMNS`; cohorts, losses and models in the order of `scores`, ranks ascending. Only
        cohorts with several ranks. Errors (of `WITH_PARAMETER`, perplexities) are
        geometric means over the splits that have the value, consistency and seconds are means;
        ``failed``: splits whose training or test error is missing. See `choose` for the rest.
    """
    several = scores.groupby(["cohort", "scheme"])["k"].transform("nunique") > 1
    tables = []
    for ids, rows in scores[several].groupby(IDS, sort=False):
        chosen = choose(_test(rows).pivot(index="split", columns="k", values="value"))
        costs = pd.DataFrame({k: _row(of_rank) for k, of_rank in rows.groupby("k")}).T
        table = chosen.join(costs.astype({"splits": int, "failed": int})).reset_index(names="k")
        tables.append(table.assign(**dict(zip(IDS, ids, strict=True))))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return table.reindex(columns=list(COLUMNS))


def choose(errors: pd.DataFrame) -> pd.DataFrame:
    """Choose a rank: the one-standard-error rule on the logarithm of paired errors.

    Breiman, Friedman, Olshen & Stone (1984, Classification and Regression Trees, section 3.4.3)
    take the simplest model whose mean error is within one standard error of the lowest. Splits
    differ in difficulty alike for all ranks, most of all where a few samples carry the error: the
    standard error is that of the difference of two ranks on the same split, of the logarithms.

    Parameters
    ----------
    errors : DataFrame
        Test errors of one model, splits x ranks; missing where a fit failed.

    Returns
    -------
    DataFrame
        By K: ``test_error``, the geometric mean; ``excess``, its ratio to that of the lowest, and
        ``excess_se``, the standard error of that ratio's logarithm; ``lowest`` and ``chosen``, 1
        at the K of the lowest error and at the K of the rule, else 0. A rank on which a fit failed
        is neither: its mean is over other splits than those of the other ranks.
    """
    logs = np.log(errors.astype(float)).sort_index(axis=1)
    table = pd.DataFrame({"test_error": np.exp(logs.mean()), "excess": np.nan, "excess_se": np.nan})
    table = table.assign(lowest=0, chosen=0)
    whole = logs.loc[:, logs.notna().all()]
    if whole.shape[1]:
        lowest = whole.mean().idxmin()
        above = whole.sub(whole[lowest], axis=0)
        table["excess"], table["excess_se"] = np.exp(above.mean()), above.sem().fillna(0)
        table.loc[lowest, "lowest"] = 1
        table.loc[(above.mean() <= above.sem().fillna(0)).idxmax(), "chosen"] = 1
    return table


def _test(scores: pd.DataFrame) -> pd.DataFrame:
    """Test errors that can be compared between ranks.

    The deviance of a noise model depends on a parameter that is another at every K: in its stead
    stands the perplexity, exp of minus the mean log-likelihood of an entry.
    """
    if scores["loss"].iloc[0] in WITH_PARAMETER:
        like = rows_where(scores, metric="loglik", set="test")
        return like.assign(value=np.exp(-like["value"]))
    return rows_where(scores, metric="error", set="test")


def _row(scores: pd.DataFrame) -> dict[str, float]:
    """Boil down the scores of one model at one rank."""
    errors = scores[(scores["metric"] == "error") & scores["set"].isin(["train", "test"])]

    def values(metric: str) -> pd.Series:
        return rows_where(scores, metric=metric, set="train")["value"]

    train = errors.loc[errors["set"] == "train", "value"]
    return {
        "splits": errors["split"].nunique(),
        "failed": errors.loc[errors["value"].isna(), "split"].nunique(),
        "train_error": np.exp(np.log(train).mean()),
        "sc_mean": values("sc").mean(),
        "seconds_mean": values("seconds").mean(),
    }
