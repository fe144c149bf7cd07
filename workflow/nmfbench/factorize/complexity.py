"""What an iteration costs: seconds and memory against the number of samples N and the rank K.

The time of an iteration is the difference between a fit of many and a fit of one iteration, over
the iterations they differ by: reading, start and final scaling cancel. It is processor time of one
thread, so that whatever else the machine does counts little.
"""

import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import SeedSequence
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nmfbench.data.simulate import simulate_cohort
from nmfbench.factorize.fit import Fit, normalise
from nmfbench.factorize.losses import error
from nmfbench.factorize.starts import fit_capped

#: Of the COSMIC signatures the catalogue is simulated from, flat ones and spiked ones; with the
#: mean and standard deviation of the decimal logarithm of the exposures.
SIGNATURES = ["SBS1", "SBS2", "SBS3", "SBS5", "SBS13"]
MEAN_LOG10, SD_LOG10 = 3.0, 0.3

#: Transcription of convex NMF with V'V; no name of a study's model has a space.
PRINTED = "c-nmf as printed"
PRINTED_UP_TO = 3000  # samples: its N x N matrix grows with their square

#: The model of a study, and its method, that takes the same steps as `PRINTED`.
SAME_STEPS = "c-nmf"

#: What the simulated catalogue is called beside the cohorts of a study; none of them has a space.
SIZES = "simulated sizes"

#: Methods whose arrays tracemalloc does not see: those of torch, which does not report to it.
UNSEEN = ("dnmf",)

REPEATS = 3
ROUND = 10  # iterations: between two looks of the stopping rule at the loss
LEAST_SECONDS = 0.1  # what many iterations have to take longer than one

Run = Callable[[NDArray, int, int], Any]  # V, rank, iterations
Contestant = tuple[str, str, bool, Run]  # model, loss, whether its memory is seen, how it is run


def fit_printed(V: NDArray, rank: int, rng: np.random.Generator, iterations: int) -> Fit:
    """Convex NMF for the squared error as printed in Ding et al. 2010 (equations 23 and 24).

    ``G <- G * sqrt(A W / G W'A W)`` and ``W <- W * sqrt(A G / A W G'G)`` with A = V'V, which is
    N x N: an iteration costs O(N^2 K). The products are taken in the order that is best for A.
    Here for comparison only; the method `c-nmf` takes the same steps without A. From the same start
    it needs as many of them, so that a whole fit as printed would take the iterations of the fit by
    `c-nmf` times the seconds of an iteration here (less the one product V'V, and without the looks
    at the loss).

    Parameters
    ----------
    V : (M, N) counts
    rank : number of signatures K
    rng : source of the U(0, 1) start, drawn as by `c-nmf`
    iterations : number of updates
    """
    A = V.T @ V
    G, W = rng.random((V.shape[1], rank)), rng.random((V.shape[1], rank))
    for _ in range(iterations):
        AW, AG = A @ W, A @ G
        G, W = (
            G * np.sqrt(AW / (G @ (W.T @ AW))),
            W * np.sqrt(AG / (AW @ (G.T @ G))),
        )
    S, E, _ = normalise(V @ W, G.T)
    return Fit(S, E, error(V, S, E, "mse"), iterations, converged=False)


