"""How fast nmfbench is: side by side with plain transcriptions and with scikit-learn.

    python tests/bench/bench.py [--quick] [--cohort ovary uterus]

Contestants of one comparison start from the same factors, do the same number of iterations, and
take turns, so that whatever else the machine does hits all of them. Times are CPU times of one
thread: on an idle machine they are the times on the clock, on a busy one they are still
comparable. The tables go to the terminal and, as one, to results/bench.tsv.

The cohorts ovary, prostate and uterus are read from the directory that NMFBENCH_MIRROR names.
"""

import os

# Before numpy and torch are loaded: a library that has made its threads keeps them.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import sys
import time
import warnings
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import pandas as pd
import plain
import torch
from scipy.optimize import nnls
from sklearn.decomposition import NMF

from nmfbench.data.catalogue import read_catalogue, read_signatures
from nmfbench.data.reference import pick_signatures
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.simulate import simulate_cohort
from nmfbench.data.sources import MIRROR_VARIABLE, mirror_directory
from nmfbench.data.splits import holdout_splits, published_splits
from nmfbench.errors import InputError
from nmfbench.factorize import descent, methods
from nmfbench.factorize.deviance import Weights, minimise
from nmfbench.factorize.fit import RelativeStop
from nmfbench.factorize.losses import FLOOR, Loss, error
from nmfbench.factorize.noise import estimate
from nmfbench.factorize.refit import all_optimal, refit, solve_nnls
from nmfbench.files import write_tsv
from nmfbench.study import read_yaml

ROOT = Path(__file__).parents[2]
RESOURCES = ROOT / "resources"
SEED = 1

#: Iterations of a round, and those of --quick: enough to measure, whatever the plain version costs.
#: After some hundred of nmf/mse on uterus the losses may part: an entry below 1e-300 is zero from
#: then on in the package, in the plain version it comes to that some iterations later.
ROUNDS = {
    ("nmf", "mse"): (300, 100),
    ("nmf", "kld"): (300, 60),
    ("c-nmf", "mse"): (60, 12),
    ("c-nmf", "kld"): (200, 40),
    ("ae-nmf", "mse"): (300, 60),
    ("ae-nmf", "kld"): (200, 40),
}
PLAIN = {
    ("nmf", "mse"): plain.nmf_mse,
    ("nmf", "kld"): plain.nmf_kld,
    ("c-nmf", "mse"): plain.c_nmf_mse,
    ("c-nmf", "kld"): plain.c_nmf_kld,
    ("ae-nmf", "mse"): plain.ae_nmf_mse,
    ("ae-nmf", "kld"): plain.ae_nmf_kld,
}
QUICK_CAP = 3000  # iterations of a whole fit
QUICK_DNMF = 100  # steps; after fewer a signature can still be all zero

#: Of the network's start: signatures that are different from the first step on.
SPREAD = 0.1
TWELVE = [f"SBS{name}" for name in (1, 2, 3, 5, 8, 13, 15, "17b", 18, 31, "40a", 44)]

#: Losses agree when they differ by less, relative; the networks work in single precision.
SAME = {"nmf": 1e-6, "c-nmf": 1e-6, "ae-nmf": 1e-4, "dnmf": 1e-4}

#: Microseconds of an iteration of nmfgenr on ovary (96 x 418, K = 4), measured elsewhere.
NMFGENR = {("c-nmf", "kld"): 3100.0, ("c-nmf", "nb"): 1500.0}
#: Seconds of its whole fits of nmf there, to its own stop.
NMFGENR_FITS = {"kld": 5.9, "nb": 11.4}
#: How the study of noise models ends a fit.
NOISE_STOP = {"tolerance": 1e-6, "max_iterations": 10_000}

NOISE_CONVERGED = {"solver": "l-bfgs", "starts": 1, "tolerance": 1e-4, "max_iterations": 3000}
#: Updates that are given the time to come as low, and those of a refit.
UPDATES, REFIT_UPDATES = 60_000, 20_000

