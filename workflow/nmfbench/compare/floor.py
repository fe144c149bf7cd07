"""The noise floor: how far errors move where nothing changes but a seed, or the arithmetic."""

import numpy as np
import pandas as pd

from nmfbench.factorize.floor import OWN, SEED

KEYS = ["cohort", "scheme", "model", "loss", "k", "set"]


def seeds_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the seeds, less those of other kernels."""
    return rows[rows["variant"].str.startswith(SEED)]


def ratios_of_seeds(rows: pd.DataFrame, model: str, other: str) -> tuple[float, float]:
    """Give the lowest and the highest ratio of two models' errors, of all seeds.

    Parameters
    ----------
    rows : DataFrame
        As of `floors`, of one cohort, loss and set.
    model, other : str
        Names of the models; with each seed both begin where that seed has them begin.

    Returns
    -------
    low, high : float
        Of the ratios of means over the splits; NaN where a fit failed or a model is missing.
    """
    wide = seeds_of(rows).pivot(index=["variant", "split"], columns="model", values="error")
    wide = wide.reindex(columns=[model, other]).astype(float)
    if wide.empty or wide.isna().any(axis=None):
        return np.nan, np.nan
    means = wide.groupby("variant").mean()
    ratios = means[model] / means[other]
    return float(ratios.min()), float(ratios.max())


def floors(rows: pd.DataFrame) -> pd.DataFrame:
    """Say how far errors move from seed to seed, and from kernel to kernel.

    Parameters
    ----------
    rows : DataFrame
        Columns variant, kernel (what the BLAS used), `KEYS`, split and error; the same splits and
        models in each variant.

    Returns
    -------
    DataFrame
        `KEYS`, ``error`` (of the study's own seed, mean over the splits), ``seeds`` and
        ``kernels``: by what share the error moves at most, over the splits. Of the seeds that is
        their largest error over their smallest, less 1; of the kernels the largest distance of the
        logarithm from the study's own, as a ratio less 1. Missing where a fit failed or no other
        kernel was used.
    """
    wide = rows.pivot(index=[*KEYS, "split"], columns="variant", values="error").astype(float)
    used = rows.drop_duplicates("variant").set_index("variant")["kernel"]
    seeds = wide[[name for name in wide if name.startswith(SEED)]]
    moved = pd.DataFrame({"error": wide[OWN]})
    moved["seeds"] = (seeds.max(axis=1) / seeds.min(axis=1) - 1).where(seeds.notna().all(axis=1))
    others = [name for name in wide if name not in seeds and used[name] != used[OWN]]
    ratios = wide[others].div(wide[OWN], axis=0)
    ratios = ratios.where(ratios >= 1, 1 / ratios) - 1
    moved["kernels"] = ratios.max(axis=1).where(ratios.notna().all(axis=1) & bool(others))
    # A value that leaves a failed split out would look smaller than it is.
    by_model = moved.groupby(KEYS, sort=False)
    return pd.DataFrame(
        {
            "error": by_model["error"].agg(lambda values: values.mean(skipna=False)),
            "seeds": by_model["seeds"].agg(lambda values: values.max(skipna=False)),
            "kernels": by_model["kernels"].agg(lambda values: values.max(skipna=False)),
        }
    ).reset_index()
