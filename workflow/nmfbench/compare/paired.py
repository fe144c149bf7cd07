"""Two models on the same splits: how far apart they are, and how sure that is.

Every comparison has two intervals, on this cohort and on cohorts like it (see `intervals`). Errors
are means over samples, each of which is first averaged over the splits that have it: the tumour is
the unit. Beside the ratio of these means stand the median of the samples' ratios and the share of
samples that a model reconstructs better, which no single tumour decides.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from nmfbench.compare.fits import Fits, check_comparable
from nmfbench.compare.intervals import (
    MISSING,
    Jackknife,
    Variance,
    among_draws,
    larger,
    leave_one_out,
    mean_over_samples,
    means_of_samples,
    median_over_samples,
    share_of_samples,
)
from nmfbench.compare.resampled import (
    consensus_of_drawn_splits,
    each,
    medoids,
    of_consensus,
    of_splits,
)
from nmfbench.compare.rows import rows_where
from nmfbench.compare.samples import Cohort, Measured, measure
from nmfbench.data.splits import copies_by_split
from nmfbench.factorize.resample import Drawn

IDS = ("cohort", "scheme", "loss", "k")
COLUMNS = (
    *IDS,
    *("metric", "set", "model", "other", "kind", "n", "value", "value_other"),
    *("effect", "low", "high", "se", "df", "like_low", "like_high", "like_se", "like_df"),
    *("p", "below", "equal"),
)

#: How the values of two models are compared.
KINDS = {
    **dict.fromkeys(("error", "error_relative", "error_typical", "exposure_error"), "ratio"),
    **dict.fromkeys(("error_contrast", "error_median", "seconds"), "ratio"),
    "error_share": "share",
    **dict.fromkeys(
        ("loglik", "loglik_kld", "sc", "acs_truth", "f1_truth", "acs_kld"), "difference"
    ),
    **dict.fromkeys(("cosmic_cosine", "signal_cosine"), "difference"),
    **dict.fromkeys(("previously_observed", "previously_observed_strict"), "difference"),
    "slope": "difference",
}


#: What training takes is that of the fits that were not cut off (see `finished_seconds`).
TRAINING = ("seconds", "train")

#: Sets of all samples but those of a fold, where splits are folds (see `released_samples`).
ALL_BUT_A_FOLD = ("released", "penalised")


class Others(NamedTuple):
    """What fits of one cell are compared by that is not theirs.

    Attributes
    ----------
    drawn : mapping of model name to Drawn
        Cohorts drawn from this one, see `resample_fits`; without them, what is said of signatures
        has no interval on cohorts like it.
    libraries, observed
        References of the consensus (see `of_consensus`).
    seed : SeedSequence or int
        Of the splits that are drawn for the consensus.
    """

    drawn: Mapping[str, Drawn] = {}
    libraries: Mapping[str, pd.DataFrame] = {}
    observed: Collection[str] = ()
    seed: np.random.SeedSequence | int = 0


class Comparison(NamedTuple):
    """One model against another.

    Attributes
    ----------
    metric, set : what is compared
    n : number of splits that have values of both; of training seconds, in which no cap ended a fit
    values : of the two models
    effect : on the scale of the variances: of a ratio the logarithm
    here, like : variance on this cohort, and on cohorts like it
    below, equal : on how many splits the first value is below the second, or equal to it
    """

    metric: str
    set: str
    n: int
    values: tuple[float, float]
    effect: float
    here: Variance
    like: Variance
    below: float = np.nan
    equal: float = np.nan

    def swapped(self) -> "Comparison":
        """Compare the second model with the first."""
        share = KINDS[self.metric] == "share"
        return self._replace(
            values=self.values[::-1],
            effect=1 - self.effect if share else -self.effect,
            below=self.n - self.below - self.equal,
        )

    def row(self) -> dict[str, Any]:
        """Columns of the table, less the names."""
        kind = KINDS[self.metric]
        known = np.isfinite(self.effect)
        row = {"metric": self.metric, "set": self.set, "kind": kind, "n": self.n}
        row |= {"value": self.values[0], "value_other": self.values[1]}
        row |= {"effect": _written(self.effect, kind) if known else np.nan}
        half = 0.0
        for prefix, variance in (("", self.here), ("like_", self.like)):
            # What splits say badly of this cohort they say no better of cohorts like it, though the
            # sum of a badly and a well known variance may have the shorter interval.
            wider = max(variance.half_width(), half)
            half = wider if known and np.isfinite(variance.value) else np.nan
            row[f"{prefix}low"] = _written(self.effect - half, kind)
            row[f"{prefix}high"] = _written(self.effect + half, kind)
            row[f"{prefix}se"] = np.sqrt(variance.value) if known else np.nan
            row[f"{prefix}df"] = variance.df if known else np.nan
        row["p"] = _p_value(self.effect - (0.5 if kind == "share" else 0.0), self.like)
        return row | {"below": self.below, "equal": self.equal}


#: Of no splits: for a claim to say why it is not tested.
NONE_FINISHED = Comparison(*TRAINING, 0, (np.nan, np.nan), np.nan, MISSING, MISSING, 0.0, 0.0)


def _written(value: float, kind: str) -> float:
    """Put a number from the scale of the variances on that of the effect."""
    if kind == "ratio":
        return float(np.exp(value))
    return float(np.clip(value, 0, 1)) if kind == "share" else float(value)


def _p_value(distance: float, variance: Variance) -> float:
    """Two-sided p-value of Student's t; missing where nothing varies."""
    if not (np.isfinite(distance) and variance.value > 0):
        return np.nan
    return float(2 * stdtr(variance.df, -abs(distance) / np.sqrt(variance.value)))


