"""The authors' own numbers as effects: two of their models on the same splits."""

from collections.abc import Iterator
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmfbench.compare.intervals import Variance, leave_one_out
from nmfbench.compare.paired import IDS, KINDS, Comparison
from nmfbench.compare.rows import rows_where

PAIR = ["metric", "set", "model", "other"]
COLUMNS = (
    *(*IDS, *PAIR, "kind", "n", "value", "value_other", "effect", "low", "high", "se", "df"),
    *("like_low", "like_high", "like_se", "like_df"),
)


class Statistic(NamedTuple):
    """A value of a model, and what it is without split i, (n,); empty where that is not known."""

    value: float
    left_out: NDArray


def effects(deposited: pd.DataFrame, paired: pd.DataFrame) -> pd.DataFrame:
    """Compare the deposited numbers of every two models of a cohort and loss.

    On this cohort: the standard error is that of the jackknife over the n splits (Efron & Stein
    1981, Ann Statist 9:586), which for a mean over splits is the usual one, and for the
    consistency of signatures that of a U-statistic; n - 1 degrees of freedom. Of the consensus
    signatures only one value is there: their standard error is that of the same models as
    published, run here on the same splits.

    On cohorts like it: the deposit does not say how much hangs on the patients. The same models run
    here on the same samples do, so their part of the variance, ``like_se² - se²`` (of the logarithm
    for a ratio), is added to the deposit's own, and the degrees of freedom are those of the sum
    (Satterthwaite 1946, Biometrics Bull 2:110).

    Parameters
    ----------
    deposited : DataFrame
        As from `nmfbench.data.reference.deposited_scores`.
    paired : DataFrame
        The effects of the study, of the models as published.

    Returns
    -------
    DataFrame
        `COLUMNS`, those of `paired` that a verdict needs, for the cohorts and losses of both.
    """
    like = paired.set_index([*IDS, *PAIR]).sort_index()
    nothing = pd.Series(np.nan, index=["n", "se", "df", "like_se", "like_df"])
    rows = []
    for ids in paired[list(IDS)].drop_duplicates().to_dict("records"):
        here = rows_where(deposited, cohort=ids["cohort"], loss=ids["loss"])
        for names, one, other in _pairs(here):
            key = (*ids.values(), *names)
            known = like.loc[key, list(nothing.index)] if key in like.index else nothing
            found = _effect(*names[:2], one, other, known.astype(float))
            rows.append(ids | dict(zip(PAIR, names, strict=True)) | found.row())
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _pairs(scores: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], Statistic, Statistic]]:
    """Give metric, set, two models and their statistics, for all pairs of one cohort and loss."""
    found: dict[tuple[str, str], dict[str, Statistic]] = {}
    for (metric, set_, model), rows in scores.groupby(["metric", "set", "model"], sort=False):
        found.setdefault((metric, set_), {})[model] = _statistic(rows)
    for of, models in found.items():
        for model, other in permutations(models, 2):
            yield (*of, model, other), models[model], models[other]
    train, test = found.get(("error", "train"), {}), found.get(("error", "test"), {})
    for model, other in permutations([model for model in train if model in test], 2):
        names = ("error_contrast", "train", model, other)
        yield names, _ratio(train[model], train[other]), _ratio(test[model], test[other])


def _ratio(one: Statistic, other: Statistic) -> Statistic:
    return Statistic(one.value / other.value, one.left_out / other.left_out)


def _statistic(rows: pd.DataFrame) -> Statistic:
    """Take the consensus where there is one, else the mean over the splits or pairs of splits."""
    values = rows["value"].to_numpy(float)
    if (consensus := (rows["split"] == "consensus").to_numpy()).any():
        return Statistic(float(values[consensus][0]), np.array([]))
    split = rows["split"].astype(int)
    ends = np.stack([split, rows["other_split"].fillna(split)])
    without = [(ends != i).all(axis=0) for i in np.unique(ends)]
    return Statistic(float(values.mean()), np.array([values[kept].mean() for kept in without]))


def _effect(
    metric: str, set_: str, one: Statistic, other: Statistic, known: pd.Series
) -> Comparison:
    """Compare two statistics; `known` is about the same models run here."""
    scale = np.log if KINDS[metric] == "ratio" else np.asarray
    n, here = known["n"], Variance(known["se"] ** 2, known["df"])
    if own := len(one.left_out):
        left_out = scale(one.left_out) - scale(other.left_out)
        n, here = own, Variance(leave_one_out(left_out).value, own - 1)
    patients = Variance(np.maximum(known["like_se"] ** 2 - known["se"] ** 2, 0), known["like_df"])
    effect = float(scale(one.value) - scale(other.value))
    values = (one.value, other.value)
    return Comparison(metric, set_, n, values, effect, here, here + patients)
