"""Every update rule against a plain transcription of its formula."""

import numpy as np
import pytest
import torch

from nmfbench.compare.similarity import acs
from nmfbench.factorize.fit import Factor
from nmfbench.factorize.losses import kld, mse
from nmfbench.factorize.methods import ae_nmf, c_nmf, dnmf, nmf

STEPS = 40


def products(S, E):
    """S E after the scale has moved: what a fit and a transcription can be compared by."""
    return S / S.sum(axis=0), E * S.sum(axis=0)[:, None]


def assert_same_factors(fit, S, E, rtol=1e-9):
    S, E = products(S, E)
    np.testing.assert_allclose(fit.signatures, S, rtol=rtol, atol=1e-14)
    np.testing.assert_allclose(fit.exposures, E, rtol=rtol, atol=1e-9)


def test_nmf_mse_is_lee_and_seung_with_exposures_first(counts):
    V, rng = counts, np.random.default_rng(3)
    S, E = rng.random((96, 3)), rng.random((3, V.shape[1]))
    for _ in range(STEPS):
        E = E * (S.T @ V) / (S.T @ S @ E)
        S = S * (V @ E.T) / (S @ E @ E.T)
    fit = nmf.fit(V, 3, "mse", np.random.default_rng(3), nmf.Settings(0, STEPS))
    assert_same_factors(fit, S, E)
    assert fit.loss == pytest.approx(mse(V, S @ E), rel=1e-10)
    assert (fit.iterations, fit.converged) == (STEPS, False)


def test_nmf_kld_is_lee_and_seung_with_signatures_first(counts):
    V, rng = counts, np.random.default_rng(3)
    S, E = rng.random((96, 3)), rng.random((3, V.shape[1]))
    for _ in range(STEPS):
        S = S * ((V / (S @ E)) @ E.T) / E.sum(axis=1)
        E = E * (S.T @ (V / (S @ E))) / S.sum(axis=0)[:, None]
    fit = nmf.fit(V, 3, "kld", np.random.default_rng(3), nmf.Settings(0, STEPS))
    assert_same_factors(fit, S, E)
    assert fit.loss == pytest.approx(kld(V, S @ E), rel=1e-10)


def test_c_nmf_mse_is_ding_with_the_gram_matrix(counts):
    V, rng = counts, np.random.default_rng(3)
    G, W = rng.random((V.shape[1], 3)), rng.random((V.shape[1], 3))
    A = V.T @ V
    for _ in range(STEPS):
        G, W = (
            G * np.sqrt((A @ W) / (G @ W.T @ A @ W)),
            W * np.sqrt((A @ G) / (A @ W @ G.T @ G)),
        )
    fit = c_nmf.fit(V, 3, "mse", np.random.default_rng(3), c_nmf.Settings(0, STEPS))
    assert_same_factors(fit, V @ W, G.T)
    assert fit.loss == pytest.approx(mse(V, V @ W @ G.T), rel=1e-10)


def test_c_nmf_kld_updates(counts):
    V, rng = counts, np.random.default_rng(3)
    N = V.shape[1]
    G, W = rng.random((N, 3)), rng.random((N, 3))
    for _ in range(STEPS):
        R = V @ W @ G.T
        G = np.array(
            [
                [
                    G[n, k] * (V[:, n] / R[:, n]) @ (V @ W[:, k]) / (V @ W[:, k]).sum()
                    for k in range(3)
                ]
                for n in range(N)
            ]
        )
        R = V @ W @ G.T
        W = np.array(
            [
                [
                    W[n, k] * V[:, n] @ ((V / R) @ G[:, k]) / (V[:, n].sum() * G[:, k].sum())
                    for k in range(3)
                ]
                for n in range(N)
            ]
        )
    fit = c_nmf.fit(V, 3, "kld", np.random.default_rng(3), c_nmf.Settings(0, STEPS))
    assert_same_factors(fit, V @ W, G.T)
    assert fit.loss == pytest.approx(kld(V, V @ W @ G.T), rel=1e-10)


def torch_kld(R, V):
    V, R = V.clamp(min=1e-10), R.clamp(min=1e-10)
    return (V * torch.log(V / R) - V + R).mean()


