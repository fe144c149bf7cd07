"""The verdict rule on made effects, its error over cells, and why a claim cannot be tested."""

import gc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from nmfbench.compare.claims import COLUMNS, PAPER, Effects, final, judge, verdicts
from nmfbench.compare.paired import COLUMNS as EFFECTS
from nmfbench.compare.paired import KINDS
from nmfbench.data.reference import PAPER_METRICS

IDS = {"cohort": "toy", "scheme": "holdout", "loss": "mse", "k": 4}
CONVERGED = {"nmf": "nmf-converged", "ae-nmf": "ae-nmf-converged"}
MINIMUM = {
    "error": {"of": "ratio", "minimum": 0.05},
    "error_contrast": {"of": "ratio", "minimum": 0.05},
    "seconds": {"of": "ratio", "minimum": 0.25},
    "sc": {"of": "difference", "minimum": 0.05},
    "slope": {"of": "difference", "minimum": 0.25},
    "previously_observed": {"of": "signatures", "minimum": 1.5},
}


@pytest.fixture(autouse=True)
def _no_collection(monkeypatch):
    """Spare the garbage collection that statsmodels asks for in every correction: 0.1 s."""
    monkeypatch.setattr(gc, "collect", lambda *_: 0)


NOTHING = pd.DataFrame(columns=["cohort", "method", "loss", "metric", "value", "source"])
Z = stats.norm.ppf(0.975)


def made(low, high):
    """Effects whose normal interval of 95 % is this, cell by cell."""
    low, high = np.atleast_1d(low).astype(float), np.atleast_1d(high).astype(float)
    se = (high - low) / 2 / Z
    return Effects((low + high) / 2, low, high, se, np.full(len(low), np.inf))


def said(low, high, relation, minimum=0.05, **options):
    found = made(low, high)
    return verdicts(found, relation, np.full(len(found.low), minimum), **options)[0]


@pytest.mark.parametrize(
    ("low", "high", "relation", "verdict"),
    [
        (-0.4, -0.1, "below", "supported"),
        (-0.1, -0.01, "below", "supported"),
        (-0.4, 0.1, "below", "inconclusive"),
        (0.1, 0.3, "below", "contradicted"),
        (-0.04, 0.04, "below", "negligible"),
        (-0.04, -0.01, "below", "negligible"),
        (0.01, 0.04, "below", "negligible"),
        (-0.04, 0.04, "similar", "supported"),
        (0.01, 0.04, "similar", "supported"),
        (-0.06, 0.04, "similar", "inconclusive"),
        (-0.4, 0.1, "similar", "inconclusive"),
        (0.01, 0.1, "similar", "inconclusive"),
        (0.06, 0.1, "similar", "contradicted"),
        (np.nan, np.nan, "below", "cannot be tested"),
        (np.nan, np.nan, "similar", "cannot be tested"),
    ],
)
def test_the_verdict_follows_from_the_interval(low, high, relation, verdict):
    assert said(low, high, relation) == [verdict]
    other_way = {"below": "above", "above": "below", "similar": "similar"}[relation]
    assert said(-high, -low, other_way) == [verdict]


def test_without_any_spread_the_effect_alone_decides():
    none = np.zeros(3)
    found = Effects(np.array([-1, 0, 1.0]), *([np.array([-1, 0, 1.0])] * 2), none, none + 5)
    minimum = np.full(3, 0.05)
    assert verdicts(found, "below", minimum)[0] == ["supported", "negligible", "contradicted"]
    assert verdicts(found, "similar", minimum)[0] == ["contradicted", "supported", "contradicted"]


@pytest.mark.parametrize(
    ("relation", "strong", "just", "verdict"),
    [
        ("below", (-0.9, -0.7), (-0.4, -0.01), "supported"),
        ("above", (-0.9, -0.7), (-0.4, -0.01), "contradicted"),
        ("similar", (0.9, 1.1), (0.055, 0.5), "contradicted"),
    ],
)
def test_of_many_cells_one_that_holds_just_so_is_not_enough(relation, strong, just, verdict):
    low, high = np.array([just] + [(-0.5, 0.5)] * 5).T
    assert said(low, high, relation) == ["inconclusive"] * 6
    assert said(low, high, relation, holm=False)[0] == verdict
    low, high = np.array([strong] + [(-0.5, 0.5)] * 5).T
    assert said(low, high, relation)[0] == verdict
    # Where all others are beyond doubt, Holm's last step asks for no more than one test does.
    low, high = np.array([just] + [strong] * 5).T
    assert said(low, high, relation) == [verdict] * 6


