"""A Poisson cohort of five signatures: which error knows that there are no more."""

import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.ranks import choose
from nmfbench.data.simulate import simulate_cohort
from nmfbench.data.splits import kfold_splits, thinning_splits
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