COLUMNS = (
    *("cohort", "model", "loss", "n", "k", "rival", "steps"),
    *("us", "rival_us", "ratio", "loss_value", "rival_loss_value", "same"),
    *("iterations", "converged", "seconds", "final_loss"),
    *("rival_seconds", "rival_seconds_are", "rival_final_loss"),
)


class Case(NamedTuple):
    """A training catalogue V (M x N), how it is factorized, and the samples left out."""

    cohort: str
    V: np.ndarray
    rank: int
    test: np.ndarray | None = None


class Plan(NamedTuple):
    """How much is measured, and the settings of every model in the study."""

    quick: bool
    models: dict

    def steps(self, pair):
        return ROUNDS[pair][self.quick]

    @property
    def rounds(self):
        return 3 if self.quick else 7


def main():
    args = read_arguments()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="sklearn")  # stopping at max_iter is what we ask for
    plan = Plan(args.quick, read_study("egendal2025")["models"])
    rows = []
    cases = list(read_cases(args.cohort))
    for case in cases:
        for pair in ROUNDS:
            rows += compare(case, *pair, plan)
        rows += compare_converged(case, plan)
        rows += compare_noise(case, plan)
        rows += compare_negative_binomial(case, plan)
        rows += compare_nnls(case, plan)
    rows += growth(cases[0], plan)
    rows += compare_dnmf(plan)
    table = pd.DataFrame(rows, columns=COLUMNS)
    write_tsv(table, ROOT / "results" / "bench.tsv")
    print(LEGEND)
    if plan.quick:
        print(f"Quick: whole fits were cut off at {QUICK_CAP} iterations.")
    show(table)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a minute: few rounds, whole fits are cut off"
    )
    known = f"{', '.join(COHORTS)}; without this option all but prostate"
    parser.add_argument("--cohort", nargs="+", choices=list(COHORTS), metavar="COHORT", help=known)
    return parser.parse_args()


# ---- data ----


def read_study(name):
    return read_yaml(ROOT / "workflow" / "studies" / f"{name}.yaml")


def read_cases(wanted):
    """The first split of every cohort; without a choice, those whose files are there."""
    for name in wanted or ("ovary", "uterus", "simulated", "breast21"):
        try:
            catalogue, tests, rank = COHORTS[name](name)
        except LookupError as missing:
            if wanted:
                raise SystemExit(f"{name}: {missing}") from None
            say(f"{name} is left out: {missing}")
            continue
        is_test = catalogue.columns.isin(tests["sample"])
        train, test = (
            np.ascontiguousarray(catalogue.loc[:, columns], dtype=float)
            for columns in (~is_test, is_test)
        )
        yield Case(name, train, rank, test)


def published(name):
    cohort = read_study("egendal2025")["cohorts"][name]
    mirror = mirror_directory()
    if mirror is None or not (mirror / cohort["source"]).is_file():
        raise LookupError(f"no {cohort['source']} in the directory of {MIRROR_VARIABLE}")
    catalogue = read_catalogue(mirror / cohort["source"])
    splits = RESOURCES / "egendal2025_test_samples.tsv"
    return catalogue, published_splits(splits, name, catalogue.columns, 1), cohort["rank"]


def demonstration(name):
    study = read_study("demo")
    cohort, rule = study["cohorts"][name], study["schemes"]["holdout"]
    if "file" in cohort:
        catalogue = read_catalogue(ROOT / cohort["file"])
    else:
        how = cohort["simulate"]
        rng = np.random.default_rng(seed_sequence(study["seed"], name, "simulate"))
        means, sds = how["mean_log10"], how["sd_log10"]
        catalogue = simulate(how["signatures"], how["samples"], means, sds, rng)
    seed = seed_sequence(study["seed"], name, "holdout")
    tests = holdout_splits(catalogue.columns, 1, rule["test_fraction"], seed)
    return catalogue, tests, cohort["rank"]


