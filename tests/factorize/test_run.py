import numpy as np
import pandas as pd
import pytest

from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import thinning_splits
from nmfbench.data.thinning import thin, thin_cohort
from nmfbench.factorize import methods, newton
from nmfbench.factorize.fit import FitError, RelativeStop, normalise
from nmfbench.factorize.floor import fit_variant
from nmfbench.factorize.losses import Loss, error
from nmfbench.factorize.refit import refit
from nmfbench.factorize.run import ROWS, Job, blas_kernels, fit_chunk, write_chunk


@pytest.fixture
def cohort(counts):
    names = [f"s{n}" for n in range(counts.shape[1])]
    catalogue = pd.DataFrame(counts, columns=names)
    tests = [{"split": i, "sample": names[j]} for i in range(4) for j in range(i, 30, 5)]
    return catalogue, pd.DataFrame(tests)


def job(method="nmf", loss="mse", **settings):
    return Job("toy", "holdout", "model", method, loss, 3, 1, settings)


def test_rows_hold_the_errors_of_the_factors_written(cohort):
    catalogue, tests = cohort
    chunk = fit_chunk(job(max_iterations=200), catalogue, tests, [0, 1])
    assert list(chunk.rows["set"]) == ["train", "test", "thinned"] * 2
    for i, split in enumerate([0, 1]):
        is_test = catalogue.columns.isin(tests.loc[tests["split"] == split, "sample"])
        for name, columns in (("train", ~is_test), ("test", is_test)):
            value = error(
                catalogue.to_numpy()[:, columns],
                chunk.signatures[i],
                chunk.exposures[i][:, columns],
                "mse",
            )
            row = chunk.rows[(chunk.rows["split"] == split) & (chunk.rows["set"] == name)]
            assert row["error"].item() == value


def test_results_do_not_depend_on_the_chunks(cohort, tmp_path):
    catalogue, tests = cohort
    together = fit_chunk(job(max_iterations=50), catalogue, tests, [0, 1, 2, 3])
    for split in range(4):
        alone = fit_chunk(job(max_iterations=50), catalogue, tests, [split])
        assert alone.signatures[0].tobytes() == together.signatures[split].tobytes()
        assert alone.exposures[0].tobytes() == together.exposures[split].tobytes()


def test_the_factors_file_is_the_same_to_the_byte(cohort, tmp_path):
    for name in ("a", "b"):
        chunk = fit_chunk(job("dnmf", "kld", steps=5), *cohort, [0, 1])
        write_chunk(chunk, job(), *(tmp_path / f"{name}.{s}" for s in ("npz", "tsv", "json")))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert list(pd.read_csv(tmp_path / "a.tsv", sep="\t").columns) == list(ROWS)


def test_a_model_with_an_encoder_is_scored_both_ways(cohort):
    chunk = fit_chunk(job("dnmf", steps=30), *cohort, [0])
    errors = chunk.rows.set_index("set")["error"]
    assert list(errors.index) == ["train", "test", "refit", "thinned"]
    assert errors["refit"] <= errors["test"]


def test_what_has_converged_is_said_per_set(cohort, monkeypatch):
    """Of training the fit's own rule, of refits the certificate; an encoder seeks no optimum."""

    def found(loss="kld", parameters=None, **settings):
        chunk = fit_chunk(job(loss=loss, **settings), *cohort, [0], None, parameters)
        return chunk.rows.set_index("set")["converged"].to_dict()

    capped = {"tolerance": 0.0, "max_iterations": 30}
    assert found(**capped) == {"train": 0, "test": 1, "thinned": 1}
    assert found(tolerance=1e-3) == {"train": 1, "test": 1, "thinned": 1}
    monkeypatch.setattr(newton, "MAX_STEPS", 1)
    assert found(**capped) == {"train": 0, "test": 0, "thinned": 0}
    assert found("nb", {0: 0.2}, tolerance=1e-3) == {"train": 1, "test": 0, "thinned": 0}
    assert found("mse", **capped)["test"] == 1  # least squares need no steps
    network = fit_chunk(job("dnmf", steps=5), *cohort, [0]).rows.set_index("set")["converged"]
    assert np.isnan(network["test"])
    assert network["refit"] == 1


def test_a_failed_fit_is_a_row_with_its_reason_and_the_rest_goes_on(cohort, monkeypatch):
    module = methods.load("nmf")
    real = module.fit

    def fails_once(V, *args):
        fails_once.calls += 1
        if fails_once.calls == 1:
            raise FitError("diverged: loss nan at iteration 10")
        return real(V, *args)

    fails_once.calls = 0
    monkeypatch.setattr(module, "fit", fails_once)
    chunk = fit_chunk(job(max_iterations=10), *cohort, [0, 1])
    failed = chunk.rows[chunk.rows["split"] == 0]
    assert list(failed["set"]) == ["train", "test", "thinned"]
    assert set(failed["status"]) == {"failed"}
    assert set(failed["reason"]) == {"diverged: loss nan at iteration 10"}
    assert failed["error"].isna().all()
    assert np.isnan(chunk.signatures[0]).all()
    assert np.isfinite(chunk.signatures[1]).all()
    assert set(chunk.rows.loc[chunk.rows["split"] == 1, "status"]) == {"ok"}


