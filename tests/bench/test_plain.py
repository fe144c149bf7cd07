"""The comparison is fair: a plain transcription and the package walk the same way."""

import numpy as np
import plain
import pytest

from nmfbench.factorize import methods

STEPS = 20


@pytest.mark.parametrize(
    ("method", "loss", "transcription", "rtol"),
    [
        ("nmf", "mse", plain.nmf_mse, 1e-9),
        ("nmf", "kld", plain.nmf_kld, 1e-9),
        ("c-nmf", "mse", plain.c_nmf_mse, 1e-9),
        ("c-nmf", "kld", plain.c_nmf_kld, 1e-9),
        ("ae-nmf", "mse", plain.ae_nmf_mse, 1e-6),
        ("ae-nmf", "kld", plain.ae_nmf_kld, 1e-6),
    ],
)
def test_the_same_start_leads_to_the_same_factors(counts, method, loss, transcription, rtol):
    module = methods.load(method)
    settings = module.Settings(tolerance=-1.0, max_iterations=STEPS)
    fit = module.fit(counts, 3, loss, np.random.default_rng(5), settings)
    S, E = transcription(counts, 3, np.random.default_rng(5), STEPS)
    assert fit.iterations == STEPS
    assert_same(fit, S, E, rtol)


def test_the_same_network_is_trained(counts):
    module = methods.load("dnmf")
    settings = module.Settings(steps=STEPS, spread=0.5)
    fit = module.fit(counts, 3, "mse", np.random.default_rng(5), settings)
    S, E = plain.dnmf_mse(counts, 3, np.random.default_rng(5), STEPS, spread=0.5)
    assert_same(fit, S, E, 1e-4)


def assert_same(fit, S, E, rtol):
    np.testing.assert_allclose(fit.signatures, S / S.sum(axis=0), rtol=rtol, atol=rtol * 1e-3)
    np.testing.assert_allclose(fit.exposures, E * S.sum(axis=0)[:, None], rtol=rtol, atol=rtol)


@pytest.mark.parametrize("transcription", [plain.nmf_mse, plain.nmf_kld, plain.ae_nmf_mse])
def test_a_tolerance_ends_a_transcription_early(counts, transcription):
    one, _ = transcription(counts, 3, np.random.default_rng(5), 1)
    early, _ = transcription(counts, 3, np.random.default_rng(5), 10_000, tolerance=1.0)
    two, _ = transcription(counts, 3, np.random.default_rng(5), 2)
    assert (early == two).all()
    assert (one != two).any()
