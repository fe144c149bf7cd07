"""Held-out counts of test samples: exposures from one half of the counts, losses on the other."""

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import NDArray

from nmfbench.data.seeds import seed_sequence
from nmfbench.data.thinning import thin
from nmfbench.errors import InputError
from nmfbench.factorize.losses import by_sample, parameter_of, part_of
from nmfbench.factorize.refit import all_optimal, refit


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


def lost_on_halves(V: NDArray, S: NDArray, loss: str, seed: SeedSequence) -> tuple[NDArray, bool]:
    """Loss of each sample on the half of its counts that its exposures were not fitted to.

    Parameters
    ----------
    V : (M, N) counts of test samples
    S : (M, K) signatures
    loss : as of `refit`, of whole counts
    seed : as from `seed_of_halves`

    Returns
    -------
    lost : (N,)
        Mean of both ways round.
    optimal : bool
        Whether all exposures are at their optimum.

    Raises
    ------
    InputError
        If the counts cannot be thinned.
    """
    halves = thin(V, 2, seed, alpha_of(loss))
    loss = part_of(loss, 1 / 2)
    exposures = [refit(half, S, loss) for half in halves]
    pairs = zip(halves[::-1], exposures, strict=True)
    lost = np.mean([by_sample(other, S @ E, loss) for other, E in pairs], axis=0)
    pairs = zip(halves, exposures, strict=True)
    return lost, all(all_optimal(half, S, E, loss) for half, E in pairs)
