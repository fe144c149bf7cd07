"""How often each rule finds the number of signatures, on simulated cohorts: `make rank-rules`.

Every cohort has SBS5 and K - 1 other signatures of COSMIC, drawn at random, with log-normal
exposures: the mean of the decimal logarithm of each signature is drawn between 2.5 and 3.5, its
standard deviation is 0.5. Counts are Poisson, or negative binomial with the dispersion 0.05, which
is estimated as in a study. Fits are NMF by L-BFGS, from one start.

A table of the choices (docs/rank-rules.tsv, rewritten after every round of cohorts) and what they
add up to (docs/rank-rules.md) are written. It takes about half an hour.
"""

import argparse
from itertools import product
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
from nmfbench.factorize.losses import Loss, error, part_of
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


NOISES = {"kld": "Poisson counts, Poisson model", "nb": "Negative binomial counts and model"}
HEAD = """# How often each rule finds the number of signatures

Made by `make rank-rules` (about half an hour; `tests/bench/rank_rules.py` says how the cohorts
are simulated and fitted), over {cohorts} simulated cohorts of each kind. In each cell: of 100
cohorts, in how many the rule finds the true K / is off by one at most. All rules but the last go
by counts that were held out (scheme `thinning`, 5 folds).

- *One standard error*: the smallest K whose held-out error is within one standard error of the
  lowest, with the part that overlapping folds add. It is the rule that the reports answer with.
- *Lowest*: the K of the lowest held-out error.
- *Elbow*: where the logarithm of the held-out error is furthest below the line from the first K
  tried to the last.
- *Silhouette ≥ 0.8*, *SC ≥ 0.8*: the largest K at which the signatures of the folds have that
  mean silhouette, or signature consistency. Folds share most of their counts, so that their
  signatures are alike at every K: this SC tells nothing.
- *Refitted test samples*: the rule used before. Samples are held out and their exposures fitted
  to the counts that are scored; the smallest K within one plain standard error of the lowest.
- *Holds the truth*: how often the true K is among those in brackets, "5 (4 to 6)", from the
  smallest to the largest that cannot be told from the best; and how many K these are.

The K in brackets are no interval of the true K: they are those whose held-out errors cannot be told
apart. Where samples are few, and their counts vary more than Poisson counts, fewer signatures than
there are may be the best guess of the counts held out, and all rules and brackets are too low.
"""


def main() -> None:
    """Simulate, choose, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--cohorts", type=int, default=10, help="of each kind; 0: only write the page"
    )
    parser.add_argument("--table", type=Path, default=ROOT / "docs/rank-rules.tsv")
    given = parser.parse_args()
    cosmic = read_signatures(ROOT / "resources/COSMIC_v3.4_SBS_GRCh37.txt")
    rows = []
    with threadpool_limits(1):
        for number in range(given.cohorts):
            for loss, K, n in product(NOISES, RANKS, SAMPLES):
                rows.append(choices(cosmic, loss, K, n, number))
                print(rows[-1], flush=True)
            pd.DataFrame(rows).to_csv(given.table, sep="\t", index=False)
    table = pd.read_csv(given.table, sep="\t")
    given.table.with_suffix(".md").write_text(document(table), encoding="utf-8")


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
    found = nmf.fit(V, rank, loss, rng, SETTINGS)
    return found.signatures, found.exposures


def document(table: pd.DataFrame) -> str:
    """Write the page: for each noise and N, how often each rule finds the true K."""
    parts = [HEAD.format(cohorts=table["cohort"].nunique())]
    for noise, title in NOISES.items():
        here = table[table["noise"] == noise]
        rows = [("N", "true K", *RULES.values(), "holds the truth, ranks in it")]
        for n, of_n in here.groupby("n"):
            rows += [(str(n), str(k), *shares(of_k)) for k, of_k in of_n.groupby("k")]
        rows.append(("**all**", "", *shares(here)))
        lines = [f"| {' | '.join(row)} |" for row in rows]
        lines.insert(1, "|" + "---|" * len(rows[0]))
        parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def shares(table: pd.DataFrame) -> list[str]:
    """Write in how many of 100 cohorts each rule finds the true K, and within one."""
    off = table[list(RULES)].sub(table["k"], axis=0).abs()
    found = [f"{100 * (off[r] == 0).mean():.0f} / {100 * (off[r] <= 1).mean():.0f}" for r in RULES]
    holds = (table["low"] <= table["k"]) & (table["k"] <= table["high"])
    width = (table["high"] - table["low"] + 1).mean()
    return [*found, f"{100 * holds.mean():.0f}, {width:.1f}"]


if __name__ == "__main__":
    main()
