"""Two models on the same splits: what is compared, and what the table says of it."""

import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.fits import Fits
from nmfbench.compare.intervals import MISSING, Variance
from nmfbench.compare.paired import (
    COLUMNS,
    Comparison,
    _tested_per_trained,
    _with_patients,
    paired,
)
from nmfbench.compare.samples import Cohort
from nmfbench.compare.scores import score
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import bootstrap_splits, copies_by_split, holdout_splits, kfold_splits
from nmfbench.factorize.run import Job, fit_chunk

SETTINGS = {"nmf": {"max_iterations": 60}, "c-nmf": {"max_iterations": 30}}
ID = ["metric", "set", "model", "other"]


def make(counts, splits, failed=None, models=SETTINGS):
    """Fits of two models, their cohort, and the table of pairs."""
    V = pd.DataFrame(counts, columns=[f"s{i}" for i in range(counts.shape[1])])
    V.index = pd.read_csv("resources/breast21.tsv", sep="\t", index_col=0).index
    made = splits(list(V.columns))
    fits = {}
    for model, settings in models.items():
        job = Job("toy", "holdout", model, model, "mse", 3, 1, settings)
        chunk = fit_chunk(job, V, made, sorted(made["split"].unique()))
        living = np.isfinite(chunk.signatures).all(axis=1)
        fits[model] = Fits(chunk.signatures, chunk.split, chunk.rows, chunk.exposures, living)
    for model, split in (failed or {}).items():
        fits[model].signatures[split] = np.nan
        fits[model].exposures[split] = np.nan
        rows = fits[model].rows
        rows.loc[rows["split"] == split, ["status", "reason"]] = "failed", "made to"
        rows.loc[rows["split"] == split, "error"] = np.nan
    cohort = Cohort(V, made, parameters={})
    scores = score(fits, None, "nmf", V, made, parameters={})
    return fits, cohort, scores, paired(fits, cohort, scores)


def holdout(n):
    return lambda samples: holdout_splits(samples, n, 0.2, seed_sequence(1, "toy"))


@pytest.fixture(scope="module")
def case(module_counts):
    return make(module_counts, holdout(6))


@pytest.fixture(scope="module")
def module_counts():
    rng = np.random.default_rng(7)
    S, E = rng.dirichlet(np.full(96, 0.3), size=3).T, rng.gamma(1.0, 400.0, size=(3, 30))
    return rng.poisson(S @ E) + 1.0


def row(table, metric, set_="test", model="nmf", other="c-nmf"):
    return table.set_index(ID).loc[(metric, set_, model, other)]


def test_every_metric_set_and_ordered_pair_has_its_row(case):
    table = case[3]
    assert tuple(table.columns) == COLUMNS
    assert not table.duplicated(ID).any()
    said = set(map(tuple, table[["metric", "set"]].to_numpy()))
    of_samples = ("error", "error_relative", "error_typical", "error_median", "error_share")
    assert {(m, s) for m in (*of_samples, "loglik") for s in ("train", "test")} <= said
    assert {("error_contrast", "train"), ("seconds", "train"), ("sc", "train")} <= said
    assert len(table) == 2 * len(said)


def test_an_interval_on_cohorts_like_it_is_never_the_shorter_one():
    here, patients = Variance(1.0, 2.0), Variance(0.5, 20.0)
    assert (here + patients).half_width() < here.half_width()  # the sum is known much better
    said = Comparison("sc", "train", 3, (1.0, 0.5), 0.5, here, here + patients).row()
    assert (said["like_low"], said["like_high"]) == (said["low"], said["high"])
    assert said["like_se"] == pytest.approx(1.5**0.5)
    wide = Comparison("sc", "train", 3, (1.0, 0.5), 0.5, here, Variance(9.0, 20.0)).row()
    assert wide["like_high"] - 0.5 == pytest.approx(Variance(9.0, 20.0).half_width())
    none = Comparison("sc", "train", 3, (1.0, 0.5), 0.5, here, MISSING).row()
    assert np.isnan(none["like_low"])
    assert np.isfinite(none["low"])


