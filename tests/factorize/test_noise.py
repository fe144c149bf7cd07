"""Noise models: deviances, updates, estimates and likelihoods."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammainc
from scipy.stats import nbinom, poisson
from sklearn.metrics import mean_tweedie_deviance

from nmfbench.data.simulate import simulate_cohort
from nmfbench.errors import InputError
from nmfbench.factorize.deviance import ALPHAS, Weights, dispersion
from nmfbench.factorize.likelihood import log_likelihood, scale
from nmfbench.factorize.losses import KLD_FLOOR, Loss, by_entry, error, kld, mse
from nmfbench.factorize.methods import c_nmf, nmf
from nmfbench.factorize.noise import check_counts, estimate, estimate_whole, profile
from nmfbench.factorize.refit import refit

ESTIMATED = {"alpha": "estimate", "power": "estimate"}


@pytest.fixture
def factors():
    rng = np.random.default_rng(8)
    S = rng.dirichlet(np.full(96, 0.3), size=3).T
    return S, rng.gamma(1.0, 2000.0, size=(3, 150))


def test_the_deviance_of_special_powers_is_that_of_other_losses(counts, factors):
    S, E = factors
    E = E[:, : counts.shape[1]]
    R = S @ E
    assert error(counts, S, E, Loss("tweedie", 0)) == pytest.approx(mse(counts, R), rel=1e-12)
    assert error(counts, S, E, Loss("tweedie", 1)) == pytest.approx(2 * kld(counts, R), rel=1e-6)
    assert error(counts, S, E, Loss("nb", 1e-9)) == pytest.approx(2 * kld(counts, R), rel=1e-5)
    above = counts + 1  # without zeros
    itakura_saito = np.mean(above / R - np.log(above / R) - 1)
    assert error(above, S, E, Loss("tweedie", 2)) == pytest.approx(2 * itakura_saito)
    for power in (1.01, 1.5, 1.9):
        expected = mean_tweedie_deviance(counts.ravel(), R.ravel(), power=power)
        assert error(counts, S, E, Loss("tweedie", power)) == pytest.approx(expected)


def test_the_deviance_is_twice_the_distance_to_the_best_likelihood(counts, factors):
    R = (factors[0] @ factors[1])[:, : counts.shape[1]]
    r = 1 / 0.2
    best = nbinom.logpmf(counts, r, r / (r + np.maximum(counts, 1e-12)))
    found = by_entry(counts, R, Loss("nb", 0.2))
    np.testing.assert_allclose(found, 2 * (best - nbinom.logpmf(counts, r, r / (r + R))), atol=1e-7)
    assert (found > -1e-12).all()


def slopes(V, R, loss):
    """Negative and positive part of the slope of the deviance in the mean, entry by entry."""
    up, down = np.empty_like(R), np.empty_like(R)
    for index, m in np.ndenumerate(R):
        v = V[index]
        if loss == "nb":
            up[index], down[index] = v / m, (1 + loss.parameter * v) / (1 + loss.parameter * m)
        else:
            up[index], down[index] = v * m**-loss.parameter, m ** (1 - loss.parameter)
    return up, down


LOSSES = [Loss("nb", 0.3), Loss("tweedie", 0), Loss("tweedie", 1.4), Loss("tweedie", 2)]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{loss}-{loss.parameter}")
def test_updates_are_those_of_the_formula(counts, loss):
    """Written down entry by entry; the exponent is 1/p above 1 (James et al. 2026)."""
    V = counts[:, :12] + 1
    power = loss.parameter if loss == "tweedie" and loss.parameter > 1 else 1
    rng = np.random.default_rng(3)
    S, E = rng.random((96, 2)), rng.random((2, 12))
    for _ in range(3):
        up, down = slopes(V, S @ E, loss)
        S = S * ((up @ E.T) / (down @ E.T)) ** (1 / power)
        up, down = slopes(V, S @ E, loss)
        E = E * ((S.T @ up) / (S.T @ down)) ** (1 / power)
    chosen = nmf.Settings(tolerance=0, max_iterations=3)
    fit = nmf.fit(V, 2, loss, np.random.default_rng(3), chosen)
    np.testing.assert_allclose(fit.signatures, S / S.sum(axis=0), rtol=1e-8)
    np.testing.assert_allclose(fit.exposures, E * S.sum(axis=0)[:, None], rtol=1e-8)

    rng = np.random.default_rng(3)
    G, W = rng.random((12, 2)), rng.random((12, 2))
    for _ in range(3):
        S = V @ W
        up, down = slopes(V, S @ G.T, loss)
        G = G * ((up.T @ S) / (down.T @ S)) ** (1 / power)
        up, down = slopes(V, S @ G.T, loss)
        W = W * ((V.T @ up @ G) / (V.T @ down @ G)) ** (1 / power)
    chosen = c_nmf.Settings(tolerance=0, max_iterations=3)
    fit = c_nmf.fit(V, 2, loss, np.random.default_rng(3), chosen)
    S = V @ W
    np.testing.assert_allclose(fit.signatures, S / S.sum(axis=0), rtol=1e-8)
    np.testing.assert_allclose(fit.exposures, G.T * S.sum(axis=0)[:, None], rtol=1e-8)


@pytest.mark.parametrize("method", [nmf, c_nmf])
def test_the_updates_of_power_1_are_those_of_the_poisson_model(counts, method):
    chosen = method.Settings(tolerance=0, max_iterations=50)
    fits = [
        method.fit(counts, 3, loss, np.random.default_rng(1), chosen)
        for loss in ("kld", Loss("tweedie", 1), Loss("nb", 1e-12))
    ]
    for fit in fits[1:]:
        np.testing.assert_allclose(fit.signatures, fits[0].signatures, rtol=1e-6, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["nb", "tweedie"]),
    alpha=st.floats(1e-4, 20),
    power=st.one_of(st.just(0.0), st.floats(1, 2)),
    seed=st.integers(0, 10_000),
    method=st.sampled_from([nmf, c_nmf]),
)
def test_no_update_increases_the_deviance(kind, alpha, power, seed, method):
    rng = np.random.default_rng(seed)
    V = rng.negative_binomial(1, 1 / (1 + rng.gamma(1, 20, size=(12, 9)))).astype(float)
    V += 1 if power == 2 else 0
    V[:, 0] += 1  # no empty channel
    V[0] += 1  # no empty sample
    loss = Loss(kind, alpha if kind == "nb" else power)
    values = []
    for n in (1, 2, 3, 5, 9, 17):
        chosen = method.Settings(tolerance=0, max_iterations=n)
        fit = method.fit(V, 3, loss, np.random.default_rng(seed), chosen)
        values.append(error(V, fit.signatures, fit.exposures, loss))
    assert (np.diff(values) <= 1e-9 * np.abs(values[:-1]) + 1e-12).all()


@pytest.mark.parametrize("loss", [Loss("nb", 0.1), Loss("tweedie", 1.6)])
def test_weights_are_finite_where_the_reconstruction_has_zeros(counts, loss):
    S, E = np.full((len(counts), 1), 5.0), np.ones((1, counts.shape[1]))
    S[3], E[:, 4] = 0, 1e-200
    assert np.isfinite(Weights(counts, loss)(S, E)).all()


MODELS_OF_NOISE = [
    *(("nb", 1e-6), ("nb", 0.1), ("nb", np.logspace(-6, 1, 20))),
    *(("tweedie", p) for p in (0, 1, 1.4, 1.9, 2)),
]


@pytest.mark.parametrize(("kind", "parameter"), MODELS_OF_NOISE)
def test_in_buffers_deviance_and_slope_are_those_of_each_entry(counts, factors, kind, parameter):
    V, (S, E) = counts[:, :20] + (kind == "tweedie"), (X.copy() for X in factors)
    E = E[:, :20]
    S[3] = 0.0  # one channel at its floor
    loss = Loss(kind, parameter)
    found, slope = Weights(V, loss).deviance_and_slope(S, E)
    R = np.maximum(S @ E, KLD_FLOOR)
    assert found == pytest.approx(by_entry(V, R, loss).mean(), rel=1e-9)
    up, down = 2 * V * R**-parameter, 2 * R ** (1 - parameter)
    if kind == "nb":
        up, down = 2 * V / R, 2 * (V + 1 / parameter) / (R + 1 / parameter)
    expected = (down - up) / V.size
    expected[3] = 0.0
    np.testing.assert_allclose(slope, expected, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("kind", ["nb", "tweedie"])
def test_a_refit_gives_the_exposures_of_a_generalised_linear_model(factors, kind):
    """With the signatures fixed it is one, with the identity link, sample by sample."""
    S, E = factors
    E = E[:, :6] + 500
    rng = np.random.default_rng(2)
    V = rng.negative_binomial(5, 5 / (5 + S @ E)).astype(float)
    loss = Loss("nb", 0.2) if kind == "nb" else Loss("tweedie", 1.5)
    identity = sm.families.links.Identity()
    families = sm.families
    family = (
        families.NegativeBinomial(identity, alpha=0.2)
        if kind == "nb"
        else families.Tweedie(identity, var_power=1.5)
    )
    found = refit(V, S, loss)
    for n in range(V.shape[1]):
        model = sm.GLM(V[:, n], S, family=family)
        fit = model.fit(start_params=E[:, n], maxiter=200, tol=1e-12)
        assert (fit.params > 0).all()
        np.testing.assert_allclose(found[:, n], fit.params, rtol=1e-4)


@pytest.mark.parametrize("alpha", [0.02, 0.2, 1.5])
def test_the_dispersion_is_recovered(factors, alpha):
    R = factors[0] @ factors[1]
    rng = np.random.default_rng(5)
    V = rng.negative_binomial(1 / alpha, 1 / (1 + alpha * R)).astype(float)
    found = dispersion(V, R)
    assert found == pytest.approx(alpha, rel=0.03)
    likelihoods = [log_likelihood(V, R, Loss("nb", found * x)).sum() for x in (0.99, 1, 1.01)]
    assert np.argmax(likelihoods) == 1
    each = dispersion(V, R, of_sample=True)
    assert each.shape == (150,)
    assert np.median(each) == pytest.approx(alpha, rel=0.15)


def test_poisson_counts_have_no_dispersion(factors):
    R = factors[0] @ factors[1]
    V = np.random.default_rng(0).poisson(R).astype(float)
    assert dispersion(V, R) < 1e-3
    assert dispersion(np.round(R), R) == pytest.approx(ALPHAS[0])


def test_dispersions_of_samples_are_estimated_by_the_method(factors):
    """Half of the samples vary much more; the fit weighs them less than one for all does."""
    S, E = factors
    alphas = np.where(np.arange(150) < 75, 0.01, 1.0)
    rng = np.random.default_rng(1)
    V = rng.negative_binomial(1 / alphas, 1 / (1 + alphas * (S @ E))).astype(float)
    lost = []
    for way in ("one", "sample"):
        chosen = nmf.Settings(tolerance=1e-7, max_iterations=3000, dispersion=way)
        fit = nmf.fit(V, 3, Loss("nb", 0.3), np.random.default_rng(1), chosen)
        R = fit.signatures @ fit.exposures
        lost.append(kld((S @ E)[:, :75], R[:, :75]))
    assert lost[1] < 0.8 * lost[0]


@pytest.mark.parametrize(("power", "phi"), [(1.3, 2.0), (1.6, 1.5)])
def test_power_and_scale_are_recovered(factors, power, phi):
    S = factors[0]
    rng = np.random.default_rng(6)
    V, true = simulate_cohort(pd.DataFrame(S), 150, 4.0, 0.3, rng, tweedie=(power, phi))
    V, R = V.to_numpy(), S @ true.to_numpy()
    residual = np.square(V - R).sum() / (phi * R**power).sum()
    assert residual == pytest.approx(1, abs=0.1)
    assert scale(V, R, power) == pytest.approx(phi, rel=0.1)
    table = profile(V, S.copy(), true.to_numpy(), np.arange(1.1, 1.95, 0.1))
    best = table[table["chosen"] == 1]
    assert len(best) == 1
    assert best["parameter"].item() == pytest.approx(power, rel=0.1)
    # Power and scale make up for each other: what they say of a usual count.
    usual = np.median(R)
    variance = best["phi"].item() * usual ** best["parameter"].item()
    assert variance == pytest.approx(phi * usual**power, rel=0.1)
    assert table["loglik"].max() == best["loglik"].item()


@pytest.mark.parametrize("power", [1.05, 1.5, 1.95])
@pytest.mark.parametrize("mean", [1e-8, 0.01, 0.3, 3.0, 40.0])
def test_the_probabilities_of_all_counts_sum_to_one(power, mean):
    counts = np.arange(4000.0)[:, None]
    found = log_likelihood(counts, np.full_like(counts, mean), Loss("tweedie", power), 1.0)
    assert np.exp(found).sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("power", "phi", "mean"), [(1.2, 1.5, 4.0), (1.7, 0.8, 2.0), (1.9, 0.5, 0.3)]
)
def test_the_probability_of_a_count_is_that_of_the_amounts_that_round_to_it(power, phi, mean):
    """Drawn as a Poisson number of gamma distributed jumps, and as their distribution function."""
    rate = mean ** (2 - power) / (phi * (2 - power))
    shape, size = (2 - power) / (power - 1), phi * (power - 1) * mean ** (power - 1)
    jumps = np.arange(1, 200)

    def below(x):
        within = gammainc(jumps * shape, x / size)
        return np.exp(-rate) + (poisson.pmf(jumps, rate) * within).sum()

    counts = np.arange(5.0)[:, None]
    loss = Loss("tweedie", power)
    found = np.exp(log_likelihood(counts, np.full_like(counts, mean), loss, phi))[:, 0]
    expected = np.diff([0, *(below(v + 0.5) for v in range(5))])
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_estimates_of_simulated_cohorts(factors):
    rng = np.random.default_rng(3)
    V, _ = simulate_cohort(pd.DataFrame(factors[0]), 100, 3.5, 0.4, rng, dispersion=0.1)
    V, losses = V.to_numpy(), ["kld", "nb", "tweedie"]
    table = estimate(V, 3, losses, np.random.default_rng(1), ESTIMATED)
    found = table[table["chosen"] == 1].set_index("loss")["parameter"]
    assert found["nb"] == pytest.approx(0.1, rel=0.1)
    best = table.groupby("loss")["loglik"].max()
    assert best["nb"] > best["tweedie"]  # the true model
    plan = {"alpha": 0.3, "power": 1.2}
    given = estimate(V, 3, losses, np.random.default_rng(1), plan)
    assert given["parameter"].tolist() == [0.3, 1.2]


@pytest.mark.parametrize(
    ("name", "parameter", "message"),
    [
        ("nb", 0, "dispersion alpha of nb is 0, but has to be above 0"),
        ("nb", -0.1, "alpha of nb is -0.1"),
        ("nb", np.array([0.1, 0]), "has to be above 0"),
        ("nb", None, "has to be above 0"),
        ("tweedie", 0.5, "power of tweedie is 0.5, but has to be 0 or between 1 and 2"),
        ("tweedie", 2.1, "0 or between 1 and 2"),
        ("tweedie", float("nan"), "0 or between 1 and 2"),
    ],
)
def test_a_parameter_out_of_range_is_refused(name, parameter, message):
    with pytest.raises(ValueError, match=message):
        Loss(name, parameter)


def test_a_loss_without_its_parameter_is_refused(counts):
    with pytest.raises(ValueError, match="loss nb needs its parameter"):
        nmf.fit(counts, 2, "nb", np.random.default_rng(0), nmf.Settings())


def test_zeros_are_named_where_a_model_has_none():
    table = pd.DataFrame([[1, 0], [2, 0]], index=["A", "B"], columns=["x", "y"])
    with pytest.raises(InputError, match="2 counts are 0, the first is sample 'y', channel 'A'"):
        check_counts(table, 2, "toy")
    check_counts(table, 1.9, "toy")
    check_counts(table, "estimate", "toy")


@pytest.mark.parametrize("alpha", [None, 0.05])
def test_the_dispersion_for_thinning_is_found_with_more_signatures_than_there_are(factors, alpha):
    """Maximum likelihood finds less than two thirds of it: 12 signatures fit some of the noise."""
    rng = np.random.default_rng(5)
    catalogue, _ = simulate_cohort(pd.DataFrame(factors[0]), 100, 3.5, 0.4, rng, alpha)
    V = catalogue.to_numpy()
    found = estimate_whole(V, 12, rng, "estimate")["parameter"].item()
    if alpha is None:
        assert found < 5e-4
        return
    assert found == pytest.approx(alpha, rel=0.15)
    likely = estimate(V, 12, ["nb"], rng, ESTIMATED)["parameter"].item()
    assert likely < 2 / 3 * alpha


def test_a_dispersion_for_thinning_that_is_given_is_taken(counts):
    table = estimate_whole(counts, 2, np.random.default_rng(1), 0.3)
    assert table["parameter"].tolist() == [0.3]