def test_holm_is_as_by_hand():
    low, high = np.array([(-0.30, -0.05), (-0.5, -0.01), (-0.2, 0.3), (np.nan, np.nan)]).T
    _, p_apart, _ = verdicts(made(low, high), "below", np.full(4, 0.05))
    plain = 2 * stats.norm.sf(
        np.abs([-0.175, -0.255, 0.05]) / (np.array([0.25, 0.49, 0.5]) / 2 / Z)
    )
    first, second = 3 * plain[0], max(3 * plain[0], 2 * plain[1])
    expected = [first, second, max(second, plain[2]), np.nan]
    np.testing.assert_allclose(p_apart, np.minimum(expected, 1))


@pytest.mark.parametrize(
    ("relation", "truth", "wrong"),
    [
        ("below", 0.0, {"supported", "contradicted"}),
        ("similar", 0.5, {"supported", "contradicted"}),
        ("above", -0.5, {"supported", "negligible"}),
    ],
)
def test_the_error_over_all_cells_of_a_claim_is_at_most_5_percent(relation, truth, wrong):
    """On the edge of what a verdict denies, in 6 cells of 10 splits each, 1000 times."""
    rng, n, df, minimum = np.random.default_rng(7), 6, 9, np.full(6, 0.5)
    times = 1000
    false = 0
    for _ in range(times):
        splits = rng.normal(truth, 0.3, (df + 1, n))
        effect, se = splits.mean(0), splits.std(0, ddof=1) / np.sqrt(df + 1)
        half = stats.t.ppf(0.975, df) * se
        found = Effects(effect, effect - half, effect + half, se, np.full(n, df))
        false += not wrong.isdisjoint(verdicts(found, relation, minimum)[0])
    # 5 % and what chance adds to it in so many trials.
    assert false / times <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / times)
    assert false > 0  # the test is not passed by never deciding


def test_what_is_true_is_found():
    rng, n, df, minimum = np.random.default_rng(8), 6, 9, np.full(6, 0.5)
    found = {"below": [], "similar": []}
    for relation, truth in (("below", -0.8), ("similar", 0.0)):
        for _ in range(50):
            splits = rng.normal(truth, 0.3, (df + 1, n))
            effect, se = splits.mean(0), splits.std(0, ddof=1) / np.sqrt(df + 1)
            half = stats.t.ppf(0.975, df) * se
            cells = Effects(effect, effect - half, effect + half, se, np.full(n, df))
            found[relation] += verdicts(cells, relation, minimum)[0]
        assert np.mean(np.array(found[relation]) == "supported") > 0.9


def row(model, other, low, high, like_low=None, like_high=None, **change):
    """An effect as the table of pairs has it: a ratio of errors in training, unless said."""
    known = IDS | {"metric": "error", "set": "train", "model": model, "other": other}
    known |= {"kind": "ratio", "n": 10} | change
    ratio = known["kind"] == "ratio"
    scale, back = (np.log, np.exp) if ratio else (np.asarray, np.asarray)
    found = {"value": 2.0, "value_other": 3.0, "df": np.inf, "like_df": np.inf}
    like = (low if like_low is None else like_low, high if like_high is None else like_high)
    for prefix, bounds in (("", (low, high)), ("like_", like)):
        ends = scale(np.array(bounds, float))
        found |= {f"{prefix}low": bounds[0], f"{prefix}high": bounds[1]}
        found[f"{prefix}se"] = (ends[1] - ends[0]) / 2 / Z
    found["effect"] = float(back(scale(np.array([low, high], float)).mean()))
    return found | known


def table(*rows):
    return pd.DataFrame(rows).reindex(columns=list(EFFECTS))


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