def paired(
    fits: Mapping[str, Fits],
    cohort: Cohort,
    scores: pd.DataFrame,
    supervised: Collection[str] = (),
    others: Others | None = None,
) -> pd.DataFrame:
    """Compare every two models of one cohort, scheme, loss and rank.

    Parameters
    ----------
    fits : mapping of model name to Fits
        In the order of the study.
    cohort : Cohort
        The samples, their splits, and what is known of them.
    scores : DataFrame
        The long table of the same fits: what is not said of samples, and sets whose samples'
        losses are not at hand.
    supervised : collection of str
        Models that were given true exposures.
    others : Others, optional
        What fits would be of other patients, and references for the consensus.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row per metric, set and ordered pair of models, over the splits that have
        values of both; of training seconds, over those in which no cap ended one of the two fits
        (``n`` is 0 where there is none). ``effect``: ``value / value_other`` (kind "ratio"),
        ``value - value_other`` ("difference") or ``value`` ("share"); ``low`` and ``high`` are its
        95 % interval on this cohort, ``effect -/+ t(df) se`` (of a ratio's logarithm), ``like_low``
        and ``like_high`` that on cohorts like it; missing where it cannot be had. ``p``: two-sided,
        of no difference on cohorts like it. ``below``, ``equal``: on how many splits the model's
        value is below, or equal to, the other's.

    Raises
    ------
    InputError
        If the models do not share cohort, scheme, loss, rank and splits.
    """
    check_comparable(fits)
    measured = {
        name: measure(fit, cohort, supervised=name in supervised) for name, fit in fits.items()
    }
    by_split = _values_by_split(scores)
    others = others or Others()
    of_patients = {
        name: {
            metric: each(statistic, drawn.signatures)
            for metric, statistic in of_splits(cohort.truth).items()
        }
        | {"error": np.log(drawn.errors.mean(axis=1))}
        for name, drawn in others.drawn.items()
    }
    consensus = _consensus(fits, others, cohort.catalogue.index)
    copies = copies_by_split(cohort.splits, cohort.catalogue.columns)
    folds, share, rows = _are_folds(copies), _tested_per_trained(copies), []
    for pair in combinations(fits, 2):
        one, other = (measured[model] for model in pair)
        found = [
            *_errors(one, other, _patients(of_patients, pair, "error")),
            *(
                _with_patients(said, _patients(of_patients, pair, said.metric), share)
                if said.set not in ALL_BUT_A_FOLD
                else said
                for said in _of_splits(by_split, pair, leave_out=set(one) & set(other), folds=folds)
            ),
            *(
                _with_patients(said, _patients(of_patients, pair, said.metric))
                for said in _consistency(scores, pair)
            ),
            *_compared_consensus(consensus, pair, _n_common(fits, pair)),
        ]
        for comparison in found:
            for names, said in ((pair, comparison), (pair[::-1], comparison.swapped())):
                rows.append(dict(zip(("model", "other"), names, strict=True)) | said.row())
    return table_of(rows, next(iter(fits.values())))


