"""What every sample of every split lost: of this the errors of a study are means."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmfbench.compare.fits import Fits
from nmfbench.compare.likelihood import of_entries
from nmfbench.compare.similarity import match
from nmfbench.data.catalogue import CHANNELS
from nmfbench.data.splits import copies_by_split, released_samples
from nmfbench.errors import InputError
from nmfbench.factorize.halves import lost_on_halves, refit_halves, seed_of_halves
from nmfbench.factorize.losses import Loss, by_sample
from nmfbench.factorize.refit import refit


class Cohort(NamedTuple):
    """What fits are measured by.

    Attributes
    ----------
    catalogue : DataFrame, shape (96, N)
    splits : DataFrame
        As `copies_by_split` reads it.
    hypermutated : float
        Samples with more mutations are left out of ``error_typical``.
    truth, exposures : DataFrame of shape (96, K) and (K, N), or None
        True signatures and exposures of a simulated cohort.
    parameters : mapping of split to float, or None
        Parameter of the loss; with it, and with an empty mapping, there are likelihoods.
    name, seed : str and int
        The cohort's name and the study's seed, by which counts were held out; without a name what
        was held out is not known sample by sample.
    """

    catalogue: pd.DataFrame
    splits: pd.DataFrame
    hypermutated: float = np.inf
    truth: pd.DataFrame | None = None
    exposures: pd.DataFrame | None = None
    parameters: Mapping[int, float] | None = None
    name: str = ""
    seed: int = 0


class Measured(NamedTuple):
    """Values (n, N) of all samples in all splits, and how often each counts (n, N)."""

    values: NDArray
    weights: NDArray


def sample_sizes(V: NDArray, loss: str) -> NDArray:
    """By what the loss of a sample (N) is divided so that every sample counts the same.

    A squared error by the sum of squared counts, a KLD by the number of mutations, a deviance,
    which is in units of the noise already, by the number of channels.
    """
    match loss:
        case "mse":
            return np.square(V).sum(axis=0)
        case "kld":
            return V.sum(axis=0)
        case _:
            return np.full(V.shape[1], float(len(V)))


def exposure_losses(
    fit: Fits, truth: pd.DataFrame, exposures: pd.DataFrame, *, supervised: bool
) -> NDArray:
    """Squared error of the exposures of each sample in each split, summed over signatures (n, N).

    Nasser et al. (2021, section 2.4.3). Signatures that were found without supervision are first
    matched to the true ones (96 x K), whose exposures (K x N) are given; missing of a failed fit.
    """
    S, E = truth.loc[list(CHANNELS)].to_numpy(), exposures.to_numpy(float)
    lost = np.full((len(fit.splits), E.shape[1]), np.nan)
    for r in np.flatnonzero(np.isfinite(fit.signatures).all(axis=(1, 2))):
        order = np.arange(len(E)) if supervised else match(fit.living[r], S)[0]
        lost[r] = np.square(fit.exposures[r] - E[order]).sum(axis=0)
    return lost


def measure(fit: Fits, cohort: Cohort, *, supervised: bool = False) -> dict[tuple, Measured]:
    """Measure every sample in every split of one model.

    Parameters
    ----------
    fit : Fits
    cohort : Cohort
    supervised : bool
        Whether the model was given the true exposures, so that its signatures have their order.

    Returns
    -------
    dict
        (metric, set) to `Measured`: "error", "error_relative", "error_typical", "loglik" and
        "exposure_error" on the sets "train" and "test", and where it was measured on "refit",
        "thinned" and "released". A failed fit weighs nothing. Nothing where all counts are thinned,
        and no sample is left out.
    """
    if "test" not in set(fit.rows["set"]):
        return {}
    V, loss = cohort.catalogue.to_numpy(float), fit.ids["loss"]
    copies = copies_by_split(cohort.splits, cohort.catalogue.columns)
    drawn = np.array([copies[split] for split in fit.splits], dtype=float)
    valid = np.isfinite(fit.signatures).all(axis=(1, 2))
    drawn_or_not = {"train": drawn * valid[:, None], "test": (drawn == 0) * valid[:, None]}
    lost = np.full(drawn.shape, np.nan)
    for r in np.flatnonzero(valid):
        lost[r] = by_sample(V, fit.signatures[r] @ fit.exposures[r], _loss(fit, r, cohort))
    found = _errors(V, loss, lost, drawn_or_not, cohort.hypermutated)
    if "refit" in set(fit.rows["set"]):
        again = np.full(drawn.shape, np.nan)
        for r in np.flatnonzero(valid):
            S, test, of = fit.signatures[r], drawn[r] == 0, _loss(fit, r, cohort)
            again[r, test] = by_sample(V[:, test], S @ refit(V[:, test], S, of), of)
        found["error", "refit"] = Measured(again / len(V), drawn_or_not["test"])
    if cohort.name and "thinned" in set(fit.rows["set"]):
        found["error", "thinned"] = _on_halves(fit, V, cohort, drawn_or_not["test"])
    if cohort.parameters is not None:
        found |= _likelihoods(fit, V, cohort, drawn, drawn_or_not)
    if cohort.exposures is not None and fit.signatures.shape[2] == len(cohort.exposures):
        found |= _exposure_errors(fit, cohort, drawn_or_not, supervised=supervised)
    return found


def _loss(fit: Fits, r: int, cohort: Cohort) -> Loss:
    return Loss(fit.ids["loss"], (cohort.parameters or {}).get(int(fit.splits[r])))


def _errors(
    V: NDArray, loss: str, lost: NDArray, sets: Mapping[str, NDArray], hypermutated: float
) -> dict[tuple, Measured]:
    """Three errors of each sample in each split, from its loss (n, N)."""
    usual, found = V.sum(axis=0) <= hypermutated, {}
    for name, weights in sets.items():
        found["error", name] = Measured(lost / len(V), weights)
        found["error_relative", name] = Measured(lost / sample_sizes(V, loss), weights)
        found["error_typical", name] = Measured(lost[:, usual] / len(V), weights[:, usual])
    return found


def _on_halves(fit: Fits, V: NDArray, cohort: Cohort, weights: NDArray) -> Measured:
    """Error of each test sample on held-out counts; none in a split whose counts have no halves."""
    lost, weights = np.full(weights.shape, np.nan), weights.copy()
    for r in np.flatnonzero(weights.any(axis=1)):
        test, S, loss = weights[r] > 0, fit.signatures[r], _loss(fit, r, cohort)
        seed = seed_of_halves(cohort.seed, cohort.name, int(fit.splits[r]))
        try:
            lost[r, test] = lost_on_halves(*refit_halves(V[:, test], S, loss, seed), S, loss)
        except InputError:
            weights[r] = 0
    return Measured(lost / len(V), weights)


def _likelihoods(
    fit: Fits, V: NDArray, cohort: Cohort, drawn: NDArray, sets: Mapping[str, NDArray]
) -> dict[tuple, Measured]:
    """Log-likelihood per entry of each sample in each split."""
    each = np.full(drawn.shape, np.nan)
    for r in np.flatnonzero(sets["train"].any(axis=1)):
        R = fit.signatures[r] @ fit.exposures[r]
        each[r] = of_entries(V, R, _loss(fit, r, cohort), drawn[r].astype(int)).mean(axis=0)
    return {("loglik", name): Measured(each, weights) for name, weights in sets.items()}


def _exposure_errors(
    fit: Fits, cohort: Cohort, sets: Mapping[str, NDArray], *, supervised: bool
) -> dict[tuple, Measured]:
    """Error of the exposures of each sample in each split, by set."""
    lost = exposure_losses(fit, cohort.truth, cohort.exposures, supervised=supervised)
    if supervised:
        sets = {**sets, "released": np.array([released_samples(row) for row in sets["train"]])}
    return {("exposure_error", name): Measured(lost, weights) for name, weights in sets.items()}