@pytest.mark.parametrize("method", [nmf, c_nmf])
@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_without_a_floor_zeros_do_no_harm(counts, method, loss):
    """A channel without counts runs to zero, and zero over zero is no update."""
    V = counts.copy()
    V[5] = 0
    fits = [
        method.fit(V, 3, loss, np.random.default_rng(3), method.Settings(0, 3000, floor))
        for floor in (0.0, 1e-30)
    ]
    for fit in fits:
        assert np.isfinite(fit.signatures).all()
        assert np.isfinite(fit.exposures).all()
        assert np.isfinite(fit.loss)
    assert (fits[0].signatures[5] == 0).all()
    assert fits[0].loss == pytest.approx(fits[1].loss, rel=1e-2)


def test_without_a_floor_a_factor_does_what_ieee_arithmetic_does():
    """Down to multiples of 2^-1074, some to zero, and back up: every entry, at every look."""
    rng = np.random.default_rng(4)
    plain = 10.0 ** rng.uniform(-320, -280, size=(5, 40))
    plain[0, 0] = 0.0
    factor = Factor(plain.copy(), 0.0)
    lowest = plain.copy()
    trends = [0.3] * 60 + [0.8] * 60 + [3.0] * 120
    for step, trend in enumerate(trends, start=1):
        ratio = trend * rng.uniform(0.8, 1.25, size=plain.shape)
        plain *= ratio
        factor.times(ratio)
        lowest = np.minimum(lowest, plain)
        # A product is rounded to 53 bits and then to a multiple: seldom the other way at a tie.
        if step % Factor.every == 0:
            shown = np.where(plain < 1e-300, 0, plain)
            np.testing.assert_allclose(factor.entries, shown, rtol=1e-12, atol=1e-300)
    assert (lowest == 2.0**-1074).any()  # stayed there, and grew again:
    assert (plain[lowest == 2.0**-1074] > 1e-300).all()
    assert ((plain == 0) == (lowest == 0)).all()
    assert (plain == 0).sum() > 1


def test_with_a_floor_no_entry_is_below_it():
    factor = Factor(np.array([[1e-310, 1e-29], [0.0, 1.0]]), 1e-30)
    factor.times(np.full((2, 2), 1e-2))
    np.testing.assert_array_equal(factor.entries, [[1e-30, 1e-30], [1e-30, 1e-2]])


@pytest.mark.parametrize("enforced", ["forward", "step"])
@pytest.mark.parametrize("nonnegativity", ["abs", "projection"])
@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_ae_nmf_is_the_torch_autoencoder(counts, loss, nonnegativity, enforced):
    """Same start, autograd and torch's Adam; weights become negative on the way."""
    settings = ae_nmf.Settings(
        "float64", 0.02, 0, STEPS, nonnegativity=nonnegativity, enforced=enforced
    )
    start = np.random.default_rng(3).random((2, 3, counts.shape[1]))
    V = torch.tensor(counts)
    weights = [torch.tensor(w, requires_grad=True) for w in start]
    optimiser = torch.optim.Adam(weights, lr=0.02)
    criterion = {"mse": torch.nn.functional.mse_loss, "kld": torch_kld}[loss]
    nonnegative = {"abs": torch.abs, "projection": torch.relu}[nonnegativity]
    negative = 0
    for _ in range(STEPS):
        W, G = map(nonnegative, weights) if enforced == "forward" else weights
        value = criterion((V @ W.T) @ G, V)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        negative += sum(int((w < 0).sum()) for w in weights)
        if enforced == "step":
            with torch.no_grad():
                for w in weights:
                    w.copy_(nonnegative(w))
    assert negative > 0
    W, G = (nonnegative(w).detach().numpy() for w in weights)
    fit = ae_nmf.fit(counts, 3, loss, np.random.default_rng(3), settings)
    assert_same_factors(fit, counts @ W.T, G, rtol=1e-7)
    assert fit.loss == pytest.approx(value.item(), rel=1e-10)


def test_below_its_floor_the_kld_has_no_slope(counts):
    """As torch's clamp: a sample without exposures gives none."""
    W, G = np.random.default_rng(3).random((2, 3, counts.shape[1]))
    G[:, 7] = 0
    weights = [torch.tensor(w, requires_grad=True) for w in (W, G)]
    V = torch.tensor(counts)
    torch_kld((V @ weights[0].T) @ weights[1], V).backward()
    slope = np.empty((2, *W.shape))
    ae_nmf.KldGradient(counts.astype(float))(np.array([W, G]), slope)
    np.testing.assert_allclose(slope, [w.grad.numpy() for w in weights], rtol=1e-9, atol=1e-15)
    assert (slope[1][:, 7] == 0).all()