def table_of(rows: list[dict[str, Any]], fit: Fits) -> pd.DataFrame:
    """Table of comparisons, of the cohort, scheme, loss and rank of a fit."""
    table = pd.DataFrame(rows).assign(**{name: fit.ids[name] for name in IDS})
    return table.reindex(columns=list(COLUMNS)).astype({"below": "Int64", "equal": "Int64"})


def _errors(one: Mapping, other: Mapping, refitted: Variance) -> Iterator[Comparison]:
    """Compare what is measured of every sample.

    `refitted` is the variance of the training errors' ratio among cohorts drawn anew.
    """
    ratios, (one, other) = {}, (_with_refits(one, other), _with_refits(other, one))
    for metric, set_ in (key for key in one if key in other):
        A, B = both_measured(one[metric, set_], other[metric, set_])
        if not len(A.values):
            continue
        known = refitted if (metric, set_) == ("error", "train") else MISSING
        found, difference = compare_means(metric, set_, A, B, known)
        yield found
        if metric == "error":
            ratios[set_] = difference, found
            yield from _of_samples(A, B, found)
    if {"train", "test"} <= set(ratios):
        (train, said), (test, _) = ratios["train"], ratios["test"]
        contrast = train - test
        yield said._replace(
            metric="error_contrast",
            values=(float(np.exp(train.whole)), float(np.exp(test.whole))),
            effect=contrast.whole,
            here=contrast.on_this_cohort(),
            like=contrast.on_cohorts_like_it(),
            below=np.nan,
            equal=np.nan,
        )


def _with_refits(one: Mapping, other: Mapping) -> Mapping:
    """Add the refits that a model without an encoder is tested by, if the other has an encoder."""
    refit, test = ("error", "refit"), ("error", "test")
    if refit in other and refit not in one and test in one:
        return {**one, refit: one[test]}
    return one


def both_measured(one: Measured, other: Measured) -> tuple[Measured, Measured]:
    """Keep the splits that have values of both."""
    both = one.weights.any(axis=1) & other.weights.any(axis=1)
    return Measured(*(x[both] for x in one)), Measured(*(x[both] for x in other))


def compare_means(
    metric: str, set_: str, A: Measured, B: Measured, refitted: Variance = MISSING
) -> tuple[Comparison, Jackknife]:
    """Compare means over samples, both of the same splits; of a ratio, the logarithm varies.

    `refitted` is as of `Jackknife.on_cohorts_like_it`.
    """
    ratio = KINDS[metric] == "ratio"
    of_models = [mean_over_samples(*X, log=ratio) for X in (A, B)]
    difference = of_models[0] - of_models[1]
    one, other = (float(np.exp(m.whole) if ratio else m.whole) for m in of_models)
    a, b = (np.average(np.where(w > 0, x, 0), axis=1, weights=w) for x, w in (A, B))
    found = Comparison(
        *(metric, set_, len(a), (one, other), difference.whole),
        *(difference.on_this_cohort(), difference.on_cohorts_like_it(refitted)),
        *(float((a < b).sum()), float((a == b).sum())),
    )
    return found, difference


