"""Penalties, the equal start, limited inference, and what is learned from true exposures."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nmfbench.data.splits import released_samples
from nmfbench.errors import InputError
from nmfbench.factorize import methods
from nmfbench.factorize.fit import normalise
from nmfbench.factorize.losses import error, kld, mse
from nmfbench.factorize.methods import dnmf, nmf
from nmfbench.factorize.run import Job, fit_chunk

PENALISED = nmf.Settings(tolerance=0, max_iterations=20, l1=0.7, l2=0.3)


@pytest.fixture
def planted():
    """Noise-free samples (96 x 40) with their true signatures and exposures."""
    rng = np.random.default_rng(3)
    S = rng.dirichlet(np.full(96, 0.3), size=3).T
    E = rng.gamma(1.0, 300.0, size=(3, 40)) + 1
    return S @ E, S, E


def naive(V, loss, steps, l1, l2, seed=4, *, signatures_first=False):
    """Nasser et al. 2021, appendix A, an entry at a time as they are written."""
    rng = np.random.default_rng(seed)
    S, E = rng.random((96, 3)), rng.random((3, V.shape[1]))
    for _ in range(steps):
        if loss == "mse" and signatures_first:
            S = S * (V @ E.T) / (S @ E @ E.T)
            E = E * (S.T @ V) / (S.T @ S @ E + l2 * E + l1)
        elif loss == "mse":
            E = E * (S.T @ V) / (S.T @ S @ E + l2 * E + l1)
            S = S * (V @ E.T) / (S @ E @ E.T)
        else:
            S = S * ((V / (S @ E)) @ E.T) / E.sum(axis=1)
            E = E * (S.T @ (V / (S @ E))) / (S.sum(axis=0)[:, None] + l2 * E + l1)
    return S, E


@pytest.mark.parametrize(("loss", "first"), [("mse", False), ("mse", True), ("kld", False)])
def test_penalised_updates_are_those_of_the_paper(counts, loss, first):
    S, E = naive(counts, loss, 20, 0.7, 0.3, signatures_first=first)
    settings = replace(PENALISED, signatures_first=first)
    fit = nmf.fit(counts, 3, loss, np.random.default_rng(4), settings)
    np.testing.assert_allclose(fit.signatures, S / S.sum(axis=0), rtol=1e-9)
    np.testing.assert_allclose(fit.exposures, E * S.sum(axis=0)[:, None], rtol=1e-9)
    penalty = 0.7 * E.sum() + 0.15 * np.square(E).sum()
    if loss == "mse":
        assert fit.loss == pytest.approx(mse(counts, S @ E) + 2 * penalty / counts.size)
    else:
        assert fit.loss == pytest.approx(kld(counts, S @ E) + penalty / counts.size)


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_the_penalised_loss_never_grows(counts, loss):
    losses = [
        nmf.fit(counts, 3, loss, np.random.default_rng(0), replace(PENALISED, max_iterations=n))
        for n in range(1, 60, 4)
    ]
    found = np.array([fit.loss for fit in losses])
    assert (np.diff(found) <= 1e-12 * found[:-1]).all()


@pytest.mark.parametrize("loss", ["mse", "kld"])
@pytest.mark.parametrize("penalties", [{}, {"l1": 0.7, "l2": 0.3}])
@pytest.mark.parametrize("with_them", [True, False])
def test_limited_inference_is_so_many_updates_from_one(counts, loss, penalties, with_them):
    given = penalties | {"inference": 7, "inference_penalised": with_them}
    settings = nmf.Settings(tolerance=0, max_iterations=5, **given)
    fit = nmf.fit(counts, 3, loss, np.random.default_rng(4), settings)
    S, _ = naive(counts, loss, 5, settings.l1, settings.l2)
    l1, l2 = (settings.l1, settings.l2) if with_them else (0, 0)
    E = np.ones((3, counts.shape[1]))
    for _ in range(7):
        if loss == "mse":
            E = E * (S.T @ counts) / (S.T @ S @ E + l2 * E + l1)
        else:
            E = E * (S.T @ (counts / (S @ E))) / (S.sum(axis=0)[:, None] + l2 * E + l1)
    np.testing.assert_allclose(fit.encode(counts), E * S.sum(axis=0)[:, None], rtol=1e-8)


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_from_an_equal_start_the_fit_has_rank_one(counts, loss):
    """Few iterations: in more, the rounding of some machines tells the signatures apart."""
    settings = nmf.Settings(max_iterations=30, start="equal")
    equal = nmf.fit(counts, 3, loss, np.random.default_rng(0), settings)
    np.testing.assert_allclose(equal.signatures, equal.signatures[:, :1].repeat(3, axis=1))
    one = nmf.fit(counts, 1, loss, np.random.default_rng(0), nmf.Settings(max_iterations=2000))
    value = error(counts, equal.signatures, equal.exposures, loss)
    assert value == pytest.approx(one.loss, rel=1e-6)


def test_supervised_nmf_finds_the_truth_of_other_samples(planted):
    V, S, E = planted
    settings = nmf.Settings(supervised=True)
    fit = nmf.fit_supervised(V[:, :30], E[:, :30], "mse", np.random.default_rng(0), settings)
    np.testing.assert_allclose(fit.signatures, S, atol=1e-8)
    np.testing.assert_allclose(fit.exposures, E[:, :30], rtol=1e-6)
    short = replace(settings, inference=10)
    limited = nmf.fit_supervised(V[:, :30], E[:, :30], "mse", np.random.default_rng(0), short)
    far = np.abs(limited.encode(V[:, 30:]) / E[:, 30:] - 1)
    assert far.max() > 0.1  # ten updates do not get there


def test_supervised_dnmf_learns_exposures_and_penalties(planted):
    V, _, E = planted
    settings = dnmf.Settings(
        supervised=True, start=1.0, learning_rate=1e-3, l1=1.0, l2=1.0, learned=True
    )
    errors = []
    for steps in (5, 50, 500):
        wanted = replace(settings, steps=steps)
        fit = dnmf.fit_supervised(V, E, "mse", np.random.default_rng(0), wanted)
        np.testing.assert_array_equal(fit.exposures, fit.encode(V))
        errors.append(np.square(fit.exposures - E).mean())
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.2 * np.square(E).mean()
    for change in ({"learned": False}, {"learned": False, "l1": 0.0, "l2": 0.0}):
        plain = replace(settings, **change)
        other = dnmf.fit_supervised(V, E, "mse", np.random.default_rng(0), plain)
        assert not np.allclose(other.exposures, fit.exposures)


def cohort(planted):
    V, _, E = planted
    names = [f"s{n}" for n in range(V.shape[1])]
    tests = pd.DataFrame({"split": 0, "sample": names[::5]})
    return pd.DataFrame(V, columns=names), tests, pd.DataFrame(E, columns=names)


@pytest.mark.parametrize("method", ["nmf", "dnmf"])
def test_a_supervised_model_sees_the_truth_of_training_samples_alone(planted, method):
    V, tests, E = cohort(planted)
    job = Job("toy", "kfold", "model", method, "mse", 3, 1, {"supervised": True})
    one = fit_chunk(job, V, tests, [0], E)
    hidden = E.copy()
    hidden[tests["sample"]] = 0.0
    other = fit_chunk(job, V, tests, [0], hidden)
    np.testing.assert_array_equal(one.exposures, other.exposures)
    assert np.isfinite(one.exposures).all()


@pytest.mark.parametrize("method", ["nmf", "dnmf"])
def test_errors_on_the_released_samples(planted, method):
    V, tests, _ = cohort(planted)
    settings = {"nmf": {"max_iterations": 50, "inference": 100}, "dnmf": {"steps": 20}}[method]
    job = Job("toy", "kfold", "model", method, "mse", 3, 1, settings)
    rows = fit_chunk(job, V, tests, [0], released=True).rows
    assert list(rows["set"]) == ["train", "test", "refit", "released", "thinned"]
    train = [n for n, name in enumerate(V.columns) if name not in set(tests["sample"])]
    indexed = V.to_numpy()[:, ~np.array(train)]  # as in the released code
    ours = V.to_numpy()[:, released_samples(np.isin(np.arange(40), train).astype(int))]
    assert sorted(map(tuple, indexed.T)) == sorted(map(tuple, ours.T))
    assert rows.set_index("set")["error"]["released"] > 0


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_the_cost_of_a_network_has_its_penalties_in_it(planted, loss, monkeypatch):
    """Its exposures count in the scale that they were penalised in, before that is moved."""
    V, factors = planted[0], []

    def seen(S, E):
        factors.extend([S, E])
        return normalise(S, E)

    monkeypatch.setattr(dnmf, "normalise", seen)
    settings = dnmf.Settings(steps=20, l1=0.3, l2=0.01)
    fit = dnmf.fit(V, 3, loss, np.random.default_rng(1), settings)
    S, h = factors
    penalty = 0.3 * h.sum() + 0.005 * np.square(h).sum()
    expected = error(V, S, h, loss) + {"mse": 2, "kld": 1}[loss] * penalty / V.size
    assert fit.cost(V) == pytest.approx(expected, rel=1e-4)
    assert fit.cost(V) > error(V, fit.signatures, fit.exposures, loss)
    without = replace(settings, l1=0, l2=0)
    assert dnmf.fit(V, 3, loss, np.random.default_rng(1), without).cost is None


@pytest.mark.parametrize(
    ("settings", "sets"),
    [
        ({"l1": 0.1}, ["train", "test", "refit", "released", "penalised", "thinned"]),
        ({"l1": 0.1, "start": 3e38}, ["train", "test", "thinned", "released"]),
    ],
)
def test_the_sets_of_a_network_with_penalties(planted, settings, sets):
    """A fit that failed is a row wherever one without penalties would have one."""
    V, tests, _ = cohort(planted)
    job = Job("toy", "kfold", "model", "dnmf", "mse", 3, 1, {"steps": 20} | settings)
    rows = fit_chunk(job, V, tests, [0], released=True).rows
    assert list(rows["set"]) == sets
    rows = rows.set_index("set")
    assert rows["seconds"]["train"] > 0
    if rows["status"]["train"] == "ok":
        # Counts that are not whole have no halves.
        assert (rows["seconds"].drop("thinned") > 0).all()
        assert rows["error"]["penalised"] > rows["error"]["released"]
    else:
        assert rows["error"].isna().all()
        assert rows["seconds"].drop("train").isna().all()


def test_settings_that_exclude_each_other_are_refused():
    with pytest.raises(InputError, match="has no l1, l2, start, signatures_first or inference"):
        methods.make_settings("nmf", {"solver": "l-bfgs", "l1": 1.0}, "study.yaml")
    with pytest.raises(InputError, match=r"start is 'ones', but has to be random or equal"):
        methods.make_settings("nmf", {"start": "ones"}, "study.yaml")