def simulate(signatures, samples, means, sds, rng):
    cosmic = read_signatures(RESOURCES / "COSMIC_v3.4_SBS_GRCh37.txt")
    return simulate_cohort(pick_signatures(cosmic, signatures), samples, means, sds, rng)[0]


COHORTS = {
    "ovary": published,
    "prostate": published,
    "uterus": published,
    "simulated": demonstration,
    "breast21": demonstration,
}


# ---- contestants: each returns its factors ----


def fitter(case, model, loss, plan, seed=SEED, **changes):
    """A function that fits the package's model; what can be prepared is."""
    method, given = plan.models[model]["method"], plan.models[model]["settings"]
    # Changes are not checked: a negative tolerance lets a fit run to its end.
    settings = replace(methods.make_settings(method, given, f"model {model}"), **changes)
    module = methods.load(method)
    return lambda: module.fit(case.V, case.rank, loss, np.random.default_rng(seed), settings)


def factors_of(result):
    """Signatures and exposures of a fit of the package or of a rival."""
    return result if isinstance(result, tuple) else (result.signatures, result.exposures)


def exactly(steps):
    """Settings that make a fit run for so many iterations: no change is below -1."""
    return {"tolerance": -1.0, "max_iterations": steps}


def sklearn_nmf(V, rank, loss, **settings):
    """The start of the package and its order of updates: scikit-learn moves W first.

    That is the exposures for mse, where samples are its rows, and the signatures for kld.
    """
    rng = np.random.default_rng(SEED)
    S, E = rng.random((V.shape[0], rank)), rng.random((rank, V.shape[1]))
    beta = {"mse": "frobenius", "kld": "kullback-leibler"}[loss]
    model = NMF(rank, init="custom", beta_loss=beta, **settings)
    if loss == "kld":
        return model.fit_transform(V, W=S, H=E), model.components_
    X, W, H = (np.ascontiguousarray(A.T) for A in (V, E, S))
    E = model.fit_transform(X, W=W, H=H).T
    return model.components_.T, E


def bare_products(V, rank, loss, steps):
    """The matrix products of an iteration (and the two divisions V / R of kld), nothing else."""
    rng = np.random.default_rng(SEED)
    S, E = rng.random((V.shape[0], rank)), rng.random((rank, V.shape[1]))
    SV, SSE, R = np.empty_like(E), np.empty_like(E), np.empty_like(V)
    for _ in range(steps):
        if loss == "mse":
            np.dot(S.T, V, out=SV)
            np.dot(S.T @ S, E, out=SSE)
            V @ E.T
            S @ (E @ E.T)
        else:
            np.dot(S, E, out=R)
            np.divide(V, R, out=R)
            R @ E.T
            np.dot(S, E, out=R)
            np.divide(V, R, out=R)
            S.T @ R


def two_products(V, rank, steps):
    """Read V twice, as an iteration of c-nmf/mse does."""
    W, S = np.ones((V.shape[1], rank)), np.ones((V.shape[0], rank))
    for _ in range(steps):
        V @ W
        S.T @ V


# ---- measurements ----


def race(contestants, rounds):
    """Let all take turns; the first round only warms up.

    Returns CPU seconds per round and the last result of each.
    """
    seconds, results = {name: [] for name in contestants}, {}
    for turn in range(rounds + 1):
        for name, run in contestants.items():
            taken, results[name] = timed(run)
            if turn:
                seconds[name].append(taken)
    return seconds, results


def timed(run):
    start = time.process_time()
    result = run()
    return time.process_time() - start, result


