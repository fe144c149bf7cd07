"""One model under several losses: whether they find the same, and fit as well."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nmfbench.compare.fits import Fits
from nmfbench.compare.rows import rows_where
from nmfbench.compare.scores import COLUMNS
from nmfbench.compare.similarity import acs

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
