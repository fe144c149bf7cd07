"""Published models over their whole run, against a transcription of the released code.

Tens of thousands of iterations on real counts, from one start, in plain numpy: entries run down to
the smallest numbers there are, and what happens to them there decides where a fit ends.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import plain
import pytest
from sklearn.model_selection import KFold

from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import published_splits, training_copies
from nmfbench.factorize import methods
from nmfbench.factorize.losses import error
from nmfbench.factorize.methods import c_nmf, dnmf, nmf

RESOURCES = Path(__file__).parents[2] / "resources"
GENOMES = read_catalogue(RESOURCES / "breast21.tsv").to_numpy(float)
MODELS = {
    ("nmf", "mse"): (nmf, plain.nmf_mse, plain.mse, 40_000),
    ("nmf", "kld"): (nmf, plain.nmf_kld, plain.kld, 10_000),
    ("c-nmf", "mse"): (c_nmf, plain.c_nmf_mse, plain.mse, 20_000),
    ("c-nmf", "kld"): (c_nmf, plain.c_nmf_kld, plain.kld, 10_000),
}
#: Where `plain` ends on the training samples of a published split, from the study's own start.
ENDS = {
    ("ovary", 1, "nmf", 4): 8999.77097,
    ("prostate", 0, "c-nmf", 5): 169.797313,
}


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids="-".join)
def test_the_same_start_ends_at_the_same_loss(model):
    method, transcription, loss, iterations = MODELS[model]
    V = GENOMES[:, 3:20]
    settings = method.Settings(tolerance=0, max_iterations=iterations, floor=0.0)
    fit = method.fit(V, 4, model[1], np.random.default_rng(0), settings)
    S, E = transcription(V, 4, np.random.default_rng(0), iterations)
    assert fit.loss == pytest.approx(loss(V, S @ E), rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("loss", "penalty"), [("mse", 0.0), ("kld", 1.0)])
def test_the_released_network_parts_its_equal_signatures_alike(loss, penalty):
    """From equal weights, of which least squares gives the first one all."""
    V, steps = np.ascontiguousarray(GENOMES[:, 3:20]), 300
    settings = dnmf.Settings(unfolded="mse", steps=steps, l1=penalty, l2=penalty)
    fit = dnmf.fit(V, 4, loss, np.random.default_rng(0), settings)
    S, E = plain.dnmf(V, 4, np.random.default_rng(0), steps, loss, penalty=penalty)
    lost = {"mse": plain.mse, "kld": plain.kld}[loss]
    assert fit.loss == pytest.approx(lost(V, S @ E), rel=1e-3)
    assert np.abs(np.corrcoef(fit.signatures.T)[np.triu_indices(4, 1)]).min() < 0.99


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "penalty", "released"),
    [("mse", 0, "dnmf_0_1"), ("mse", 1, "dnmf_1_1"), ("kld", 1, "dnmf_1_1")],
)
def test_a_network_ends_where_its_authors_network_ended(mirror, loss, penalty, released):
    """Fold 0 of the 560 breast cancers, on the columns that the released code tests on."""
    V = np.load(mirror / "brca560/BRCA_counts.npy").T.astype(float)
    train, _ = next(KFold(5, shuffle=True, random_state=1).split(V.T))
    # What the authors report is the cost before the last of their 500 steps.
    settings = dnmf.Settings(unfolded="mse", steps=499, l1=penalty, l2=penalty)
    fit = dnmf.fit(V[:, train], 12, loss, np.random.default_rng(0), settings)
    tested = V[:, ~train]
    per_entry = (
        fit.cost(tested) if penalty else error(tested, fit.signatures, fit.encode(tested), loss)
    )
    cost = per_entry * (len(V) / 2 if loss == "mse" else tested.size)  # of a sample, and of all
    name = {"mse": "fig_7a_euclidean", "kld": "fig_7b_kl"}[loss]
    reported = pd.read_csv(mirror / f"nasser2021/{name}.csv")[released][0]
    assert cost == pytest.approx(reported, rel=1e-3)


@pytest.mark.slow
def test_least_squares_ends_where_exposures_are_nearly_equal(mirror):
    """On this fold it takes more than the 3 K iterations that scipy grants."""
    V = np.load(mirror / "brca560/BRCA_counts.npy").T.astype(float)
    train, _ = list(KFold(5, shuffle=True, random_state=1).split(V.T))[1]
    settings = dnmf.Settings(unfolded="mse", layers=5)
    fit = dnmf.fit(V[:, train], 12, "kld", np.random.default_rng(0), settings)
    assert np.isfinite(fit.loss)


@pytest.mark.slow
@pytest.mark.parametrize(("cohort", "split", "name", "rank"), ENDS)
def test_a_published_fit_ends_where_the_released_code_ends(mirror, cohort, split, name, rank):
    catalogue = read_catalogue(f"{mirror}/gel/catalogues_{cohort.capitalize()}_SBS.tsv")
    samples = catalogue.columns
    splits = published_splits(RESOURCES / "egendal2025_test_samples.tsv", cohort, samples)
    V = catalogue.to_numpy(float)[:, training_copies(splits, split, samples) > 0]
    start = np.random.default_rng(seed_sequence(2025, cohort, split, name))
    method = methods.load(name)
    settings = method.Settings(tolerance=1e-10, max_iterations=350_000, floor=0.0)
    found = method.fit(V, rank, "mse", start, settings)
    assert found.converged
    assert found.loss == pytest.approx(ENDS[cohort, split, name, rank], rel=1e-3)
