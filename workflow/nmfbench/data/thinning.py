"""Data thinning: counts divided at random into folds that are as good as independent samples.

Nothing is held out when exposures are fitted to the very counts that are scored: the error falls
with every signature more. Thinned counts are: signatures and exposures come from some folds, the
error is that on another one (Neufeld, Dharamshi, Gao & Witten 2024, J Mach Learn Res 25, "Data
thinning for convolution-closed distributions").
"""

import numpy as np
import pandas as pd
from numpy.random import SeedSequence
from numpy.typing import NDArray

from nmfbench.data.seeds import seed_sequence
from nmfbench.errors import InputError

#: The scheme that divides counts, not samples.
THINNING = "thinning"


def thin(counts: NDArray, folds: int, seed: SeedSequence, alpha: float | None = None) -> NDArray:
    """Divide every count among folds at random.

    A Poisson count of mean m falls apart into independent Poisson counts of mean ``m / F`` when
    each of its mutations goes to one of the F folds with equal chances. A negative binomial count
    is a Poisson count whose mean is gamma with the shape ``r = 1 / alpha``; a gamma of shape r is
    the sum of F independent ones of shape ``r / F``, and the shares of these in the sum are
    Dirichlet with all parameters ``r / F``, whatever the sum. So the mutations go to the folds with
    chances drawn from that Dirichlet distribution, anew for each count (Neufeld et al. 2024, table
    2: Dirichlet-multinomial): the folds are independent negative binomial counts of mean ``m / F``
    and shape ``r / F``, that is of dispersion ``alpha F``, and F - 1 of them together have the
    mean ``m (F - 1) / F`` and the dispersion ``alpha F / (F - 1)``.

    Parameters
    ----------
    counts : (M, N) whole numbers
    folds : F, how many
    seed : as from `seeds.seed_sequence`
    alpha : dispersion of a negative binomial model; None: Poisson counts

    Returns
    -------
    ndarray of float, shape (F, M, N)
        They sum to `counts`.

    Raises
    ------
    InputError
        If a count is no whole number.
    """
    if (counts != np.round(counts)).any():
        raise InputError("counts that are not whole numbers cannot be thinned: give whole counts")
    rng = np.random.default_rng(seed)
    left = np.array(counts, dtype=np.int64)
    parts = np.empty((folds, *left.shape))
    for fold in range(folds):
        others = folds - fold - 1  # as many folds are still to come
        # Of what is left for this fold and the others: one fold after the other, the shares of a
        # Dirichlet distribution are beta.
        share = 1 / (1 + others)
        if alpha is not None and others:
            shape = 1 / (alpha * folds)
            share = rng.beta(shape, shape * others, size=left.shape)
        drawn = rng.binomial(left, share)
        parts[fold] = drawn
        left -= drawn
    return parts


def thin_cohort(
    counts: NDArray, folds: int, seed: int, cohort: str, alpha: float | None = None
) -> NDArray:
    """Divide the counts of a cohort, alike for all its models and ranks.

    Parameters
    ----------
    counts : (M, N) whole numbers
    folds : how many
    seed : of the study
    cohort : its name
    alpha : as of `thin`

    Returns
    -------
    ndarray of float, shape (F, M, N)
    """
    return thin(counts, folds, seed_sequence(seed, cohort, THINNING), alpha)


def check_thinned(
    catalogue: pd.DataFrame, folds: int, seed: int, cohort: str, alpha: float | None = None
) -> None:
    """Refuse folds of which one has all mutations of a sample or of a channel.

    Parameters are those of `thin_cohort`.

    Raises
    ------
    InputError
        Naming the first such sample or channel and its mutations, and the dispersion if it is that.
    """
    counts = catalogue.to_numpy(float)
    parts = thin_cohort(counts, folds, seed, cohort, alpha)
    dispersed = "" if alpha is None else f" at the dispersion alpha = {alpha:.3g}"
    for word, axis, names in (("sample", 0, catalogue.columns), ("channel", 1, catalogue.index)):
        totals = counts.sum(axis=axis)
        emptied = (parts.sum(axis=axis + 1) == totals).any(axis=0)
        if emptied.any():
            name, total = names[emptied][0], totals[emptied][0]
            raise InputError(
                f"cohort '{cohort}': thinned into {folds} folds{dispersed}, one fold has all "
                f"{total:.0f} mutation(s) of {word} '{name}' and leaves none for training "
                f"({emptied.sum()} such {word}s): leave it out, or choose another scheme"
            )
