"""Fit one model on consecutive splits of one cohort: the work of one job."""

import json
import platform
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.linalg  # noqa: F401 - its BLAS is a library of its own, to be limited and named
from numpy.random import SeedSequence
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import released_samples, training_copies
from nmfbench.data.thinning import thin_cohort
from nmfbench.errors import InputError
from nmfbench.factorize import gpu, methods
from nmfbench.factorize.fit import Fit, FitError
from nmfbench.factorize.halves import alpha_of, lost_on_halves, refit_halves, seed_of_halves
from nmfbench.factorize.losses import Loss, error, part_of
from nmfbench.factorize.refit import all_optimal, refit
from nmfbench.factorize.starts import best_start, fit_capped
from nmfbench.files import sha256, whole, write_tsv

#: Errors of arithmetic and linear algebra end one fit, not the run.
FAILURES = (FitError, FloatingPointError, np.linalg.LinAlgError, RuntimeError, MemoryError)


@dataclass(frozen=True)
class Job:
    """What is fitted: the names that become columns, and the settings that decide the result.

    ``short_starts`` has ``starts`` and ``iterations``: so many short fits, of which the best goes
    on (see `best_start`); empty for a single start. ``device`` is "cpu", or "cuda" for fits that
    `nmfbench.factorize.gpu` can do. ``folds``: into so many the counts are thinned, of which split
    i holds out the i-th; 0: samples are held out, not counts.
    """

    cohort: str
    scheme: str
    model: str
    method: str
    loss: str
    rank: int
    seed: int
    settings: dict[str, Any]
    short_starts: dict[str, int] = field(default_factory=dict)
    device: str = "cpu"
    folds: int = 0


@dataclass(frozen=True)
class Chunk:
    """Fits of consecutive splits.

    Attributes
    ----------
    split : (n,) numbers of the splits
    signatures : (n, M, K), NaN where the fit failed
    exposures : (n, K, N) of all samples in catalogue order: train samples as fitted (of a sample
        drawn several times, its first copy), test samples as the model encodes them, or refitted;
        where counts are held out, enlarged to the whole counts; NaN where the fit failed
    rows : one row per split and set: error, status, reason, iterations, converged, seconds; the
        seconds are those of the fit (set "train"), or of giving exposures to the samples of a set;
        converged (1 or 0) says whether the stopping rule ended the fit (set "train"), or whether
        the exposures are at their optimum; missing where nothing is iterated or an encoder gives
        them
    """

    split: NDArray
    signatures: NDArray
    exposures: NDArray
    rows: pd.DataFrame


def fit_chunk(
    job: Job,
    catalogue: pd.DataFrame,
    splits: pd.DataFrame,
    chunk: Sequence[int],
    truth: pd.DataFrame | None = None,
    parameters: Mapping[int, float] | None = None,
    *,
    released: bool = False,
) -> Chunk:
    """Fit `job` on every split of `chunk`, on one thread; on a GPU all splits as one.

    Parameters
    ----------
    job : model, loss, rank, seed
    catalogue : (M, N) counts, one column per sample
    splits : columns split, sample, and copies where training samples are drawn several times, as
        `training_copies` reads them
    chunk : numbers of the splits to fit
    truth : (K, N) true exposures, which a supervised model is given of the training samples
    parameters : of the loss, by split, where its noise model has one
    released : whether errors are also wanted on the samples of `released_samples`; of a network
        with penalties also its cost there ("penalised")

    Returns
    -------
    Chunk

    Raises
    ------
    InputError
        If the job's device is not there.
    """
    V = catalogue.to_numpy(dtype=float)
    E = None if truth is None else truth.to_numpy(dtype=float)
    copies = {split: training_copies(splits, split, catalogue.columns) for split in chunk}
    losses = {n: Loss(job.loss, parameters[n]) if parameters else job.loss for n in chunk}
    held_out, counts = dict.fromkeys(chunk), dict.fromkeys(chunk, V)
    if job.folds:
        parts = thin_cohort(V, job.folds, job.seed, job.cohort, alpha_of(losses[chunk[0]]))
        held_out = {split: parts[split] for split in chunk}
        counts = {split: V - held_out[split] for split in chunk}
    fits = []
    with threadpool_limits(1):
        ready = {} if job.device == "cpu" else _fit_on_device(job, counts, copies)
        for split in chunk:
            of_split = (counts[split], held_out[split], E, copies[split], split, losses[split])
            fits.append(_fit_split(job, *of_split, ready.get(split), released=released))
            last = fits[-1][2][0]
            print(
                f"{job.cohort} {job.model} {job.loss} K={job.rank} split {split}: {last['status']}"
                f"{' (' + last['reason'] + ')' if last['reason'] else ''}, train error "
                f"{last['error']:.6g}, {last['iterations']} iterations, {last['seconds']:.2f} s",
                flush=True,
            )
    signatures, exposures, rows = zip(*fits, strict=True)
    ids = {"cohort": job.cohort, "scheme": job.scheme, "model": job.model, "loss": job.loss}
    table = pd.DataFrame([{**ids, "k": job.rank, **row} for group in rows for row in group])
    return Chunk(np.array(chunk), np.array(signatures), np.array(exposures), table)