def compare(case, model, loss, plan):
    """Rows of one model on one cohort against all its rivals."""
    pair, V, rank = (model, loss), case.V, case.rank
    steps = plan.steps(pair)
    contestants = {
        "nmfbench": fitter(case, model, loss, plan, **exactly(steps)),
        "plain": lambda: PLAIN[pair](V, rank, np.random.default_rng(SEED), steps),
    }
    if model == "nmf":
        # Any tolerance above 0 makes it look at the loss as often as it does in earnest.
        limits = {"solver": "mu", "tol": 1e-300, "max_iter": steps}
        contestants["sklearn mu"] = lambda: sklearn_nmf(V, rank, loss, **limits)
        contestants["bare products"] = lambda: bare_products(V, rank, loss, steps)
    seconds, results = race(contestants, plan.rounds)
    capped = {"max_iterations": QUICK_CAP} if plan.quick else {}
    taken, fit = timed(fitter(case, model, loss, plan, **capped))
    whole = describe(case, model, loss) | {
        "iterations": fit.iterations,
        "converged": "yes" if fit.converged else "no",
        "seconds": taken,
        "final_loss": error(V, fit.signatures, fit.exposures, loss),
    }
    say(f"{case.cohort} {model}/{loss}: {fit.iterations} iterations in {taken:.2f} s")
    rows = [whole | row for row in duels(case, model, loss, steps, seconds, results)]
    for row in rows:
        if row["rival"] in ("plain", "sklearn mu"):
            row["rival_seconds"] = row["rival_us"] * fit.iterations / 1e6
            row["rival_seconds_are"] = "estimated"
    return rows + ([whole | row for row in whole_sklearn(case, loss)] if model == "nmf" else [])


def describe(case, model, loss):
    return {
        "cohort": case.cohort,
        "model": model,
        "loss": loss,
        "n": case.V.shape[1],
        "k": case.rank,
    }


def duels(case, model, loss, steps, seconds, results):
    """Times per iteration of a race and the losses reached, one row per rival."""
    for rival in list(seconds)[1:]:
        values = [
            np.nan if results[name] is None else error(case.V, *factors_of(results[name]), loss)
            for name in ("nmfbench", rival)
        ]
        gap = abs(values[1] - values[0]) / values[0]
        yield {
            "rival": rival,
            "steps": steps,
            "us": median(seconds["nmfbench"]) / steps * 1e6,
            "rival_us": median(seconds[rival]) / steps * 1e6,
            "ratio": paired_ratio(seconds[rival], seconds["nmfbench"]),
            "loss_value": values[0],
            "rival_loss_value": values[1],
            "same": None if np.isnan(gap) else "yes" if gap <= SAME[model] else f"no ({gap:.0e})",
        }


def paired_ratio(theirs, mine):
    """Median over the rounds: both times of one round met the same machine."""
    return median(a / b for a, b in zip(theirs, mine, strict=True))


def whole_sklearn(case, loss):
    """scikit-learn from the same start to its own end, by its default and a tight tolerance."""
    runs = [("mu", 1e-4)] if loss == "kld" else [("mu", 1e-4), ("cd", 1e-4), ("cd", 1e-6)]
    for solver, tol in runs:
        limits = {"solver": solver, "tol": tol, "max_iter": 100_000}
        taken, factors = timed(lambda limits=limits: sklearn_nmf(case.V, case.rank, loss, **limits))
        yield {
            "rival": f"sklearn {solver}, tol {tol:.0e}",
            "rival_seconds": taken,
            "rival_seconds_are": "measured",
            "rival_final_loss": error(case.V, *factors, loss),
        }


