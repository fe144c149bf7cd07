"""Made-up fits, written and read as the fit files are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.fits import Fits
from nmfbench.data.catalogue import read_signatures

RESOURCES = Path(__file__).parents[2] / "resources"
TRUE = ["SBS3", "SBS5", "SBS40a"]
SAMPLES = [f"s{n}" for n in range(6)]


@pytest.fixture(scope="session")
def cosmic() -> pd.DataFrame:
    return read_signatures(RESOURCES / "COSMIC_v3.4_SBS_GRCh37.txt")


@pytest.fixture
def division():
    """A catalogue and its test samples, where the errors of the samples do not matter."""
    splits = pd.DataFrame({"split": range(len(SAMPLES)), "sample": SAMPLES})
    return pd.DataFrame(np.ones((96, len(SAMPLES))), columns=SAMPLES), splits


@pytest.fixture
def truth(cosmic):
    return cosmic[TRUE]


def _rows_of(model, splits, K, error, failed, sets):
    """Rows as in a fit's TSV; `error` by set, times split + 1."""
    rows = pd.DataFrame([(s, name) for s in splits for name in sets], columns=["split", "set"])
    bad = rows["split"].isin(failed)
    train = rows["set"] == "train"
    return rows.assign(
        **{"cohort": "toy", "scheme": "holdout", "model": model, "loss": "mse", "k": K},
        error=((rows["split"] + 1) * rows["set"].map(error)).mask(bad),
        status=np.where(bad, "failed", "ok"),
        reason=np.where(bad, "the loss is nan", None),
        iterations=np.where(train, 10.0 + rows["split"], np.nan),
        converged=np.where(train, 1.0, np.nan),
        seconds=np.where(train, 0.5, 0.01),
    )


def _make_fits(
    S, model, n=4, noise=0.05, seed=0, failed=(), error=None, sets=("train", "test")
) -> Fits:
    """`n` noisy copies of `S` (96, K), each with its columns shuffled."""
    rng = np.random.default_rng(seed)
    stack = np.stack([S[:, rng.permutation(S.shape[1])] for _ in range(n)])
    stack = stack * rng.lognormal(0, noise, stack.shape)
    stack /= stack.sum(axis=1, keepdims=True)
    stack[list(failed)] = np.nan
    error = error or {"train": 2.0, "test": 4.0, "refit": 3.0}
    splits = np.arange(n)
    exposures = np.full((n, S.shape[1], len(SAMPLES)), 100.0)
    rows = _rows_of(model, splits, S.shape[1], error, failed, sets)
    living = np.isfinite(stack).all(axis=1)
    return Fits(stack, splits, rows, exposures, living)


@pytest.fixture
def make_fits():
    return _make_fits


@pytest.fixture
def fits(truth):
    S = truth.to_numpy()
    return {
        "nmf": _make_fits(S, "nmf", seed=1),
        "c-nmf": _make_fits(S, "c-nmf", seed=2, error={"train": 4.0, "test": 5.0}),
        "dnmf": _make_fits(S, "dnmf", seed=3, sets=("train", "test", "refit")),
    }