def _fit_on_device(
    job: Job, counts: Mapping[int, NDArray], copies: Mapping[int, NDArray]
) -> dict[int, tuple[Fit | FitError, float]]:
    """Fit all splits with as many training samples as one; with each fit its share of the time."""
    gpu.check_device(job.device)
    settings = methods.make_settings(job.method, job.settings, f"model {job.model}")
    sizes: dict[int, list[int]] = {}
    for split, drawn in copies.items():
        sizes.setdefault(int(drawn.sum()), []).append(split)
    ready = {}
    for splits in sizes.values():
        start = time.perf_counter()
        train = [np.repeat(counts[split], copies[split], axis=1) for split in splits]
        pairs = zip(splits, train, strict=True)
        sources = [_source(job, split, job.loss, own) for split, own in pairs]
        fits = gpu.fit_together(
            job.method, train, job.rank, job.loss, sources, settings, job.device
        )
        share = (time.perf_counter() - start) / len(splits)
        ready |= {split: (fit, share) for split, fit in zip(splits, fits, strict=True)}
    return ready


def _fit_split(
    job: Job,
    V: NDArray,
    held_out: NDArray | None,
    truth: NDArray | None,
    copies: NDArray,
    split: int,
    loss: str,
    known: tuple[Fit | FitError, float] | None = None,
    *,
    released: bool,
) -> tuple[NDArray, NDArray, list[dict[str, Any]]]:
    """Fit on the train samples, give exposures to the test samples, measure both errors.

    `copies` (N,) says how often each sample is trained on; 0 is a test sample. Where counts are
    thinned, `V` lacks those that are `held_out`, and there are no test samples. A fit that is known
    already is measured only.
    """
    enlarged = job.folds / (job.folds - 1) if job.folds else 1.0  # whole counts, over those here
    loss = part_of(loss, 1 / enlarged)
    of_train = np.repeat(np.arange(len(copies)), copies)
    exposures = np.full((job.rank, V.shape[1]), np.nan)
    start = time.perf_counter()
    try:
        given = None if truth is None else truth[:, of_train] / enlarged
        fit, seconds = known or _fit(job, V[:, of_train], given, split, loss)
        if isinstance(fit, FitError):
            raise fit
        first = (np.cumsum(copies) - copies)[copies > 0]  # of the copies of a sample
        exposures[:, copies > 0] = fit.exposures[:, first] * enlarged
        found = error(V[:, of_train], fit.signatures, fit.exposures, loss)
        settled = np.nan if fit.converged is None else int(fit.converged)
        sets = {"train": {"error": found, "seconds": seconds, "converged": settled}}
        if job.folds:
            sets["thinned"] = _measure_fold(held_out, fit, loss, 1 / (job.folds - 1))
        else:
            test = V[:, copies == 0]
            exposures[:, copies == 0], of_test = _measure_test(test, fit, loss)
            sets |= of_test
        if released:
            sets |= _measure_released(V[:, released_samples(copies)], fit, loss)
        for name, values in sets.items():
            if not np.isfinite(values["error"]):
                raise FitError(f"{name} error is {values['error']}")
        if not job.folds:
            seed = seed_of_halves(job.seed, job.cohort, split)
            sets["thinned"] = _measure_halves(test, fit, loss, seed)
    except FAILURES as failure:
        names = ["train", *([] if job.folds else ["test"]), "thinned", *["released"] * released]
        rows = _failed(failure, names, split, time.perf_counter() - start)
        return np.full((len(V), job.rank), np.nan), np.full_like(exposures, np.nan), rows
    row = {"split": split, "status": "ok", "reason": "", "iterations": fit.iterations}
    return fit.signatures, exposures, [row | {"set": name} | sets[name] for name in sets]


def _fit(
    job: Job, train: NDArray, truth: NDArray | None, split: int, loss: str
) -> tuple[Fit, float]:
    """Fit training samples, with their true exposures where a model wants them; take the time."""
    method = methods.load(job.method)
    settings = methods.make_settings(job.method, job.settings, f"model {job.model}")
    start = time.perf_counter()
    rng = _source(job, split, loss, train)
    if getattr(settings, "supervised", False):
        fit = method.fit_supervised(train, truth, loss, rng, settings)
    else:
        fit = method.fit(train, job.rank, loss, rng, settings)
    return fit, time.perf_counter() - start


def _failed(failure: Exception, names: Sequence[str], split: int, seconds: float) -> list[dict]:
    """Rows of a fit that failed, with the reason; the seconds are those of the fit."""
    reason = " ".join(str(failure).split()) or type(failure).__name__
    row = {"split": split, "error": np.nan, "status": "failed", "reason": reason}
    row |= {"iterations": 0, "converged": 0}
    rows = [row | {"set": name, "seconds": np.nan} for name in names]
    rows[0]["seconds"] = seconds
    return rows


