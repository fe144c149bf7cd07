"""How many signatures: error, consistency and time by rank, and the ranks that they speak for.

Where counts are thinned (the scheme "thinning", see `nmfbench.data.thinning`), ranks are chosen by
the error on counts that were held out of what signatures and exposures were fitted to. In other
schemes the exposures of a test sample are fitted to the very counts that are scored: that error
favours larger ranks, and no rank is chosen by it.
"""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from nmfbench.compare.rows import rows_where
from nmfbench.data.thinning import THINNING
from nmfbench.factorize.losses import WITH_PARAMETER

STABLE = 0.8  # mean silhouette (Islam et al. 2022, Cell Genomics 2:100179)

#: The rules, in the words of a sentence; the first is the main one.
RULES = {
    "chosen": "the smallest K whose held-out error is within one standard error of that of the "
    "best K, both on the same folds (after Breiman et al. 1984)",
    "lowest": "the K of the lowest held-out error",
    "elbow": "the K whose held-out error lies furthest below the straight line from the first K "
    "tried to the last, errors as logarithms",
    "stable": f"the largest K at which the mean silhouette of the signatures is {STABLE} or more",
}
AMONG = (
    "in brackets the K that cannot be told from the best: their held-out errors do not differ from "
    "its at the 5 % level, by a t-test over the folds that allows for their overlap (Nadeau & "
    "Bengio 2003)"
)
IDS = ["cohort", "scheme", "loss", "model"]
COLUMNS = (
    *(*IDS, "k", "splits", "failed", "train_error", "held_out_error", "excess", "excess_se"),
    *("sc_mean", "silhouette_mean", "seconds_mean", *RULES, "among"),
)


def by_rank(scores: pd.DataFrame) -> pd.DataFrame:
    """Boil the long table down to one row per rank, and choose ranks for every model.

    Parameters
    ----------
    scores : DataFrame
        The long table.

    Returns
    -------
    DataFrame
        `COLUMNS`; cohorts, losses and models in the order of `scores`, ranks ascending. Only
        cohorts with several ranks. Errors (on test samples of `WITH_PARAMETER`, perplexities) are
        geometric means over the splits that have the value, consistency, silhouette and seconds
        are means; ``failed``: splits whose training or held-out error is missing; ``stable``: 1 at
        the K of that rule, else 0. See `choose` for the rest, which marks and compares ranks where
        counts are thinned.
    """
    several = scores.groupby(["cohort", "scheme"])["k"].transform("nunique") > 1
    tables = []
    for ids, rows in scores[several].groupby(IDS, sort=False):
        errors = _held_out(rows).pivot(index="split", columns="k", values="value")
        chosen = choose(errors, held_out=rows["scheme"].iloc[0] == THINNING)
        costs = pd.DataFrame({k: _row(of_rank) for k, of_rank in rows.groupby("k")}).T
        table = chosen.join(costs.astype({"splits": int, "failed": int}))
        table["stable"] = mark(table.index, most_stable(table["silhouette_mean"]))
        table = table.reset_index(names="k")
        tables.append(table.assign(**dict(zip(IDS, ids, strict=True))))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return table.reindex(columns=list(COLUMNS))


