import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator

import nmfbench.compare.scores as module
from nmfbench.compare.scores import COLUMNS, KEY, METRICS, check_scores, read_scores
from nmfbench.compare.similarity import acs
from nmfbench.errors import InputError
from nmfbench.files import write_tsv

SAMPLES = [f"s{n}" for n in range(6)]
CATALOGUE = pd.DataFrame(np.random.default_rng(3).poisson(4, (96, 6)) + 1, columns=SAMPLES)
CATALOGUE["s5"] *= 100  # hypermutated
TESTS = pd.DataFrame({"split": [0, 0, 1, 1, 2, 2, 3, 3], "sample": [*SAMPLES[:4], *SAMPLES[2:]]})
score = partial(module.score, catalogue=CATALOGUE, splits=TESTS, hypermutated=10_000)

#: Of studies with noise models alone.
OF_NOISE = ("loglik", "aic", "bic", "acs_kld", "loglik_kld")
OF_TRUTH = ("acs_truth", "precision_truth", "recall_truth", "f1_truth")
USUAL = [metric for metric in METRICS if metric not in OF_NOISE]

SCHEMA = Path(module.__file__).parents[2] / "schemas" / "scores.schema.json"


EXPOSURES = pd.DataFrame(np.random.default_rng(4).gamma(1, 100, (3, 6)), columns=SAMPLES)


@pytest.fixture
def table(fits, truth):
    return score(fits, truth, "nmf", true_exposures=EXPOSURES)


def values(table, **where):
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def test_the_table_has_every_score_and_passes_its_own_check(table):
    check_scores(table)
    assert tuple(table.columns) == COLUMNS
    assert list(table["metric"].unique()) == USUAL
    assert (table["status"] == "ok").all()
    counts = table.groupby(["metric", "model"]).size().to_dict()
    n, pairs = 4, 6
    assert counts == {
        ("error", "nmf"): 2 * n,
        ("error", "c-nmf"): 2 * n,
        ("error", "dnmf"): 3 * n,
        **{
            (x, m): 2 * n
            for m in ("nmf", "c-nmf", "dnmf")
            for x in ("error_relative", "error_typical", "sample_cosine", "exposure_error")
        },
        ("ratio", "c-nmf"): 2 * n,
        ("ratio", "dnmf"): 2 * n,
        ("acs", "nmf"): 2 * n * n,
        ("acs", "c-nmf"): n * n,
        **{(x, m): n for m in ("nmf", "c-nmf", "dnmf") for x in (*OF_TRUTH, "effective_k")},
        **{("sc", m): pairs for m in ("nmf", "c-nmf", "dnmf")},
        **{("silhouette", m): n for m in ("nmf", "c-nmf", "dnmf")},
        **{(x, m): n for m in ("nmf", "c-nmf", "dnmf") for x in ("iterations", "converged")},
        **{("seconds", m): 2 * n for m in ("nmf", "c-nmf", "dnmf")},
    }


def test_the_key_columns_tell_rows_apart(table):
    assert COLUMNS[:10] == KEY
    assert not table.duplicated(list(KEY)).any()


def test_a_ratio_is_the_baselines_error_over_the_models(table):
    ratios = values(table, metric="ratio", model="c-nmf")
    assert (ratios["other"] == "nmf").all()
    assert set(ratios["set"]) == {"train", "test"}
    np.testing.assert_allclose(values(ratios, set="train")["value"], 2 / 4)
    np.testing.assert_allclose(values(ratios, set="test")["value"], 4 / 5)


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_errors_per_sample_are_those_of_the_factors(fits, loss):
    for fit in fits.values():
        fit.rows["loss"] = loss
    table = score(fits, None, "nmf")
    V, totals = CATALOGUE.to_numpy(float), CATALOGUE.to_numpy().sum(axis=0)
    for split, fit in enumerate(fits["nmf"].signatures):
        R = fit @ fits["nmf"].exposures[split]
        if loss == "mse":
            lost, size = ((V - R) ** 2).sum(axis=0), (V**2).sum(axis=0)
        else:
            lost, size = (V * np.log(V / R) - V + R).sum(axis=0), totals
        is_test = np.isin(SAMPLES, TESTS.loc[TESTS["split"] == split, "sample"])
        for name, here in (("train", ~is_test), ("test", is_test)):
            where = {"model": "nmf", "split": split, "set": name}
            relative = values(table, metric="error_relative", **where)["value"].item()
            assert relative == pytest.approx((lost / size)[here].mean(), rel=1e-10)
            usual = here & (np.array(SAMPLES) != "s5")
            typical = values(table, metric="error_typical", **where)["value"].item()
            assert typical == pytest.approx(lost[usual].mean() / 96, rel=1e-10)


