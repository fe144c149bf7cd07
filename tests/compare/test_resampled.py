"""What is said of signatures, of other patients and of other splits."""

import numpy as np
import pytest

from nmfbench.compare.across import effects
from nmfbench.compare.consensus import consensus
from nmfbench.compare.fits import Fits
from nmfbench.compare.paired import Others, paired
from nmfbench.compare.resampled import (
    consensus_of_drawn_splits,
    each,
    medoids,
    of_consensus,
    of_splits,
    read_drawn,
    resample_fits,
    write_drawn,
)
from nmfbench.compare.samples import Cohort
from nmfbench.compare.scores import score
from nmfbench.compare.similarity import acs, match
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.simulate import simulate_cohort
from nmfbench.data.splits import copies_by_split, holdout_splits
from nmfbench.factorize.losses import error
from nmfbench.factorize.refit import refit
from nmfbench.factorize.resample import SPLITS, draw_patients
from nmfbench.factorize.run import Job, fit_chunk

DRAWS = 4
SETTINGS = {"solver": "l-bfgs", "starts": 1, "tolerance": 1e-6, "max_iterations": 2000}
METHODS = {"nmf": "nmf", "c-nmf": "c-nmf"}


@pytest.fixture(scope="module")
def case(cosmic):
    """A simulated cohort, its fits under two losses, and cohorts drawn from it."""
    truth = cosmic[["SBS1", "SBS3", "SBS18"]]
    V, _ = simulate_cohort(truth, 24, 3.0, 0.4, np.random.default_rng(0))
    splits = holdout_splits(V.columns, 4, 0.2, seed_sequence(0, "toy"))
    cohort = Cohort(V, splits, truth=truth, parameters={})
    fits, drawn = {}, {}
    for loss in ("mse", "kld"):
        fits[loss] = {}
        for model, method in METHODS.items():
            chunk = fit_chunk(
                Job("toy", "holdout", model, method, loss, 3, 1, SETTINGS), V, splits, range(4)
            )
            living = np.isfinite(chunk.signatures).all(axis=1)
            fits[loss][model] = Fits(
                chunk.signatures, chunk.split, chunk.rows, chunk.exposures, living
            )
        drawn[loss] = resample_fits(fits[loss], cohort, ["c-nmf"], DRAWS, seed_sequence(0, "p"))
    return cohort, fits, drawn


def test_the_cohort_itself_is_fitted_first_and_the_others_differ(case):
    _, fits, drawn = case
    for loss, model in ((loss, model) for loss in drawn for model in METHODS):
        stacks = drawn[loss][model].signatures
        assert stacks.shape == (1 + DRAWS, SPLITS, 96, 3)
        assert stacks.sum(axis=2) == pytest.approx(np.ones((1 + DRAWS, SPLITS, 3)))
        for r in range(SPLITS):
            assert acs(stacks[0, r], fits[loss][model].signatures[r]) > 0.9999
            assert max(acs(S, stacks[0, r]) for S in stacks[1:, r]) < 0.99999


def test_training_errors_are_those_of_the_samples_drawn(case):
    cohort, _, drawn = case
    V = cohort.catalogue.to_numpy(float)
    copies = copies_by_split(cohort.splits, cohort.catalogue.columns)
    patients = draw_patients(V.shape[1], seed_sequence(0, "p"), DRAWS)
    found = drawn["mse"]["nmf"]
    for b, weights in enumerate([np.ones(V.shape[1], dtype=int), *patients]):
        of = np.repeat(np.arange(V.shape[1]), copies[0] * weights)
        S = found.signatures[b, 0]
        lowest = error(V[:, of], S, refit(V[:, of], S, "mse"), "mse")
        assert found.errors[b, 0] == pytest.approx(lowest, rel=0.02)


def test_cohorts_drawn_are_read_as_they_were_written(case, tmp_path):
    drawn = case[2]["mse"]
    write_drawn(drawn, tmp_path / "drawn.npz")
    again = read_drawn(tmp_path / "drawn.npz")
    assert list(again) == list(drawn)
    for model, found in again.items():
        assert all((new == old).all() for new, old in zip(found, drawn[model], strict=True))


def test_the_same_seed_draws_the_same_patients(case):
    cohort, fits, drawn = case
    one = {"nmf": fits["mse"]["nmf"]}
    again = resample_fits(one, cohort, [], DRAWS, seed_sequence(0, "p"))
    for new, old in zip(again["nmf"], drawn["mse"]["nmf"], strict=True):
        assert (new == old).all()


def test_a_model_that_failed_everywhere_is_none_of_them(case):
    cohort, fits, _ = case
    nothing = fits["mse"]["nmf"]._replace(signatures=np.full((4, 96, 3), np.nan))
    found = resample_fits(
        {"c-nmf": fits["mse"]["c-nmf"], "nmf": nothing}, cohort, ["c-nmf"], 2, seed_sequence(0)
    )
    assert list(found) == ["c-nmf"]
    assert resample_fits({"nmf": nothing}, cohort, [], 2, seed_sequence(0)) == {}


def test_fewer_patients_than_signatures_cannot_be_fitted(case):
    cohort, fits, _ = case
    few = cohort._replace(catalogue=cohort.catalogue.iloc[:, :4])
    fit = fits["mse"]["nmf"]
    fit = fit._replace(exposures=fit.exposures[:, :, :4])
    stacks = resample_fits({"nmf": fit}, few, [], 12, seed_sequence(1))["nmf"]
    there = np.isfinite(stacks.signatures).all(axis=(1, 2, 3))
    assert (there == np.isfinite(stacks.errors).all(axis=1)).all()
    assert there[0]
    assert not there.all()