def compare_converged(case, plan):
    """One start of the converged models against coordinate descent and the published models.

    What counts is the time until a start is as low as its rival ends: coordinate descent, the
    model's own multiplicative updates, and for ae-nmf, whose published runs end far higher, those
    of c-nmf, in the time of its own run.
    """
    starts = range(2 if plan.quick else 5)
    loss = "mse"
    cd = [timed(partial(coordinate_descent, case, seed)) for seed in starts]
    mu = [timed(partial(as_published, "c-nmf", case, plan, seed)) for seed in starts]
    ae = [timed(partial(as_published, "ae-nmf", case, plan, seed)) for seed in starts]
    runs = {
        "nmf-converged": ("sklearn cd, tol 1e-06", cd, cd),
        "c-nmf-converged": ("as published", mu, mu),
        "ae-nmf-converged": ("as published, to c-nmf's loss", ae, mu),
    }
    for model, (rival, theirs, goals) in runs.items():
        targets = [error(case.V, *factors_of(result), loss) for _, result in goals]
        mine = [until(case, model, loss, plan, s, t) for s, t in zip(starts, targets, strict=True)]
        say(f"{case.cohort} {model}/{loss}: {len(starts)} starts")
        seconds, rival_seconds = ([taken for taken, _ in side] for side in (mine, theirs))
        losses = [
            median(error(case.V, *factors_of(result), loss) for _, result in side)
            for side in (mine, theirs)
        ]
        yield describe(case, model, loss) | {
            "rival": rival,
            "iterations": median(result.iterations for _, result in mine),
            "converged": "yes" if all(result.converged for _, result in mine) else "no",
            "seconds": median(seconds),
            "final_loss": losses[0],
            "ratio": paired_ratio(rival_seconds, seconds),
            "rival_seconds": median(rival_seconds),
            "rival_seconds_are": "measured",
            "rival_final_loss": losses[1],
        }


def until(case, model, loss, plan, seed, target):
    """Time the shortest fit from one start that is as low as the target, or its whole way."""
    for n in range(100, 6001, 300):  # as the rounds of the fit
        fit = fitter(case, model, loss, plan, seed=seed, starts=1, max_iterations=n)
        taken, result = timed(fit)
        reached = error(case.V, *factors_of(result), loss) <= target * (1 + 1e-8)
        if reached or result.converged:
            break
    return taken, result


def coordinate_descent(case, seed):
    limits = {"solver": "cd", "tol": 1e-6, "max_iter": 100_000}
    model = NMF(case.rank, init="random", random_state=seed, **limits)
    return model.fit_transform(case.V), model.components_


def as_published(model, case, plan, seed):
    capped = {"max_iterations": QUICK_CAP} if plan.quick else {}
    return fitter(case, model, "mse", plan, seed=seed, **capped)()


def compare_noise(case, plan):
    """An iteration under the noise models against one under the KLD."""
    for model in ("nmf", "c-nmf"):
        steps = plan.steps((model, "kld"))
        losses = {"kld": "kld", "nb": Loss("nb", 0.1), "tweedie": Loss("tweedie", 1.6)}
        runs = {
            name: fitter(case, model, loss, plan, **exactly(steps)) for name, loss in losses.items()
        }
        seconds, _ = race(runs, plan.rounds)
        us = {name: median(taken) / steps * 1e6 for name, taken in seconds.items()}
        say(f"{case.cohort} {model}: noise models")
        for name in ("nb", "tweedie"):
            yield describe(case, model, name) | {
                "rival": f"{model}/kld",
                "us": us[name],
                "rival_us": us["kld"],
                "ratio": paired_ratio(seconds["kld"], seconds[name]),
                "steps": steps,
            }
        for name in us:
            if case.cohort == "ovary" and (model, name) in NMFGENR:
                reported = NMFGENR[model, name]
                yield describe(case, model, name) | {
                    "rival": "nmfgenr, iteration",
                    "us": us[name],
                    "rival_us": reported,
                    "ratio": reported / us[name],
                    "steps": steps,
                }
    for name, reported in NMFGENR_FITS.items() if case.cohort == "ovary" else ():
        taken, fit = timed(fitter(case, "nmf", losses[name], plan, **NOISE_STOP))
        yield describe(case, "nmf", name) | {
            "rival": "nmfgenr, whole fit",
            "ratio": reported / taken,
            "iterations": fit.iterations,
            "converged": "yes" if fit.converged else "no",
            "seconds": taken,
            "rival_seconds": reported,
            "rival_seconds_are": "reported",
        }


