import numpy as np
import pandas as pd
import pytest
import torch

from nmfbench.errors import InputError
from nmfbench.factorize import methods
from nmfbench.factorize.fit import FitError
from nmfbench.factorize.gpu import UPDATES, check_device, fit_together, fits_together
from nmfbench.factorize.run import Job, fit_chunk

GPU = pytest.param(
    "cuda",
    marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here"),
)


@pytest.mark.parametrize("device", ["cpu", GPU])
@pytest.mark.parametrize("floor", [1e-30, 0.0])
@pytest.mark.parametrize(("method", "loss"), sorted(UPDATES))
def test_fits_together_end_where_each_ends_alone(counts, method, loss, floor, device):
    """Also those that converge long before the others."""
    catalogues = [counts[:, :24], counts[:, 6:], counts[:, :24] * 30]
    given = {"tolerance": 1e-5, "max_iterations": 4000, "floor": floor}
    settings = methods.make_settings(method, given, "test")
    sources = [np.random.default_rng(seed) for seed in range(3)]
    together = fit_together(method, catalogues, 3, loss, sources, settings, device)
    for seed, (V, found) in enumerate(zip(catalogues, together, strict=True)):
        alone = methods.load(method).fit(V, 3, loss, np.random.default_rng(seed), settings)
        assert found.loss == pytest.approx(alone.loss, rel=1e-6)
        assert found.iterations == pytest.approx(alone.iterations, rel=0.02)
        assert found.converged == alone.converged
        scale = alone.exposures.max()
        np.testing.assert_allclose(found.signatures, alone.signatures, atol=1e-4)
        np.testing.assert_allclose(found.exposures, alone.exposures, atol=1e-4 * scale)
    assert len({found.iterations for found in together}) > 1


@pytest.mark.parametrize(("method", "loss"), sorted(UPDATES))
def test_a_few_steps_together_are_those_of_each_alone(counts, method, loss):
    given = {"tolerance": 0.0, "max_iterations": 20}
    settings = methods.make_settings(method, given, "test")
    sources = [np.random.default_rng(seed) for seed in range(2)]
    together = fit_together(method, [counts, counts[::-1]], 3, loss, sources, settings, "cpu")
    for seed, (V, found) in enumerate(zip((counts, counts[::-1]), together, strict=True)):
        alone = methods.load(method).fit(V, 3, loss, np.random.default_rng(seed), settings)
        np.testing.assert_allclose(found.signatures, alone.signatures, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(found.exposures, alone.exposures, rtol=1e-9)
        assert found.loss == pytest.approx(alone.loss, rel=1e-9)


def test_a_fit_that_fails_leaves_the_others_alone(counts):
    bad = np.where(counts == counts.max(), np.nan, counts)
    settings = methods.make_settings("nmf", {"max_iterations": 50}, "test")
    sources = [np.random.default_rng(seed) for seed in range(2)]
    failed, fine = fit_together("nmf", [bad, counts], 3, "mse", sources, settings, "cpu")
    assert isinstance(failed, FitError)
    assert "diverged" in str(failed)
    assert np.isfinite(fine.signatures).all()


@pytest.mark.parametrize(
    ("method", "loss", "given", "can"),
    [
        ("nmf", "mse", {}, True),
        ("c-nmf", "kld", {}, True),
        ("nmf", "mse", {"solver": "l-bfgs"}, False),
        ("nmf", "mse", {"start": "equal"}, False),
        ("nmf", "kld", {"l1": 1.0}, False),
        ("nmf", "mse", {"inference": 10}, False),
        ("nmf", "nb", {}, False),
        ("ae-nmf", "mse", {}, False),
        ("dnmf", "mse", {}, False),
    ],
)
def test_what_can_be_fitted_together(method, loss, given, can):
    assert fits_together(method, loss, methods.make_settings(method, given, "test")) is can


def test_a_chunk_on_a_device_is_that_of_the_cpu(counts):
    names = [f"s{n}" for n in range(counts.shape[1])]
    catalogue = pd.DataFrame(counts, columns=names)
    # Splits of two sizes: they cannot be one stack.
    tests = [(i, names[j]) for i in range(3) for j in range(i, 30, 5 if i else 6)]
    splits = pd.DataFrame(tests, columns=["split", "sample"])
    settings = {"tolerance": 1e-6, "max_iterations": 2000}

    def chunk(device):
        job = Job("toy", "holdout", "model", "nmf", "kld", 3, 1, settings, device=device)
        return fit_chunk(job, catalogue, splits, [0, 1, 2])

    # As torch names the CPU: the way of a GPU without one.
    on_device, on_cpu = chunk("cpu:0"), chunk("cpu")
    same = ["split", "set", "status", "reason"]
    pd.testing.assert_frame_equal(on_device.rows[same], on_cpu.rows[same])
    np.testing.assert_allclose(on_device.rows["error"], on_cpu.rows["error"], rtol=1e-6)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_a_fit_says_so():
    with pytest.raises(InputError, match="device cuda: torch sees no GPU here: install"):
        check_device("cuda")
