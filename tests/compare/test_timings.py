"""Times that no fit took: planted steps and seconds, planted powers."""

import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.paired import COLUMNS
from nmfbench.compare.timings import as_printed, growth, models_of, timings
from nmfbench.factorize.complexity import PRINTED, SIZES

IDS = {"cohort": "toy", "scheme": "holdout", "loss": "mse", "k": 3}
STEPS = [100, 200, 300, 400]
SECONDS = [1.0, 2.5, 2.5, 4.0]
SLOPE = {"metric": "slope", "set": "samples", "models": ["nmf"], "exponent": 1, "losses": ["mse"]}


def scores(capped=(), **ids):
    """Scores of four splits; C-NMF is fast, AE-NMF takes SECONDS. `capped`: (model, split)."""
    rows = []
    for model, seconds in (("c-nmf", [0.1] * 4), ("ae-nmf", SECONDS)):
        for split in range(4):
            of = {
                "iterations": STEPS[split] if model == "c-nmf" else 7,
                "converged": float((model, split) not in capped),
                "seconds": seconds[split],
            }
            row = IDS | ids | {"model": model, "split": split, "set": "train"}
            rows += [row | {"metric": metric, "value": value} for metric, value in of.items()]
    return pd.DataFrame(rows)


def costs(each=0.02, **change):
    """A cohort's seconds per iteration as printed, and a row of the grid that is none."""
    row = {"model": PRINTED, "loss": "mse", "varied": "cohort", "cohort": "toy", "samples": 25}
    row |= {"k": 3, "iterations": 10, "seconds": each, "memory_mb": 1.0} | change
    return pd.DataFrame([row, row | {"varied": "samples", "cohort": "-", "seconds": 99.0}])


def of_pair(rows, model="ae-nmf", other=PRINTED):
    (found,) = [row for row in rows if (row["model"], row["other"]) == (model, other)]
    return found


def test_as_printed_a_fit_takes_its_steps_times_the_seconds_of_one():
    found = of_pair(as_printed(scores(), costs()))
    assert {key: found[key] for key in IDS} == IDS
    assert (found["metric"], found["set"], found["n"]) == ("seconds", "train", 4)
    assert found["value"] == pytest.approx(np.mean(SECONDS))
    assert found["value_other"] == pytest.approx(0.02 * 250)  # 2, 4, 6 and 8 seconds
    assert found["effect"] == pytest.approx(2.5 / 5)
    assert found["low"] < 0.5 < found["high"] < 1
    assert np.isnan(found["like_low"])
    assert (found["below"], found["equal"]) == (4, 0)
    other = of_pair(as_printed(scores(), costs()), PRINTED, "ae-nmf")
    assert other["effect"] == pytest.approx(2)
    assert other["low"] == pytest.approx(1 / found["high"])


def test_a_fit_that_a_cap_ended_has_no_time_as_printed():
    capped = [("c-nmf", 0), ("ae-nmf", 3)]
    found = of_pair(as_printed(scores(capped), costs()))
    assert (found["n"], found["value_other"]) == (2, pytest.approx((4 + 6) / 2))
    none = of_pair(as_printed(scores([("c-nmf", split) for split in range(4)]), costs()))
    assert none["n"] == 0
    assert np.isnan(none["effect"])


@pytest.mark.parametrize("change", [{"cohort": "other"}, {"k": 4}, {"loss": "kld"}])
def test_a_cohort_without_both_is_not_compared(change):
    assert list(as_printed(scores(), costs(**change))) == []
    assert list(as_printed(scores().query("model != 'c-nmf'"), costs())) == []


def grid(exponent, model="nmf", varied="samples", noise=0.0, loss="mse"):
    """Seconds that grow with a power; below the larger half they do not grow at all."""
    column, other = {"samples": ("samples", "k"), "ranks": ("k", "samples")}[varied]
    x = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    y = np.maximum(x, 8.0) ** exponent * np.random.default_rng(1).lognormal(0, noise, len(x))
    of = {"model": model, "loss": loss, "varied": varied, "cohort": "-", other: 5}
    return pd.DataFrame(of | {column: x, "seconds": y}).iloc[::-1]


def test_exact_powers_give_their_exponent():
    table = pd.concat([grid(1.5), grid(2, varied="ranks"), grid(3, model="ae-nmf")])
    claims = [SLOPE, SLOPE | {"set": "ranks", "exponent": 2}, {"metric": "error"}]
    of_n, of_k = growth(claims, table)
    assert (of_n["set"], of_n["other"], of_n["n"]) == ("samples", "1", 4)
    assert (of_n["value"], of_n["value_other"]) == (pytest.approx(1.5), 1)
    assert [of_n[key] for key in ("effect", "low", "high")] == pytest.approx([0.5] * 3)
    assert (of_n["cohort"], of_n["scheme"], of_n["k"]) == (SIZES, "-", 0)
    assert of_k["effect"] == pytest.approx(0, abs=1e-12)
    assert (of_k["value"], of_k["df"], of_k["kind"]) == (pytest.approx(2), 2, "difference")


def test_scatter_about_the_line_gives_an_interval():
    (found,) = growth([SLOPE], grid(1, noise=0.1))
    assert found["low"] < 0 < found["high"]
    assert found["high"] - found["effect"] == pytest.approx(4.303 * found["se"], rel=1e-3)
    assert np.isnan(found["like_low"])
    (alone,) = growth([SLOPE], grid(1, noise=0.1).iloc[:3])  # larger half of 3: two points
    assert np.isfinite(alone["effect"])
    assert np.isnan(alone["low"])


def test_what_is_not_measured_or_asked_twice_gives_no_row_more():
    assert list(growth([SLOPE | {"models": ["dnmf"]}, SLOPE | {"losses": ["kld"]}], grid(1))) == []
    assert len(list(growth([SLOPE, SLOPE], grid(1)))) == 1


def test_a_claim_names_two_models_or_a_model_and_an_exponent():
    assert models_of({"models": ["nmf", "ae-nmf"]}) == ["nmf", "ae-nmf"]
    assert models_of({"models": ["nmf"], "exponent": 2.0}) == ["nmf", "2"]
    assert models_of({"models": ["nmf"], "exponent": 1.5}) == ["nmf", "1.5"]


def test_all_is_a_table_of_pairs():
    table = timings([SLOPE], scores(), pd.concat([costs(), grid(1)]))
    assert tuple(table.columns) == COLUMNS
    # Two models, each in both directions, and a slope.
    assert table["metric"].tolist() == ["seconds"] * 4 + ["slope"]
    assert tuple(timings([], scores(), costs(cohort="other")).columns) == COLUMNS