def test_patients_of_a_mean_over_splits_are_no_less_than_what_splits_share():
    said = Comparison("acs_truth", "train", 10, (0.9, 0.8), 0.1, Variance(2.0, 9.0), MISSING)
    share = _tested_per_trained({0: np.array([1, 2, 0, 1]), 1: np.array([0, 1, 1, 3])})
    assert share == pytest.approx(2 / 6)
    for drawn, expected in ((1.0, 2 + 10 * 2 / 3), (50.0, 2 + 50)):
        like = _with_patients(said, Variance(drawn, 14.0), share).like
        assert like.value == pytest.approx(expected)
    assert _with_patients(said, Variance(1.0, 14.0)).like.value == pytest.approx(3)
    assert np.isnan(_with_patients(said, MISSING, share).like.value)


def test_the_values_are_means_over_samples_of_their_means_over_splits(case):
    fits, cohort, _, table = case
    V, copies = cohort.catalogue.to_numpy(), copies_by_split(cohort.splits, cohort.catalogue)
    for side in ("train", "test"):
        means = []
        for fit in fits.values():
            of_sample = [[] for _ in range(V.shape[1])]
            for split, S, E in zip(fit.splits, fit.signatures, fit.exposures, strict=True):
                lost = ((V - S @ E) ** 2).mean(axis=0)
                for i in np.flatnonzero((copies[split] > 0) == (side == "train")):
                    of_sample[i].append(lost[i])
            means.append(np.array([np.mean(x) if x else np.nan for x in of_sample]))
        one, other = means
        found = row(table, "error", side)
        assert found["value"] == pytest.approx(np.nanmean(one))
        assert found["effect"] == pytest.approx(np.nanmean(one) / np.nanmean(other))
        assert row(table, "error_share", side)["effect"] == np.mean((one < other)[one == one])
        assert row(table, "error_median", side)["effect"] == pytest.approx(
            np.exp(np.nanmedian(np.log(one / other)))
        )


def test_signatures_of_an_encoder_are_compared_by_refits_with_those_that_are_always_refitted(
    module_counts,
):
    models = {"nmf": {"max_iterations": 60}, "dnmf": {"steps": 20, "spread": 0.5}}
    _, _, scores, table = make(module_counts, holdout(3), models=models)
    (row,) = table.query("metric == 'error' and set == 'refit' and model == 'dnmf'").to_dict(
        "records"
    )
    (test,) = table.query("metric == 'error' and set == 'test' and model == 'dnmf'").to_dict(
        "records"
    )
    assert row["value_other"] == test["value_other"]
    assert row["value"] < test["value"]  # no encoder is better than least squares
    again = scores.query("metric == 'error' and set == 'refit' and model == 'dnmf'")["value"]
    assert again.min() <= row["value"] <= again.max()


def test_the_other_way_round_is_the_inverse(case):
    table = case[3]
    for metric, kind in (("error", "ratio"), ("loglik", "difference"), ("error_share", "share")):
        one, other = row(table, metric), row(table, metric, model="c-nmf", other="nmf")
        assert one["kind"] == other["kind"] == kind
        turn = {"ratio": lambda x: 1 / x, "difference": lambda x: -x, "share": lambda x: 1 - x}[
            kind
        ]
        assert other["effect"] == pytest.approx(turn(one["effect"]))
        assert other["like_low"] == pytest.approx(turn(one["like_high"]))
        assert other["value"] == one["value_other"]
    one, other = row(table, "error"), row(table, "error", model="c-nmf", other="nmf")
    assert one["below"] + one["equal"] + other["below"] == one["n"] == 6


def test_a_contrast_is_the_ratio_of_two_ratios(case):
    table = case[3]
    found = row(table, "error_contrast", "train")
    assert found["value"] == pytest.approx(row(table, "error", "train")["effect"])
    assert found["value_other"] == pytest.approx(row(table, "error", "test")["effect"])
    assert found["effect"] == pytest.approx(found["value"] / found["value_other"])
    assert found["like_low"] < found["effect"] < found["like_high"]


def test_splits_count_where_both_models_have_a_fit(module_counts):
    table = make(module_counts, holdout(4), failed={"nmf": 0, "c-nmf": 2})[3]
    for metric in ("error", "loglik", "error_share"):
        assert row(table, metric, "train")["n"] == 2
    assert np.isfinite(row(table, "error")[["low", "like_low"]].to_numpy(float)).all()
    assert np.isnan(row(table, "sc", "train")["low"])  # one pair is left of each


