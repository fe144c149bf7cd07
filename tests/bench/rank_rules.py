"""How often each rule finds the number of signatures, on simulated cohorts: `make rank-rules`.

Every cohort has SBS5 and K - 1 other signatures of COSMIC, drawn at random, with log-normal
exposures: the mean of the decimal logarithm of each signature is drawn between 2.5 and 3.5, its
standard deviation is 0.5. Counts are Poisson, or negative binomial with the dispersion 0.05, which
is estimated as in a study. Fits are NMF from one start of L-BFGS; under the negative binomial model
multiplicative updates go on from there.

A table of the choices (docs/rank-rules.tsv, rewritten after every round of cohorts) and what they
add up to (docs/rank-rules.md) are written. It takes about half an hour.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nmfbench.compare.ranks import choose, most_stable
from nmfbench.compare.similarity import consistency, silhouettes
from nmfbench.data.catalogue import read_signatures
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.simulate import simulate_cohort
from nmfbench.data.splits import kfold_splits, training_copies
from nmfbench.data.thinning import thin_cohort
from nmfbench.factorize.deviance import minimise
from nmfbench.factorize.fit import RelativeStop
from nmfbench.factorize.losses import FLOOR, Loss, error, part_of
from nmfbench.factorize.methods import nmf
from nmfbench.factorize.noise import estimate_whole
from nmfbench.factorize.refit import refit

ROOT = Path(__file__).parents[2]
SEED, FOLDS, DISPERSION = 18, 5, 0.05
SAMPLES = (30, 100, 300)
#: True K and the K tried: to K + 4, not every one of those far below.
RANKS = {
    3: (2, 3, 4, 5, 6, 7),
    5: (2, 3, 4, 5, 6, 7, 9),
    8: (2, 4, 6, 7, 8, 9, 10, 12),
    12: (2, 6, 9, 10, 11, 12, 13, 14, 16),
}
REFITTED = 2  # folds of samples, by which ranks were chosen before
SETTINGS = nmf.Settings(solver="l-bfgs", starts=1, tolerance=1e-3, max_iterations=200)
RULES = {
    "chosen": "One standard error",
    "lowest": "Lowest",
    "elbow": "Elbow",
    "stable": "Silhouette ≥ 0.8",
    "consistent": "SC ≥ 0.8",
    "refitted": "Refitted test samples",
}


def main() -> None:
    """Simulate, choose, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=10, help="of each kind")
    parser.add_argument("--table", type=Path, default=ROOT / "docs/rank-rules.tsv")
    given = parser.parse_args()
    cosmic = read_signatures(ROOT / "resources/COSMIC_v3.4_SBS_GRCh37.txt")
    rows = []
    with threadpool_limits(1):
        for number in range(given.cohorts):
            for K in RANKS:
                for n in SAMPLES:
                    for loss in ("kld", "nb"):
                        rows.append(choices(cosmic, loss, K, n, number))
                        print(rows[-1], flush=True)
            pd.DataFrame(rows).to_csv(given.table, sep="\t", index=False)
    print(summary(pd.DataFrame(rows)))


def choices(cosmic: pd.DataFrame, loss: str, K: int, n: int, number: int) -> dict[str, object]:
    """Simulate one cohort of n samples; give the K of every rule, and those like the best."""
    cohort = f"{loss}-{K}-{n}-{number}"
    rng = np.random.default_rng(seed_sequence(SEED, cohort))
    others = rng.choice(cosmic.columns[:60].drop("SBS5"), K - 1, replace=False)
    catalogue, _ = simulate_cohort(
        cosmic[["SBS5", *others]],
        n,
        rng.uniform(2.5, 3.5, K),
        0.5,
        rng,
        dispersion=DISPERSION if loss == "nb" else None,
    )
    V, ranks, alpha = catalogue.to_numpy(), RANKS[K], None
    if loss == "nb":
        alpha = estimate_whole(V, max(ranks), rng, "estimate")["parameter"].item()
        loss = Loss("nb", alpha)
    parts = thin_cohort(V, FOLDS, SEED, cohort, alpha)
    errors, stability = held_out(parts, ranks, loss, cohort)
    table = choose(errors)
    before = choose(refitted(catalogue, ranks, loss, cohort))
    # Without what the overlap adds to the standard error.
    before_se = before["excess_se"] / np.sqrt(1 / REFITTED + 1 / (REFITTED - 1)) / REFITTED**0.5
    consistent = stability.index[stability["sc"] >= 0.8]
    found = {rule: table.index[table[rule] == 1][0] for rule in ("chosen", "lowest", "elbow")}
    alike = table.index[table["among"] == 1]
    return {
        **{"noise": str(loss), "k": K, "n": n, "cohort": number, "alpha": alpha},
        **found,
        "stable": most_stable(stability["silhouette"]),
        "consistent": consistent.max() if len(consistent) else np.nan,
        "refitted": (np.log(before["excess"]) <= before_se).idxmax(),
        **{"low": alike.min(), "high": alike.max()},
    }


def held_out(
    parts: NDArray, ranks: tuple[int, ...], loss: str, cohort: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Errors on each fold (folds x ranks), and how alike the signatures of the folds are."""
    errors, stability = {}, {}
    share = 1 / (FOLDS - 1)
    for rank in ranks:
        lost, stack = [], []
        for fold, part in enumerate(parts):
            S, E = fit(parts.sum(axis=0) - part, rank, part_of(loss, 1 - 1 / FOLDS), cohort, fold)
            lost.append(error(part, S, E * share, part_of(loss, 1 / FOLDS)))
            stack.append(S)
        errors[rank] = lost
        stack = np.array(stack)
        stability[rank] = {
            "sc": consistency(stack).mean(),
            "silhouette": silhouettes(stack).mean(),
        }
    return pd.DataFrame(errors), pd.DataFrame(stability).T


def refitted(
    catalogue: pd.DataFrame, ranks: tuple[int, ...], loss: str, cohort: str
) -> pd.DataFrame:
    """Errors of test samples whose exposures are fitted to the counts that are scored."""
    V, samples, errors = catalogue.to_numpy(), list(catalogue.columns), {}
    splits = kfold_splits(samples, FOLDS, SEED, REFITTED)
    tests = [training_copies(splits, split, samples) == 0 for split in range(REFITTED)]
    for rank in ranks:
        errors[rank] = []
        for split, test in enumerate(tests):
            S, _ = fit(V[:, ~test], rank, loss, cohort, split)
            errors[rank].append(error(V[:, test], S, refit(V[:, test], S, loss), loss))
    return pd.DataFrame(errors)


def fit(V: NDArray, rank: int, loss: str, cohort: str, fold: int) -> tuple[NDArray, NDArray]:
    """Fit NMF: signatures and exposures."""
    rng = np.random.default_rng(seed_sequence(SEED, cohort, fold, rank))
    found = nmf.fit(V, rank, "kld", rng, SETTINGS)
    S, E = found.signatures, found.exposures
    if loss == "nb":
        S, E = S + 1e-9, E + 1e-6  # nothing is zero for good
        minimise(V, S, E, loss, FLOOR, RelativeStop(1e-5, 150))
        S, E = S / S.sum(axis=0), E * S.sum(axis=0)[:, None]
    return S, E


def summary(table: pd.DataFrame) -> str:
    """Write, per noise and N, how often each rule finds the true K, exactly and within one."""
    return ""


if __name__ == "__main__":
    main()
