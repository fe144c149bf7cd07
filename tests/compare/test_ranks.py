import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nmfbench.compare.ranks import COLUMNS, IDS, RULES, by_rank, choose, most_stable
from nmfbench.compare.scores import score


def made(*by_split, ks=None):
    """Held-out errors of one model, a row per split, from K = 2 on."""
    return pd.DataFrame(by_split, columns=ks or range(2, 2 + len(by_split[0])), dtype=float)


def chosen(errors):
    """The rank of the main rule, and that of the lowest error."""
    table = choose(errors)
    return [table.index[table[mark] == 1].tolist() for mark in ("chosen", "lowest")]


#: Of two splits: half the difference, and what the overlap of 1 adds.
OF_TWO = 0.5 * np.sqrt(2) * np.sqrt(1 / 2 + 1)


def test_the_smallest_rank_within_one_standard_error_of_the_lowest():
    # Logarithms of the ratios to K = 4: 0.1 at K = 3 and 1 at K = 2, which differ by 0.2 and 1.
    errors = np.exp(made([0.5, 0.0, 0.0, 0.3], [1.5, 0.2, 0.0, 0.1]))
    assert chosen(errors) == [[3], [4]]
    table = choose(errors)
    np.testing.assert_allclose(np.log(table["excess"]), [1, 0.1, 0, 0.2])
    np.testing.assert_allclose(table["excess_se"], np.array([1, 0.2, 0, 0.2]) * OF_TWO)
    np.testing.assert_allclose(table["held_out_error"], np.exp([1, 0.1, 0, 0.2]))


def test_the_standard_error_is_that_of_overlapping_folds():
    """Five folds of the same variance: 1/5 + 1/4 of it, where 1/5 takes them as independent."""
    d = np.array([0.1, 0.3, 0.2, 0.5, 0.4])
    errors = np.exp(pd.DataFrame({2: d, 3: 0 * d}))
    assert choose(errors).loc[2, "excess_se"] == pytest.approx(d.std(ddof=1) * np.sqrt(9 / 20))


@pytest.mark.parametrize(("factor", "among"), [(0.95, 1), (1.05, 0)])
def test_ranks_that_cannot_be_told_from_the_best(factor, among):
    """The limit is the quantile of Student's t with as many degrees of freedom as folds less 1."""
    d = np.array([-1.0, 0.0, 1.0, -2.0, 2.0])
    limit = stats.t.ppf(0.975, 4) * d.std(ddof=1) * np.sqrt(9 / 20)
    errors = np.exp(pd.DataFrame({2: d + factor * limit, 3: 0 * d, 4: 0 * d + 9}))
    assert choose(errors)["among"].tolist() == [among, 1, 0]


def test_the_elbow_is_furthest_below_the_line_between_the_ends():
    # The line of the logarithms is 8, 6, 4, 2, 0: below it by 0, 3, 2.5, 1.5, 0.
    table = choose(np.exp(made([8, 3, 1.5, 0.5, 0], [8, 3, 1.5, 0.5, 0])))
    assert table.index[table["elbow"] == 1].tolist() == [3]
    # Ranks that are further apart count as far as they are: K = 10 lies on no step.
    table = choose(np.exp(made([8, 6, 4, 0], [8, 6, 4, 0], ks=[2, 3, 10, 12])))
    assert table.index[table["elbow"] == 1].tolist() == [3]


def test_the_most_stable_is_the_largest_whose_silhouette_is_high():
    assert most_stable(pd.Series({2: 0.9, 3: 0.7, 4: 0.8, 5: 0.79})) == 4
    assert np.isnan(most_stable(pd.Series({2: 0.5, 3: np.nan})))


def test_splits_of_different_difficulty_do_not_blur_the_choice():
    """One split has a thousand times the error; a tenth more at K = 3 is still seen on both."""
    assert chosen(made([20.0, 11.0, 10.0], [20_000.0, 11_100.0, 10_000.0])) == [[4], [4]]


def test_a_rank_above_the_limit_may_lie_between():
    assert chosen(made([10.1, 30.0, 10.0], [10.0, 30.0, 10.05])) == [[2], [4]]


def test_ranks_count_by_number_not_by_place():
    assert chosen(made([10.0, 20.0, 10.9], [10.0, 20.0, 9.5], ks=[12, 2, 9])) == [[9], [12]]
    assert chosen(made([10.0, 10.0, 12.0])) == [[2], [2]]  # one split: the standard error is none


def test_a_rank_with_a_failed_fit_is_none_of_them():
    nan = np.nan
    errors = made([20.0, 10.5, 10.0, 5.0], [20.0, nan, 10.0, nan])
    assert chosen(errors) == [[4], [4]]
    table = choose(errors)
    assert table.loc[5, "held_out_error"] == pytest.approx(5)
    assert not table.loc[[3, 5], ["chosen", "lowest", "elbow", "among"]].any(axis=None)
    assert chosen(made([nan, 10.0], [20.0, nan])) == [[], []]


