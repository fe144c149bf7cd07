"""A network whose start, learning rate and number of steps are chosen by held-out samples."""

import numpy as np
import pytest

from nmfbench.factorize.fit import FitError
from nmfbench.factorize.losses import error
from nmfbench.factorize.methods import dnmf

CHOSEN = {"validation": 0.2, "starts": 2, "rates": 2, "patience": 40, "spread": 0.5}


def fit(V, seed=1, **settings):
    return dnmf.fit(V, 3, "mse", np.random.default_rng(seed), dnmf.Settings(**CHOSEN | settings))


def test_it_ends_where_the_cost_has_stopped_falling_and_is_the_better_for_it():
    rng = np.random.default_rng(7)
    S = rng.dirichlet(np.full(96, 0.3), size=3).T
    V, new = (rng.poisson(S @ rng.gamma(1.0, 400.0, size=(3, n))).astype(float) for n in (60, 300))
    published = dnmf.fit(V, 3, "mse", np.random.default_rng(1), dnmf.Settings(steps=500))
    found = fit(V, learning_rate=2e-3, steps=3000)
    lost = [error(new, one.signatures, one.encode(new), "mse") for one in (found, published)]
    assert lost[0] < lost[1]
    assert (found.converged, published.converged) == (True, False)


def test_with_too_few_steps_it_has_not_converged(counts):
    assert fit(counts, steps=80, learning_rate=1e-4).converged is False


def test_the_choice_is_that_of_the_lowest_cost_on_samples_that_no_candidate_has_seen(counts):
    """Once more by hand: who is best on the fifth that is held out, and when."""
    settings = dnmf.Settings(**CHOSEN | {"rates": 1, "steps": 40})
    found = dnmf.fit(counts, 3, "mse", np.random.default_rng(1), settings)
    rng = np.random.default_rng(1)
    order = rng.permutation(30)
    train, held_out = counts[:, order[:24]], counts[:, order[24:]]
    costs = {}
    for start, source in enumerate(rng.bit_generator.seed_seq.spawn(2)):
        network = dnmf.Network(96, 3, "mse", settings, np.random.default_rng(source))
        steps = dnmf._train_without_truth(network, train, settings.learning_rate)
        for step in range(1, 41):
            S = next(steps)
            if step % 10 == 0:
                E = network.encode(held_out)
                costs[start, step] = np.square(held_out - S @ E).sum() / 2 / 6
    (start, steps), cost = min(costs.items(), key=lambda item: item[1])
    assert np.isfinite(cost)
    assert found.iterations == steps
    first = np.random.default_rng(np.random.default_rng(1).bit_generator.seed_seq.spawn(2)[start])
    again = dnmf.fit(counts, 3, "mse", first, dnmf.Settings(spread=0.5, steps=steps, patience=40))
    np.testing.assert_array_equal(found.signatures, again.signatures)


def test_a_share_that_leaves_too_few_samples_is_told(counts):
    with pytest.raises(FitError, match=r"share of 0\.9 leaves 3 of 30 samples"):
        fit(counts, validation=0.9)


def test_learning_rates_that_all_diverge_are_told(counts):
    with pytest.raises(FitError, match="diverged: at every start and learning rate"):
        fit(counts, learning_rate=1e30)


def test_the_same_seed_gives_the_same_bytes(counts):
    one, other = (fit(counts, steps=120) for _ in range(2))
    assert one.signatures.tobytes() == other.signatures.tobytes()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"validation": 1.5}, "a share below 1"), ({"patience": 0}, "have to be 1 or more")],
)
def test_wrong_settings_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        dnmf.Settings(**wrong)
