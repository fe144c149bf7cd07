import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nmfbench.compare.complexity import larger_half, slope, slope_variance, slopes


@pytest.mark.parametrize("exponent", [-0.5, 0, 1, 2])
def test_the_slope_is_the_exponent(exponent):
    x = np.array([300, 1000, 3000, 10000])
    assert slope(x, 7.0 * x.astype(float) ** exponent) == pytest.approx(exponent, abs=1e-12)


def test_there_is_no_slope_of_one_point_or_of_missing_values():
    assert np.isnan(slope([5], [1.0]))
    assert np.isnan(slope([5, 5], [1.0, 2.0]))
    assert np.isnan(slope([5, 6], [1.0, np.nan]))


def made(model, varied, values, seconds, memory=np.nan):
    other = {"samples": "k", "ranks": "samples"}[varied]
    column = {"samples": "samples", "ranks": "k"}[varied]
    rows = {"model": model, "loss": "mse", "varied": varied, column: values, other: 5}
    return pd.DataFrame(rows | {"seconds": seconds, "memory_mb": memory})


def test_slopes_of_all_points_and_of_the_larger_half():
    N = np.array([10.0, 100.0, 1000.0, 10000.0])
    kinked = np.array([1.0, 1.0, 1.0, 100.0])  # flat, then quadratic
    rows = pd.concat(
        [
            made("nmf", "samples", N[::-1], kinked[::-1], 3 * N[::-1]),
            made("nmf", "ranks", np.array([2.0, 4.0, 8.0]), np.array([4.0, 16.0, 64.0])),
        ]
    )
    found = slopes(rows).set_index(["varied", "cost"])
    assert list(found.index) == [
        ("samples", "seconds"),
        ("samples", "memory_mb"),
        ("ranks", "seconds"),
    ]
    assert found.loc[("samples", "seconds"), "larger"] == pytest.approx(2)
    assert 0 < found.loc[("samples", "seconds"), "slope"] < 1
    assert found.loc[("samples", "memory_mb"), "slope"] == pytest.approx(1)
    assert found.loc[("ranks", "seconds"), ["slope", "larger"]].tolist() == pytest.approx([2, 2])
    assert found["points"].tolist() == [4, 4, 3]


def test_rows_of_cohorts_are_no_points_of_the_grid():
    rows = made("nmf", "samples", np.array([10.0, 100.0, 1000.0]), np.array([1.0, 10.0, 100.0]))
    cohort = rows.iloc[:1].assign(varied="cohort", seconds=1e9)
    pd.testing.assert_frame_equal(slopes(pd.concat([rows, cohort])), slopes(rows))


@pytest.mark.parametrize(("n", "kept"), [(4, [3, 4]), (5, [3, 4, 5])])
def test_the_larger_half_of_an_odd_number_of_points_has_the_middle_one(n, kept):
    rows = pd.DataFrame({"samples": range(n, 0, -1)})
    assert larger_half(rows, "samples")["samples"].tolist() == kept


def test_the_variance_of_a_slope_is_that_of_least_squares():
    rng = np.random.default_rng(3)
    x = np.array([8.0, 12.0, 16.0, 24.0, 32.0])
    y = 1e-6 * x**1.3 * rng.lognormal(0, 0.1, 5)
    found, by_scipy = slope_variance(x, y), stats.linregress(np.log(x), np.log(y))
    assert (found.value, found.df) == pytest.approx((by_scipy.stderr**2, 3))


def test_points_that_lie_on_a_line_have_no_variance_and_two_points_have_none_to_tell():
    x = np.array([1000.0, 2000.0, 3000.0])
    assert slope_variance(x, x**2).value == pytest.approx(0, abs=1e-25)
    assert np.isnan(slope_variance(x[1:], x[1:] ** 2).value)
    assert np.isnan(slope_variance(x, [1.0, np.nan, 3.0]).value)


def test_the_interval_of_a_slope_has_the_true_one_in_95_percent_of_runs():
    rng, x, times = np.random.default_rng(11), np.array([1000.0, 1500.0, 2000.0, 3000.0]), 2000
    inside = 0
    for y in x**2 * rng.lognormal(0, 0.05, (times, len(x))):
        inside += abs(slope(x, y) - 2) <= slope_variance(x, y).half_width()
    assert inside / times == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / times))
