"""What is timed, and how good the exposures are; never how long it takes."""

import numpy as np
import pytest

from nmfbench.factorize import methods
from nmfbench.factorize.fit import FitError
from nmfbench.factorize.inference import NETWORK, REFIT, UPDATES, measure
from nmfbench.factorize.losses import error
from nmfbench.factorize.refit import refit, refit_by_updates

PLAN = {"networks": ["net"], "signatures": "free", "updates": [1, 10, 2000]}
MODELS = {
    "net": {"method": "dnmf", "settings": vars(methods.load("dnmf").Settings(steps=5))},
    "free": {
        "method": "nmf",
        "settings": vars(methods.load("nmf").Settings(solver="l-bfgs", starts=2)),
    },
}


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_every_way_is_timed_alone_and_together(counts, loss):
    table = measure(PLAN, MODELS, loss, counts[:, :24], counts[:, 24:], 3, seed=1)
    assert set(table["batch"]) == {1, 6}
    assert (table["seconds"] > 0).all()
    ways = table[table["batch"] == 6]
    assert ways["way"].tolist() == [NETWORK, UPDATES, UPDATES, UPDATES, REFIT]
    assert ways["steps"].tolist() == [10, 1, 10, 2000, 0]
    errors = ways.loc[ways["way"] == UPDATES, "error"].to_numpy()
    assert errors[0] > errors[1] > errors[2]
    best = ways.loc[ways["way"] == REFIT, "error"].item()
    assert errors[2] == pytest.approx(best, rel=1e-2)


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_many_updates_are_the_ordinary_refit(counts, loss):
    S = np.random.default_rng(1).dirichlet(np.full(96, 0.5), size=3).T
    value = error(counts, S, refit_by_updates(counts, S, loss, 5000), loss)
    assert value == pytest.approx(error(counts, S, refit(counts, S, loss), loss), rel=1e-3)


@pytest.mark.parametrize(("method", "model", "steps"), [("dnmf", "net", 10), ("nmf", "free", 0)])
def test_a_model_that_cannot_be_trained_is_a_row_with_its_reason(
    counts, monkeypatch, method, model, steps
):
    def diverges(*args):
        raise FitError("diverged: cost nan at step 3")

    monkeypatch.setattr(methods.load(method), "fit", diverges)
    table = measure(PLAN, MODELS, "mse", counts[:, :24], counts[:, 24:], 3, seed=1)
    failed = table[table["reason"] != ""]
    assert failed[["model", "steps"]].to_numpy().tolist() == [[model, steps]]
    assert failed["reason"].item() == "diverged: cost nan at step 3"
    assert failed[["seconds", "error"]].isna().all(axis=None)
    others = table[table["model"] != model]
    assert len(others)
    assert others["error"].notna().all()
