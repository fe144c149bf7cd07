"""The verdict rule on made tables, and what a claim says that cannot be tested."""

import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.claims import COLUMNS, PAPER, judge, verdict
from nmfbench.compare.paired import Effect, effect, paired
from nmfbench.data.reference import PAPER_METRICS

IDS = {"cohort": "toy", "scheme": "holdout", "loss": "mse", "k": 3}
CONVERGED = {"nmf": "nmf-converged", "ae-nmf": "ae-nmf-converged"}


@pytest.mark.parametrize(
    ("low", "high", "relation", "said"),
    [
        (0.5, 0.9, "below", "reproduced"),
        (0.9, 1.1, "below", "not reproduced"),
        (1.1, 1.3, "below", "reversed"),
        (0.5, 0.9, "above", "reversed"),
        (0.9, 1.1, "above", "not reproduced"),
        (1.1, 1.3, "above", "reproduced"),
        (0.97, 1.04, "similar", "reproduced"),
        (0.90, 1.04, "similar", "not reproduced"),
        (0.97, 1.06, "similar", "not reproduced"),
        (1.5, 1.6, "similar", "not reproduced"),
        (np.nan, np.nan, "below", "cannot be tested"),
    ],
)
def test_the_verdict_on_a_ratio(low, high, relation, said):
    found = Effect(30, np.sqrt(low * high), low, high)
    assert verdict(found, "ratio", relation, 0.05) == said
    flipped = Effect(30, 1 / found.effect, 1 / high, 1 / low)
    other_way = {"below": "above", "above": "below", "similar": "similar"}[relation]
    assert verdict(flipped, "ratio", other_way, 0.05) == said


@pytest.mark.parametrize(
    ("low", "high", "relation", "said"),
    [
        (-0.2, -0.1, "below", "reproduced"),
        (-0.2, 0.1, "below", "not reproduced"),
        (0.1, 0.2, "below", "reversed"),
        (-0.04, 0.04, "similar", "reproduced"),
        (-0.06, 0.04, "similar", "not reproduced"),
    ],
)
def test_the_verdict_on_a_difference(low, high, relation, said):
    assert verdict(Effect(30, (low + high) / 2, low, high), "difference", relation, 0.05) == said


def rows(model, metric, values, set_="train"):
    table = pd.DataFrame({"split": range(len(values)), "value": values})
    return table.assign(**IDS, model=model, metric=metric, set=set_, other=None, other_split=None)


def pair_rows(model, matrix):
    one, other = np.triu_indices(len(matrix), 1)
    table = pd.DataFrame({"split": one, "other_split": other, "value": matrix[one, other]})
    return table.assign(**IDS, model=model, metric="sc", set="train", other=model)


def claim(**other):
    return {
        "id": "X1",
        "sentence": "NMF is better.",
        "place": "section 1",
        "metric": "error",
        "set": "train",
        "models": ["nmf", "ae-nmf"],
        "relation": "below",
        "cohorts": ["toy"],
        "losses": ["mse"],
    } | other


@pytest.fixture
def scores():
    """As published NMF is ahead by far; converged, both are the same but for noise."""
    rng = np.random.default_rng(0)
    base = rng.lognormal(3, 0.1, 12)
    noise = rng.lognormal(0, 0.001, 12)
    return pd.concat(
        [
            rows("nmf", "error", base),
            rows("ae-nmf", "error", base * rng.lognormal(0.7, 0.1, 12)),
            rows("nmf-converged", "error", base),
            rows("ae-nmf-converged", "error", base * noise / np.exp(np.log(noise).mean())),
            rows("nmf", "error", base * 2, "test"),
            rows("ae-nmf", "error", base * 2, "test"),
        ]
    )


@pytest.fixture
def matches():
    table = pd.DataFrame(
        [
            (model, split, component, 0.9 + 0.01 * component - 0.2 * (model == "ae-nmf"))
            for model in ("nmf", "ae-nmf")
            for split in ["consensus", *map(str, range(4))]
            for component in range(3)
        ],
        columns=["model", "split", "component", "cosine"],
    )
    observed = (table["component"] == 0).astype(int)
    return table.assign(**IDS, library="cosmic", match="SBS1", observed=observed)


@pytest.fixture
def reference():
    return pd.DataFrame(
        {
            "cohort": "toy",
            "method": ["nmf", "ae-nmf"],
            "loss": "mse",
            "metric": "train_error_mean",
            "value": [10.0, 25.0],
            "source": "made up",
        }
    )


def judged(scores, matches, reference, *claims):
    return judge(claims, scores, paired(scores, 0.25), matches, reference, CONVERGED)


def test_a_claim_can_hold_as_published_and_fall_when_converged(scores, matches, reference):
    row = judged(scores, matches, reference, claim()).iloc[0]
    assert row["published_verdict"] == "reproduced"
    assert row["converged_verdict"] == "not reproduced"
    assert row["published_effect"] == pytest.approx(np.exp(-0.7), rel=0.1)
    assert row["published_model"] == pytest.approx(
        scores.query("model == 'nmf' and set == 'train'")["value"].mean()
    )
    assert (row["published_name"], row["converged_name_other"]) == ("nmf", "ae-nmf-converged")
    assert (row["paper_model"], row["paper_other"], row["paper_effect"]) == (10, 25, 0.4)
    assert row["paper_source"] == "made up"
    assert (row["published_n"], row["published_reason"]) == (12, "")


