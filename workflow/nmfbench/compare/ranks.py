"""How many signatures: error, consistency and time by rank, and the rank they speak for."""

import numpy as np
import pandas as pd

RULE = (
    "the smallest K whose mean test error is within one standard error of the lowest mean test "
    "error (Breiman et al. 1984)"
)
IDS = ["cohort", "scheme", "loss", "model"]
COLUMNS = (
    *(*IDS, "k", "splits", "failed", "train_mean", "test_mean", "test_se", "sc_mean"),
    *("seconds_mean", "lowest", "chosen"),
)


def by_rank(scores: pd.DataFrame) -> pd.DataFrame:
    """Boil the long table down to one row per rank, and choose a rank for every model.

    The choice is by the one-standard-error rule of Breiman, Friedman, Olshen & Stone (1984,
    Classification and Regression Trees, section 3.4.3): the smallest K whose mean test error is
    not above the lowest mean test error plus the standard error of that mean. Egendal et al.
    (2025, supplement 1.2) look at the test errors as a function of K; the K of the lowest mean is
    that plain choice.

    Parameters
    ----------
    scores : DataFrame
        The long table.

    Returns
    -------
    DataFrame
        `COLUMNS`; cohorts, losses and models in the order of `scores`, ranks ascending. Only
        cohorts with several ranks. Means are over the splits that have the value (over the pairs
        of splits for sc), ``test_se`` is the standard deviation (n - 1) over the root of n.
        ``failed``: splits whose training or test error is missing. ``lowest`` and ``chosen`` are 1
        at the rank of the plain choice and of the rule, else 0. A rank on which a fit failed is
        never either: its mean is over other splits than those of the other ranks.
    """
    several = scores.groupby(["cohort", "scheme"])["k"].transform("nunique") > 1
    tables = []
    for ids, of_model in scores[several].groupby(IDS, sort=False):
        rows = [_row(of_rank) | {"k": k} for k, of_rank in of_model.groupby("k")]
        tables.append(choose(pd.DataFrame(rows)).assign(**dict(zip(IDS, ids, strict=True))))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return table.reindex(columns=list(COLUMNS))


def choose(table: pd.DataFrame) -> pd.DataFrame:
    """Mark the lowest mean test error and the rank of the one-standard-error rule.

    Parameters
    ----------
    table : DataFrame
        One model: k, failed, test_mean, test_se; one row per rank.

    Returns
    -------
    DataFrame
        With ``lowest`` and ``chosen``, by K; without any 1 where fits failed on every rank.
    """
    table = table.sort_values("k", ignore_index=True).assign(lowest=0, chosen=0)
    whole = table[(table["failed"] == 0) & table["test_mean"].notna()]
    if len(whole):
        lowest = whole["test_mean"].idxmin()
        limit = table.at[lowest, "test_mean"] + np.nan_to_num(table.at[lowest, "test_se"])
        table.loc[lowest, "lowest"] = 1
        table.loc[whole.index[whole["test_mean"] <= limit][0], "chosen"] = 1
    return table


def _row(scores: pd.DataFrame) -> dict[str, float]:
    """Boil down the scores of one model at one rank."""
    errors = scores[(scores["metric"] == "error") & scores["set"].isin(["train", "test"])]
    test = errors.loc[errors["set"] == "test", "value"].dropna()

    def mean(metric: str) -> float:
        return scores.loc[scores["metric"] == metric, "value"].mean()

    return {
        "splits": errors["split"].nunique(),
        "failed": errors.loc[errors["value"].isna(), "split"].nunique(),
        "train_mean": errors.loc[errors["set"] == "train", "value"].mean(),
        "test_mean": test.mean(),
        "test_se": test.sem(),
        "sc_mean": mean("sc"),
        "seconds_mean": mean("seconds"),
    }
