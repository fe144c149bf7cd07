"""How often the intervals of a study hold the truth, and how wide they are, on fresh cohorts.

Cohorts are simulated, divided, fitted and compared by the functions that a study uses, over and
over: with two models that are trained to convergence and two that are stopped early from one start
each, whose results depend on it much. The truth of *on cohorts like it* is the mean over all
cohorts; the truth of *on this cohort* the mean over many divisions and starts of one cohort. What
is needed is 1.96 standard deviations of the effect over the cohorts (or over the divisions).

    python tests/bench/coverage.py [cohorts]
"""

import contextlib
import io
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from nmfbench.compare.fits import Fits
from nmfbench.compare.paired import Signatures, paired
from nmfbench.compare.resampled import resample_fits
from nmfbench.compare.samples import Cohort
from nmfbench.compare.scores import score
from nmfbench.data.catalogue import read_signatures
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.simulate import simulate_cohort
from nmfbench.data.splits import holdout_splits
from nmfbench.factorize.run import Job, fit_chunk

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SEED, COHORTS = 18, 160
SAMPLES, SPLITS, DRAWS = 50, 8, 20
TRUE = ["SBS1", "SBS3", "SBS18"]
SIMULATED = {"mean_log10": 2.6, "sd_log10": 0.4}
CONVERGED = {"solver": "l-bfgs", "starts": 2, "tolerance": 1e-4, "max_iterations": 700}
MODELS = {  # method, settings, whether convex
    "nmf-converged": ("nmf", CONVERGED, False),
    "c-nmf-converged": ("c-nmf", CONVERGED, True),
    "nmf": ("nmf", {"max_iterations": 60}, False),
    "ae-nmf": ("ae-nmf", {"learning_rate": 1e-2, "max_iterations": 150}, True),
}
PAIRS = {
    "converged": ("nmf-converged", "c-nmf-converged"),
    "one start, stopped early": ("nmf", "ae-nmf"),
}
COMPARED = [
    *(("error", "train"), ("error_median", "train"), ("error_share", "train")),
    *(("error", "test"), ("error_median", "test"), ("error_share", "test")),
    *(("error_contrast", "train"), ("sc", "train"), ("acs_truth", "train")),
    ("cosmic_cosine", "train"),
]


def simulate(number, cosmic):
    """Catalogue of cohort `number`."""
    rng = np.random.default_rng(seed_sequence(SEED, "cohort", number))
    return simulate_cohort(cosmic[TRUE], SAMPLES, rng=rng, **SIMULATED)[0]


def compare(catalogue, cosmic, number, *, patients):
    """Rows of the pairs of one cohort; `number` decides divisions and starts."""
    splits = holdout_splits(catalogue.columns, SPLITS, 0.2, seed_sequence(SEED, "split", number))
    fits = {}
    for model, (method, settings, _) in MODELS.items():
        job = Job("cohort", "holdout", model, method, "mse", len(TRUE), SEED + number, settings)
        with contextlib.redirect_stdout(io.StringIO()):
            chunk = fit_chunk(job, catalogue, splits, range(SPLITS))
        fits[model] = Fits(chunk.signatures, chunk.split, chunk.rows, chunk.exposures)
    truth, cohort = cosmic[TRUE], Cohort(catalogue, splits, truth=cosmic[TRUE])
    scores = score(fits, truth, "nmf", catalogue, splits)
    seed, resampled = seed_sequence(SEED, "patients", number), {}
    if patients:
        convex = [model for model, (*_, is_convex) in MODELS.items() if is_convex]
        resampled = resample_fits(fits, cohort, convex, DRAWS, seed)
    signatures = Signatures(resampled, {"cosmic": cosmic}, (), seed)
    table = paired(fits, cohort, scores, (), signatures).set_index(["model", "other"])
    parts = [table.loc[[pair]].assign(kind_of_models=name) for name, pair in PAIRS.items()]
    rows = pd.concat(parts).set_index(["metric", "set"])
    return (
        rows.loc[[key for key in COMPARED if key in rows.index]].reset_index().assign(number=number)
    )


def judge(rows, prefix):
    """Coverage and width of one kind of interval over the repetitions."""
    found = []
    for keys, group in rows.groupby(["kind_of_models", "metric", "set"], sort=False):
        ratio = group["kind"].iloc[0] == "ratio"
        effect, low, high = (
            np.log(group[c]) if ratio else group[c]
            for c in ("effect", f"{prefix}low", f"{prefix}high")
        )
        true = effect.mean()
        held = (low <= true) & (true <= high)
        width = (high - low).mean() / (2 * 1.96 * effect.std())
        found.append((*keys, len(group), true, held.mean(), width))
    columns = ["models", "metric", "set", "n", "truth", "coverage", "width"]
    return pd.DataFrame(found, columns=columns)


def main(cohorts):
    """Measure both kinds of intervals, one repetition of each after the other."""
    cosmic = read_signatures(ROOT / "resources" / "COSMIC_v3.4_SBS_GRCh37.txt")
    same, rows = simulate(0, cosmic), []
    for i in range(cohorts):
        start = time.process_time()
        like = compare(simulate(i, cosmic), cosmic, i, patients=True)
        here = compare(same, cosmic, i, patients=False)
        rows += [like.assign(question="like"), here.assign(question="here")]
        if i % 5 == 4:
            pd.concat(rows).to_csv("/tmp/cov.tsv", sep="\t")
            print(i, time.process_time() - start, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COHORTS)
