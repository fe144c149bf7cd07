"""The same fits with another seed, or with another kernel of the BLAS: what that alone changes."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from nmfbench.data.seeds import seed_sequence
from nmfbench.factorize.run import Job, blas_kernels, fit_chunk

#: Variants are "seed0" (the study's own), "seed1", ..., and the names of kernels of the BLAS.
SEED = "seed"
OWN = "seed0"


def fit_variant(
    jobs: Sequence[Job],
    catalogue: pd.DataFrame,
    splits: pd.DataFrame,
    variant: str,
    n_splits: int,
) -> pd.DataFrame:
    """Fit all jobs in one variant, on the first splits.

    Parameters
    ----------
    jobs : sequence of Job
        With the study's own seed.
    catalogue : (M, N) counts
    splits : as of `fit_chunk`
    variant : str
        "seed0" is the study's own seed, "seed1", ... are others; anything else is the name of a
        kernel that this process was started with, and has the study's own seed.
    n_splits : int
        How many splits.

    Returns
    -------
    DataFrame
        Columns cohort, scheme, model, loss, k, split, set (train and test), error, variant, and
        kernel (what the BLAS says it uses).
    """
    number = int(variant.removeprefix(SEED)) if variant.startswith(SEED) else 0
    tables = []
    for job in jobs:
        if number:
            drawn = seed_sequence(job.seed, "noise floor", number).generate_state(1)[0]
            job = replace(job, seed=int(drawn))
        tables.append(fit_chunk(job, catalogue, splits, range(n_splits)).rows)
    rows = pd.concat(tables, ignore_index=True)
    rows = rows.loc[rows["set"].isin(["train", "test"])]
    rows = rows[["cohort", "scheme", "model", "loss", "k", "split", "set", "error"]]
    return rows.assign(variant=variant, kernel="; ".join(blas_kernels()))
