"""Fits of cohorts like this one: its patients drawn anew, with replacement, and fitted again.

A fit of other patients differs by the patients and by its start. To see the patients alone, every
fit goes on from where a fit of the cohort itself has come to, and is compared with the cohort's
own, continued in the same way: they share the start, so that it cancels out.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import NDArray

from nmfbench.factorize.descent import fit_from
from nmfbench.factorize.fit import Fit, FitError

SPLITS = 4  # of each cohort drawn that are fitted


class Going(NamedTuple):
    """How long a fit goes on (see `nmfbench.factorize.descent.Wanted`)."""

    starts: int = 1
    tolerance: float = 1e-3
    max_iterations: int = 200


class Drawn(NamedTuple):
    """What became of cohorts drawn anew, first of the cohort itself; missing where a fit failed.

    Attributes
    ----------
    signatures : (1 + draws, m, M, K)
        Of m splits each.
    errors : (1 + draws, m)
        Training errors, per entry.
    """

    signatures: NDArray
    errors: NDArray


def draw_patients(n: int, seed: SeedSequence, draws: int) -> NDArray:
    """How often each of n patients is in each of so many cohorts of n (draws, n)."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws)


def resample(
    V: NDArray,
    fits: Sequence[tuple[NDArray, NDArray]],
    copies: NDArray,
    losses: Sequence[str],
    drawn: NDArray,
    *,
    convex: bool,
) -> Drawn:
    """Fit the training samples of some splits, of the cohort and of each cohort drawn.

    Parameters
    ----------
    V : (M, N) counts
    fits : signatures (M, K) and exposures (K, N) of m splits
    copies : (m, N) how often each sample is trained on
    losses : m losses
    drawn : (draws, N) as from `draw_patients`
    convex : whether signatures are combinations of the samples' profiles

    Returns
    -------
    Drawn
        Missing, too, where fewer samples are drawn than there are signatures.
    """
    shape = 1 + len(drawn), len(fits)
    found = Drawn(np.full((*shape, *fits[0][0].shape), np.nan), np.full(shape, np.nan))
    for j, ((S, E), loss) in enumerate(zip(fits, losses, strict=True)):
        start = S, E
        for b, weights in enumerate([np.ones(V.shape[1], dtype=int), *drawn]):
            fit = _continue(V, *start, copies[j] * weights, loss, convex=convex)
            if fit is not None:
                found.signatures[b, j], found.errors[b, j] = fit.signatures, fit.loss
    return found


def _continue(
    V: NDArray, S: NDArray, E: NDArray, copies: NDArray, loss: str, *, convex: bool
) -> Fit | None:
    """Fit the samples as often as they are drawn, from given factors."""
    of = np.repeat(np.arange(len(copies)), copies)
    if (copies > 0).sum() < S.shape[1]:
        return None
    try:
        return fit_from(V[:, of], S, E[:, of], loss, Going(), convex=convex)
    except FitError:
        return None
