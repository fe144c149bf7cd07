"""What is said of a model's signatures, as a function of them: of fits, and of cohorts drawn anew.

How far signatures depend on the patients is seen from fits of cohorts drawn from them (see
`nmfbench.factorize.resample`); how far the consensus depends on divisions and starts, from
splits drawn with replacement.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import SeedSequence
from numpy.typing import NDArray

from nmfbench.compare.consensus import cluster
from nmfbench.compare.fits import Fits
from nmfbench.compare.samples import Cohort
from nmfbench.compare.similarity import consistency, match, n_found, pair_acs
from nmfbench.data.catalogue import CHANNELS
from nmfbench.data.reference import is_observed
from nmfbench.data.splits import copies_by_split
from nmfbench.factorize.losses import Loss
from nmfbench.factorize.resample import SPLITS, Drawn, draw_patients, resample
from nmfbench.files import whole

Statistic = Callable[[NDArray], float]

BOOTSTRAPS = 200  # of the splits, for the consensus


def resample_fits(
    fits: Mapping[str, Fits],
    cohort: Cohort,
    convex: Collection[str],
    draws: int,
    seed: SeedSequence,
) -> dict[str, Drawn]:
    """Fit every model to cohorts drawn from this one: the same for all models.

    Parameters
    ----------
    fits : mapping of model name to Fits
        Of one cohort, scheme, loss and rank.
    cohort : Cohort
    convex : collection of str
        Models whose signatures are combinations of the samples' profiles.
    draws : int
        Number of cohorts drawn.
    seed : SeedSequence
        Of the patients that are drawn.

    Returns
    -------
    dict of str to Drawn
        Of the first splits that every model has fitted; empty where there are none.
    """
    valid = [np.isfinite(fit.signatures).all(axis=(1, 2)) for fit in fits.values()]
    # A model that failed on every split has nothing to go on from, and is no reason to stop.
    chosen = np.flatnonzero(np.logical_and.reduce([v for v in valid if v.any()] or valid))[:SPLITS]
    drawn = draw_patients(cohort.catalogue.shape[1], seed, draws)
    copies = copies_by_split(cohort.splits, cohort.catalogue.columns)
    parameters, found = cohort.parameters or {}, {}
    for (name, fit), of_model in zip(fits.items(), valid, strict=True):
        if not len(chosen) or not of_model.any():
            continue
        splits = fit.splits[chosen].tolist()
        found[name] = resample(
            cohort.catalogue.to_numpy(float),
            [(fit.signatures[r], fit.exposures[r]) for r in chosen],
            np.array([copies[split] for split in splits]),
            [Loss(fit.ids["loss"], parameters.get(split)) for split in splits],
            drawn,
            convex=name in convex,
        )
    return found


def write_drawn(found: Mapping[str, Drawn], path: str | Path) -> None:
    """Write the cohorts drawn of every model (.npz)."""
    arrays = {
        f"{name}.{part}": array
        for name, drawn in found.items()
        for part, array in drawn._asdict().items()
    }
    with whole(path) as part:
        np.savez_compressed(part, **arrays)


def read_drawn(path: str | Path) -> dict[str, Drawn]:
    """Read what `write_drawn` wrote."""
    with np.load(path) as arrays:
        names = dict.fromkeys(key.rpartition(".")[0] for key in arrays)
        return {
            name: Drawn(*(arrays[f"{name}.{part}"] for part in Drawn._fields)) for name in names
        }


def of_splits(truth: pd.DataFrame | None) -> dict[str, Statistic]:
    """Statistics of stacks of signatures (n, 96, K), by metric: means over splits or their pairs.

    Parameters
    ----------
    truth : DataFrame, shape (96, K'), or None
        True signatures of a simulated cohort.
    """
    found: dict[str, Statistic] = {"sc": lambda stack: float(np.mean(consistency(stack)))}
    if truth is not None:
        true = truth.loc[list(CHANNELS)].to_numpy()
        found["acs_truth"] = partial(_acs_truth, true=true)
        found["f1_truth"] = partial(_f1_truth, true=true)
    return found


def _acs_truth(stack: NDArray, true: NDArray) -> float:
    """Mean over splits of the ACS with the truth, or of the truth with a fit that has more."""
    more = stack.shape[2] > true.shape[1]
    return float(pair_acs(true[None], stack).mean() if more else pair_acs(stack, true[None]).mean())


def _f1_truth(stack: NDArray, true: NDArray) -> float:
    """Mean over splits of the F1 of the true signatures; one that is all zero is none."""
    found = [2 * n_found(S, true) / (true.shape[1] + S.any(axis=0).sum()) for S in stack]
    return float(np.mean(found))


def of_consensus(
    libraries: Mapping[str, pd.DataFrame], observed: Collection[str], channels: Collection[str]
) -> dict[str, Statistic]:
    """Statistics of consensus signatures (96, K), by metric: those that papers' tables state.

    Parameters
    ----------
    libraries : mapping of name to DataFrame, shape (96, R)
        Those that are called "cosmic" and "signal" have metrics.
    observed : collection of str
        Signatures of COSMIC seen before in this cancer type; empty where there is no list.
    channels : collection of str
        What the rows of the signatures are.
    """
    tables = {name: table.loc[list(channels)] for name, table in libraries.items()}
    found: dict[str, Statistic] = {
        f"{name}_cosine": partial(_mean_cosine, reference=tables[name].to_numpy())
        for name in ("cosmic", "signal")
        if name in tables
    }
    if "cosmic" in tables and observed:
        seen = np.array([is_observed(name, observed) for name in tables["cosmic"].columns])
        found["previously_observed"] = partial(
            _share_seen, reference=tables["cosmic"].to_numpy(), seen=seen
        )
    return found


def _mean_cosine(S: NDArray, reference: NDArray) -> float:
    """Mean cosine with the matches, one to one."""
    return float(match(S, reference)[1].mean())


def _share_seen(S: NDArray, reference: NDArray, seen: NDArray) -> float:
    """Share of the matches that were seen before; a signature that is all zero has none."""
    return float((seen[match(S, reference)[0]] & S.any(axis=0)).mean())


def medoids(stack: NDArray) -> NDArray:
    """Consensus signatures (96, K) of a stack (n, 96, K), in any order (see `consensus`).

    Missing where no split is in the stack, or a fit of it is missing.
    """
    if not len(stack) or not np.isfinite(stack).all():
        return np.full(stack.shape[1:], np.nan)
    return cluster(stack)[2] if stack.any() else np.zeros(stack.shape[1:])


def consensus_of_drawn_splits(fit: Fits, rng: np.random.Generator) -> NDArray:
    """Consensus signatures (1 + draws, 96, K): of all splits, then of splits drawn from them.

    The same source of randomness draws the same splits of every model; a split that failed is
    none.
    """
    n = len(fit.splits)
    finite = np.isfinite(fit.signatures).all(axis=(1, 2))
    draws = [np.arange(n), *rng.integers(n, size=(BOOTSTRAPS, n))]
    living = fit.living
    return np.array([medoids(living[draw[finite[draw]]]) for draw in draws])


def each(statistic: Statistic, draws: NDArray) -> NDArray:
    """Statistic of each of several arrays; missing where a part of one is."""
    return np.array([statistic(x) if np.isfinite(x).all() else np.nan for x in draws], float)