@pytest.fixture
def scores(make_fits, truth, division):
    """K = 2 and 3; the test errors of split i are (i + 1) times what is given."""
    parts = []
    for K, error, failed in ((3, 4.0, ()), (2, 10.0, (1,))):
        fits = {
            model: make_fits(
                truth.to_numpy()[:, :K], model, failed=failed if model == "nmf" else (),
                error={"train": 2.0, "test": error * times},
            )
            for model, times in (("nmf", 1), ("ae-nmf", 2))
        }  # fmt: skip
        parts.append(score(fits, None, "nmf", *division))
    return pd.concat(parts, ignore_index=True)


def test_one_row_per_rank_holds_means_over_splits(scores):
    table = by_rank(scores)
    assert tuple(table.columns) == COLUMNS
    assert table[["model", "k"]].to_numpy().tolist() == [
        ["nmf", 2],
        ["nmf", 3],
        ["ae-nmf", 2],
        ["ae-nmf", 3],
    ]
    row = table.query("model == 'ae-nmf' and k == 3").iloc[0]
    errors = np.array([8.0, 16.0, 24.0, 32.0])
    assert row["held_out_error"] == pytest.approx(errors.prod() ** (1 / 4))
    assert row["train_error"] == pytest.approx(np.prod([2.0, 4.0, 6.0, 8.0]) ** (1 / 4))
    assert row["seconds_mean"] == 0.5
    for metric, n in (("sc", 6), ("silhouette", 4)):
        values = scores.query(f"metric == '{metric}' and model == 'ae-nmf' and k == 3")["value"]
        assert len(values) == n
        assert row[f"{metric}_mean"] == pytest.approx(values.mean())


def test_failed_splits_are_counted_and_left_out_of_the_means(scores):
    table = by_rank(scores).set_index(["model", "k"])
    assert table["failed"].to_dict() == {
        ("nmf", 2): 1,
        ("nmf", 3): 0,
        ("ae-nmf", 2): 0,
        ("ae-nmf", 3): 0,
    }
    row = table.loc["nmf", 2]
    assert row["splits"] == 4
    assert row["held_out_error"] == pytest.approx(np.prod([10.0, 30.0, 40.0]) ** (1 / 3))
    assert (row["chosen"], row["lowest"]) == (0, 0)


def test_cohorts_of_one_rank_are_left_out(scores):
    one = scores[scores["k"] == 3].assign(cohort="single")
    table = by_rank(pd.concat([one, scores]))
    assert set(table["cohort"]) == {"toy"}
    nothing = by_rank(one)
    assert nothing.empty
    assert tuple(nothing.columns) == COLUMNS


def test_where_samples_are_held_out_no_rank_is_chosen_by_the_error(scores):
    table = by_rank(scores)
    assert not table[["chosen", "lowest", "elbow", "among"]].any(axis=None)
    assert table[["excess", "excess_se"]].isna().all(axis=None)
    assert set(RULES) <= set(table.columns)


def thinned(scores):
    """The same as if the errors of test samples were of counts held out."""
    of_test = (scores["metric"] == "error") & (scores["set"] == "test")
    return scores.assign(scheme="thinning", set=scores["set"].mask(of_test, "thinned"))


def test_every_model_has_a_choice_of_its_own(scores):
    table = by_rank(thinned(scores))
    assert table.groupby(IDS)["chosen"].sum().tolist() == [1, 1]


def test_where_counts_are_thinned_the_held_out_ones_choose(scores):
    here = scores.assign(scheme="thinning", loss="nb")
    held_out = here[(here["metric"] == "error") & (here["set"] == "test")]
    held_out = held_out.assign(set="thinned", value=10.0 + held_out["k"])
    errors = here["set"].eq("test")
    table = by_rank(pd.concat([here[~errors], held_out], ignore_index=True))
    rows = table[table["model"] == "ae-nmf"].set_index("k")
    assert rows["held_out_error"].tolist() == pytest.approx([12, 13])
    assert rows["lowest"].tolist() == [1, 0]


def test_a_noise_model_is_judged_by_its_perplexity_on_test_samples(scores):
    """Its deviance is in units of a parameter that is another at every rank."""
    here = scores.assign(loss="nb")
    errors = here[(here["metric"] == "error") & (here["set"] == "test")]
    like = errors.assign(metric="loglik", value=-np.log(20 - errors["k"] * errors["split"]))
    table = by_rank(pd.concat([here, like], ignore_index=True))
    rows = table[table["model"] == "ae-nmf"].set_index("k")
    splits = np.arange(4)
    for k in (2, 3):
        expected = np.exp(np.log(20 - k * splits).mean())
        assert rows.loc[k, "held_out_error"] == pytest.approx(expected)