PAIRED = table(
    row("nmf", "ae-nmf", 0.4, 0.6, 0.3, 0.8),
    row("nmf-converged", "ae-nmf-converged", 0.90, 0.95, 0.8, 1.1),
    row("nmf", "ae-nmf", 0.85, 0.95, 0.9, 0.99, set="test"),
    row("nmf", "ae-nmf", 0.4, 0.6, np.nan, np.nan, metric="seconds"),
    row("nmf-converged", "ae-nmf-converged", 0.4, 0.6, np.nan, np.nan, metric="seconds"),
    row("nmf", "ae-nmf", 0.01, 0.02, kind="difference", metric="sc"),
    row("nmf", "ae-nmf", -0.1, 0.3, kind="difference", metric="previously_observed"),
)


def judged(*claims, paired=PAIRED, reference=NOTHING, deposited=None):
    deposited = table() if deposited is None else deposited
    return judge(claims, paired, MINIMUM, reference, CONVERGED, deposited)


def test_a_verdict_is_of_cohorts_like_it_and_beside_it_of_this_one():
    found = judged(claim()).iloc[0]
    assert found["published_verdict"] == "supported"
    assert (found["refereed_verdict"], found["refereed_verdict_here"]) == (
        "inconclusive",
        "supported",
    )
    assert (found["published_name"], found["refereed_name_other"]) == ("nmf", "ae-nmf-converged")
    assert (found["published_model"], found["published_other"]) == (2, 3)
    assert found["published_effect"] == pytest.approx(np.sqrt(0.4 * 0.6))
    assert (found["published_n"], found["published_reason"], found["minimum"]) == (10, "", 0.05)
    assert (found["published_like_low"], found["published_high"]) == (0.3, 0.6)


def drawn(noise, low, high):
    """The refereed effect on counts drawn anew, which have a cohort and a scheme of their own."""
    named = {"cohort": f"toy-{noise}", "scheme": "drawn"}
    return row("nmf-converged", "ae-nmf-converged", low, high, **named)


@pytest.mark.parametrize(
    ("of_poisson", "of_nb", "counts"),
    [
        ((0.5, 0.6), (0.7, 0.8), "supported"),
        ((0.5, 0.6), (0.8, 1.1), "inconclusive"),
        ((0.5, 0.6), None, "supported"),
        (None, None, "inconclusive"),  # of the cohort without noise
    ],
)
def test_what_draws_say_alike_is_what_counts(of_poisson, of_nb, counts):
    draws = [("poisson", of_poisson), ("nb", of_nb)]
    rows = [drawn(noise, *ends) for noise, ends in draws if ends]
    paired = pd.concat([PAIRED, table(*rows)], ignore_index=True)
    fair = {"set": "train", "models": ["nmf-converged", "ae-nmf-converged"]}
    (plain,) = judged(claim(refereed=fair), paired=paired).to_dict("records")
    assert plain["poisson_verdict"] == "cannot be tested"
    assert plain["poisson_reason"] == "its cohorts are not drawn anew"
    found = judged(claim(refereed=fair | {"draws": ["poisson", "nb"]}), paired=paired)
    assert found["refereed_verdict"].tolist() == ["inconclusive"]
    assert final(found).tolist() == [counts]
    for noise, ends in draws:
        if ends is None:
            assert found[f"{noise}_reason"].tolist() == ["this study has no such draw"]
        else:
            assert found[f"{noise}_like_low"].tolist() == [ends[0]]


def test_the_margin_at_which_models_would_be_alike():
    found = judged(claim(relation="similar"), claim(id="X2", metric="sc", relation="similar"))
    # The bound further away, on the logarithmic scale: 0.3 is as far as 1 / 0.3.
    assert found["published_similar_within"].tolist() == pytest.approx([1 / 0.3 - 1, 0.02])
    assert found["published_verdict"].tolist() == ["contradicted", "supported"]
    assert judged(claim())["published_similar_within"].isna().all()


def test_a_share_of_signatures_has_its_minimum_in_signatures():
    found = judged(claim(metric="previously_observed", relation="similar")).iloc[0]
    assert found["minimum"] == 1.5 / 4
    assert found["published_verdict"] == "supported"