def test_exposure_errors_are_of_matched_signatures_unless_the_model_knew_their_order(
    truth, make_fits
):
    S, E, order = truth.to_numpy(), EXPOSURES.to_numpy(), [2, 0, 1]
    sets = ("train", "test", "released")
    error = dict.fromkeys(sets, 1.0)
    fit = make_fits(S, "nmf", noise=0, error=error, sets=sets)
    fit.signatures[:] = S[:, order]
    fit.exposures[:] = E[order] + np.array([[1.0], [2.0], [3.0]])
    known = fit._replace(rows=fit.rows.assign(model="knows"))
    known.exposures[:] = fit.exposures
    table = score({"nmf": fit, "knows": known}, truth, "nmf", true_exposures=EXPOSURES,
                  supervised=["knows"])  # fmt: skip
    check_scores(table)
    found = values(table, metric="exposure_error")
    matched = values(found, model="nmf")
    assert set(matched["set"]) == {"train", "test"}
    np.testing.assert_allclose(matched["value"], 1 + 4 + 9)
    as_is = values(found, model="knows", split=0).set_index("set")["value"]
    lost = np.square(fit.exposures[0] - E).sum(axis=0)
    np.testing.assert_allclose(as_is["train"], lost[2:].mean())
    np.testing.assert_allclose(as_is["test"], lost[:2].mean())
    np.testing.assert_allclose(as_is["released"], lost[:4].mean())  # samples 2 - 5 from the end


def test_a_set_of_hypermutated_samples_alone_has_no_typical_error(fits):
    tests = pd.DataFrame({"split": range(4), "sample": ["s5"] * 4})
    table = score(fits, None, "nmf", splits=tests)
    check_scores(table)
    typical = values(table, metric="error_typical")
    assert values(typical, set="test")["value"].isna().all()
    assert values(typical, set="train")["value"].notna().all()


def test_a_study_without_the_baseline_has_no_ratios(fits):
    table = score({name: fits[name] for name in ("c-nmf", "dnmf")}, None, "nmf")
    check_scores(table)
    assert set(table["metric"]) == set(USUAL) - {"ratio", *OF_TRUTH, "exposure_error"}


def test_pairs_are_acs_of_the_right_fits(table, fits):
    pairs = values(table, metric="acs", model="nmf", other="dnmf")
    assert len(pairs) == 16
    for row in pairs.itertuples():
        expected = acs(fits["nmf"].signatures[row.split], fits["dnmf"].signatures[row.other_split])
        assert row.value == pytest.approx(expected, rel=1e-12)
    pairs = values(table, metric="sc", model="c-nmf", other="c-nmf")
    assert (pairs["split"] < pairs["other_split"]).all()
    for row in pairs.itertuples():
        stack = fits["c-nmf"].signatures
        expected = acs(stack[row.split], stack[row.other_split])
        assert row.value == pytest.approx(expected, rel=1e-12)


def test_each_pair_of_models_is_there_once_in_study_order(table):
    pairs = values(table, metric="acs")[["model", "other"]].drop_duplicates()
    assert pairs.to_numpy().tolist() == [["nmf", "c-nmf"], ["nmf", "dnmf"], ["c-nmf", "dnmf"]]


def test_the_truth_is_found_whatever_the_order_of_its_channels(fits, truth):
    shuffled = truth.sample(frac=1, random_state=0)
    table = values(score(fits, shuffled, "nmf"), metric="acs_truth", model="nmf")
    expected = [acs(S, truth.to_numpy()) for S in fits["nmf"].signatures]
    assert min(expected) > 0.98
    np.testing.assert_allclose(table["value"], expected, rtol=1e-12)


def test_failed_fits_keep_their_own_rows_and_leave_the_pairs(fits, truth, make_fits):
    S = truth.to_numpy()
    fits["nmf"] = make_fits(S, "nmf", seed=1, failed=[1])
    fits["c-nmf"] = make_fits(S, "c-nmf", seed=2, failed=[1, 2])
    table = score(fits, truth, "nmf")
    check_scores(table)
    for metric, sets in [
        ("error", 2),
        ("error_relative", 2),
        ("sample_cosine", 2),
        ("acs_truth", 1),
        ("f1_truth", 1),
        ("effective_k", 1),
        ("iterations", 1),
        ("seconds", 2),
    ]:
        rows = values(table, metric=metric, model="c-nmf")
        assert len(rows) == 4 * sets
        failed = rows["split"].isin([1, 2])
        assert (rows.loc[failed, "status"] == "failed: the loss is nan").all()
        assert rows.loc[failed, "value"].isna().all()
        assert (rows.loc[~failed, "status"] == "ok").all()
    assert set(values(table, metric="sc", model="c-nmf")["split"]) == {0}
    assert len(values(table, metric="sc", model="nmf")) == 3
    assert len(values(table, metric="acs", model="nmf", other="c-nmf")) == 3 * 2
    ratios = values(table, metric="ratio", model="dnmf", split=1)
    assert (ratios["status"] == "failed: the loss is nan (baseline nmf)").all()
    assert (values(table, metric="ratio", model="dnmf", split=0)["status"] == "ok").all()


