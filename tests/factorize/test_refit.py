import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from nmfbench.factorize.losses import kld, mse
from nmfbench.factorize.refit import refit, refit_kld, solve_nnls, sweep_exposures


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), rank=st.integers(1, 9), scale=st.sampled_from([1e-3, 1, 1e5]))
def test_nnls_agrees_with_scipy_column_by_column(seed, rank, scale):
    rng = np.random.default_rng(seed)
    A, B = rng.random((96, rank)), rng.normal(size=(96, 12)) * scale
    expected = np.array([nnls(A, b)[0] for b in B.T]).T
    np.testing.assert_allclose(solve_nnls(A, B), expected, rtol=1e-8, atol=1e-9 * scale)


def test_nnls_meets_the_optimality_conditions(counts):
    S = np.random.default_rng(1).dirichlet(np.ones(96), size=4).T
    E = solve_nnls(S, counts)
    gradient = S.T @ (S @ E - counts)
    scale = np.abs(S.T @ counts).max()
    assert (E >= 0).all()
    assert (gradient >= -1e-9 * scale).all()
    assert np.abs(gradient * (E > 0)).max() <= 1e-9 * scale


def test_sweeps_are_coordinate_descent(counts):
    S = np.random.default_rng(1).dirichlet(np.ones(96), size=4).T
    E = np.random.default_rng(2).gamma(1, 100, size=(4, counts.shape[1]))
    naive = E.copy()
    for _ in range(2):
        for k in (3, 2, 1, 0):
            residual = counts - S @ naive + np.outer(S[:, k], naive[k])
            naive[k] = np.maximum(S[:, k] @ residual / (S[:, k] @ S[:, k]), 0)
    np.testing.assert_allclose(sweep_exposures(counts, S, E, 2), naive, rtol=1e-9, atol=1e-9)


def test_sweeps_lower_the_error_to_that_of_least_squares(counts):
    S = np.random.default_rng(1).dirichlet(np.full(96, 0.2), size=4).T
    E = np.zeros((4, counts.shape[1]))
    errors = [mse(counts, S @ sweep_exposures(counts, S, E, sweeps)) for sweeps in (1, 2, 5, 100)]
    assert (np.diff(errors) <= 0).all()
    np.testing.assert_allclose(errors[-1], mse(counts, S @ solve_nnls(S, counts)), rtol=1e-9)


def test_an_empty_signature_sweeps_to_no_exposures(counts):
    S = np.c_[counts[:, 0] / counts[:, 0].sum(), np.zeros(96)]
    E = sweep_exposures(counts, S, np.zeros((2, counts.shape[1])), 3)
    assert np.isfinite(E).all()
    assert (E[1] == 0).all()


def test_kld_refit_is_the_multiplicative_update(counts):
    S = np.random.default_rng(1).dirichlet(np.ones(96), size=3).T
    E = np.tile(counts.sum(axis=0) / 3, (3, 1))
    for _ in range(25):
        E = E * (S.T @ (counts / (S @ E))) / S.sum(axis=0)[:, None]
    np.testing.assert_allclose(refit_kld(counts, S, 25), E, rtol=1e-10)


def test_kld_refit_never_increases_the_divergence(counts):
    S = np.random.default_rng(1).dirichlet(np.ones(96), size=3).T
    values = [kld(counts, S @ refit_kld(counts, S, steps)) for steps in range(1, 40)]
    assert (np.diff(values) <= 1e-12).all()


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_refit_gives_back_the_exposures_of_noise_free_samples(loss):
    rng = np.random.default_rng(4)
    S = rng.dirichlet(np.full(96, 0.2), size=3).T
    E = rng.gamma(2, 500, size=(3, 8))
    np.testing.assert_allclose(refit(S @ E, S, loss), E, rtol=1e-3)


def test_refit_is_equivariant_to_sample_order(counts):
    S = np.random.default_rng(1).dirichlet(np.ones(96), size=3).T
    order = np.random.default_rng(2).permutation(counts.shape[1])
    for loss in ("mse", "kld"):
        straight = refit(counts, S, loss)[:, order]
        np.testing.assert_allclose(refit(counts[:, order], S, loss), straight, rtol=1e-9)


def test_an_empty_sample_gets_no_exposures(counts):
    S = np.random.default_rng(1).dirichlet(np.ones(96), size=3).T
    V = counts.copy()
    V[:, 0] = 0
    for loss in ("mse", "kld"):
        E = refit(V, S, loss)
        assert np.isfinite(E).all()
        assert E[:, 0].max() < 1e-9


def test_losses_are_means_over_entries(counts):
    R = counts + 1.5
    assert mse(counts, R) == pytest.approx(2.25)
    V = np.maximum(counts, 1e-10)
    plain = sum(v * np.log(v / r) - v + r for v, r in zip(V.flat, R.flat, strict=True)) / V.size
    assert kld(counts, R) == pytest.approx(plain)
    assert kld(counts, np.maximum(counts, 1e-10)) == pytest.approx(0)
