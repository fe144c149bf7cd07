"""The network that is trained to convergence, and how it chooses its start and when to end."""

import numpy as np
import pytest
import torch

from nmfbench.factorize.fit import FitError
from nmfbench.factorize.losses import error
from nmfbench.factorize.methods import dnmf, nmf
from nmfbench.factorize.unfolded import Training, Unfolded

CHOSEN = {"solver": "l-bfgs", "unfolded": "mse", "spread": 0.9, "starts": 2, "patience": 40}


def fit(V, seed=1, loss="mse", **settings):
    return dnmf.fit(V, 3, loss, np.random.default_rng(seed), dnmf.Settings(**CHOSEN | settings))


def drawn(*sizes, seed=7):
    rng = np.random.default_rng(seed)
    S = rng.dirichlet(np.full(96, 0.3), size=3).T
    return [rng.poisson(S @ rng.gamma(1.0, 400.0, size=(3, n))).astype(float) for n in sizes]


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_cost_and_slope_are_those_of_the_published_network(counts, loss):
    network = Unfolded(96, 3, 4, loss)
    weights = network.start(counts, np.random.default_rng(3), 0.1, 0.5)
    A, B, S = network.parts(weights)
    settings = dnmf.Settings(layers=4, unfolded="mse")
    published = dnmf.Network(96, 3, loss, settings, np.random.default_rng(0))
    published.A, published.B, signatures = (
        torch.tensor(part, requires_grad=True) for part in (A, B, S)
    )
    X = torch.tensor(counts.T)
    cost = published.cost(X, signatures.T, published(X))
    cost = cost * (2 / 96 if loss == "mse" else 1 / counts.size)  # as the reported loss
    cost.backward()
    found, slope = network.cost_and_slope(weights, counts)
    assert found == pytest.approx(cost.item(), rel=1e-9)
    assert found == pytest.approx(network.cost(weights, counts), rel=1e-5)
    for part, other in zip(
        network.parts(slope), (published.A, published.B, signatures), strict=True
    ):
        scale = np.abs(part).max()
        np.testing.assert_allclose(part, other.grad.numpy(), rtol=1e-6, atol=1e-9 * scale)


@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_it_ends_lower_than_the_published_training_on_samples_never_seen(loss):
    V, new = drawn(60, 300)
    published = dnmf.fit(V, 3, loss, np.random.default_rng(1), dnmf.Settings(unfolded="mse"))
    found = fit(V, loss=loss, steps=3000, patience=100)
    lost = [error(new, one.signatures, one.encode(new), loss) for one in (found, published)]
    assert lost[0] < lost[1]
    assert (found.converged, published.converged) == (True, False)
    np.testing.assert_allclose(found.exposures, found.encode(V), rtol=1e-9)
    assert found.loss == pytest.approx(error(V, found.signatures, found.exposures, loss))


def test_with_too_few_steps_it_has_not_converged(counts):
    assert fit(counts, steps=60, patience=1000).converged is False


def test_unfolded_updates_are_what_the_network_begins_with(counts):
    """With the weights of NMF the layers are updates from 1, as many as there are layers."""
    S = nmf.fit(counts, 3, "mse", np.random.default_rng(1), nmf.Settings()).signatures
    network = Unfolded(96, 3, 10, "mse")
    E = np.ones((3, 30))
    for _ in range(10):
        E *= S.T @ counts / (S.T @ S @ E)
    found = network.encode(network.unfold(S), counts)
    np.testing.assert_allclose(found, E, rtol=1e-3, atol=1e-3 * E.max())


def test_the_choice_is_that_of_the_lowest_cost_on_samples_that_no_start_has_seen(counts):
    """Once more by hand: who is best on the fifth that is held out, and when."""
    found = fit(counts, steps=40, starts=1)
    rng = np.random.default_rng(1)
    order = rng.permutation(30)
    train, held_out = counts[:, order[:24]], counts[:, order[24:]]
    network = Unfolded(96, 3, 10, "mse")
    starts = [
        network.start(train, np.random.default_rng(source), 0.1, 0.9)
        for source in rng.bit_generator.seed_seq.spawn(1)
    ]
    starts.append(network.unfold(nmf.fit(train, 3, "mse", rng, dnmf.OF_START).signatures))
    ends = []
    for weights in starts:
        lowest = np.inf
        for step in (10, 20, 30, 40):
            one = Training(network, train, weights)
            one.go_on(step)
            S, E = network.parts(one.weights)[2], network.encode(one.weights, held_out)
            cost = np.square(held_out - S @ E).mean()
            if cost < 0.999 * lowest:
                lowest, best = cost, (step, one.weights)
        ends.append((lowest, *best))
    _, step, weights = min(ends, key=lambda end: end[0])
    whole = Training(network, counts, weights)
    whole.go_on(40)
    assert found.iterations == step + whole.step
    S = network.parts(whole.weights)[2]
    np.testing.assert_allclose(found.signatures, S / S.sum(axis=0), rtol=1e-9)


def test_no_weight_is_negative_and_the_cost_falls(counts):
    network = Unfolded(96, 3, 10, "kld")
    training = Training(network, counts, network.start(counts, np.random.default_rng(0), 0.1, 0.9))
    costs = [network.cost(training.weights, counts)]
    for _ in range(5):
        training.go_on(20)
        costs.append(network.cost(training.weights, counts))
        assert (training.weights >= 0).all()
    assert (np.diff(costs) < 0).all()


def test_a_share_that_leaves_too_few_samples_is_told(counts):
    with pytest.raises(FitError, match=r"share of 0\.9 leaves 3 of 30 samples"):
        fit(counts, validation=0.9)


def test_a_cost_that_is_never_finite_is_told(counts):
    with pytest.raises(FitError, match="diverged"):
        fit(counts * 1e200, steps=60)


def test_the_same_seed_gives_the_same_bytes(counts):
    one, other = (fit(counts, steps=120) for _ in range(2))
    assert one.signatures.tobytes() == other.signatures.tobytes()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"validation": 1.5}, "a share below 1"),
        ({"patience": 0}, "has to be 1 or more"),
        ({"l1": 1.0}, "has no l1, l2, supervised or learned"),
        ({"unfolded": "loss"}, "needs unfolded: mse"),
    ],
)
def test_wrong_settings_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        dnmf.Settings(**CHOSEN | wrong)


def test_exposures_are_not_those_of_the_next_samples():
    """The network computes in a room that it uses again."""
    one, other = drawn(9, 9)
    network = Unfolded(96, 3, 4, "mse")
    weights = network.start(one, np.random.default_rng(3), 0.1, 0.5)
    found = network.encode(weights, one)
    kept = found.copy()
    network.cost_and_slope(weights, other)
    assert np.array_equal(found, kept)
    assert not np.allclose(network.encode(weights, other), kept)