def test_a_model_of_which_every_fit_failed_is_no_crash(fits, truth, make_fits):
    fits["c-nmf"] = make_fits(truth.to_numpy(), "c-nmf", failed=range(4))
    table = score(fits, truth, "nmf", true_exposures=EXPOSURES)
    check_scores(table)
    mine = values(table, model="c-nmf")
    assert set(mine["metric"]) == set(USUAL) - {"sc", "silhouette", "acs"}
    assert mine["value"].isna().all()


def test_a_perfect_model_has_no_ratio_and_says_so(fits, truth, make_fits):
    fits["c-nmf"] = make_fits(truth.to_numpy(), "c-nmf", error={"train": 0.0, "test": 1.0})
    table = score(fits, truth, "nmf")
    check_scores(table)
    ratios = values(table, metric="ratio", model="c-nmf")
    assert (values(ratios, set="train")["status"] == "failed: no value").all()
    assert (values(ratios, set="test")["status"] == "ok").all()


def test_the_written_table_reads_back_the_same(table, tmp_path):
    # Ids that look like numbers stay text.
    table = table.assign(cohort="2021")
    write_tsv(table, tmp_path / "scores.tsv")
    back = read_scores(tmp_path / "scores.tsv")
    pd.testing.assert_frame_equal(back, table, rtol=1e-9)


def test_the_schema_is_valid_and_agrees_with_the_table(table):
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for line in table.groupby("metric").head(2).to_json(orient="records", lines=True).splitlines():
        assert not list(validator.iter_errors(json.loads(line)))


def test_a_scheme_of_any_name_is_fine(table):
    check_scores(table.assign(scheme="drawn"))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("set", "valid", r"row 3, column 'set': 'valid' should be one of train, test, refit"),
        ("metric", "rmse", r"row 3, column 'metric': 'rmse'"),
        ("loss", None, r"row 3, column 'loss'"),
        ("scheme", None, r"row 3, column 'scheme'"),
        ("cohort", None, r"row 3, column 'cohort'"),
        ("k", 0, r"column 'k': .*0.* should be integer of at least 1"),
        ("split", 1.5, r"column 'split': .*1\.5.* should be integer"),
        ("other_split", -1, r"column 'other_split'"),
        ("status", "bad", r"column 'status': 'bad'"),
        ("status", "failed: why", r"column 'value': .* a number just where the status is 'ok'"),
        ("value", float("nan"), r"column 'value'"),
        ("value", float("inf"), r"column 'value'"),
    ],
)
def test_what_breaks_the_schema_is_named(table, column, value, message):
    table[column] = table[column].astype(object)
    table.loc[2, column] = value
    with pytest.raises(InputError, match=message) as raised:
        check_scores(table, "toy.tsv")
    assert str(raised.value).startswith("toy.tsv: ")
    assert "\n" not in str(raised.value)
    # The same row fails (or, for rules beyond the schema, passes) the schema proper.
    row = json.loads(table.loc[[2]].to_json(orient="records"))[0]
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    beyond = column == "value" or value == "failed: why"
    assert validator.is_valid(row) == beyond


def test_columns_rows_and_numbers_for_text_are_checked(table):
    with pytest.raises(InputError, match=r"unknown column 'sett': did you mean 'set'\?"):
        check_scores(table.rename(columns={"set": "sett"}))
    with pytest.raises(InputError, match="the columns are not cohort, "):
        check_scores(table.drop(columns="set"))
    with pytest.raises(InputError, match="each score once"):
        check_scores(pd.concat([table, table.iloc[:1]], ignore_index=True))
    with pytest.raises(InputError, match=r"row 1, column 'model'"):
        check_scores(table.assign(model=7))


@pytest.mark.parametrize("K", [2, 5])
def test_a_truth_of_another_rank_is_compared_as_far_as_it_goes(cosmic, truth, make_fits, K):
    """By the fewer of the two; exposures are not compared."""
    S = cosmic[[*truth.columns, "SBS1", "SBS2"][:K]].to_numpy()
    fits = {"nmf": make_fits(S, "nmf", noise=1e-9)}
    table = score(fits, truth, "nmf", true_exposures=EXPOSURES)
    check_scores(table)
    np.testing.assert_allclose(values(table, metric="acs_truth")["value"], 1)
    assert not len(values(table, metric="exposure_error"))
