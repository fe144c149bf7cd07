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
from nmfbench.compare.paired import Others, paired
from nmfbench.compare.resampled import resample_fits
from nmfbench.compare.samples import Cohort
from nmfbench.compare.scores import score
from nmfbench.data.catalogue import read_signatures
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.simulate import simulate_cohort
from nmfbench.data.splits import holdout_splits
from nmfbench.factorize.run import Job, fit_chunk
from nmfbench.files import write_tsv

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SEED, COHORTS = 18, 60
SAMPLES, SPLITS, DRAWS = 100, 20, 15
TRUE = ["SBS1", "SBS3", "SBS18"]
SIMULATED = {"mean_log10": 2.6, "sd_log10": 0.4}
CONVERGED = {"solver": "l-bfgs", "starts": 2, "tolerance": 1e-4, "max_iterations": 700}
MODELS = {  # method, settings, whether convex
    "nmf-converged": ("nmf", CONVERGED, False),
    "c-nmf-converged": ("c-nmf", CONVERGED, True),
    "nmf": ("nmf", {"max_iterations": 1000}, False),
    "ae-nmf": ("ae-nmf", {"learning_rate": 0.1, "max_iterations": 2000}, True),
}
PAIRS = {
    "converged": ("nmf-converged", "c-nmf-converged"),
    "one start, stopped early": ("nmf", "ae-nmf"),
}
MEASURED = ["coverage", "width"]
Z = 1.96  # of a normal distribution, for 95 %
PAGE = """# What the intervals hold

Written by `make coverage` ({minutes} CPU minutes).

Every comparison has two intervals of 95 %. *On this cohort* is about another division of the same
samples and another start; *on cohorts like it* about other patients as well. Here both are measured
on {n} simulated cohorts ({samples} samples, {rank} signatures, {splits} random 80/20 splits), by
the functions that a study uses (`nmfbench.compare.intervals`, `paired`, `resampled`; {draws}
cohorts drawn for the signatures), once for two models that are trained to convergence and once for
two that are stopped early from one start each. The truth is the mean effect over all cohorts, or
over {n} divisions and starts of one cohort: of ratios the logarithm. Coverage: how often the
interval holds it. Width: the mean width over what is needed, 2 x 1.96 standard deviations of the
effect.

{table}

How they are made:

- **Errors** are means over samples; each sample is first averaged over the splits that have it, for
  both models. On this cohort: the jackknife over splits. On cohorts like it the patients' part is
  added: the variance over samples, to first order, less that over single samples in single splits,
  which is in both. Of training errors it is the variance among cohorts drawn with replacement from
  the patients and fitted, if that is larger.
- **Median and share of samples**: the variance over samples in closed form (Maritz & Jarrett;
  Wilson), and the jackknife over splits.
- **Signature consistency and ACS with the truth**: the jackknife over splits, and the variance
  among cohorts drawn with replacement from the patients, whose fits go on from those of the cohort.
  Of ACS it is no less than what Nadeau & Bengio (2003) take splits to share, test samples per
  training sample times the variance of a split.
- **Consensus signatures**: splits drawn with replacement, and the same cohorts drawn.
- **Some intervals on cohorts like it are too narrow**, as the table shows. A few tumours decide the
  ratio of the test errors of converged models: a cohort without them has a narrow interval around
  another ratio. Medians take the signatures as given. The share of tumours has neither weakness.
- **Folds** are no independent divisions, and test every sample once: both intervals have the
  patients in them, and that on this cohort is too wide.

Alone that factor is no cure: of training errors its intervals are far too narrow, as a test of the
suite measures (`tests/compare/test_intervals.py`).
"""
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
        living = np.isfinite(chunk.signatures).all(axis=1)
        fits[model] = Fits(chunk.signatures, chunk.split, chunk.rows, chunk.exposures, living)
    truth, cohort = cosmic[TRUE], Cohort(catalogue, splits, truth=cosmic[TRUE])
    scores = score(fits, truth, "nmf", catalogue, splits)
    seed, resampled = seed_sequence(SEED, "patients", number), {}
    if patients:
        convex = [model for model, (*_, is_convex) in MODELS.items() if is_convex]
        resampled = resample_fits(fits, cohort, convex, DRAWS, seed)
    others = Others(resampled, {"cosmic": cosmic}, (), seed)
    table = paired(fits, cohort, scores, (), others).set_index(["model", "other"])
    parts = [table.loc[[pair]].assign(models=name) for name, pair in PAIRS.items()]
    rows = pd.concat(parts).set_index(["metric", "set"])
    return (
        rows.loc[[key for key in COMPARED if key in rows.index]].reset_index().assign(number=number)
    )


def judge(rows, prefix):
    """Coverage and width of one kind of interval over the repetitions."""
    found = []
    for keys, group in rows.groupby(["models", "metric", "set"], sort=False):
        scale = np.log if group["kind"].iloc[0] == "ratio" else np.asarray
        effect, low, high = (
            scale(group[name].to_numpy()) for name in ("effect", f"{prefix}low", f"{prefix}high")
        )
        true, needed = effect.mean(), 2 * Z * effect.std(ddof=1)
        held = (low <= true) & (true <= high)
        # Where every cohort says the same, no width is needed.
        width = np.nanmean(high - low) / needed if needed > 0 else np.nan
        found.append((*keys, len(group), true, held.mean(), width))
    return pd.DataFrame(found, columns=["models", "metric", "set", "n", "truth", *MEASURED])


def main(cohorts):
    """Measure both kinds of intervals, one repetition of each after the other; write the table."""
    cosmic = read_signatures(ROOT / "resources" / "COSMIC_v3.4_SBS_GRCh37.txt")
    same, like, here = simulate(0, cosmic), [], []
    for i in range(cohorts):
        like.append(compare(simulate(i, cosmic), cosmic, i, patients=True))
        here.append(compare(same, cosmic, i, patients=False))
        print(f"{i + 1} of {cohorts}: {time.process_time() / 60:.1f} CPU minutes", flush=True)
    table = pd.concat(
        judge(pd.concat(rows), prefix).assign(interval=interval)
        for rows, prefix, interval in (
            (here, "", "on this cohort"),
            (like, "like_", "on cohorts like it"),
        )
    )
    write_tsv(table, DOCS / "intervals.tsv")
    (DOCS / "intervals.md").write_text(page(table, time.process_time() / 60), encoding="utf-8")


def page(table, minutes):
    """Put the measured coverage into words and a table."""
    wide = table.pivot(index=["models", "metric", "set"], columns="interval", values=MEASURED)
    order = pd.MultiIndex.from_frame(table[["models", "metric", "set"]].drop_duplicates())
    lines = [
        "| models | compared | truth | on this cohort: coverage | width | "
        "on cohorts like it: coverage | width |",
        "|---|---|---|---|---|---|---|",
    ]
    truths = table[table["interval"] == "on cohorts like it"].set_index(list(order.names))["truth"]
    for key in order:
        values = [
            wide.loc[key, (name, interval)]
            for interval in ("on this cohort", "on cohorts like it")
            for name in MEASURED
        ]
        cells = ["–" if pd.isna(value) else f"{value:.2f}" for value in values]
        lines.append(f"| {key[0]} | {key[1]}, {key[2]} | {truths[key]:.3g} | {' | '.join(cells)} |")
    return PAGE.format(
        table="\n".join(lines),
        n=table["n"].max(),
        minutes=f"{minutes:.0f}",
        samples=SAMPLES,
        splits=SPLITS,
        draws=DRAWS,
        rank=len(TRUE),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COHORTS)
