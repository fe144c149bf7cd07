"""One model under several losses: whether they find the same, and fit as well."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmfbench.compare.fits import Fits
from nmfbench.compare.intervals import among_draws
from nmfbench.compare.paired import (
    Comparison,
    both_measured,
    compare_means,
    compare_splits,
    table_of,
)
from nmfbench.compare.rows import rows_where
from nmfbench.compare.samples import Cohort, measure
from nmfbench.compare.scores import COLUMNS
from nmfbench.compare.similarity import acs
from nmfbench.factorize.resample import Drawn

REFERENCE = "kld"  # the loss that the others are compared with


def across(
    fits: Mapping[str, Mapping[str, Fits]], scores: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Compare every loss with the Poisson likelihood, model by model and split by split.

    All losses start from the same factors.

    Parameters
    ----------
    fits : mapping of loss to mapping of model name to Fits
        Of one cohort, scheme and rank.
    scores : mapping of loss to DataFrame
        Their scores.

    Returns
    -------
    DataFrame
        Rows of the long table, of every other loss: ``acs_kld``, the average cosine similarity of
        the signatures with those under the KLD, and ``loglik_kld``, the log-likelihood under the
        KLD on the test samples, if there are any.
    """
    parts = []
    for loss in (name for name in fits if name != REFERENCE):
        for model, fit in fits[loss].items():
            other = fits[REFERENCE][model]
            pairs = zip(fit.splits, fit.living, other.living, strict=True)
            values = {n: acs(S, T) for n, S, T in pairs if np.isfinite([S, T]).all()}
            here = rows_where(scores[REFERENCE], model=model).assign(loss=loss, other=REFERENCE)
            same = rows_where(here, metric="error", set="train").assign(metric="acs_kld")
            like = rows_where(here, metric="loglik", set="test").assign(metric="loglik_kld")
            parts += [same.assign(value=same["split"].map(values)), like]
    table = pd.concat(parts, ignore_index=True)
    missing = table["value"].isna() & (table["status"] == "ok")
    table["status"] = table["status"].mask(missing, "failed: a fit of the two failed")
    return table[list(COLUMNS)]


def effects(
    fits: Mapping[str, Mapping[str, Fits]],
    cohorts: Mapping[str, Cohort],
    resampled: Mapping[str, Mapping[str, Drawn]],
) -> pd.DataFrame:
    """Say how far every loss is from the Poisson likelihood, with intervals.

    Parameters
    ----------
    fits : mapping of loss to mapping of model name to Fits
        Of one cohort, scheme and rank.
    cohorts : mapping of loss to Cohort
        The cohort with the parameters of each loss.
    resampled : mapping of loss to mapping of model name to Drawn
        As `resample_fits` gives them, as far as there are any.

    Returns
    -------
    DataFrame
        Rows of `nmfbench.compare.paired.COLUMNS`, of every other loss. ``loglik_kld``: the
        log-likelihood of the test samples under the loss, less that under the KLD; ``model`` and
        ``other`` are the same. ``acs_kld``: how alike the signatures are to those under the KLD,
        less how alike they are to those of ``other``, a model of the same loss.
    """
    tables = []
    poisson = {model: measure(fit, cohorts[REFERENCE]) for model, fit in fits[REFERENCE].items()}
    for loss in (name for name in fits if name != REFERENCE):
        rows = []
        for model, fit in fits[loss].items():
            found = _likelihoods(measure(fit, cohorts[loss]), poisson[model])
            rows += [{"model": model, "other": model} | found.row()] if found else []
            for other in (name for name in fits[loss] if name != model):
                three = (fit, fits[REFERENCE][model], fits[loss][other])
                drawn = [
                    resampled.get(of, {}).get(name)
                    for of, name in ((loss, model), (REFERENCE, model), (loss, other))
                ]
                draws = [None if of is None else of.signatures for of in drawn]
                found = _alike([x.living for x in three], draws)
                rows += [{"model": model, "other": other} | found.row()] if found else []
        tables.append(table_of(rows, next(iter(fits[loss].values()))))
    return pd.concat(tables, ignore_index=True)


def _likelihoods(measured: Mapping, poisson: Mapping) -> Comparison | None:
    """Compare the likelihoods of test samples, if there are any: not where counts are thinned."""
    key = ("loglik", "test")
    if key not in measured or key not in poisson:
        return None
    both = both_measured(measured[key], poisson[key])
    return compare_means("loglik_kld", "test", *both)[0] if len(both[0].values) else None


def _alike(stacks: list[NDArray], draws: list[NDArray | None]) -> Comparison | None:
    """Compare how alike signatures (n, 96, K) are to a second and to a third stack of the same.

    `draws` are those of cohorts drawn anew, (1 + draws, m, 96, K) each, or None.
    """
    finite = np.isfinite(stacks).all(axis=(0, 2, 3))
    if not finite.any():
        return None
    one, second, third = (stack[finite] for stack in stacks)
    found = compare_splits("acs_kld", "train", _acs_each(one, second), _acs_each(one, third))
    if any(draw is None for draw in draws) or len({draw.shape for draw in draws}) > 1:
        return found
    differences = [
        np.mean(_acs_each(a, b) - _acs_each(a, c)) if np.isfinite([a, b, c]).all() else np.nan
        for a, b, c in zip(*draws, strict=True)
    ]
    return found._replace(like=found.here + among_draws(np.array(differences[1:])))


def _acs_each(first: NDArray, second: NDArray) -> NDArray:
    """ACS of every fit (n, 96, K) with the fit of the same split."""
    return np.array([acs(S, T) for S, T in zip(first, second, strict=True)])