def test_the_consensus_is_that_of_the_tables(case, cosmic):
    _, fits, _ = case
    found = consensus(fits["mse"], {"cosmic": cosmic}, {"SBS1", "SBS5"})
    statistics = of_consensus({"cosmic": cosmic}, {"SBS1", "SBS5"}, cosmic.index)
    for model, fit in fits["mse"].items():
        S = medoids(fit.signatures)
        wide = found.signatures[found.signatures["model"] == model].pivot(
            index="channel", columns="cluster", values="value"
        )
        assert acs(S, wide.loc[cosmic.index].to_numpy()) == pytest.approx(1)
        rows = found.matches[found.matches["model"] == model]
        rows = rows[rows["split"] == "consensus"]
        assert statistics["cosmic_cosine"](S) == pytest.approx(rows["cosine"].mean())
        assert statistics["previously_observed"](S) == pytest.approx(rows["observed"].mean())


def test_a_dead_signature_is_no_medoid():
    stack = np.random.default_rng(0).dirichlet(np.ones(96), size=(5, 3)).transpose(0, 2, 1)
    stack[:3, :, 1] = 0
    S = medoids(stack)
    assert S.any(axis=0).sum() == 2
    assert np.isnan(medoids(stack[:0])).all()


def test_the_same_splits_are_drawn_of_every_model(case):
    _, fits, _ = case
    fit = fits["mse"]["nmf"]
    one, again = (consensus_of_drawn_splits(fit, np.random.default_rng(3)) for _ in range(2))
    assert (one == again).all()
    assert match(one[0], medoids(fit.signatures))[1] == pytest.approx(np.ones(3))


def test_signatures_have_both_intervals(case, cosmic):
    cohort, fits, drawn = case
    scores = score(fits["mse"], cohort.truth, "nmf", cohort.catalogue, cohort.splits)
    others = Others(drawn["mse"], {"cosmic": cosmic}, {"SBS1"}, 0)
    table = paired(fits["mse"], cohort, scores, (), others).set_index(["metric", "model"])
    for metric, statistic in of_splits(cohort.truth).items():
        row = table.loc[(metric, "nmf")]
        one, other = (each(statistic, drawn["mse"][model].signatures) for model in ("nmf", "c-nmf"))
        patients = np.var((one - other)[1:], ddof=1)
        # A fifth of the samples is tested in each of 4 splits: 5 of 24.
        shared = 0.0 if metric == "sc" else 4 * 5 / 19 * row["se"] ** 2
        assert row["like_se"] ** 2 == pytest.approx(row["se"] ** 2 + max(patients, shared))
        assert row["effect"] == pytest.approx(
            statistic(fits["mse"]["nmf"].signatures) - statistic(fits["mse"]["c-nmf"].signatures)
        )
    for metric in ("cosmic_cosine", "previously_observed"):
        row = table.loc[(metric, "nmf")]
        assert row["n"] == 4
        assert row["like_low"] <= row["low"] <= row["effect"] <= row["high"] <= row["like_high"]
    plain = paired(fits["mse"], cohort, scores).set_index(["metric", "model"])
    refitted = [np.log(drawn["mse"][model].errors.mean(axis=1)) for model in ("nmf", "c-nmf")]
    patients = np.var((refitted[0] - refitted[1])[1:], ddof=1)
    with_draws, without = (
        table[table["set"] == "train"].loc[("error", "nmf")] for table in (table, plain)
    )
    assert with_draws["like_se"] ** 2 == pytest.approx(
        max(without["like_se"] ** 2, with_draws["se"] ** 2 + patients)
    )
    assert np.isnan(plain.loc[("sc", "nmf"), "like_low"])
    assert np.isfinite(plain.loc[("sc", "nmf"), "low"])


def test_losses_are_compared_sample_by_sample_and_split_by_split(case):
    cohort, fits, drawn = case
    table = effects(fits, {loss: cohort for loss in fits}, drawn).set_index(
        ["metric", "model", "other"]
    )
    assert (table["loss"] == "mse").all()
    like = table.loc[("loglik_kld", "nmf", "nmf")]
    assert like["effect"] == pytest.approx(like["value"] - like["value_other"])
    assert like["like_low"] < like["effect"] < like["like_high"]
    alike = table.loc[("acs_kld", "nmf", "c-nmf")]
    pairs = zip(fits["mse"]["nmf"].signatures, fits["kld"]["nmf"].signatures, strict=True)
    assert alike["value"] == pytest.approx(np.mean([acs(S, T) for S, T in pairs]))
    assert alike["like_se"] > alike["se"]
    assert np.isnan(effects(fits, dict.fromkeys(fits, cohort), {})["like_se"].iloc[1])


def test_losses_of_thinned_counts_are_compared_by_their_signatures_alone(case):
    """No sample is left out, of which there could be a likelihood."""
    cohort, fits, _ = case
    thinned = {
        loss: {
            name: fit._replace(rows=fit.rows.replace({"set": {"test": "thinned"}}))
            for name, fit in of_loss.items()
        }
        for loss, of_loss in fits.items()
    }
    table = effects(thinned, dict.fromkeys(fits, cohort), {})
    assert set(table["metric"]) == {"acs_kld"}
    assert table["effect"].notna().all()


pytestmark = pytest.mark.filterwarnings("error")