def measure(
    plan: Mapping[str, Any],
    models: Mapping[str, Any],
    losses: list[str],
    signatures: pd.DataFrame,
    seed: SeedSequence,
    cohorts: Mapping[str, tuple[NDArray, int]],
) -> pd.DataFrame:
    """Measure every model and loss at every point of the plan's grid, on one thread.

    Of cohorts, C-NMF as printed is measured: for what a whole fit of it would take (`fit_printed`).

    Parameters
    ----------
    plan : mapping
        ``samples`` (numbers of samples, fitted with ``rank`` signatures), ``ranks`` (fitted to
        ``n_samples`` samples) and ``models``.
    models : mapping
        Name to ``method`` and complete ``settings``.
    losses : list of str
        Of "mse" and "kld".
    signatures : DataFrame
        96 x R, what the catalogue is simulated from.
    seed : SeedSequence
        Of the simulation.
    cohorts : mapping of cohort to (V, K)
        Training counts (M, N) of its first split, and its number of signatures.

    Returns
    -------
    DataFrame
        One row per model, loss and point: varied (samples, ranks, or cohort), cohort (- for the
        simulated catalogue), samples, k, iterations (that the two fits differ by), seconds (per
        iteration), memory_mb (peak of a fit beside its catalogue; missing where tracemalloc does
        not see it).
    """
    largest = max(*plan["samples"], plan["n_samples"])
    rng = np.random.default_rng(seed)
    catalogue, _ = simulate_cohort(signatures, largest, MEAN_LOG10, SD_LOG10, rng)
    rows = []
    for varied, n_samples, rank in points(plan):
        V = np.ascontiguousarray(catalogue.to_numpy()[:, :n_samples])
        at = {"varied": varied, "cohort": "-"}
        rows += [_cost(of, at, V, rank) for of in _contestants(plan, models, losses, n_samples)]
    for cohort, (V, rank) in cohorts.items() if "mse" in losses else ():
        at = {"varied": "cohort", "cohort": cohort}
        rows.append(_cost(_as_printed(), at, np.ascontiguousarray(V), rank))
    return pd.DataFrame(rows)


def _cost(of: Contestant, at: Mapping[str, str], V: NDArray, rank: int) -> dict[str, Any]:
    """Measure a model on one catalogue (M, N)."""
    model, loss, seen, run = of
    n_samples = V.shape[1]
    iterations, seconds = seconds_per_iteration(run, V, rank)
    memory = peak_mb(run, V, rank) if seen else np.nan
    print(f"{model} {loss} N={n_samples} K={rank}: {seconds:.3g} s", flush=True)
    row = {"model": model, "loss": loss, **at, "samples": n_samples, "k": rank}
    return row | {"iterations": iterations, "seconds": seconds, "memory_mb": memory}


def points(plan: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """List what is varied, the number of samples and the rank of every point of the grid."""
    by_samples = [("samples", n_samples, plan["rank"]) for n_samples in plan["samples"]]
    return by_samples + [("ranks", plan["n_samples"], rank) for rank in plan["ranks"]]


def _contestants(
    plan: Mapping[str, Any], models: Mapping[str, Any], losses: list[str], n_samples: int
) -> Iterator[Contestant]:
    """Say what is measured on so many samples."""
    for name in plan["models"]:
        method, settings = models[name]["method"], models[name]["settings"]
        for loss in losses:
            yield name, loss, method not in UNSEEN, partial(fit_capped, method, settings, loss)
    if "mse" in losses and n_samples <= PRINTED_UP_TO:
        yield _as_printed()


def _as_printed() -> Contestant:
    def run(V: NDArray, rank: int, iterations: int) -> Fit:
        return fit_printed(V, rank, np.random.default_rng(0), iterations)

    return PRINTED, "mse", True, run


def seconds_per_iteration(run: Run, V: NDArray, rank: int) -> tuple[int, float]:
    """Time an iteration.

    Returns
    -------
    iterations : by how many the two fits differ: so many that it can be measured
    seconds : per iteration, median of the repeats
    """
    run(V, rank, 1)  # what is imported and allocated once does not count

    def difference() -> float:
        return _seconds(run, V, rank, 1 + iterations) - _seconds(run, V, rank, 1)

    iterations = ROUND
    while (first := difference()) < LEAST_SECONDS:
        iterations *= 4
    times = [first] + [difference() for _ in range(REPEATS - 1)]
    return iterations, median(times) / iterations


def _seconds(run: Run, V: NDArray, rank: int, iterations: int) -> float:
    """Processor time of one fit on one thread."""
    with threadpool_limits(1):
        start = time.process_time()
        run(V, rank, iterations)
        return time.process_time() - start


def peak_mb(run: Run, V: NDArray, rank: int) -> float:
    """Peak memory of a fit of two iterations beside its catalogue, in megabytes (10^6 bytes).

    As tracemalloc counts it: arrays of numpy and objects of Python, not what compiled libraries
    take for themselves.
    """
    tracemalloc.start()
    try:
        run(V, rank, 2)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