def test_a_learning_rate_that_diverges_fails_in_words(cohort):
    chunk = fit_chunk(job("ae-nmf", learning_rate=1e30), *cohort, [0])
    assert set(chunk.rows["status"]) == {"failed"}
    assert chunk.rows["reason"].iloc[0].startswith("diverged: ")


@pytest.fixture
def bootstrap(cohort):
    """Split 0: s0 to s4 are for testing, s5 is drawn five times and s7 twice."""
    copies = {**dict.fromkeys(["s0", "s1", "s2", "s3", "s4"], 0), "s7": 2, "s5": 5}
    return cohort[0], pd.DataFrame({"split": 0, "sample": list(copies), "copies": copies.values()})


WAYS = [
    ("nmf", {"max_iterations": 40}),
    ("c-nmf", {"max_iterations": 40}),
    ("nmf", {"solver": "l-bfgs", "starts": 3, "max_iterations": 100}),
    ("ae-nmf", {"solver": "l-bfgs", "starts": 3, "max_iterations": 100}),
]


@pytest.mark.parametrize(("method", "settings"), WAYS)
def test_samples_drawn_several_times_are_fitted_as_often(bootstrap, method, settings):
    """The same as the catalogue with these samples written out, one column per copy."""
    catalogue, splits = bootstrap
    names = [f"s{n}" for n in range(30)]
    written = [name for name in names for _ in range({"s5": 5, "s7": 2}.get(name, 1))]
    explicit = catalogue[written].set_axis([f"{s}.{i}" for i, s in enumerate(written)], axis=1)
    tests = pd.DataFrame({"split": 0, "sample": explicit.columns[:5]})

    chunk = fit_chunk(job(method, **settings), catalogue, splits, [0])
    other = fit_chunk(job(method, **settings), explicit, tests, [0])
    assert chunk.signatures.tobytes() == other.signatures.tobytes()
    assert chunk.rows["error"].tolist() == other.rows["error"].tolist()
    # One column per sample of the catalogue: of the copies, the first.
    assert chunk.exposures.shape == (1, 3, 30)
    first = [written.index(name) for name in names]
    np.testing.assert_array_equal(chunk.exposures[0], other.exposures[0][:, first])


def test_without_the_copies_another_model_is_fitted(bootstrap):
    catalogue, splits = bootstrap
    once = splits[splits["copies"] == 0]
    chunk, other = (fit_chunk(job(max_iterations=40), catalogue, s, [0]) for s in (splits, once))
    assert not np.allclose(chunk.signatures, other.signatures)


def test_a_column_of_no_copies_changes_nothing(cohort):
    catalogue, tests = cohort
    chunk = fit_chunk(job(max_iterations=40), catalogue, tests, [0, 1])
    other = fit_chunk(job(max_iterations=40), catalogue, tests.assign(copies=0), [0, 1])
    assert chunk.exposures.tobytes() == other.exposures.tobytes()


def test_models_of_one_method_start_alike(cohort):
    one = fit_chunk(job(max_iterations=5), *cohort, [0])
    other = Job("toy", "holdout", "another name", "nmf", "mse", 3, 1, {"max_iterations": 5})
    assert one.signatures.tobytes() == fit_chunk(other, *cohort, [0]).signatures.tobytes()


def test_normalise_moves_the_scale_and_keeps_an_empty_signature():
    S, E, scale = normalise(np.full((4, 2), 2.0), np.ones((2, 3)))
    np.testing.assert_array_equal(S, 0.25)
    np.testing.assert_array_equal(E, 8)
    np.testing.assert_array_equal(scale, 8)
    S, E, scale = normalise(np.array([[1.0, 0.0]] * 4), np.ones((2, 3)))
    np.testing.assert_array_equal(S, 0.25)
    np.testing.assert_array_equal(E, [[4, 4, 4], [0, 0, 0]])
    np.testing.assert_array_equal(scale, [4, 0])
    with pytest.raises(FitError, match="not finite"):
        normalise(np.full((4, 2), np.nan), np.ones((2, 3)))


def test_the_stop_compares_the_change_per_iteration():
    stop = RelativeStop(1e-3, 1000)
    due = [stop.due() for _ in range(20)]
    assert [i + 1 for i, d in enumerate(due) if d] == [10, 20]
    assert not stop(100.0)
    assert not stop(98.0)  # 2 % in ten iterations: 2e-3 each
    assert stop(97.1)  # 0.9e-3 each
    assert stop.converged
    with pytest.raises(FitError, match="loss nan"):
        stop(float("nan"))


def test_the_cap_on_iterations_is_no_convergence():
    stop = RelativeStop(0.0, 7)
    for _ in range(6):
        assert not stop.due()
    assert stop.due()
    assert stop(5.0)
    assert not stop.converged


FOLDS = 4


def thinned(method="nmf", loss="kld", folds=FOLDS, **settings):
    return Job("toy", "thinning", "model", method, loss, 3, 1, settings, folds=folds)


