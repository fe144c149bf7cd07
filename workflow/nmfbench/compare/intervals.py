"""How sure a comparison is: on this cohort, and on cohorts like it.

What a study measures would come out otherwise with other divisions of the same samples and other
starts (*on this cohort*), or with other patients as well (*on cohorts like it*). A value of sample
i in split r, ``x_ir = patient_i + split_r + rest_ir``, has three sources of variance, and a
statistic of all of them has as many jackknife variances: without one split, without one sample,
without one sample of one split.

On this cohort, the splits are independent draws and the samples stay: the variance is that over
splits. On cohorts like it, that of the patients is added, ``samples - cells``: what a sample and a
split share is in the variances over both, and counted once too often (the two-way clustered
variance of Cameron, Gelbach & Miller 2011, J Bus Econ Stat 29:238; the rows and columns of Owen
2007, Ann Appl Stat 1:386). Where every sample is in one split only, as the test samples of k folds
are, splits are groups of samples, and the variance over splits is all there is.

Where one tumour has most of an error, the logarithm of the mean without it is far from that with
it, and no cohort that is drawn like this one is so far from it: samples and cells are left out to
first order (the infinitesimal jackknife, Jaeckel 1972, Bell Labs MM 72-1215-11).

Samples with their own losses stand for cohorts fitted anew: at its optimum a loss changes with the
weight of a sample, to first order, by that sample's own loss alone (the envelope theorem). To
second order signatures follow the patients. Of training errors there are fits of cohorts drawn
anew (`nmfbench.factorize.resample`): those go on to the optimum, and miss what a model that is
stopped early owes to its patients. Either misses something; the larger of both is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

LEVEL = 0.95


class Variance(NamedTuple):
    """A variance and how well it is known.

    Attributes
    ----------
    value : missing where it cannot be had
    df : degrees of freedom of a chi-squared distribution that is as uncertain
    """

    value: float
    df: float

    def __add__(self, other: "Variance") -> "Variance":  # type: ignore[override]
        """Variance of a sum (Satterthwaite 1946, Biometrics Bull 2:110)."""
        total = self.value + other.value
        parts = [part for part in (self, other) if part.value > 0]
        if not np.isfinite(total):
            return MISSING
        if not parts:
            return Variance(0.0, min(self.df, other.df))
        shares = [(part.value / total) ** 2 / part.df for part in parts]
        return Variance(total, 1 / sum(shares))

    def half_width(self, level: float = LEVEL) -> float:
        """Half of the width of an interval of Student's t."""
        if not np.isfinite(self.value):
            return np.nan
        return float(stdtrit(self.df, (1 + level) / 2) * np.sqrt(self.value))


MISSING = Variance(np.nan, np.nan)


def larger(known: Variance, other: Variance) -> Variance:
    """Of two variances that each miss something the larger; missing where the first is."""
    return other if other.value > known.value else known


@dataclass(frozen=True)
class Jackknife:
    """A statistic and what it is without some of the data.

    Attributes
    ----------
    whole : the statistic
    splits : (n,) without one split each
    samples : (N,) without one sample each, in every split, to first order
    cells : (n, N) without one sample in one split, to first order
    shares : (n, N) of each split in a sample's mean
    unseen : share of the samples that no split has
    """

    whole: float
    splits: NDArray
    samples: NDArray
    cells: NDArray
    shares: NDArray
    unseen: float

    def __sub__(self, other: Self) -> Self:
        """Jackknife of the difference of two statistics of the same splits and samples."""
        pairs = [(getattr(self, name), getattr(other, name)) for name in _LEFT_OUT]
        with np.errstate(invalid="ignore"):
            return type(self)(
                *(one - two for one, two in pairs),
                np.maximum(self.shares, other.shares),
                max(self.unseen, other.unseen),
            )

    def on_this_cohort(self) -> Variance:
        """Variance over divisions and starts.

        Left out of m splits, a value differs from the mean of the m - 1 others, which varies as
        well: what is a sample's own in every split is too large by 1/m. Samples that no split has
        are as far from the others as patients are.
        """
        splits, squares = leave_one_out(self.splits), np.square(self.cells - self.whole)
        own, excess = squares.sum(), (squares * self.shares).sum()
        if (self.shares < 1).all() and np.isfinite(own):
            value = max(splits.value - excess, own - excess)
            splits = Variance(float(value), splits.df)
        patients = leave_one_out(self.samples)
        return splits + Variance(self.unseen * patients.value, patients.df)

    def on_cohorts_like_it(self, refitted: Variance = MISSING) -> Variance:
        """Variance over patients, divisions and starts.

        Parameters
        ----------
        refitted : Variance
            Of the statistic among cohorts drawn from this one and fitted, if that is known.
        """
        samples, n = leave_one_out(self.samples), len(self.splits)
        if not np.isfinite(samples.value):
            return MISSING
        twice = float(np.square(self.cells - self.whole).sum()) * (n - 1) / n
        patients = Variance(max(samples.value - twice, 0.0), samples.df)
        return self.on_this_cohort() + larger(patients, refitted)