class Until(RelativeStop):
    """Stop at a loss, or at a number of iterations."""

    def __init__(self, loss, max_iterations):
        super().__init__(0, max_iterations)
        self.target = loss

    def __call__(self, loss):
        return super().__call__(loss) or loss <= self.target


def compare_negative_binomial(case, plan):
    """L-BFGS and Newton steps to the optimum against multiplicative updates to the same deviance.

    Both begin at the same samples, so that both can end at the same optimum. Updates that have not
    come there at their cap would need longer than is said.
    """
    rng = np.random.default_rng(SEED)
    plans = {"alpha": "estimate", "power": "estimate"}
    loss = Loss("nb", estimate(case.V, case.rank, ["nb"], rng, plans)["parameter"].item())
    cap = QUICK_CAP if plan.quick else UPDATES

    def updates(target, seed):
        stop, problem = Until(target, cap), descent.Problem(case.V, loss, convex=False)
        begin = descent._begin(problem, case.rank, np.random.default_rng(seed))
        minimise(case.V, np.ascontiguousarray(begin.W.T), begin.G, loss, FLOOR, stop)
        return stop

    mine, theirs = [], []
    for seed in range(2 if plan.quick else 3):
        mine.append(timed(fitter(case, "nmf", loss, plan, seed=seed, **NOISE_CONVERGED)))
        theirs.append(timed(partial(updates, mine[-1][1].loss, seed)))
    ends = [[result.loss for _, result in side] for side in (mine, theirs)]
    above = median(b / a - 1 for a, b in zip(*ends, strict=True))
    say(f"{case.cohort} nmf/nb: {len(mine)} starts to convergence")
    yield describe(case, "nmf", "nb") | {
        "rival": "updates, to its deviance",
        "iterations": median(fit.iterations for _, fit in mine),
        "converged": "yes" if all(fit.converged for _, fit in mine) else "no",
        "seconds": median(taken for taken, _ in mine),
        "final_loss": median(ends[0]),
        "ratio": paired_ratio([taken for taken, _ in theirs], [taken for taken, _ in mine]),
        "rival_seconds": median(taken for taken, _ in theirs),
        "rival_seconds_are": "measured" if above <= 0 else f"at the cap, {above:.1%} above",
        "rival_final_loss": median(ends[1]),
    }

    S = mine[0][1].signatures
    runs = {
        "refit": lambda: refit(case.test, S, loss),
        "updates": lambda: refit_by_weights(case.test, S, loss, REFIT_UPDATES),
    }
    seconds, found = race(runs, plan.rounds if not plan.quick else 1)
    ends = {name: error(case.test, S, E, loss) for name, E in found.items()}
    say(f"{case.cohort} refit/nb: {case.test.shape[1]} samples")
    yield describe(case._replace(V=case.test), "refit", "nb") | {
        "rival": f"updates, {REFIT_UPDATES} of them",
        "converged": "yes" if all_optimal(case.test, S, found["refit"], loss) else "no",
        "seconds": median(seconds["refit"]),
        "final_loss": ends["refit"],
        "ratio": paired_ratio(seconds["updates"], seconds["refit"]),
        "rival_seconds": median(seconds["updates"]),
        "rival_seconds_are": f"{ends['updates'] / ends['refit'] - 1:.1%} above",
        "rival_final_loss": ends["updates"],
    }


def refit_by_weights(V, S, loss, steps):
    """Multiplicative updates of the exposures with S fixed, from equal ones."""
    E, weights = np.tile(V.sum(axis=0) / S.shape[1], (S.shape[1], 1)), Weights(V, loss)
    for _ in range(steps):
        E *= weights.ratio(S.T @ weights(S, E))
        np.maximum(E, FLOOR, out=E)
    return E