def test_an_error_is_also_said_tumour_by_tumour():
    of_samples = table(
        row("nmf", "ae-nmf", 0.6, 0.9, 0.5, 0.95, metric="error_median"),
        row("nmf", "ae-nmf", 0.9, 1.0, 0.8, 1.0, kind="share", metric="error_share"),
    )
    found = judged(claim(), paired=pd.concat([PAIRED, of_samples], ignore_index=True)).iloc[0]
    assert found[["published_median_low", "published_median_high"]].tolist() == [0.5, 0.95]
    assert found["published_share"] == pytest.approx(0.95)
    assert np.isnan(found["refereed_share"])


def test_timings_are_of_this_run():
    found = judged(claim(metric="seconds")).iloc[0]
    assert found["published_verdict"] == "supported"
    assert found["published_reason"] == "timings are of this run and machine"
    assert found["refereed_verdict"] == "cannot be tested"
    assert found["refereed_reason"] == "it is about the published way of training"


def slope_of(low, high, **change):
    of = {"metric": "slope", "set": "samples", "kind": "difference", "scheme": "-", "k": 0}
    return row("nmf", "2", low, high, np.nan, np.nan, **of) | change


OF_A_SLOPE = {"metric": "slope", "set": "samples", "models": ["nmf"], "exponent": 2}


@pytest.mark.parametrize(
    ("low", "high", "verdict", "reason"),
    [
        (-0.1, 0.2, "supported", "timings are of this run and machine"),
        (0.3, 0.6, "contradicted", "timings are of this run and machine"),
        (-1.1, -0.9, "contradicted", "timings are of this run and machine"),
        (0.1, 0.6, "inconclusive", "timings are of this run and machine"),
        (np.nan, np.nan, "cannot be tested", "the points give no interval"),
    ],
)
def test_a_slope_is_judged_by_its_distance_from_the_exponent(low, high, verdict, reason):
    found = slope_of(low, high) | ({"effect": 0.1} if np.isnan(low) else {})
    others = [slope_of(-9, -8, set="ranks"), slope_of(8, 9, other="1")]
    of = judged(claim(relation="similar", **OF_A_SLOPE), paired=table(found, *others)).iloc[0]
    assert (of["published_verdict"], of["published_reason"]) == (verdict, reason)
    assert of["published_verdict_here"] == verdict
    assert (of["minimum"], of["published_name_other"]) == (0.25, "2")
    assert of["refereed_verdict"] == of["deposited_verdict"] == "cannot be tested"
    assert of["refereed_reason"] == "it is about one iteration, which leaves nothing to be refereed"


def test_fits_that_caps_ended_throughout_cannot_be_timed():
    capped = row("nmf", "ae-nmf", np.nan, np.nan, metric="seconds", n=0) | {"effect": np.nan}
    found = judged(claim(metric="seconds"), paired=table(capped)).iloc[0]
    assert found["published_verdict"] == "cannot be tested"
    assert found["published_reason"] == "in every split a cap ended one of the two fits"


def test_timings_may_have_a_referee():
    fair = {"set": "train", "models": ["nmf-converged", "ae-nmf-converged"]}
    found = judged(claim(metric="seconds", refereed=fair, relation="above")).iloc[0]
    assert found["refereed_verdict"] == "contradicted"
    assert found["refereed_reason"] == "timings are of this run and machine"


def test_a_claim_can_say_what_referees_it():
    fair = {"set": "test", "models": ["nmf", "ae-nmf"]}
    found = judged(claim(refereed=fair)).iloc[0]
    assert found["refereed_like_high"] == 0.99
    assert found["refereed_verdict"] == "supported"


def test_the_cells_of_a_claim_are_corrected_together():
    """Just so in one of six, and so in one that is alone."""
    cells = [row("nmf", "ae-nmf", 0.5, 2.0, cohort=f"c{i}") for i in range(5)]
    paired = table(row("nmf", "ae-nmf", 0.5, 0.98), *cells)
    cohorts = ["toy", *(f"c{i}" for i in range(5))]
    both = judged(claim(cohorts=cohorts), claim(id="X2"), paired=paired)
    of_toy = both[both["cohort"] == "toy"].set_index("id")
    assert of_toy["published_verdict"].to_dict() == {"X1": "inconclusive", "X2": "supported"}
    assert of_toy["published_verdict_here"].to_dict() == {"X1": "supported", "X2": "supported"}
    assert of_toy.loc["X1", "published_p_apart"] == pytest.approx(
        6 * of_toy.loc["X2", "published_p_apart"]
    )


