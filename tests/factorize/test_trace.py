"""The error after so many iterations is that of a fit of so many, from the same start."""

import numpy as np
import pytest

from nmfbench.factorize import methods
from nmfbench.factorize.fit import FitError
from nmfbench.factorize.losses import error
from nmfbench.factorize.trace import trace

PLAN = {"models": {"net": 1, "mu": 2}, "iterations": [1, 5, 30]}
MODELS = {
    "net": {"method": "dnmf", "settings": vars(methods.load("dnmf").Settings(spread=0.5))},
    "mu": {"method": "nmf", "settings": vars(methods.load("nmf").Settings(tolerance=1.0))},
}


def test_every_start_is_followed(counts):
    table = trace(PLAN, MODELS, ["mse", "kld"], counts, 3, seed=1)
    assert len(table) == 2 * 3 * (1 + 2)
    assert table.drop_duplicates(["model", "loss", "start"]).groupby("model").size().to_dict() == {
        "net": 2,
        "mu": 4,
    }
    for _, rows in table[table["model"] == "mu"].groupby(["loss", "start"]):
        assert (np.diff(rows["error"]) < 0).all()  # its tolerance does not end it
    ends = table[(table["iterations"] == 30) & (table["model"] == "mu")]
    assert ends["error"].nunique() == 4


def test_a_fit_that_fails_is_a_missing_value(counts, monkeypatch):
    real = methods.load("nmf").fit

    def fails_late(V, rank, loss, rng, settings):
        if settings.max_iterations > 5:
            raise FitError("diverged")
        return real(V, rank, loss, rng, settings)

    monkeypatch.setattr(methods.load("nmf"), "fit", fails_late)
    table = trace(PLAN | {"models": {"mu": 1}}, MODELS, ["mse"], counts, 3, seed=1)
    assert table["error"].isna().tolist() == [False, False, True]


def test_the_error_is_that_of_the_whole_catalogue(counts, monkeypatch):
    kept = []
    real = methods.load("nmf").fit

    def keeps(*args):
        kept.append(real(*args))
        return kept[-1]

    monkeypatch.setattr(methods.load("nmf"), "fit", keeps)
    plan = {"models": {"mu": 1}, "iterations": [4]}
    table = trace(plan, MODELS, ["kld"], counts, 3, seed=1)
    (fit,) = kept
    value = error(counts, fit.signatures, fit.exposures, "kld")
    assert table["error"].item() == pytest.approx(value, rel=1e-12)
