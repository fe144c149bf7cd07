"""Two models on the same splits: how much they differ, how sure that is, how often who is ahead.

Errors and seconds are compared by their ratio, similarities by their difference, split by split.
The training samples of two random splits overlap, so that the splits are not independent: the
interval of a mean over n splits takes the variance times ``1/n + n_test/n_train`` instead of
``1/n`` (Nadeau & Bengio 2003, Machine Learning 52:239, section 3).
"""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from nmfbench.data.splits import copies_by_split

IDS = ("cohort", "scheme", "loss", "k")
COLUMNS = (
    *IDS,
    *("metric", "set", "model", "other", "kind", "n"),
    *("effect", "low", "high", "p", "below", "equal", "test_share"),
)

#: Metrics with one value per split: how two of them are compared.
KINDS = {
    "error": "ratio",
    "error_relative": "ratio",
    "error_typical": "ratio",
    "exposure_error": "ratio",
    "seconds": "ratio",
    "acs_truth": "difference",
}
LEVEL = 0.95


class Effect(NamedTuple):
    """A mean over splits with its interval; ratios are geometric means."""

    n: int
    effect: float
    low: float
    high: float


def effect(one: NDArray, other: NDArray, kind: str, test_share: float) -> Effect:
    """Compare the values of two models on the same n splits.

    Parameters
    ----------
    one, other : (n,)
    kind : "ratio" (one / other, geometric mean) or "difference" (one - other, mean)
    test_share : number of test samples over number of training samples

    Returns
    -------
    Effect
        With the corrected 95 % interval; missing with fewer than two splits, or where a ratio
        has no logarithm.
    """
    d = _differences(one, other, kind)
    n = len(d)
    if n < 2 or not np.isfinite(d).all():
        return Effect(n, np.nan, np.nan, np.nan)
    half = stats.t.ppf((1 + LEVEL) / 2, n - 1) * d.std(ddof=1) * np.sqrt(1 / n + test_share)
    bounds = np.array([d.mean(), d.mean() - half, d.mean() + half])
    return Effect(n, *(np.exp(bounds) if kind == "ratio" else bounds).tolist())


def held_out_share(splits: pd.DataFrame, samples: Sequence[str]) -> float:
    """Count the test samples per training sample, over all splits of a table of splits."""
    copies = np.array(list(copies_by_split(splits, samples).values()))
    return float((copies == 0).sum() / copies.sum())


def paired(scores: pd.DataFrame, test_share: float) -> pd.DataFrame:
    """Compare every two models of one cohort, scheme, loss and rank.

    Parameters
    ----------
    scores : DataFrame
        The long table, of one cell.
    test_share : float
        As from `held_out_share`.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row per metric, set and ordered pair of models, over the splits that have
        both values. ``p``: two-sided Wilcoxon signed-rank test of the ratios' logarithms or the
        differences (it takes the splits as independent, which flatters it); ``below``, ``equal``:
        on how many splits the model's value is below, or equal to, the other's.
    """
    used = scores[scores["metric"].isin(KINDS)]
    rows = []
    for (metric, set_), group in used.groupby(["metric", "set"], sort=False):
        wide = group.pivot(index="split", columns="model", values="value")
        models: Sequence[str] = group["model"].drop_duplicates().tolist()
        for model, other in permutations(models, 2):
            both = wide[[model, other]].dropna().to_numpy(float)
            found = effect(both[:, 0], both[:, 1], KINDS[metric], test_share)
            counts = {
                "below": (both[:, 0] < both[:, 1]).sum(),
                "equal": (both[:, 0] == both[:, 1]).sum(),
            }
            names = {"metric": metric, "set": set_, "model": model, "other": other}
            test = {"p": signed_rank(both[:, 0], both[:, 1], KINDS[metric])}
            rows.append(names | {"kind": KINDS[metric]} | found._asdict() | test | counts)
    ids = scores[list(IDS)].iloc[0].to_dict()
    return pd.DataFrame(rows).assign(**ids, test_share=test_share).reindex(columns=list(COLUMNS))


def signed_rank(one: NDArray, other: NDArray, kind: str) -> float:
    """P-value of the Wilcoxon signed-rank test; missing where all pairs are equal."""
    d = _differences(one, other, kind)
    if len(d) < 2 or not np.isfinite(d).all() or not d.any():
        return np.nan
    return float(stats.wilcoxon(d).pvalue)


def _differences(one: NDArray, other: NDArray, kind: str) -> NDArray:
    """Differences split by split, of the logarithms for a ratio."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(one) - np.log(other) if kind == "ratio" else one - other


def jackknife(statistic: float, left_out: NDArray) -> Effect:
    """Interval of a statistic of all splits from its values with one split left out each.

    Parameters
    ----------
    statistic : float
        The statistic.
    left_out : (n,)
        The statistic without split i (Efron & Stein 1981).
    """
    n = len(left_out)
    if n < 3 or not np.isfinite(left_out).all():
        return Effect(n, np.nan, np.nan, np.nan)
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1) * np.sqrt((n - 1) * left_out.var()))
    return Effect(n, statistic, statistic - half, statistic + half)
