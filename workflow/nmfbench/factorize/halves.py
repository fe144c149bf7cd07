"""Held-out counts of test samples: exposures from one half of the counts, losses on the other."""

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import NDArray

from nmfbench.data.seeds import seed_sequence
from nmfbench.data.thinning import thin
from nmfbench.errors import InputError
from nmfbench.factorize.losses import by_sample, parameter_of, part_of
from nmfbench.factorize.refit import refit


def seed_of_halves(seed: int, cohort: str, split: int) -> SeedSequence:
    """Seed of the division of a split's test samples, the same for all models."""
    return seed_sequence(seed, cohort, "halves", split)


def alpha_of(loss: str) -> float | None:
    """Dispersion by which counts are thinned; of the Poisson model and the squared error, none.

    Raises
    ------
    InputError
        For the Tweedie model: its values are continuous and can be divided, but not into counts.
    """
    if loss == "tweedie":
        raise InputError("counts cannot be thinned under the loss tweedie")
    return parameter_of(loss) if loss == "nb" else None


def refit_halves(
    V: NDArray, S: NDArray, loss: str, seed: SeedSequence
) -> tuple[NDArray, list[NDArray]]:
    """Divide the counts of test samples in two halves, and fit exposures to each.

    Parameters
    ----------
    V : (M, N) counts
    S : (M, K) signatures
    loss : as of `refit`, of whole counts
    seed : as from `seed_of_halves`

    Returns
    -------
    halves : (2, M, N)
    exposures : two of (K, N)

    Raises
    ------
    InputError
        If the counts cannot be thinned.
    """
    halves = thin(V, 2, seed, alpha_of(loss))
    return halves, [refit(half, S, part_of(loss, 1 / 2)) for half in halves]


def lost_on_halves(halves: NDArray, exposures: list[NDArray], S: NDArray, loss: str) -> NDArray:
    """Loss of each sample (N) on the half that its exposures were not fitted to.

    The mean of both ways round; arguments are those of `refit_halves` and what it gives.
    """
    pairs = zip(halves[::-1], exposures, strict=True)
    return np.mean([by_sample(half, S @ E, part_of(loss, 1 / 2)) for half, E in pairs], axis=0)