def timed(case, seconds, converged):
    """The comparison of training seconds where these are the splits' (rows) and models' values."""
    fits, cohort, scores, _ = case
    scores = scores.copy()
    for metric, values in (("seconds", seconds), ("converged", converged)):
        for model, each in zip(fits, np.transpose(values), strict=True):
            of = (scores["metric"] == metric) & (scores["model"] == model)
            scores.loc[of & (scores["set"] == "train"), "value"] = each
    return paired(fits, cohort, scores)


def test_seconds_of_a_fit_that_a_cap_ended_are_not_compared(case):
    """The cap makes C-NMF the faster in three splits; of its own it takes twice as long."""
    seconds = [(10, 20), (11, 22), (9, 18), (10, 1), (10, 1), (1, 20)]
    converged = [(1, 1), (1, 1), (np.nan, 1), (1, 0), (0, 0), (0, 1)]
    table = timed(case, seconds, converged)
    found = row(table, "seconds", "train")
    assert found["n"] == 3
    assert found["effect"] == pytest.approx(0.5)
    assert (found["low"], found["high"]) == pytest.approx((0.5, 0.5))
    assert (found["value"], found["value_other"]) == pytest.approx((10, 20))
    other = row(table, "seconds", "train", model="c-nmf", other="nmf")
    assert (other["n"], other["effect"]) == (3, pytest.approx(2))
    assert row(table, "error", "train")["n"] == 6  # caps are no matter of errors


def test_of_fits_that_caps_ended_throughout_there_is_a_row_without_an_effect(case):
    found = row(timed(case, np.ones((6, 2)), [(1, 0)] * 6), "seconds", "train")
    assert (found["n"], found["below"]) == (0, 0)
    assert found[["effect", "low", "high", "value"]].isna().all()


def test_consistency_is_a_mean_over_pairs_of_splits(case):
    _, _, scores, table = case
    found = row(table, "sc", "train")
    sc = scores[scores["metric"] == "sc"]
    means = {name: rows["value"].mean() for name, rows in sc.groupby("model")}
    assert found["effect"] == pytest.approx(means["nmf"] - means["c-nmf"])
    without = []
    for split in range(6):
        rest = sc[(sc["split"] != split) & (sc["other_split"] != split)]
        both = {name: rows["value"].mean() for name, rows in rest.groupby("model")}
        without.append(both["nmf"] - both["c-nmf"])
    assert found["se"] ** 2 == pytest.approx(np.var(without) * 5)


@pytest.mark.parametrize(
    "splits",
    [
        lambda samples: kfold_splits(samples, 5, 1),
        lambda samples: bootstrap_splits(samples, 4, seed_sequence(1, "toy")),
        holdout(2),
    ],
)
def test_every_scheme_has_both_intervals(module_counts, splits):
    table = make(module_counts, splits)[3]
    for set_ in ("train", "test"):
        for metric in ("error", "error_median", "error_share", "loglik"):
            found = row(table, metric, set_)[["low", "high", "like_low", "like_high"]]
            assert np.isfinite(found.to_numpy(float)).all()
            assert found["like_low"] <= found["like_high"]


def test_values_of_all_but_a_fold_are_a_jackknife_over_patients(module_counts):
    fits, cohort, scores, _ = make(module_counts, lambda samples: kfold_splits(samples, 5, 1))
    of_test = scores[(scores["metric"] == "error") & (scores["set"] == "test")]
    table = paired(fits, cohort, pd.concat([scores, of_test.assign(set="released")]))
    found = row(table, "error", "released")
    wide = of_test.pivot(index="split", columns="model", values="value")
    logs = np.log(wide["nmf"] / wide["c-nmf"])
    assert found["like_se"] ** 2 == pytest.approx(np.var(logs) * 4)


def test_one_split_or_a_perfect_fit_has_no_interval(module_counts):
    table = make(module_counts, holdout(1))[3]
    assert np.isnan(row(table, "error")[["low", "high"]].to_numpy(float)).all()
    assert np.isfinite(row(table, "error")["effect"])


def test_few_samples_warn_of_nothing(module_counts):
    table = make(module_counts[:, :3], holdout(3))[3]
    assert len(table)
    assert table["value"].notna().any()


pytestmark = pytest.mark.filterwarnings("error")