def _of_samples(A: Measured, B: Measured, found: Comparison) -> Iterator[Comparison]:
    """Median of the samples' ratios, and the share of samples that the first model has better."""
    (a, a_without), (b, b_without) = means_of_samples(*A), means_of_samples(*B)
    seen = np.isfinite(a)
    a, b, a_without, b_without = a[seen], b[seen], a_without[:, seen], b_without[:, seen]
    share, here, like = share_of_samples(a - b, a_without - b_without)
    rest = {"below": np.nan, "equal": np.nan}
    yield found._replace(
        metric="error_share", values=(share, 1 - share), effect=share, here=here, like=like, **rest
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        logs, logs_without = np.log(a / b), np.log(a_without / b_without)
    there = np.isfinite(logs)
    middle, here, like = median_over_samples(logs[there], logs_without[:, there])
    values = (float(np.exp(middle)), 1.0)
    yield found._replace(
        metric="error_median", values=values, effect=middle, here=here, like=like, **rest
    )


def _values_by_split(scores: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Values of metrics with one per split: (metric, set) to a table of splits x models."""
    used = scores[scores["metric"].isin(KINDS) & scores["other_split"].isna()]
    tables = {
        key: group.pivot(index="split", columns="model", values="value").astype(float)
        for key, group in used.groupby(["metric", "set"], sort=False)
    }
    return tables | ({TRAINING: finished_seconds(scores)} if TRAINING in tables else {})


def finished_seconds(scores: pd.DataFrame) -> pd.DataFrame:
    """Seconds of training, splits x models; missing where a cap ended the fit.

    How long such a fit would have taken is not known: its seconds are those of its cap, and would
    make a model the faster the lower its cap. A number of steps that was set is such a cap, too.
    """
    seconds, converged = (
        rows_where(scores, metric=metric, set="train")
        .pivot(index="split", columns="model", values="value")
        .astype(float)
        for metric in ("seconds", "converged")
    )
    return seconds.mask(converged.reindex_like(seconds) == 0)


def _of_splits(
    tables: Mapping[tuple[str, str], pd.DataFrame],
    pair: tuple[str, str],
    leave_out: Collection[tuple[str, str]],
    *,
    folds: bool,
) -> Iterator[Comparison]:
    """Compare what has one value per split.

    Of `ALL_BUT_A_FOLD`, the values are a jackknife over groups of patients already, in which what
    starts differ counts n - 1 times: the interval on cohorts like this one is no narrower than it
    has to be.
    """
    for (metric, set_), table in tables.items():
        if (metric, set_) not in leave_out and {*pair} <= {*table.columns}:
            a, b = table[[*pair]].dropna().to_numpy(float).T
            if len(a):
                found = compare_splits(metric, set_, a, b)
                if folds and set_ in ALL_BUT_A_FOLD:
                    scale = np.log if KINDS[metric] == "ratio" else np.asarray
                    found = found._replace(like=leave_one_out(scale(a) - scale(b)))
                yield found
            elif (metric, set_) == TRAINING:
                yield NONE_FINISHED


def _with_patients(said: Comparison, drawn: Variance, share: float = 0.0) -> Comparison:
    """Add to the variance on this cohort that of the patients, as cohorts drawn anew have it.

    Those are fitted to the optimum, and miss what models owe to their patients that are stopped
    early. Of a mean over splits it is therefore no less than Nadeau & Bengio (2003, Mach Learn
    52:239) take splits to share: test samples per training sample times the variance of a split.
    """
    shared = Variance(share * said.n * said.here.value, said.here.df)
    return said._replace(like=said.here + larger(drawn, shared))


def _tested_per_trained(copies: Mapping[int, NDArray]) -> float:
    """Test samples per training sample, over all splits."""
    drawn = np.array(list(copies.values()))
    return float((drawn == 0).sum() / max((drawn > 0).sum(), 1))


def _are_folds(copies: Mapping[int, NDArray]) -> bool:
    """Say whether every sample is tested in one split only, and all are."""
    return bool((np.sum([drawn == 0 for drawn in copies.values()], axis=0) == 1).all())


def compare_splits(metric: str, set_: str, a: NDArray, b: NDArray) -> Comparison:
    """Compare means over n splits (n); of cohorts like this one they say nothing by themselves."""
    transform = np.log if KINDS[metric] == "ratio" else np.asarray
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = transform(a.mean()) - transform(b.mean())
        left_out = transform(_without(a)) - transform(_without(b))
    return Comparison(
        *(metric, set_, len(a), (float(a.mean()), float(b.mean())), float(whole)),
        *(leave_one_out(left_out), MISSING),
        *(float((a < b).sum()), float((a == b).sum())),
    )


def _patients(of_models: Mapping, pair: tuple[str, str], metric: str) -> Variance:
    """Variance of the difference of two models among cohorts drawn; the first is none of them."""
    if not all(metric in of_models.get(model, {}) for model in pair):
        return MISSING
    one, other = (of_models[model][metric] for model in pair)
    return among_draws((one - other)[1:])


def _consensus(
    fits: Mapping[str, Fits], others: Others, channels: Collection[str]
) -> dict[str, dict[str, tuple[NDArray, NDArray]]]:
    """Statistics of the consensus, by model and metric: of drawn splits, and of drawn patients."""
    statistics = of_consensus(others.libraries, others.observed, channels)
    found: dict[str, dict[str, tuple[NDArray, NDArray]]] = {}
    for name, fit in fits.items() if statistics else ():
        splits = consensus_of_drawn_splits(fit, np.random.default_rng(others.seed))
        draws = others.drawn[name].signatures if name in others.drawn else ()
        patients = np.array([medoids(stack) for stack in draws])
        found[name] = {
            metric: (each(statistic, splits), each(statistic, patients))
            for metric, statistic in statistics.items()
        }
    return found


def _n_common(fits: Mapping[str, Fits], pair: tuple[str, str]) -> int:
    """Count the splits that both models have fitted."""
    one, other = (set(fits[model].valid()[1].tolist()) for model in pair)
    return len(one & other)


def _compared_consensus(
    consensus: Mapping[str, Mapping[str, tuple[NDArray, NDArray]]], pair: tuple[str, str], n: int
) -> Iterator[Comparison]:
    """Compare the consensus signatures of two models."""
    for metric in consensus.get(pair[0], {}):
        of_models = [consensus[model][metric] for model in pair]
        (one, other), (patients, others) = zip(*of_models, strict=True)
        differences = one - other
        here = among_draws(differences[1:], n)
        # A model that failed on every split has no cohorts drawn.
        both = patients.shape == others.shape
        like = here + among_draws((patients - others)[1:]) if both else MISSING
        values = (float(one[0]), float(other[0]))
        yield Comparison(metric, "train", n, values, float(differences[0]), here, like)


def _without(values: NDArray) -> NDArray:
    """Means (n) without one of n values each."""
    return (values.sum() - values) / (len(values) - 1)


def _consistency(scores: pd.DataFrame, pair: tuple[str, str]) -> Iterator[Comparison]:
    """Difference of the signature consistencies: means over pairs of splits, U-statistics."""
    squares = [_square(scores, model) for model in pair]
    common = squares[0].index.intersection(squares[1].index)
    one, other = (square.loc[common, common].to_numpy(float) for square in squares)
    n = len(common)
    if n < 2:
        return
    means, left_out = zip(*(_mean_pair(square) for square in (one, other)), strict=True)
    yield Comparison(
        *("sc", "train", n, means, means[0] - means[1]),
        *(leave_one_out(left_out[0] - left_out[1]), MISSING),
    )


def _square(scores: pd.DataFrame, model: str) -> pd.DataFrame:
    """Similarities of every two splits of one model, 0 of a split with itself."""
    rows = scores[(scores["metric"] == "sc") & (scores["model"] == model)].dropna(subset="value")
    half = rows.pivot(index="split", columns="other_split", values="value").astype(float)
    splits = half.index.union(half.columns)
    half = half.reindex(index=splits, columns=splits).fillna(0.0)
    return half + half.T


def _mean_pair(square: NDArray) -> tuple[float, NDArray]:
    """Mean over the pairs of n splits, and the same without one split each."""
    n, total = len(square), square.sum()
    left = (n - 1) * (n - 2) or np.nan
    return float(total / (n * (n - 1))), (total - 2 * square.sum(axis=1)) / left
