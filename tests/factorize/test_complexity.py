"""What an iteration costs: that all is measured, and what; never how long it takes."""

from pathlib import Path

import numpy as np
import pytest

from nmfbench.data.catalogue import read_signatures
from nmfbench.data.reference import pick_signatures
from nmfbench.data.seeds import seed_sequence
from nmfbench.factorize import complexity, methods
from nmfbench.factorize.complexity import PRINTED, SIGNATURES, fit_printed, measure
from nmfbench.factorize.methods import c_nmf
from nmfbench.factorize.starts import fit_capped

COSMIC = Path(__file__).parents[2] / "resources" / "COSMIC_v3.4_SBS_GRCh37.txt"
PLAN = {
    "models": ["nmf", "ae-nmf", "dnmf"],
    "samples": [40, 80],
    "rank": 2,
    "ranks": [1, 3],
    "n_samples": 40,
}


def model(method):
    return {"method": method, "settings": vars(methods.load(method).Settings())}


def test_c_nmf_as_printed_is_c_nmf(counts):
    fit = c_nmf.fit(counts, 3, "mse", np.random.default_rng(3), c_nmf.Settings(-1.0, 20))
    printed = fit_printed(counts, 3, np.random.default_rng(3), 20)
    np.testing.assert_allclose(printed.signatures, fit.signatures, rtol=1e-8)
    np.testing.assert_allclose(printed.exposures, fit.exposures, rtol=1e-8)
    assert printed.loss == pytest.approx(fit.loss, rel=1e-8)


@pytest.mark.parametrize("method", ["nmf", "c-nmf", "ae-nmf", "dnmf"])
def test_a_capped_fit_does_exactly_so_many_iterations(counts, method, monkeypatch):
    module, done = methods.load(method), []
    fit = module.fit

    def spy(*args):
        done.append(fit(*args))

    monkeypatch.setattr(module, "fit", spy)
    # A tolerance at which the very first look at the loss would end the fit.
    given = model(method)["settings"]
    given |= {"tolerance": 1e9} if "tolerance" in given else {}
    fit_capped(method, given, "mse", counts, 2, 37)
    assert [fit.iterations for fit in done] == [37]


def test_time_per_iteration_is_the_difference_over_the_iterations(monkeypatch):
    """A made clock: a fit takes 5 s to set up, and 0.002 s per iteration."""
    took, caps = [], []

    def seconds(run, V, rank, iterations):
        caps.append(iterations)
        took.append(5 + 0.002 * iterations)
        return took[-1]

    monkeypatch.setattr(complexity, "_seconds", seconds)
    iterations, each = complexity.seconds_per_iteration(lambda *_: None, np.ones((2, 2)), 1)
    assert each == pytest.approx(0.002)
    assert iterations == 160  # 10 and 40 take too little to be measured
    assert len(caps) == 2 * (2 + complexity.REPEATS)


def test_peak_memory_is_what_a_fit_allocates():
    def run(V, rank, iterations):
        np.ones(10**6).sum()

    assert complexity.peak_mb(run, np.ones((2, 2)), 1) == pytest.approx(8, rel=0.05)


def test_every_model_loss_and_point_is_a_row(monkeypatch):
    monkeypatch.setattr(complexity, "LEAST_SECONDS", 0.005)
    monkeypatch.setattr(complexity, "PRINTED_UP_TO", 40)
    models = {name: model(name) for name in PLAN["models"]}
    signatures = pick_signatures(read_signatures(COSMIC), SIGNATURES)
    cohorts = {"toy": (np.ones((96, 25)), 4)}
    seed = seed_sequence(1, "complexity")
    rows = measure(PLAN, models, ["mse", "kld"], signatures, seed, cohorts)
    (toy,) = rows[rows["cohort"] != "-"].to_dict("records")
    assert [toy[key] for key in ("varied", "cohort", "samples", "k", "model", "loss")] == [
        *("cohort", "toy", 25, 4, PRINTED, "mse"),
    ]
    keys = rows[rows["cohort"] == "-"].set_index(["varied", "samples", "k", "model", "loss"]).index
    grid = [("samples", 40, 2), ("samples", 80, 2), ("ranks", 40, 1), ("ranks", 40, 3)]
    expected = [(*at, name, loss) for at in grid for name in models for loss in ("mse", "kld")]
    expected += [(*at, PRINTED, "mse") for at in grid if at[1] == 40]
    assert sorted(keys) == sorted(expected)
    assert (rows["seconds"] > 0).all()
    assert (rows["iterations"] >= complexity.ROUND).all()
    seen = rows["model"] != "dnmf"
    assert (rows.loc[seen, "memory_mb"] > 0).all()
    assert rows.loc[~seen, "memory_mb"].isna().all()


def test_a_cohort_is_timed_under_the_squared_error_alone(monkeypatch):
    """Of what it is about: its training counts and its rank, a made clock."""
    timed = []

    def seconds(run, V, rank):
        timed.append((V.shape, rank))
        return 10, 0.5

    monkeypatch.setattr(complexity, "seconds_per_iteration", seconds)
    monkeypatch.setattr(complexity, "peak_mb", lambda *_: 1.0)
    plan, cohorts = PLAN | {"models": []}, {"toy": (np.ones((96, 25)), 4)}
    signatures = pick_signatures(read_signatures(COSMIC), SIGNATURES)
    measure(plan, {}, ["kld"], signatures, seed_sequence(1, "complexity"), cohorts)
    assert timed == []
    rows = measure(plan, {}, ["mse"], signatures, seed_sequence(1, "complexity"), cohorts)
    assert timed[-1] == ((96, 25), 4)
    assert rows.iloc[-1][["cohort", "seconds"]].tolist() == ["toy", 0.5]