def _source(job: Job, split: int, loss: str, train: NDArray) -> np.random.Generator:
    """Give the source of the start, or of the best of several."""
    # The method's name, not the model's, is in the seed: models of one method start alike.
    words = (job.cohort, split, job.method)
    sources = [
        partial(np.random.default_rng, seed_sequence(job.seed, *words, *([start] if start else [])))
        for start in range(job.short_starts.get("starts", 1))
    ]
    if len(sources) == 1:
        return sources[0]()
    steps = job.short_starts["iterations"]
    short_fit = partial(fit_capped, job.method, job.settings, loss, train, job.rank, steps)
    return best_start(short_fit, sources)


def _measure(
    V: NDArray, fit: Fit, loss: str, *, refitted: bool = False
) -> tuple[NDArray, dict[str, float]]:
    """Give exposures to samples; say how well they reconstruct, what they cost, if at the optimum.

    By the encoder of the method, which seeks no optimum; without one, or if wanted, by a refit.
    """
    encode = None if refitted else fit.encode
    start = time.perf_counter()
    E = encode(V) if encode else refit(V, fit.signatures, loss)
    seconds = time.perf_counter() - start
    optimal = np.nan if encode else int(all_optimal(V, fit.signatures, E, loss))
    found = error(V, fit.signatures, E, loss)
    return E, {"error": found, "seconds": seconds, "converged": optimal}


def _measure_test(V: NDArray, fit: Fit, loss: str) -> tuple[NDArray, dict[str, dict[str, float]]]:
    """Give exposures to test samples and measure them; what has an encoder is refitted, too.

    Its signatures with an ordinary refit can be compared with those of the others.
    """
    exposures, found = _measure(V, fit, loss)
    if fit.encode is None:
        return exposures, {"test": found}
    return exposures, {"test": found, "refit": _measure(V, fit, loss, refitted=True)[1]}


def _measure_released(V: NDArray, fit: Fit, loss: str) -> dict[str, dict[str, float]]:
    """Measure the samples of released numbers; with penalties, what the network minimises there."""
    found = _measure(V, fit, loss)[1]
    if fit.cost is None:
        return {"released": found}
    return {"released": found, "penalised": found | {"error": fit.cost(V)}}


def _measure_fold(V: NDArray, fit: Fit, loss: str, share: float) -> dict[str, Any]:
    """Say how well a fit reconstructs held-out counts, a `share` of those it was fitted to."""
    found = error(V, fit.signatures, fit.exposures * share, part_of(loss, share))
    return {"error": found, "seconds": np.nan, "converged": np.nan}


def _measure_halves(V: NDArray, fit: Fit, loss: str, seed: SeedSequence) -> dict[str, Any]:
    """Say how well test samples are reconstructed on counts that are held out."""
    S, start = fit.signatures, time.perf_counter()
    try:
        halves, exposures = refit_halves(V, S, loss, seed)
    except InputError as reason:
        found = {"error": np.nan, "seconds": np.nan, "converged": np.nan}
        return found | {"status": "failed", "reason": str(reason)}
    seconds, of_half = time.perf_counter() - start, part_of(loss, 1 / 2)
    pairs = zip(halves, exposures, strict=True)
    optimal = int(all(all_optimal(half, S, E, of_half) for half, E in pairs))
    found = float(lost_on_halves(halves, exposures, S, loss).mean()) / len(V)
    return {"error": found, "seconds": seconds, "converged": optimal}


ROWS = (
    *("cohort", "scheme", "model", "loss", "k", "split", "set"),
    *("error", "status", "reason", "iterations", "converged", "seconds"),
)


def blas_kernels() -> list[str]:
    """Name the libraries of linear algebra, their versions and the kernels that they chose.

    Published models that stop where rounding lets them end elsewhere with another kernel.
    """
    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return sorted(
        f"{library['internal_api']} {library['version']} ({library.get('architecture', 'unknown')})"
        for library in found
    )


def write_chunk(
    chunk: Chunk, job: Job, npz: str | Path, tsv: str | Path, record: str | Path
) -> None:
    """Write the factors (.npz), one row per split and set (.tsv), and how they came about (.json).

    The .npz depends on data, settings and seed alone; timings stay in the .tsv and the .json. The
    .json comes last and has the checksums of the others, by which they are known to be whole.
    """
    with whole(npz) as part:
        np.savez_compressed(
            part, split=chunk.split, signatures=chunk.signatures, exposures=chunk.exposures
        )
    write_tsv(chunk.rows[list(ROWS)], tsv)
    packages = ["nmfbench", "numpy", "scipy", *(["torch"] if "torch" in sys.modules else [])]
    used = {
        "job": asdict(job),
        "splits": chunk.split.tolist(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in packages},
        "blas": blas_kernels(),
        "threads": 1,
        "device": job.device,
        "machine": platform.processor() or platform.machine(),
        "sha256": {Path(path).name: sha256(path) for path in (npz, tsv)},
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    with whole(record) as part:
        part.write_text(json.dumps(used, indent=1) + "\n", encoding="utf-8")
