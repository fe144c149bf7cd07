"""The error after so many iterations is that of a fit of so many, from the same start."""

import numpy as np
import pytest

from nmfbench.data.seeds import seed_sequence
from nmfbench.factorize import methods
from nmfbench.factorize.fit import FitError
from nmfbench.factorize.losses import error
from nmfbench.factorize.refit import refit
from nmfbench.factorize.starts import fit_capped
from nmfbench.factorize.trace import trace

PLAN = {"models": {"net": 1, "mu": 2}, "iterations": [1, 5, 30]}
MODELS = {
    "net": {"method": "dnmf", "settings": vars(methods.load("dnmf").Settings(spread=0.5))},
    "mu": {"method": "nmf", "settings": vars(methods.load("nmf").Settings(tolerance=1.0))},
}


def test_every_start_is_followed(counts):
    table = trace(PLAN, MODELS, ["mse", "kld"], counts[:, :20], counts[:, 20:], 3, seed=1)
    assert len(table) == 2 * 3 * (1 + 2) * 2
    table = table[table["set"] == "train"]
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
    plan = PLAN | {"models": {"mu": 1}}
    table = trace(plan, MODELS, ["mse"], counts[:, :20], counts[:, 20:], 3, seed=1)
    assert table["error"].isna().tolist() == [False, False, False, False, True, True]


def test_the_errors_are_those_of_all_samples(counts, monkeypatch):
    kept, (train, test) = [], (counts[:, :20], counts[:, 20:])
    real = methods.load("nmf").fit

    def keeps(*args):
        kept.append(real(*args))
        return kept[-1]

    monkeypatch.setattr(methods.load("nmf"), "fit", keeps)
    plan = {"models": {"mu": 1}, "iterations": [4]}
    table = trace(plan, MODELS, ["kld"], train, test, 3, seed=1).set_index("set")["error"]
    (fit,) = kept
    value = error(train, fit.signatures, fit.exposures, "kld")
    assert table["train"] == pytest.approx(value, rel=1e-12)
    value = error(test, fit.signatures, refit(test, fit.signatures, "kld"), "kld")
    assert table["test"] == pytest.approx(value, rel=1e-12)


def test_a_network_with_penalties_is_followed_by_its_cost_at_the_settings_of_the_plan(counts):
    train, test = counts[:, :20], counts[:, 20:]
    settings = vars(methods.load("dnmf").Settings(spread=0.5, l1=1.0, l2=1.0))
    models = {"net": {"method": "dnmf", "settings": settings}}
    plan = {"models": {"net": 1}, "iterations": [5], "settings": {"learning_rate": 1e-2}}
    table = trace(plan, models, ["mse"], train, test, 3, seed=1).set_index("set")["error"]
    rng = np.random.default_rng(seed_sequence(1, "trace", "dnmf", 0))
    fit = fit_capped("dnmf", settings | {"learning_rate": 1e-2}, "mse", train, 3, 5, rng)
    assert table.to_dict() == {"train": fit.cost(train), "test": fit.cost(test)}
