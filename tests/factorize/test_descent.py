"""Training to convergence: the gradient, the optimum it reaches, and what bad input does."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.decomposition import non_negative_factorization

from nmfbench.errors import InputError
from nmfbench.factorize import descent, methods
from nmfbench.factorize.descent import Point, Problem, merge_copies, pick_samples
from nmfbench.factorize.fit import FitError
from nmfbench.factorize.losses import Loss, by_sample, error
from nmfbench.factorize.methods import ae_nmf, c_nmf, nmf

CONVERGED = {"solver": "l-bfgs", "tolerance": 1e-8, "max_iterations": 5000}


def converged(method, V, loss, seed=0, **settings):
    chosen = method.Settings(**CONVERGED | settings)
    return method.fit(V, 3, loss, np.random.default_rng(seed), chosen)


NOISE = [Loss("nb", 0.1), Loss("tweedie", 1.5), Loss("tweedie", 1.9)]


@pytest.mark.parametrize("loss", ["mse", "kld", *NOISE, Loss("nb", np.linspace(0.01, 1, 12))])
@pytest.mark.parametrize("convex", [False, True])
def test_the_gradient_is_that_of_the_loss(counts, loss, convex):
    V, rng = counts[:, :12], np.random.default_rng(1)
    problem = Problem(V, loss, convex=convex)
    W, G = rng.random((3, 12 if convex else 96)) + 0.1, rng.random((3, 12)) * 100 + 1
    value, of_W, of_G = problem(W, G)
    S = problem.signatures(W).T
    assert value == pytest.approx(error(V, S, G, loss), rel=1e-10)
    for point, gradient, at in (
        (W, of_W, lambda x: problem(x.reshape(W.shape), G)[0]),
        (G, of_G, lambda x: problem(W, x.reshape(G.shape))[0]),
    ):
        difference = check_grad(at, lambda _, g=gradient: g.ravel(), point.ravel(), epsilon=1e-6)
        assert difference < 1e-4 * np.linalg.norm(gradient)


def test_nmf_is_never_worse_than_coordinate_descent(counts):
    best = np.inf
    for seed in range(10):
        S, E, _ = non_negative_factorization(
            counts, n_components=3, init="random", tol=1e-7, max_iter=3000, random_state=seed
        )
        best = min(best, error(counts, S, E, "mse"))
    assert converged(nmf, counts, "mse").loss <= best * (1 + 1e-4)


@pytest.mark.parametrize(
    ("method", "loss"),
    [(nmf, "kld"), (c_nmf, "mse"), (c_nmf, "kld"), *((nmf, x) for x in NOISE)]
    + [(c_nmf, x) for x in NOISE[:2]],
)
def test_it_is_never_worse_than_the_multiplicative_updates(counts, method, loss):
    slow = method.Settings(tolerance=0, max_iterations=1000 if loss == "tweedie" else 3000)
    best = min(
        method.fit(counts, 3, loss, np.random.default_rng(seed), slow).loss for seed in range(3)
    )
    assert converged(method, counts, loss).loss <= best * (1 + 1e-6)


@pytest.mark.parametrize("method", [nmf, c_nmf])
@pytest.mark.parametrize("loss", NOISE[1:], ids=lambda loss: loss.parameter)
def test_a_tweedie_fit_is_never_worse_than_updates_from_its_start(
    counts, method, loss, monkeypatch
):
    """Each choice of zeros is an optimum: from another start the updates may find a better one."""
    fits = [converged(method, counts, loss, seed, starts=1) for seed in range(2)]
    assert all(fit.converged for fit in fits)
    monkeypatch.setattr(descent, "SLOWLY", 2000)
    problem = Problem(counts, loss, convex=method is c_nmf)
    for seed, fit in enumerate(fits):
        updated = descent._begin(problem, 3, np.random.default_rng(seed))
        assert fit.loss <= updated.loss * (1 + 1e-6)


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_convex_nmf_and_the_autoencoder_reach_the_same_optimum(counts, loss):
    losses = [
        converged(method, counts, loss, seed).loss for seed, method in enumerate((c_nmf, ae_nmf))
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert losses[0] >= converged(nmf, counts, loss).loss


@pytest.mark.parametrize("method", [nmf, c_nmf])
@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_an_absent_channel_stays_absent(counts, method, loss):
    V = counts.copy()
    V[5] = 0
    fit = converged(method, V, loss)
    assert fit.converged
    np.testing.assert_allclose(fit.signatures[5], 0, atol=1e-8)


def test_the_cap_on_iterations_ends_a_start_and_is_said(counts):
    fit = converged(nmf, counts, "mse", max_iterations=20, starts=1)
    assert (fit.iterations, fit.converged) == (20, False)


def test_more_starts_are_no_worse(counts):
    few, many = (converged(c_nmf, counts, "mse", starts=starts).loss for starts in (1, 8))
    assert many <= few * (1 + 1e-6)


def test_the_best_third_of_the_starts_goes_on(counts, monkeypatch):
    """Start 2 is third after the first round, and then the lowest."""
    losses = {2: [30, 1, 1]} | {start: [10 * (start + 1)] * 3 for start in (0, 1, 3, 4, 5, 6, 7, 8)}
    begun, went = iter(range(9)), []

    def begin(problem, rank, rng):
        return Point(np.ones((rank, 96)), np.full((rank, 30), float(next(begun))), np.inf)

    def advance(problem, point, settings):
        start, done = int(point.G[0, 0]), point.iterations
        went.append(start)
        return Point(point.W, point.G, losses[start][done], done + 1, finished=done == 2)

    monkeypatch.setattr(descent, "_begin", begin)
    monkeypatch.setattr(descent, "_advance", advance)
    settings = nmf.Settings(solver="l-bfgs", starts=9)
    fit = nmf.fit(counts, 3, "mse", np.random.default_rng(0), settings)
    assert went == [*range(9), 0, 1, 2, 2]
    assert (fit.loss, fit.iterations) == (1, len(went))


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_copies_are_merged_without_changing_the_loss(counts, loss):
    copies = np.tile([3, 1, 2, 1, 1], 6)
    V = np.repeat(counts, copies, axis=1)
    merged, found, weights = merge_copies(V, loss)
    np.testing.assert_array_equal(found, copies)
    rng = np.random.default_rng(2)
    S, E = rng.random((96, 3)), rng.random((3, 30)) * 100 + 1
    of_all = error(V, S, np.repeat(E, copies, axis=1), loss) * V.size
    assert error(merged, S, E * weights, loss) * merged.size == pytest.approx(of_all, rel=1e-10)


@pytest.mark.parametrize("method", [nmf, c_nmf, ae_nmf])
@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_copies_of_a_sample_weigh_as_they_would_apart(counts, method, loss):
    """Neighbouring copies are merged, copies that others stand between are not."""
    side_by_side = converged(method, np.repeat(counts, 2, axis=1), loss)
    apart = converged(method, np.tile(counts, 2), loss)
    assert side_by_side.loss == pytest.approx(apart.loss, rel=1e-6)
    S, E = side_by_side.signatures, side_by_side.exposures
    V = np.repeat(counts, 2, axis=1)
    assert error(V, S, E, loss) == pytest.approx(side_by_side.loss, rel=1e-9)
    np.testing.assert_array_equal(E[:, ::2], E[:, 1::2])


@pytest.mark.parametrize("loss", NOISE[:2])
def test_copies_are_not_merged_under_a_noise_model(counts, loss):
    V = np.repeat(counts, 2, axis=1)
    merged, copies, _ = merge_copies(V, loss)
    assert (merged.shape, copies.sum()) == (V.shape, 60)
    fit = converged(nmf, V, loss)
    assert error(V, fit.signatures, fit.exposures, loss) == pytest.approx(fit.loss, rel=1e-9)


def test_planted_signatures_are_found_under_the_negative_binomial_model():
    rng = np.random.default_rng(0)
    S = rng.dirichlet(np.full(96, 0.1), size=3).T
    E = rng.dirichlet(np.full(3, 0.5), size=80).T * np.logspace(2.5, 5, 80)
    V = rng.negative_binomial(20, 20 / (20 + S @ E)).astype(float)
    fit = converged(nmf, V, Loss("nb", 0.05))
    assert fit.converged
    cosines = (S.T @ fit.signatures) / np.outer(
        np.linalg.norm(S, axis=0), np.linalg.norm(fit.signatures, axis=0)
    )
    assert (cosines.max(axis=1) > 0.99).all()
    # One alpha per sample, at the means of a Poisson fit.
    each = converged(nmf, V, Loss("nb", 0.05), dispersion="sample")
    assert by_sample(V, each.signatures @ each.exposures, Loss("nb", 0.05)).mean() / 96 >= fit.loss


def test_the_samples_to_start_from_differ():
    """Of samples of three kinds, one of each is picked."""
    kinds = np.random.default_rng(0).dirichlet(np.full(96, 0.1), size=3).T
    V = np.repeat(kinds, 20, axis=1) * 1000
    for loss in ("mse", "kld"):
        picks, E = pick_samples(V, V / V.sum(axis=0), 3, loss, np.random.default_rng(1))
        assert sorted(pick // 20 for pick in picks) == [0, 1, 2]
        assert E.shape == (3, 60)


def test_a_loss_beyond_numbers_fails_in_words(counts):
    with np.errstate(all="ignore"), pytest.raises(FitError, match="diverged"):
        converged(nmf, counts * 1e200, "mse")


def test_an_unknown_solver_is_refused():
    with pytest.raises(InputError, match=r"solver is 'lbfgs', but has to be .*l-bfgs"):
        methods.make_settings("nmf", {"solver": "lbfgs"}, "study.yaml")
    with pytest.raises(InputError, match="starts is 0"):
        methods.make_settings("c-nmf", {"starts": 0}, "study.yaml")