def test_the_paper_and_its_deposit_stand_beside_it():
    """What the text states is the deposit's value rounded, or it does not follow from it."""
    texts = {"sc_mean": (0.83, 0.87), "train_error_mean": (10.0, 25.0)}
    reference = pd.DataFrame(
        [("toy", m, "mse", metric, value, "made up")
         for metric, values in texts.items()
         for m, value in zip(("nmf", "ae-nmf"), values, strict=True)],
        columns=NOTHING.columns,
    )  # fmt: skip
    deposited = table(
        row("nmf", "ae-nmf", -0.06, -0.04, metric="sc", kind="difference")
        | {"value": 0.834, "value_other": 0.968},
        row("nmf", "ae-nmf", 0.3, 0.5) | {"value": 10.02, "value_other": 25.0},
        row("nmf", "ae-nmf", 0.3, 0.5, metric="sc_strict") | {"value": 0.5, "value_other": 0.6},
    )
    found = judged(
        claim(metric="sc"), claim(id="X2"), reference=reference, deposited=deposited
    ).set_index("id")
    assert found.loc["X1", "paper_effect"] == pytest.approx(-0.04)
    assert found.loc["X2", "paper_effect"] == 0.4
    assert found["paper_differs"].to_dict() == {"X1": 1, "X2": 0}
    assert found["paper_source"].tolist() == ["made up"] * 2
    assert found["deposited_verdict"].tolist() == ["supported", "supported"]
    assert found.loc["X1", "deposited_strict_other"] == 0.6
    assert np.isnan(found.loc["X2", "deposited_strict_other"])


@pytest.mark.parametrize(
    ("change", "side", "reason"),
    [
        ({"models": ["nmf", "dnmf"]}, "published", "no values of both models"),
        ({"models": ["nmf", "dnmf"]}, "refereed", "dnmf is not trained to convergence"),
        ({}, "deposited", "deposited no such numbers"),
        ({"metric": "error_contrast"}, "published", "no values of both models"),
    ],
)
def test_a_claim_without_data_says_so(change, side, reason):
    found = judged(claim(**change)).iloc[0]
    assert found[f"{side}_verdict"] == "cannot be tested"
    assert reason in found[f"{side}_reason"]
    assert np.isnan(found[f"{side}_effect"])


def test_a_claim_without_an_interval_says_so():
    paired = table(
        row("nmf", "ae-nmf", 0.4, 0.6, np.nan, np.nan),
        row("nmf-converged", "ae-nmf-converged", np.nan, np.nan) | {"effect": 0.5},
    )
    found = judged(claim(), paired=paired).iloc[0]
    assert found["published_reason"] == "no interval on cohorts like it"
    assert found["published_verdict"] == "cannot be tested"
    assert found["published_verdict_here"] == "supported"
    assert found["refereed_reason"] == "the splits give no interval"


def test_a_claim_is_tested_where_it_was_made():
    claims = [claim(), claim(id="X2", cohorts=["other"]), claim(id="X3", losses=["kld"])]
    found = judged(*claims)
    assert found["id"].tolist() == ["X1"]
    assert tuple(found.columns) == COLUMNS
    assert tuple(judged(paired=table()).columns) == COLUMNS


@pytest.mark.parametrize(("ks", "n"), [([4], 1), ([2, 8], 0)])
def test_a_claim_about_some_ranks_is_tested_at_these_alone(ks, n):
    assert len(judged(claim(ks=ks))) == n


def test_every_value_of_the_paper_that_is_looked_for_can_be_there():
    assert set(PAPER.values()) <= set(PAPER_METRICS)


def test_every_metric_that_the_papers_claims_are_about_has_its_minimum():
    resources = Path(__file__).parents[2] / "resources"
    known = yaml.safe_load((resources / "minimum_effects.yaml").read_text(encoding="utf-8"))
    for path in resources.glob("*_claims.yaml"):
        for of in yaml.safe_load(path.read_text(encoding="utf-8")):
            assert of["metric"] in known
            least = known[of["metric"]]
            assert (least["of"] == "ratio") == (KINDS[of["metric"]] == "ratio")
