"""The proof of concept: C-NMF and AE-NMF go to the same place from the same start."""

from dataclasses import replace

import numpy as np
import pytest

from nmfbench.compare.similarity import match
from nmfbench.factorize.concept import (
    PURE,
    RELEASED_EXPOSURES,
    Prepared,
    fit_toy,
    models,
    pure_toy,
    released_toy,
)
from nmfbench.factorize.losses import mse


@pytest.fixture(scope="module")
def toy():
    return pure_toy(45, np.random.default_rng(1))


def test_a_prepared_start_is_handed_out_in_turn_and_never_changed():
    first, second = np.ones((2, 3)), np.zeros((3, 2))
    start = Prepared(first, second)
    given = start.random((2, 3))
    given += 1
    assert (first == 1).all()
    assert start.random((3, 2)).shape == (3, 2)


def test_a_prepared_start_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\) is prepared, \(3, 2\) is asked for"):
        Prepared(np.ones((2, 3))).random((3, 2))


def test_the_toy_is_seeded_and_has_nearly_pure_samples(toy):
    again = pure_toy(45, np.random.default_rng(1))
    np.testing.assert_array_equal(toy.counts, again.counts)
    assert (toy.counts != pure_toy(45, np.random.default_rng(2)).counts).any()
    assert toy.counts.shape == (6, 45)
    assert (toy.counts == np.round(toy.counts)).all()
    np.testing.assert_allclose(toy.signatures.sum(axis=0), 1)
    shares = toy.exposures / toy.exposures.sum(axis=0)
    assert (shares[0, :PURE] > 0.9).all()
    assert (shares[1, PURE : 2 * PURE] > 0.9).all()
    assert (shares[:, 2 * PURE :].max(axis=0) < 0.9).any()


def test_all_three_begin_at_the_same_point(toy):
    """After a step of no length the autoencoder is at the start, and so are the two others."""
    V, rng = toy.counts, np.random.default_rng(4)
    W, G = rng.random((2, 2, 45))
    prepared = models(V, W, G)
    method, settings, start = prepared["ae-nmf"]
    still = type(settings)(dtype="float64", learning_rate=0.0, max_iterations=1)
    fit = method.fit(V, 2, "mse", start, still)
    assert fit.loss == pytest.approx(mse(V, V @ W.T @ G), rel=1e-12)
    first, second = (prepared["c-nmf"][2].random((45, 2)) for _ in range(2))
    np.testing.assert_array_equal(first.T, G)
    np.testing.assert_array_equal(second.T, W)
    S, E = (prepared["nmf"][2].random(shape) for shape in ((6, 2), (2, 45)))
    np.testing.assert_allclose(S @ E, V @ W.T @ G, rtol=1e-12)


def test_c_nmf_and_ae_nmf_end_together_and_near_the_truth(toy):
    fits = fit_toy(toy, np.random.default_rng(4))
    assert list(fits) == ["nmf", "c-nmf", "ae-nmf"]
    convex, autoencoder = fits["c-nmf"], fits["ae-nmf"]
    assert autoencoder.loss == pytest.approx(convex.loss, rel=1e-3)
    distances = [
        np.abs(convex.signatures - autoencoder.signatures[:, order]).max()
        for order in ([0, 1], [1, 0])
    ]
    assert min(distances) < 1e-3
    assert fits["nmf"].loss < convex.loss
    for fit in fits.values():
        lengths = np.linalg.norm(fit.signatures, axis=0)[:, None]
        cosines = (fit.signatures / lengths.T).T @ (
            toy.signatures / np.linalg.norm(toy.signatures, axis=0)
        )
        assert cosines.max(axis=0).min() > 0.99
        assert fit.loss < mse(toy.counts, toy.signatures @ toy.exposures)


def test_on_the_released_toy_convex_signatures_stop_at_the_outermost_samples():
    """No sample is pure: the convex ones lie between the samples, the free ones reach beyond."""
    toy = released_toy(45, np.random.default_rng(1))
    assert toy.counts.shape == (6, 45)
    np.testing.assert_allclose(toy.signatures.sum(axis=0), 1)
    np.testing.assert_array_equal(toy.exposures[:, ::15], RELEASED_EXPOSURES)
    W, G = np.random.default_rng(4).random((2, 2, 45))
    absent = np.where(toy.signatures == 0)  # features that a true signature does not have
    left = {}
    for name, (method, settings, start) in models(toy.counts, W, G).items():
        if name != "ae-nmf":  # which takes a minute, and ends where C-NMF does
            settings = replace(settings, max_iterations=20_000)
            S = method.fit(toy.counts, 2, "mse", start, settings).signatures
            left[name] = S[:, np.argsort(match(S, toy.signatures)[0])][absent].sum()
    assert 0 < left["nmf"] < 0.7 * left["c-nmf"]
