import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, nnls

from nmfbench.factorize.losses import Loss, by_sample, kld, mse, varying
from nmfbench.factorize.newton import is_optimal
from nmfbench.factorize.refit import all_optimal, refit, refit_kld, solve_nnls, sweep_exposures


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), rank=st.integers(1, 9), scale=st.sampled_from([1e-3, 1, 1e5]))
def test_nnls_agrees_with_scipy_column_by_column(seed, rank, scale):
    rng = np.random.default_rng(seed)
    A, B = rng.random((96, rank)), rng.normal(size=(96, 12)) * scale
    expected = np.array([nnls(A, b)[0] for b in B.T]).T
    np.testing.assert_allclose(solve_nnls(A, B), expected, rtol=1e-8, atol=1e-9 * scale)


@pytest.mark.parametrize("apart", [0.0, 1e-7, 1e-10])
def test_nnls_takes_of_columns_that_are_alike_those_that_scipy_takes(apart):
    """Published networks begin with equal exposures: who has all at first decides how they part."""
    rng = np.random.default_rng(3)
    A = rng.random((96, 6))
    A[:, [2, 5]] = A[:, [0]] * (1 + apart * rng.normal(size=(96, 2)))
    A[:, 3] = 0
    B = rng.random((96, 12))
    expected = np.array([nnls(A, b)[0] for b in B.T]).T
    np.testing.assert_allclose(solve_nnls(A, B), expected, rtol=1e-6, atol=1e-12)
    if not apart:
        assert (solve_nnls(A, B)[[2, 5]] == 0).all()


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


NOISE = [
    Loss("kld"),
    Loss("nb", 0.1),
    Loss("nb", 1e-6),
    Loss("tweedie", 1.05),
    Loss("tweedie", 1.6),
]


@pytest.fixture
def burdens():
    """Samples of 100 to 3 million mutations, more spread than a Poisson model; signatures."""
    rng = np.random.default_rng(5)
    S = rng.dirichlet(np.full(96, 0.2), size=8).T
    E = rng.dirichlet(np.full(8, 0.3), size=20).T * np.logspace(2, 6.5, 20)
    return rng.negative_binomial(5, 5 / (5 + S @ E)).astype(float), S


@pytest.mark.parametrize("loss", NOISE, ids=lambda loss: f"{loss}-{loss.parameter}")
def test_a_refit_is_as_good_as_an_independent_optimisers(burdens, loss):
    """scipy's, of the formula alone, from the refit itself and from even exposures."""
    V, S = burdens
    E = refit(V, S, loss)
    assert all_optimal(V, S, E, loss)
    for n in (0, 7, 13, 19):
        v = V[:, [n]]

        def lost(e, v=v):
            return by_sample(v, S @ e[:, None], loss).item()

        even = np.full(8, v.sum() / 8)
        for start in (even, E[:, n]):
            scale = v.sum() / 8
            found = minimize(
                lambda x, scale=scale, lost=lost: lost(x * scale),
                start / scale,
                method="L-BFGS-B",
                bounds=[(0, None)] * 8,
                options={"maxiter": 3000, "maxfun": 60_000, "ftol": 1e-14, "gtol": 1e-10},
            )
            assert lost(E[:, n]) <= found.fun * (1 + 1e-4)


@pytest.mark.parametrize("loss", NOISE, ids=lambda loss: f"{loss}-{loss.parameter}")
def test_what_is_not_at_its_optimum_is_known(burdens, loss):
    V, S = burdens
    E = refit(V, S, loss)
    worse = E.copy()
    worse[:, 3] *= 1.05
    worse[:, 17] = refit_kld(V, S, 5)[:, 17]
    expected = np.ones(20, dtype=bool)
    expected[[3, 17]] = False
    np.testing.assert_array_equal(is_optimal(V, S, worse, loss), expected)
    assert not all_optimal(V, S, worse, loss)
    assert all_optimal(V, S, worse, "mse")


def test_the_certificate_of_the_kld_bounds_the_distance_to_its_optimum(burdens):
    """A sample that passes at a tolerance is no further from its optimum than that."""
    V, S = burdens
    best = by_sample(V, S @ refit(V, S, "kld"), "kld")
    for steps in (30, 300, 3000):
        E = refit_kld(V, S, steps)
        passed = is_optimal(V, S, E, "kld")
        gap = by_sample(V, S @ E, "kld") - best
        assert (gap[passed] <= 1.1e-6 * best[passed] + 1e-9 * V.sum(axis=0)[passed]).all()


def test_multiplicative_steps_are_far_from_the_optimum_of_large_counts(burdens):
    """Under the negative binomial model; 30 K of them are what was published."""
    V, S = burdens
    loss = Loss("nb", 0.1)
    E = np.tile(V.sum(axis=0) / 8, (8, 1))
    for _ in range(240):
        R = S @ E
        E = E * (S.T @ (V / R)) / (S.T @ ((10 + V) / (10 + R)))
    ratio = by_sample(V, S @ E, loss) / by_sample(V, S @ refit(V, S, loss), loss)
    assert ratio[:3].max() < 1.01
    assert ratio[-3:].min() > 1.3
    assert not is_optimal(V, S, E, loss)[-3:].any()


def test_each_sample_can_have_its_own_dispersion(burdens):
    V, S = burdens
    alphas = np.logspace(-4, 0, 20)
    together = refit(V, S, Loss("nb", alphas))
    for n in (0, 10, 19):
        alone = refit(V[:, [n]], S, Loss("nb", alphas[n]))
        lost = [
            by_sample(V[:, [n]], S @ e, Loss("nb", alphas[n])).item()
            for e in (together[:, [n]], alone)
        ]
        assert lost[0] == pytest.approx(lost[1], rel=1e-5)


@pytest.mark.parametrize("loss", [*NOISE, Loss("tweedie", 1), Loss("tweedie", 2)])
def test_the_parts_of_a_slope_are_those_of_the_loss(counts, loss):
    V, R = counts + 1, counts * 0.7 + 2.5
    lost, up, down = varying(V, R, loss)
    more, less = (by_sample(V, R * (1 + h), loss) for h in (1e-6, -1e-6))
    slope = ((down - up) * R * 2e-6).sum(axis=0)
    np.testing.assert_allclose(more - less, slope, rtol=1e-3, atol=1e-6)
    of_counts = by_sample(V, R, loss) - lost.sum(axis=0)
    again = by_sample(V, V + 3, loss) - varying(V, V + 3, loss)[0].sum(axis=0)
    np.testing.assert_allclose(of_counts, again, rtol=1e-7)


def test_losses_are_means_over_entries(counts):
    R = counts + 1.5
    assert mse(counts, R) == pytest.approx(2.25)
    V = np.maximum(counts, 1e-10)
    plain = sum(v * np.log(v / r) - v + r for v, r in zip(V.flat, R.flat, strict=True)) / V.size
    assert kld(counts, R) == pytest.approx(plain)
    assert kld(counts, np.maximum(counts, 1e-10)) == pytest.approx(0)
