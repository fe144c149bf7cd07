import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.complexity import slope, slopes


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