def test_equivalence_is_the_other_way_round(scores, matches, reference):
    row = judged(scores, matches, reference, claim(relation="similar", margin=0.05)).iloc[0]
    assert row["published_verdict"] == "not reproduced"
    assert row["converged_verdict"] == "reproduced"


def test_the_contrast_of_training_and_test_error(scores, matches, reference):
    row = judged(scores, matches, reference, claim(metric="error_contrast")).iloc[0]
    train = scores[(scores["set"] == "train") & scores["model"].isin(["nmf", "ae-nmf"])]
    one, other = (train[train["model"] == m]["value"].to_numpy() for m in ("nmf", "ae-nmf"))
    ahead = effect(one, other, "ratio", 0.25)
    # Both have the same test error: the contrast is the advantage in training.
    assert row["published_effect"] == pytest.approx(ahead.effect)
    assert row["published_verdict"] == "reproduced"
    assert row["converged_verdict"] == "cannot be tested"


def test_matches_are_compared_split_by_split_and_stated_for_the_consensus(
    scores, matches, reference
):
    noise = np.random.default_rng(0).normal(0, 0.01, len(matches))
    matches["cosine"] += noise * (matches["split"] != "consensus")
    row = judged(scores, matches, reference, claim(metric="cosmic_cosine", relation="above")).iloc[
        0
    ]
    assert row["published_model"] == pytest.approx(0.91)
    assert row["published_other"] == pytest.approx(0.71)
    assert row["published_effect"] == pytest.approx(0.2, abs=0.02)
    assert row["published_n"] == 4
    assert row["published_verdict"] == "reproduced"


def test_consistency_has_a_jackknife(matches, reference, scores):
    rng = np.random.default_rng(1)
    tables = [
        pair_rows(model, mean + 0.02 * rng.random((8, 8)))
        for model, mean in (("nmf", 0.9), ("ae-nmf", 0.7))
    ]
    scores = pd.concat([scores, *tables])
    row = judged(scores, matches, reference, claim(metric="sc", relation="above")).iloc[0]
    assert row["published_effect"] == pytest.approx(0.2, abs=0.01)
    assert 0.17 < row["published_low"] < row["published_effect"] < row["published_high"] < 0.23
    assert row["published_verdict"] == "reproduced"


@pytest.mark.parametrize(
    ("change", "side", "reason"),
    [
        ({"models": ["nmf", "dnmf"]}, "published", "dnmf was not run"),
        ({"models": ["nmf", "dnmf"]}, "converged", "dnmf is not trained to convergence"),
        ({"metric": "acs_truth"}, "published", "fewer than two splits"),
        ({"metric": "seconds"}, "converged", "about the published way of training"),
        ({"metric": "sc"}, "published", "no interval"),
        ({"metric": "signal_cosine"}, "published", "fewer than two splits"),
    ],
)
def test_a_claim_without_data_says_so(scores, matches, reference, change, side, reason):
    row = judged(scores, matches, reference, claim(**change)).iloc[0]
    assert row[f"{side}_verdict"] == "cannot be tested"
    assert reason in row[f"{side}_reason"]
    assert np.isnan(row[f"{side}_effect"])


def test_a_claim_is_tested_where_it_was_made(scores, matches, reference):
    claims = [claim(), claim(id="X2", cohorts=["other"]), claim(id="X3", losses=["kld"])]
    table = judged(scores, matches, reference, *claims)
    assert table["id"].tolist() == ["X1"]
    assert tuple(table.columns) == COLUMNS


def test_every_value_of_the_paper_that_is_looked_for_can_be_there():
    assert set(PAPER.values()) <= set(PAPER_METRICS)


def test_a_likelihood_is_compared_with_that_under_the_kld(scores, matches, reference):
    """And the signatures under a noise model with another start, not with another model."""
    of = claim(metric="loglik", set="test", models=["nmf", "nmf"], relation="above")
    noise = np.random.default_rng(1).normal(0, 0.01, (3, 8))
    here = pd.concat(
        [
            scores,  # of which the share of test samples is known
            rows("nmf", "loglik", -2 + noise[0], "test"),
            rows("nmf", "loglik_kld", -3 + noise[1], "test"),
            rows("nmf", "acs_kld", 0.7 + noise[2]),
            rows("nmf", "acs", np.full(8, 0.95)).assign(other="twin", other_split=range(8)),
            rows("nmf", "acs", np.full(8, 0.1)).assign(other="twin", other_split=range(1, 9)),
            rows("nmf", "acs", np.full(8, 0.2)).assign(other="ae-nmf", other_split=range(8)),
            rows("twin", "acs_kld", 0.8 + noise[1]),
        ]
    )
    shares = paired(scores, 0.2)
    (row,) = judge([of], here, shares, matches, reference, {}).itertuples()
    assert row.published_verdict == "reproduced"
    assert row.published_effect == pytest.approx(1, abs=0.02)
    of = claim(metric="acs_kld", models=["nmf", "twin"], relation="below")
    (row,) = judge([of], here, shares, matches, reference, {}).itertuples()
    assert row.published_other == pytest.approx(0.95)
    assert row.published_effect == pytest.approx(-0.25, abs=0.02)
    assert row.published_verdict == "reproduced"


def test_a_claim_about_some_ranks_is_tested_at_these_alone(scores, matches, reference):
    for ks, n in (([3], 1), ([2, 4], 0)):
        table = judge([claim(ks=ks)], scores, paired(scores, 0.2), matches, reference, CONVERGED)
        assert len(table) == n
