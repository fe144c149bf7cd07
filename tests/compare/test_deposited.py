"""The authors' own numbers as effects: values, and the parts of their variance."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nmfbench.compare.deposited import COLUMNS, IDS, effects
from nmfbench.compare.paired import COLUMNS as PAIRED

CELL = {"cohort": "toy", "scheme": "published", "loss": "mse", "k": 4}
N = 12


def scores(metric, set_="train", **values):
    """Values of every split by model."""
    tables = [
        pd.DataFrame({"split": [*map(str, range(len(v)))], "value": v, "model": model})
        for model, v in values.items()
    ]
    table = pd.concat(tables).assign(metric=metric, set=set_, cohort="toy", loss="mse")
    return table.assign(other_split=np.nan)


def known(metric, set_="train", **change):
    row = CELL | {"metric": metric, "set": set_, "model": "a", "other": "b", "n": 30}
    row |= {"se": 0.1, "df": 29.0, "like_se": 0.5, "like_df": 40.0}
    return row | change


def found(deposited, *rows):
    paired = pd.DataFrame(rows or [known("nothing")]).reindex(columns=list(PAIRED))
    table = effects(deposited, paired)
    assert tuple(table.columns) == COLUMNS
    return table.set_index(["metric", "set", "model", "other"])


@pytest.fixture
def errors():
    rng = np.random.default_rng(3)
    return {model: rng.lognormal(mean, 0.2, N) for model, mean in (("a", 1.0), ("b", 1.5))}


def test_errors_are_compared_by_the_ratio_of_their_means(errors):
    row = found(scores("error", **errors)).loc["error", "train", "a", "b"]
    a, b = errors["a"], errors["b"]
    assert row["effect"] == pytest.approx(a.mean() / b.mean())
    assert (row["value"], row["value_other"]) == pytest.approx((a.mean(), b.mean()))
    # First order: the ratio varies as the difference of the relative deviations.
    first = (a / a.mean() - b / b.mean()).std(ddof=1) / np.sqrt(N)
    assert row["se"] == pytest.approx(first, rel=0.05)
    assert (row["n"], row["df"]) == (N, N - 1)
    half = stats.t.ppf(0.975, N - 1) * row["se"]
    assert row["low"] == pytest.approx(row["effect"] * np.exp(-half))
    assert np.isnan(row["like_se"])  # nothing is known of the patients
    back = found(scores("error", **errors)).loc["error", "train", "b", "a"]
    assert back["effect"] == pytest.approx(1 / row["effect"])
    assert back["high"] == pytest.approx(1 / row["low"])


def test_the_patients_part_is_that_of_the_same_models_run_here(errors):
    row = found(scores("error", **errors), known("error")).loc["error", "train", "a", "b"]
    patients = 0.5**2 - 0.1**2
    assert row["like_se"] == pytest.approx(np.sqrt(row["se"] ** 2 + patients))
    own = row["se"] ** 2
    df = (own + patients) ** 2 / (own**2 / (N - 1) + patients**2 / 40)
    assert row["like_df"] == pytest.approx(df)
    half = stats.t.ppf(0.975, df) * row["like_se"]
    assert row["like_high"] == pytest.approx(row["effect"] * np.exp(half))
    # Where the runs here vary more on this cohort, the patients add nothing.
    narrow = found(scores("error", **errors), known("error", like_se=0.05))
    row = narrow.loc["error", "train", "a", "b"]
    assert row["like_se"] == pytest.approx(row["se"])
    assert row["like_df"] == pytest.approx(N - 1)


def test_the_contrast_is_the_ratio_in_training_over_that_in_the_test(errors):
    test = {model: 2 * value + 1 for model, value in errors.items()}
    table = found(pd.concat([scores("error", **errors), scores("error", "test", **test)]))
    row = table.loc["error_contrast", "train", "a", "b"]
    ratios = [table.loc["error", set_, "a", "b"]["effect"] for set_ in ("train", "test")]
    assert (row["value"], row["value_other"]) == pytest.approx(ratios)
    assert row["effect"] == pytest.approx(ratios[0] / ratios[1])


def test_consistency_is_a_statistic_of_pairs():
    """Its jackknife, written out pair by pair."""
    rng = np.random.default_rng(4)
    pairs = np.array([(i, j) for i in range(N) for j in range(i)])
    values = {"a": rng.uniform(0.8, 1, len(pairs)), "b": rng.uniform(0.6, 1, len(pairs))}
    tables = [
        pd.DataFrame({"split": pairs[:, 1].astype(str), "other_split": pairs[:, 0], "value": v})
        .assign(model=model, metric="sc", set="train", cohort="toy", loss="mse")
        for model, v in values.items()
    ]  # fmt: skip
    row = found(pd.concat(tables)).loc["sc", "train", "a", "b"]
    difference = values["a"] - values["b"]
    assert row["effect"] == pytest.approx(difference.mean())
    without = [difference[(pairs != i).all(axis=1)].mean() for i in range(N)]
    assert row["se"] == pytest.approx(
        np.sqrt((N - 1) / N * np.sum((without - np.mean(without)) ** 2))
    )
    assert row["n"] == N


def test_a_consensus_has_the_intervals_of_the_models_run_here():
    table = scores("cosmic_cosine", a=[0.7, 0.8], b=[0.6, 0.7])
    consensus = scores("cosmic_cosine", a=[0.85], b=[0.8]).assign(split="consensus")
    row = found(pd.concat([table, consensus]), known("cosmic_cosine"))
    row = row.loc["cosmic_cosine", "train", "a", "b"]
    assert (row["value"], row["value_other"], row["n"]) == (0.85, 0.8, 30)
    assert row["effect"] == pytest.approx(0.05)
    assert (row["se"], row["df"]) == (0.1, 29)
    assert row["like_se"] == pytest.approx(0.5)


def test_only_what_was_run_here_is_compared(errors):
    paired = pd.DataFrame([known("error", loss="kld")]).reindex(columns=list(PAIRED))
    assert effects(scores("error", **errors), paired).empty
    assert list(IDS) == list(CELL)