def test_ae_nmf_trains_in_the_dtype_asked_for(counts):
    fits = [
        ae_nmf.fit(counts, 3, "mse", np.random.default_rng(3), ae_nmf.Settings(dtype, 1e-2, 0, 200))
        for dtype in ("float32", "float64")
    ]
    assert fits[0].loss != fits[1].loss
    assert fits[0].loss == pytest.approx(fits[1].loss, rel=1e-3)
    assert fits[0].loss == np.float32(fits[0].loss)


def test_ae_nmf_in_float32_stops_where_two_losses_are_equal(counts):
    settings = ae_nmf.Settings("float32", 1e-3, 1e-10, 100_000)
    fit = ae_nmf.fit(counts, 3, "mse", np.random.default_rng(3), settings)
    assert fit.converged
    assert fit.iterations < 100_000


def trained(V, loss, **settings):
    """A network whose weights are no longer all the same."""
    rng = np.random.default_rng(0)
    network = dnmf.Network(V.shape[0], 3, loss, dnmf.Settings(layers=4, **settings), rng)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        network.A.copy_(torch.rand(network.A.shape, generator=generator))
        network.B.copy_(torch.rand(network.B.shape, generator=generator))
    return network


@pytest.mark.parametrize(("loss", "unfolded"), [("mse", "loss"), ("kld", "loss"), ("kld", "mse")])
@pytest.mark.parametrize("penalties", [{}, {"l1": 0.7, "l2": 0.3}])
def test_dnmf_layers(counts, loss, unfolded, penalties):
    network = trained(counts, loss, unfolded=unfolded, **penalties)
    l1, l2 = penalties.get("l1", 0.0), penalties.get("l2", 0.0)
    A, B = network.A.detach().double().numpy(), network.B.detach().double().numpy()
    out = network(torch.tensor(counts.T, dtype=torch.float32)).detach().numpy().T
    for n in range(0, counts.shape[1], 7):
        v, h = counts[:, n], np.ones(3)
        for a, b in zip(A, B, strict=True):
            if "mse" in (loss, unfolded):
                h = h * (a @ v) / (b @ h + l2 * h + l1)
            else:
                h = h * (a @ (v / (b @ h))) / (a.sum(axis=1) + l2 * h + l1)
        np.testing.assert_allclose(out[:, n], h, rtol=1e-4)


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_dnmf_gradient_against_finite_differences(counts, loss):
    network = trained(counts, loss, l1=0.1, l2=0.2)
    network.A = network.A.detach().double().requires_grad_()
    network.B = network.B.detach().double().requires_grad_()
    X = torch.tensor(counts[:, :10].T)
    S = torch.rand(3, 96, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def cost(A, B):
        network.A, network.B = A, B
        return network.cost(X, S, network(X)) / 1e4

    assert torch.autograd.gradcheck(cost, (network.A, network.B), eps=1e-6, atol=1e-4, rtol=1e-3)


def test_dnmf_with_the_signatures_as_weights_is_the_multiplicative_update(counts):
    """A = S' and B = S'S turn the layers into Lee and Seung's updates of the exposures."""
    S = np.random.default_rng(2).dirichlet(np.full(96, 0.3), size=3).T
    network = dnmf.Network(96, 3, "mse", dnmf.Settings(layers=30), np.random.default_rng(0))
    with torch.no_grad():
        network.A.copy_(torch.tensor(S.T))
        network.B.copy_(torch.tensor(S.T @ S))
    h = np.ones((3, counts.shape[1]))
    for _ in range(30):
        h = h * (S.T @ counts) / (S.T @ S @ h)
    out = network(torch.tensor(counts.T, dtype=torch.float32)).detach().numpy().T
    np.testing.assert_allclose(out, h, rtol=1e-3, atol=1e-2)


def test_dnmf_leaves_its_equal_start_alike_whatever_the_order_of_the_samples(counts):
    """As published, all signatures begin equal: least squares parts them, not rounding."""
    order = np.random.default_rng(5).permutation(counts.shape[1])
    fits = [
        dnmf.fit(V, 3, "mse", np.random.default_rng(0), dnmf.Settings(steps=100))
        for V in (counts, counts[:, order])
    ]
    for fit in fits:
        cosines = np.corrcoef(fit.signatures.T)
        assert np.abs(cosines[np.triu_indices(3, 1)]).max() < 0.99
    assert acs(fits[0].signatures, fits[1].signatures) > 1 - 1e-6