def choose(errors: pd.DataFrame, *, held_out: bool = True) -> pd.DataFrame:
    """Choose ranks by held-out errors, of which those of two ranks on one fold are a pair.

    Breiman, Friedman, Olshen & Stone (1984, Classification and Regression Trees, section 3.4.3)
    take the simplest model whose mean error is within one standard error of the lowest. Folds
    differ in difficulty alike for all ranks: the standard error is that of the difference of two
    ranks on the same fold, of the logarithms. What two of n folds are fitted to overlaps, so the
    variance of the mean is ``1/n + 1/(n-1)`` times that of a fold: Nadeau & Bengio (2003, Machine
    Learning 52:239, section 3), who add the ratio of what is held out to what is fitted. The ends
    of the elbow's line are the first and the last rank (Satopaa et al. 2011, ICDCS Workshops 166).

    Parameters
    ----------
    errors : DataFrame
        Held-out errors of one model, splits x ranks; missing where a fit failed.
    held_out : bool
        False if exposures were fitted to the counts that are scored: no rank is compared or chosen.

    Returns
    -------
    DataFrame
        By K: ``held_out_error``, the geometric mean; ``excess``, its ratio to that of the lowest,
        and ``excess_se``, the standard error of that ratio's logarithm; ``lowest``, ``chosen`` and
        ``elbow``, 1 at the K of the rule, else 0; ``among``, 1 at every K that cannot be told from
        that of the lowest error, see `AMONG`. A rank on which a fit failed is none of them: its
        mean is over other splits than those of the other ranks.
    """
    logs = np.log(errors.astype(float)).sort_index(axis=1)
    means, n = logs.mean(), len(logs)
    table = pd.DataFrame({"held_out_error": np.exp(means), "excess": np.nan, "excess_se": np.nan})
    table = table.assign(lowest=0, chosen=0, elbow=0, among=0)
    whole = logs.loc[:, logs.notna().all()]
    if held_out and whole.shape[1]:
        lowest = whole.mean().idxmin()
        above = whole.sub(whole[lowest], axis=0)
        excess, spread = above.mean(), above.std(ddof=1).fillna(0)
        se = spread * np.sqrt(1 / n + 1 / max(n - 1, 1))
        table["excess"], table["excess_se"] = np.exp(excess), se
        table["lowest"] = mark(table.index, lowest)
        table["chosen"] = mark(table.index, (excess <= se).idxmax())
        table["elbow"] = mark(table.index, _elbow(whole.mean()))
        alike = excess <= stdtrit(max(n - 1, 1), 0.975) * se
        table["among"] = alike.reindex(table.index, fill_value=False).astype(int)
    return table


def mark(ranks: pd.Index, chosen: float) -> pd.Series:
    """Give 1 at the rank that was chosen, else 0."""
    return pd.Series((ranks == chosen).astype(int), index=ranks)


def most_stable(silhouettes: pd.Series) -> float:
    """Give the largest rank whose mean silhouette is `STABLE` or more; missing if there is none."""
    stable = silhouettes.index[silhouettes >= STABLE]
    return stable.max() if len(stable) else np.nan


def _elbow(means: pd.Series) -> float:
    """Rank at which a curve lies furthest below the line between its ends."""
    ks, first, last = means.index.to_numpy(float), means.iloc[0], means.iloc[-1]
    line = first + (last - first) * (ks - ks[0]) / max(ks[-1] - ks[0], 1)
    return means.index[np.argmax(line - means.to_numpy())]


def _held_out(scores: pd.DataFrame) -> pd.DataFrame:
    """Held-out errors that can be compared between ranks.

    Thinned counts have one dispersion for all ranks. On test samples the deviance of a noise model
    depends on a parameter that is another at every K: in its stead stands the perplexity, exp of
    minus the mean log-likelihood of an entry.
    """
    if scores["scheme"].iloc[0] == THINNING:
        return rows_where(scores, metric="error", set="thinned")
    if scores["loss"].iloc[0] in WITH_PARAMETER:
        like = rows_where(scores, metric="loglik", set="test")
        return like.assign(value=np.exp(-like["value"]))
    return rows_where(scores, metric="error", set="test")


def _row(scores: pd.DataFrame) -> dict[str, float]:
    """Boil down the scores of one model at one rank."""
    held_out = "thinned" if scores["scheme"].iloc[0] == THINNING else "test"
    errors = scores[(scores["metric"] == "error") & scores["set"].isin(["train", held_out])]

    def values(metric: str) -> pd.Series:
        return rows_where(scores, metric=metric, set="train")["value"]

    train = errors.loc[errors["set"] == "train", "value"]
    return {
        "splits": errors["split"].nunique(),
        "failed": errors.loc[errors["value"].isna(), "split"].nunique(),
        "train_error": np.exp(np.log(train).mean()),
        "sc_mean": values("sc").mean(),
        "silhouette_mean": values("silhouette").mean(),
        "seconds_mean": values("seconds").mean(),
    }
