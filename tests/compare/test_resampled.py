"""What is said of signatures, of other patients and of other splits."""

import numpy as np
import pytest

from nmfbench.compare.across import effects
from nmfbench.compare.consensus import consensus
from nmfbench.compare.fits import Fits
from nmfbench.compare.paired import Signatures, paired
from nmfbench.compare.resampled import (
    consensus_of_drawn_splits,
    each,
    medoids,
    of_consensus,
    of_splits,
    resample_fits,
)
from nmfbench.compare.samples import Cohort
from nmfbench.compare.scores import score
from nmfbench.compare.similarity import acs, match
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.simulate import simulate_cohort
from nmfbench.data.splits import holdout_splits
from nmfbench.factorize.resample import SPLITS
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
        stacks = drawn[loss][model]
        assert stacks.shape == (1 + DRAWS, SPLITS, 96, 3)
        assert stacks.sum(axis=2) == pytest.approx(np.ones((1 + DRAWS, SPLITS, 3)))
        for r in range(SPLITS):
            assert acs(stacks[0, r], fits[loss][model].signatures[r]) > 0.9999
            assert max(acs(S, stacks[0, r]) for S in stacks[1:, r]) < 0.99999


def test_the_same_seed_draws_the_same_patients(case):
    cohort, fits, drawn = case
    one = {"nmf": fits["mse"]["nmf"]}
    again = resample_fits(one, cohort, [], DRAWS, seed_sequence(0, "p"))
    assert (again["nmf"] == drawn["mse"]["nmf"]).all()


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
    there = np.isfinite(stacks).all(axis=(1, 2, 3))
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
    signatures = Signatures(drawn["mse"], {"cosmic": cosmic}, {"SBS1"}, 0)
    table = paired(fits["mse"], cohort, scores, (), signatures).set_index(["metric", "model"])
    for metric, statistic in of_splits(cohort.truth).items():
        row = table.loc[(metric, "nmf")]
        one, other = (each(statistic, drawn["mse"][model]) for model in ("nmf", "c-nmf"))
        patients = np.var((one - other)[1:], ddof=1)
        assert row["like_se"] ** 2 == pytest.approx(row["se"] ** 2 + patients)
        assert row["effect"] == pytest.approx(
            statistic(fits["mse"]["nmf"].signatures) - statistic(fits["mse"]["c-nmf"].signatures)
        )
    for metric in ("cosmic_cosine", "previously_observed"):
        row = table.loc[(metric, "nmf")]
        assert row["n"] == 4
        assert row["like_low"] <= row["low"] <= row["effect"] <= row["high"] <= row["like_high"]
    plain = paired(fits["mse"], cohort, scores).set_index(["metric", "model"])
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


pytestmark = pytest.mark.filterwarnings("error")