def compare_nnls(case, plan):
    """Signatures by least squares from given exposures: all channels at once, or one by one."""
    E = fitter(case, "nmf", "mse", plan, **exactly(200))().exposures
    repeats = 3 if plan.quick else 20

    def together():
        for _ in range(repeats):
            found = solve_nnls(E.T, case.V.T)
        return found

    def one_by_one():
        for _ in range(repeats):
            found = np.array([nnls(E.T, channel)[0] for channel in case.V]).T
        return found

    seconds, results = race({"all channels": together, "one by one": one_by_one}, plan.rounds)
    ours, theirs = (results[name] for name in seconds)
    gap = np.abs(ours - theirs).max() / np.abs(theirs).max()
    say(f"{case.cohort}: least squares of {len(case.V)} channels")
    yield describe(case, "nnls", None) | {
        "rival": "scipy, channel by channel",
        "steps": repeats,
        "us": median(seconds["all channels"]) / repeats * 1e6,
        "rival_us": median(seconds["one by one"]) / repeats * 1e6,
        "ratio": paired_ratio(seconds["one by one"], seconds["all channels"]),
        "same": "yes" if gap <= 1e-8 else f"no ({gap:.0e})",
    }


def growth(case, plan):
    """Time per iteration of c-nmf on N samples, and on ten and a hundred copies of them.

    The two products that read V show how much of the growth is the machine's: 418 samples
    (320 kB) fit into the cache of a core, 41800 (32 MB) do not.
    """
    first = case.V[:, :418]
    for model, loss in (("c-nmf", "mse"), ("c-nmf", "kld"), ("V W, S'V", None)):
        steps, contestants = {}, {}
        for copies in (1, 10, 100):
            many = case._replace(V=np.tile(first, copies))
            N = many.V.shape[1]
            steps[N] = (100 if plan.quick else 500) // copies + 5
            if loss:
                contestants[N] = fitter(many, model, loss, plan, **exactly(steps[N]))
            else:
                contestants[N] = partial(two_products, many.V, case.rank, steps[N])
        seconds, _ = race(contestants, plan.rounds)
        us = {N: [taken / steps[N] * 1e6 for taken in seconds[N]] for N in steps}
        say(f"growth of {model} {loss or ''} with N")
        for few, many in pairwise(us):
            yield {
                **describe(case, model, loss),
                "n": few,
                "rival": f"N = {many}",
                "us": median(us[few]),
                "rival_us": median(us[many]),
                "ratio": paired_ratio(us[many], us[few]),
            }


def compare_dnmf(plan):
    """500 steps on 448 simulated samples, 12 signatures: the size that DNMF was published with."""
    rng = np.random.default_rng(SEED)
    V = np.ascontiguousarray(simulate(TWELVE, 448, 2.8, 0.5, rng), dtype=float)
    case = Case("simulated12", V, len(TWELVE))
    steps = QUICK_DNMF if plan.quick else plan.models["dnmf"]["settings"]["steps"]
    contestants = {
        "nmfbench": fitter(case, "dnmf", "mse", plan, steps=steps, spread=SPREAD),
        "plain": lambda: plain.dnmf_mse(V, 12, np.random.default_rng(SEED), steps, spread=SPREAD),
    }
    seconds, results = race(contestants, 1 if plan.quick else 3)
    say(f"dnmf/mse: {steps} steps")
    (row,) = duels(case, "dnmf", "mse", steps, seconds, results)
    whole = {
        "iterations": steps,
        "seconds": median(seconds["nmfbench"]),
        "final_loss": row["loss_value"],
        "rival_seconds": median(seconds["plain"]),
        "rival_seconds_are": "measured",
        "rival_final_loss": row["rival_loss_value"],
    }
    return [describe(case, "dnmf", "mse") | row | whole]


# ---- output ----

LEGEND = """
us/it    CPU microseconds of one iteration on one thread, median of the rounds
ratio    rival / nmfbench, median of the rounds: above 1, nmfbench is faster
steps    iterations that both did; same: whether that led both to the same loss
s/split  CPU seconds of a whole fit of nmfbench, by the stopping rule of egendal2025
rival s  of the rival's whole fit: measured, or estimated as its us/it times our iterations (to
         the low side: without a floor, factors that tend to zero slow plain updates down)"""

