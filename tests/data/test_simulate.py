import numpy as np
import pandas as pd
import pytest

from nmfbench.data.catalogue import read_catalogue, read_signatures
from nmfbench.data.simulate import draw_counts, simulate_cohort
from nmfbench.errors import InputError
from nmfbench.files import write_tsv


@pytest.fixture
def signatures(resources):
    table = read_signatures(resources / "COSMIC_v3.4_SBS_GRCh37.txt")
    return table[["SBS3", "SBS5", "SBS40a"]]


def test_exposures_are_log_normal(signatures):
    mean, sd = [3.6, 2.8, 3.2], [0.25, 0.35, 0.1]
    _, exposures = simulate_cohort(signatures, 4000, mean, sd, np.random.default_rng(1))
    logs = np.log10(exposures)
    np.testing.assert_allclose(logs.mean(axis=1), mean, atol=0.02)
    np.testing.assert_allclose(logs.std(axis=1), sd, rtol=0.05)
    correlation = np.corrcoef(logs) - np.eye(3)
    assert np.abs(correlation).max() < 0.06


def test_counts_are_poisson(signatures):
    catalogue, exposures = simulate_cohort(signatures, 1000, 3.5, 0.2, np.random.default_rng(1))
    mean = signatures @ exposures
    chi = (catalogue - mean) / np.sqrt(mean)
    assert abs(chi.to_numpy().mean()) < 0.01
    assert chi.to_numpy().var() == pytest.approx(1, abs=0.02)


def test_catalogue_is_valid_and_reproducible(signatures, tmp_path):
    catalogue, exposures = simulate_cohort(signatures, 50, 3, 0.3, np.random.default_rng(5))
    again = simulate_cohort(signatures, 50, [3, 3, 3], 0.3, np.random.default_rng(5))
    pd.testing.assert_frame_equal(catalogue, again[0])
    pd.testing.assert_frame_equal(exposures, again[1])
    assert list(catalogue.columns[:2]) == ["sim0001", "sim0002"]
    assert list(exposures.index) == list(signatures.columns)
    write_tsv(catalogue, tmp_path / "v.tsv", index=True)
    pd.testing.assert_frame_equal(read_catalogue(tmp_path / "v.tsv"), catalogue)


@pytest.mark.parametrize(
    ("n_samples", "mean", "sd", "message"),
    [
        (10, [3, 3], 0.1, r"one number or 3, one per signature \(SBS3, SBS5, SBS40a\)"),
        (10, "many", 0.1, "one number or 3"),
        (0, 3, 0.1, "n_samples must be 1"),
        (10, 3, -0.1, "sd_log10 0 or more"),
        (10, -3, 0.1, "10 sample.* without any mutation"),
        (10, 1, 0.1, r"channel\(s\) without any mutation"),
    ],
)
def test_impossible_cohort_is_refused(signatures, n_samples, mean, sd, message):
    with pytest.raises(InputError, match=message):
        simulate_cohort(signatures, n_samples, mean, sd, np.random.default_rng(1))


@pytest.mark.parametrize("dispersion", [0.0, 0.1])
def test_counts_drawn_anew_scatter_around_the_true_means(signatures, dispersion):
    rng = np.random.default_rng(3)
    exposures = pd.DataFrame(rng.uniform(500, 5000, (3, 2000)), signatures.columns)
    means = signatures.to_numpy() @ exposures.to_numpy()
    catalogue = draw_counts(signatures, exposures, np.random.default_rng(1), dispersion)
    again = draw_counts(signatures, exposures, np.random.default_rng(1), dispersion)
    pd.testing.assert_frame_equal(catalogue, again)
    assert (catalogue == catalogue.round()).all(axis=None)
    z = (catalogue.to_numpy() - means) / np.sqrt(means + dispersion * means**2)
    assert abs(z.mean()) < 0.01
    assert z.var() == pytest.approx(1, abs=0.03)


def test_a_draw_that_leaves_a_sample_empty_is_refused(signatures):
    exposures = pd.DataFrame(1e-9, signatures.columns, ["one", "two"])
    with pytest.raises(InputError, match="counts drawn around the true means"):
        draw_counts(signatures, exposures, np.random.default_rng(1))