_LEFT_OUT = ("whole", "splits", "samples", "cells")


def leave_one_out(left_out: NDArray) -> Variance:
    """Jackknife variance (Efron & Stein 1981, Ann Stat 9:586).

    Where one of n influences has most of the variance, it is known less well than with n - 1
    degrees of freedom: a variance v of influences u has the variance ``sum(u^4) - v^2 / n``,
    and a chi-squared one with f degrees of freedom ``2 v^2 / f``.

    Parameters
    ----------
    left_out : (n,)
        The statistic without one of n each.

    Returns
    -------
    Variance
        Missing with fewer than two, or where one is not finite.
    """
    n = len(left_out)
    if n < 2 or not np.isfinite(left_out).all():
        return MISSING
    squares = np.square(left_out - left_out.mean())
    return Variance(float(squares.sum()) * (n - 1) / n, _degrees_of_freedom(squares))


def among_draws(values: NDArray, n: int | None = None) -> Variance:
    """Variance among values of data drawn with replacement; those that failed are left out.

    Parameters
    ----------
    values : (draws,)
    n : number of what is drawn, where that is few: the variance of a draw is too small by 1/n, and
        known no better than with n - 1 degrees of freedom.
    """
    values = values[np.isfinite(values)]
    if len(values) < 2 or n == 1:
        return MISSING
    squares = np.square(values - values.mean())
    df, variance = _degrees_of_freedom(squares), float(squares.sum()) / (len(values) - 1)
    return (
        Variance(variance, df) if n is None else Variance(variance * n / (n - 1), min(df, n - 1.0))
    )


def _degrees_of_freedom(squares: NDArray) -> float:
    """How well n squares know their sum: as `leave_one_out` says, and at most n - 1."""
    n, total = len(squares), squares.sum()
    spread = float(np.square(squares / total).sum()) - 1 / n if total > 0 else 0.0
    return min(2 / spread, n - 1.0) if spread > 0 else n - 1.0


def means_of_samples(values: NDArray, weights: NDArray) -> tuple[NDArray, NDArray]:
    """Each sample's mean over the splits that have it, and what it is without one of them.

    Parameters
    ----------
    values : (n, N)
        Of N samples in n splits.
    weights : (n, N)
        How often a split has the sample on the side that is asked for; 0: not at all.

    Returns
    -------
    means : (N,)
        Missing of a sample that no split has.
    without : (n, N)
        The same without one split each; missing of a sample that no other split has.
    """
    weighted = weights * np.where(weights > 0, values, 0.0)
    sums, counts = weighted.sum(axis=0), weights.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums / counts, np.where(
            counts > weights, (sums - weighted) / (counts - weights), np.nan
        )


