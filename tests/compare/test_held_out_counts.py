"""A Poisson cohort of five signatures: which error knows that there are no more."""

import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.fits import Fits
from nmfbench.compare.ranks import choose
from nmfbench.compare.samples import Cohort, measure
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.simulate import simulate_cohort
from nmfbench.data.splits import holdout_splits, kfold_splits, thinning_splits
from nmfbench.factorize.run import Job, fit_chunk

TRUE = ["SBS1", "SBS2", "SBS3", "SBS17b", "SBS18"]
RANKS = (3, 5, 7, 10)
FOLDS = 3


@pytest.fixture(scope="module")
def errors(cosmic):
    """Errors on held-out counts, and on samples left out whose exposures are refitted to them."""
    rng = np.random.default_rng(11)
    catalogue, _ = simulate_cohort(cosmic[TRUE], 60, 2.8, 0.4, rng)
    settings = {"solver": "l-bfgs", "starts": 2, "tolerance": 1e-3, "max_iterations": 200}
    samples = list(catalogue.columns)
    found = {}
    for name, folds, splits in (
        ("thinned", FOLDS, thinning_splits(samples, FOLDS)),
        ("test", 0, kfold_splits(samples, FOLDS, 1)),
    ):
        each = {}
        for rank in RANKS:
            job = Job("toy", "any", "nmf", "nmf", "kld", rank, 1, settings, folds=folds)
            rows = fit_chunk(job, catalogue, splits, range(FOLDS)).rows
            each[rank] = rows[rows["set"] == name].set_index("split")["error"]
        found[name] = pd.DataFrame(each)
    return found


def test_the_error_of_refitted_samples_falls_with_every_signature_more(errors):
    assert (errors["test"].mean().diff().dropna() < 0).all()
    table = choose(errors["test"])
    assert table.index[table["lowest"] == 1].tolist() == [10]


def test_held_out_counts_find_the_true_number(errors):
    assert errors["thinned"].mean().idxmin() == 5
    table = choose(errors["thinned"])
    assert table.index[table["chosen"] == 1].tolist() == [5]
    assert table.loc[5, "among"] == 1
    assert table.loc[[3, 10], "among"].tolist() == [0, 0]


@pytest.mark.parametrize("loss", ["mse", "kld", "nb", "tweedie"])
def test_what_is_held_out_of_test_samples_is_known_sample_by_sample(cosmic, loss):
    V, _ = simulate_cohort(cosmic[TRUE[:3]], 20, 2.8, 0.4, np.random.default_rng(1))
    splits = holdout_splits(V.columns, 3, 0.2, seed_sequence(0, "toy"))
    parameters = {split: {"nb": 0.1, "tweedie": 1.5}.get(loss) for split in range(3)}
    job = Job("toy", "holdout", "nmf", "nmf", loss, 3, 1, {"max_iterations": 50})
    chunk = fit_chunk(job, V, splits, range(3), parameters=parameters)
    fit = Fits(chunk.signatures, chunk.split, chunk.rows, chunk.exposures, None)
    cohort = Cohort(V, splits, parameters=parameters, name="toy", seed=1)
    values, weights = measure(fit, cohort)["error", "thinned"]
    expected = chunk.rows[chunk.rows["set"] == "thinned"].set_index("split")["error"]
    if loss == "tweedie":  # whose counts have no halves
        assert not weights.any()
        assert expected.isna().all()
    else:
        assert weights.sum(axis=1).tolist() == [4, 4, 4]
        means = np.average(np.where(weights, values, 0), axis=1, weights=weights)
        assert means == pytest.approx(expected.to_numpy())
    assert ("error", "thinned") not in measure(fit, cohort._replace(name=""))