@pytest.mark.parametrize(("loss", "alpha"), [("kld", None), ("nb", 0.2)])
def test_a_fold_is_held_out_of_signatures_and_exposures(cohort, loss, alpha):
    """Fit and error by hand: the parts have the dispersions alpha F / (F - 1) and alpha F."""
    catalogue, _ = cohort
    V = catalogue.to_numpy(float)
    splits = thinning_splits(catalogue.columns, FOLDS)
    noise = dict.fromkeys(range(FOLDS), alpha) if alpha else {}
    chunk = fit_chunk(thinned(loss=loss, max_iterations=80), catalogue, splits, [1, 2], None, noise)
    parts = thin_cohort(V, FOLDS, 1, "toy", alpha)
    assert list(chunk.rows["set"]) == ["train", "thinned"] * 2
    for i, split in enumerate([1, 2]):
        of_train, of_fold = (
            (Loss("nb", alpha * 4 / 3), Loss("nb", alpha * 4)) if alpha else (loss, loss)
        )
        rng = np.random.default_rng(seed_sequence(1, "toy", split, "nmf"))
        module = methods.load("nmf")
        train = V - parts[split]
        fit = module.fit(train, 3, of_train, rng, module.Settings(max_iterations=80))
        rows = chunk.rows[chunk.rows["split"] == split].set_index("set")["error"]
        assert rows["train"] == error(train, fit.signatures, fit.exposures, of_train)
        expected = error(parts[split], fit.signatures, fit.exposures / 3, of_fold)
        assert rows["thinned"] == pytest.approx(expected, rel=1e-12)
        # What is written reconstructs the whole counts.
        np.testing.assert_allclose(chunk.exposures[i], fit.exposures * 4 / 3, rtol=1e-12)


def test_all_models_and_chunks_share_the_folds(cohort):
    catalogue, _ = cohort
    splits = thinning_splits(catalogue.columns, FOLDS)
    together = fit_chunk(thinned(max_iterations=20), catalogue, splits, [0, 1, 2, 3])
    alone = fit_chunk(thinned(max_iterations=20), catalogue, splits, [3])
    assert alone.signatures[0].tobytes() == together.signatures[3].tobytes()
    assert alone.rows["error"].tolist() == together.rows["error"].tolist()[-2:]
    for method, given in (("c-nmf", {"max_iterations": 20}), ("dnmf", {"steps": 5})):
        rows = fit_chunk(thinned(method, **given), catalogue, splits, [0]).rows
        assert list(rows["set"]) == ["train", "thinned"]
        assert (rows["status"] == "ok").all()


@pytest.mark.parametrize(("loss", "alpha"), [("mse", None), ("nb", 0.2)])
def test_halves_of_the_test_samples_by_hand(cohort, loss, alpha):
    catalogue, tests = cohort
    noise = {0: alpha} if alpha else {}
    chunk = fit_chunk(job(loss=loss, max_iterations=50), catalogue, tests, [0], None, noise)
    V = catalogue[tests.loc[tests["split"] == 0, "sample"]].to_numpy(float)
    one, other = thin(V, 2, seed_sequence(1, "toy", "halves", 0), alpha)
    S, of_half = chunk.signatures[0], Loss("nb", 2 * alpha) if alpha else loss
    lost = [error(b, S, refit(a, S, of_half), of_half) for a, b in ((one, other), (other, one))]
    found = chunk.rows.set_index("set")["error"]["thinned"]
    assert found == pytest.approx(np.mean(lost), rel=1e-12)


def test_without_thinned_counts_there_is_a_reason_and_the_fit_is_well(cohort):
    catalogue, tests = cohort
    for chunk, reason in (
        (fit_chunk(job(max_iterations=5), catalogue + 0.5, tests, [0]), "not whole numbers"),
        (
            fit_chunk(job(loss="tweedie", max_iterations=5), catalogue, tests, [0], None, {0: 1.5}),
            "cannot be thinned under the loss tweedie",
        ),
    ):
        rows = chunk.rows.set_index("set")
        assert reason in rows.loc["thinned", "reason"]
        assert rows["status"].to_dict() == {"train": "ok", "test": "ok", "thinned": "failed"}
        assert np.isnan(rows.loc["thinned", "error"])
        assert np.isfinite(chunk.signatures).all()


def test_a_variant_differs_in_its_seed_alone(cohort):
    jobs = [job(loss=loss, max_iterations=20) for loss in ("mse", "kld")]
    own, other, kernel = (fit_variant(jobs, *cohort, v, 2) for v in ("seed0", "seed1", "Haswell"))
    rows = fit_chunk(jobs[0], *cohort, [0, 1]).rows
    train = own.query("loss == 'mse' and set == 'train'")
    assert train["error"].tolist() == rows.loc[rows["set"] == "train", "error"].tolist()
    assert len(own) == len(other) == 2 * 2 * 2  # losses, splits, sets
    assert (own["error"].to_numpy() != other["error"].to_numpy()).all()
    assert own["error"].tolist() == kernel["error"].tolist()  # this process has one kernel
    assert set(kernel["kernel"]) == {"; ".join(blas_kernels())}