def mean_over_samples(values: NDArray, weights: NDArray, *, log: bool = False) -> Jackknife:
    """Mean over samples of each sample's mean over the splits that have it, or its logarithm.

    A sample that one split alone has cannot be left out of it: what the split did to it is taken
    to be what it did to its others. Where a split has such samples only, as a fold has, they are
    left out with it.

    Parameters
    ----------
    values, weights : (n, N)
        As `means_of_samples` takes them.
    log : bool
        Whether the logarithm is wanted.
    """
    means, without = means_of_samples(values, weights)
    seen = np.isfinite(means)
    size, whole = int(seen.sum()), float(np.mean(means[seen])) if seen.any() else np.nan
    if size < 2:
        nothing = [np.full(shape, np.nan) for shape in (len(values), len(means), weights.shape)]
        with np.errstate(divide="ignore"):
            whole = float(np.log(whole)) if log else whole
        return Jackknife(whole, *nothing, np.zeros(weights.shape), 1.0)
    samples = np.where(seen, whole + (whole - means) / (size - 1), whole)
    here = weights > 0
    again = here & np.isfinite(without)
    share = np.divide(weights, weights.sum(axis=0), out=np.zeros(here.shape), where=here)
    cells = np.where(again, whole + (without - means) / size, whole)
    fold = ~again.any(axis=1)
    cells[fold] = np.where(here[fold], samples, whole)
    splits = whole + (cells - whole).sum(axis=1)
    scale = share.sum(axis=1) / np.where(fold, np.inf, np.where(again, share, 0.0).sum(axis=1))
    scale[fold] = 1.0
    for r in np.flatnonzero(fold):
        rest = seen & ~here[r]
        splits[r] = means[rest].mean() if rest.any() else np.nan
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            samples, cells = (np.log(whole) + x / whole - 1 for x in (samples, cells))
            whole, splits = float(np.log(whole)), np.log(splits)
    with np.errstate(invalid="ignore"):
        splits = whole + (splits - whole) * scale
    return Jackknife(whole, splits, samples, cells, share, float(1 - seen.mean()))


def median_over_samples(values: NDArray, without: NDArray) -> tuple[float, Variance, Variance]:
    """Median over samples; its variance on this cohort and on cohorts like it.

    Without a sample a median moves by half a step or not at all, so that there is no jackknife:
    the patients' part is the variance of the bootstrap, which a median has in closed form
    (Maritz & Jarrett 1978, J Am Stat Assoc 73:194).

    Parameters
    ----------
    values : (N,)
        Of each sample.
    without : (n, N)
        The same without one split each; missing of a sample that only that one has.
    """
    from scipy.stats.mstats import mjci  # slow to import

    if len(values) < 2:
        return np.nan, MISSING, MISSING
    here = leave_one_out(_by_split(np.nanmedian, without))
    patients = Variance(float(mjci(values, [0.5])[0]) ** 2, len(values) - 1.0)
    return float(np.median(values)), here, patients + here


def share_of_samples(values: NDArray, without: NDArray) -> tuple[float, Variance, Variance]:
    """Share of samples that are below 0, with half of those at 0; its variances.

    Parameters
    ----------
    values, without
        As `median_over_samples` takes them.

    Returns
    -------
    share, on this cohort, on cohorts like it
        The patients' part is that with which an interval reaches as far as Wilson's (1927, J Am
        Stat Assoc 22:209) on its longer side: a share of 1 in N samples is not known for sure.
    """
    if len(values) < 2:
        return np.nan, MISSING, MISSING
    below, n = _below(values), len(values)
    here = leave_one_out(_by_split(lambda row: np.nanmean(_below(row)), without))
    share, z2 = float(below.mean()), ndtri((1 + LEVEL) / 2) ** 2
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    shift = abs(0.5 - share) * (z2 / n) / (1 + z2 / n)
    return share, here, Variance((half + shift) ** 2 / z2, n - 1.0) + here


def _below(values: NDArray) -> NDArray:
    """1 below 0, 1/2 at it, 0 above, missing where the value is."""
    return np.where(np.isnan(values), np.nan, 0.5 - 0.5 * np.sign(values))


def _by_split(statistic: Callable[[NDArray], float], rows: NDArray) -> NDArray:
    """Statistic of each row; missing where all of it is."""
    return np.array([statistic(row) if np.isfinite(row).any() else np.nan for row in rows])