NAMES = {
    "n": "N",
    "k": "K",
    "us": "us/it",
    "rival_us": "rival us/it",
    "loss_value": "loss there",
    "rival_loss_value": "rival loss",
    "final_loss": "final loss",
    "rival_seconds": "rival s",
    "rival_seconds_are": "which is",
    "rival_final_loss": "rival final",
    "seconds": "s/split",
}
FORMATS = {
    **dict.fromkeys(("us", "rival_us", "ratio", "ratio / 10", "times the bound"), "{:.4g}"),
    **dict.fromkeys(("seconds", "rival_seconds"), "{:.3g}"),
    **dict.fromkeys(("steps", "iterations"), "{:.0f}"),
    **dict.fromkeys(("loss_value", "rival_loss_value", "final_loss", "rival_final_loss"), "{:.8g}"),
}


def show(table):
    """Print the table in eight parts, each with the columns that say something there."""
    who = ["cohort", "model", "loss", "n", "k"]
    each = ["steps", "us", "rival_us", "ratio", "loss_value", "rival_loss_value", "same"]
    end = ["iterations", "converged", "seconds", "rival_seconds"]
    rival = table["rival"]
    part = table[rival == "plain"]
    heading = "Against a plain transcription: same start, losses after the same steps"
    print_part(heading, part, who + each + end + ["rival_seconds_are"])
    converged = table["model"].str.endswith("-converged")
    part = table[converged]
    heading = "Trained to convergence, a start: medians over starts, the lowest loss of them"
    print_part(heading, part, [*who, "rival", "ratio", *end, "final_loss", "rival_final_loss"])
    part = table[rival.str.startswith("sklearn") & ~converged]
    heading = "Against scikit-learn: the same updates per iteration, and whole fits to its own stop"
    final = ["rival_seconds_are", "final_loss", "rival_final_loss"]
    print_part(heading, part, [*who, "rival", "us", "rival_us", "ratio", "same", *end, *final])
    part = table[rival == "bare products"]
    part = part.assign(**{"times the bound": 1 / part["ratio"]})
    heading = "Lower bound of an nmf iteration: its matrix products (and the two divisions of kld)"
    print_part(heading, part, [*who, "us", "rival_us", "times the bound"])
    part = table[rival.str.endswith("/kld") | rival.str.startswith("nmfgenr")]
    heading = "Noise models: an iteration against one under the KLD, and nmfgenr (R) as reported"
    print_part(heading, part, [*who, "rival", "us", "rival_us", "ratio", *end])
    part = table[rival.str.startswith("updates, ")]
    heading = "Negative binomial: fits and refits to the optimum against multiplicative updates"
    print_part(heading, part, [*who, "rival", "ratio", *end, *final])
    part = table[rival.str.startswith("scipy, channel")]
    heading = "Least squares for all channels at once, or one by one"
    print_part(heading, part, [*who, "us", "rival_us", "ratio", "same"])
    part = table[rival.str.startswith("N = ")]
    part = part.assign(**{"ratio / 10": part["ratio"] / 10})
    heading = (
        "c-nmf on ten times the samples: linear in N as far as the two products that read V are"
    )
    print_part(heading, part, [*who, "rival", "us", "rival_us", "ratio / 10"])


def print_part(heading, part, columns):
    text = part[columns].copy()
    for column in columns:
        form = FORMATS.get(column, "{}")
        text[column] = [("" if pd.isna(value) else form.format(value)) for value in part[column]]
    print(f"\n{heading}\n\n{text.rename(columns=NAMES).to_string(index=False)}")


def say(text):
    """A line of progress, beside the tables."""
    print(f"[{time.perf_counter() - BEGIN:5.0f} s] {text}", file=sys.stderr, flush=True)


BEGIN = time.perf_counter()

if __name__ == "__main__":
    try:
        main()
    except InputError as failure:
        raise SystemExit(str(failure)) from None
