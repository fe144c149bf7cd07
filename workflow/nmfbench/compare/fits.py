"""The fits of one model, put together again from the chunks they were solved in."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nmfbench.compare.alive import alive
from nmfbench.errors import InputError
from nmfbench.files import sha256

IDS = ("cohort", "scheme", "model", "loss", "k")
SETS = ("train", "test", "refit", "thinned", "released", "penalised")
_TEXT = ("cohort", "scheme", "model", "loss", "set", "status", "reason")
_NUMBERS = ("error", "iterations", "converged", "seconds")


class Fits(NamedTuple):
    """All fits of one model on one cohort, scheme, loss and rank.

    Attributes
    ----------
    signatures : ndarray, shape (n, 96, K)
        In order of split; NaN where a fit failed.
    splits : ndarray of int, shape (n,)
        The split of each fit, ascending.
    rows : DataFrame
        One row per split and set: ids, error, status, reason, iterations, converged, seconds.
    exposures : ndarray, shape (n, K, N)
        Of all samples, in the order of the catalogue.
    alive : ndarray of bool, shape (n, K)
        Which signatures carry mutations that no others could (see `alive`); none of a failed fit.
    """

    signatures: np.ndarray
    splits: np.ndarray
    rows: pd.DataFrame
    exposures: np.ndarray
    alive: np.ndarray

    @property
    def ids(self) -> dict[str, Any]:
        """The cohort, scheme, model, loss and rank these fits belong to."""
        return self.rows.loc[self.rows.index[0], list(IDS)].to_dict()

    @property
    def living(self) -> np.ndarray:
        """Signatures (n, 96, K) as they are compared: a dead one is all zero, like nothing."""
        dead = np.isfinite(self.signatures) & ~self.alive[:, None]
        return np.where(dead, 0.0, self.signatures)

    def valid(self) -> tuple[np.ndarray, np.ndarray]:
        """Leave out the failed fits, and zero the dead signatures of the others.

        Returns
        -------
        signatures : ndarray, shape (m, 96, K)
            `living` signatures of the m fits that have any.
        splits : ndarray of int, shape (m,)
            Their splits.
        """
        finite = np.isfinite(self.signatures).all(axis=(1, 2))
        return self.living[finite], self.splits[finite]


def load_fits(
    paths: Iterable[str | Path], copies: Mapping[int, np.ndarray], dead_share: float
) -> Fits:
    """Read the chunks of one model.

    Parameters
    ----------
    paths : iterable of path
        The .npz of each chunk, with ``signatures`` (n, 96, K), ``exposures`` (n, K, N) and
        ``split`` (n,); its rows (.tsv) and its record (.json) are beside it.
    copies : mapping of split to ndarray, shape (N,)
        How often each sample was trained on.
    dead_share : float
        A signature with less than this share of the mutations of the training samples is dead.

    Returns
    -------
    Fits
        Sorted by split, whatever the order of the paths.

    Raises
    ------
    InputError
        If a file is not as the fit has written it, a column is missing, a split is doubled, the
        arrays and the rows do not hold the same splits, or the chunks are of more than one model,
        cohort, scheme, loss or rank.
    """
    paths = [Path(path) for path in paths]
    for path in paths:
        _check_whole(path)
    rows = pd.concat([_read_rows(path.with_suffix(".tsv")) for path in paths], ignore_index=True)
    place = rows["set"].map({name: i for i, name in enumerate(SETS)})
    rows = rows.assign(place=place).sort_values(["split", "place"], kind="stable")
    rows = rows.drop(columns="place").reset_index(drop=True)

    stacks, loads, numbers = [], [], []
    for path in paths:
        with np.load(path) as arrays:
            stacks.append(arrays["signatures"])
            loads.append(arrays["exposures"])
            numbers.append(arrays["split"])
    splits = np.concatenate(numbers)
    order = np.argsort(splits, kind="stable")
    splits = splits[order]

    where = f"{paths[0]} and its other chunks"
    if len(rows[list(IDS)].drop_duplicates()) != 1:
        raise InputError(f"{where}: rows of more than one model: give the chunks of one model only")
    if rows.duplicated(["split", "set"]).any() or len(np.unique(splits)) != len(splits):
        raise InputError(f"{where}: a split is there twice: delete the chunks and run again")
    if set(rows["split"]) != set(splits.tolist()):
        raise InputError(f"{where}: splits differ from the .npz: delete the chunks and run again")
    failed = rows.loc[(rows["status"] != "ok") & (rows["set"] == "train"), "split"].unique()
    signatures = np.concatenate(stacks)[order]
    # Whatever a failed fit left behind is no result.
    signatures[np.isin(splits, failed)] = np.nan
    exposures = np.concatenate(loads)[order]
    of_splits = zip(splits.tolist(), signatures, exposures, strict=True)
    # Of copies of a sample each counts.
    living = np.array([alive(S, E * copies[split], dead_share) for split, S, E in of_splits])
    return Fits(signatures, splits, rows, exposures, living)


def load_models(
    models: Iterable[str],
    paths: Iterable[str | Path],
    copies: Mapping[int, np.ndarray],
    dead_share: float,
) -> dict[str, Fits]:
    """Read the chunks of several models.

    Parameters
    ----------
    models : iterable of str
        Their names, in the order wanted.
    paths : iterable of path
        The .npz of the chunks of all models; the record beside it says which model one is of.
    copies, dead_share
        As for `load_fits`.

    Returns
    -------
    dict of str to Fits
    """
    chunks: dict[str, list[str | Path]] = {model: [] for model in models}
    for path in paths:
        chunks[_read_record(Path(path))["job"]["model"]].append(path)
    return {model: load_fits(of_model, copies, dead_share) for model, of_model in chunks.items()}


def _read_record(path: Path) -> dict[str, Any]:
    """Give the record of a chunk."""
    record = path.with_suffix(".json")
    try:
        return json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{record}: missing or damaged: delete it and run again") from None


def _check_whole(path: Path) -> None:
    """Refuse files of a chunk that are not those its record tells of."""
    for name, wanted in _read_record(path)["sha256"].items():
        file = path.parent / name
        if not file.is_file() or sha256(file) != wanted:
            raise InputError(f"{file}: missing, damaged or of another run: delete it and run again")


def _read_rows(path: str | Path) -> pd.DataFrame:
    """Read the rows of one chunk; ids stay text and ``converged`` becomes 0 or 1."""
    rows = pd.read_csv(path, sep="\t", dtype=dict.fromkeys(_TEXT, str))
    if missing := [c for c in (*IDS, "split", *_TEXT[4:], *_NUMBERS) if c not in rows]:
        raise InputError(f"{path}: no column '{missing[0]}': delete the file and run again")
    return rows.astype(dict.fromkeys(_NUMBERS, float))


def check_comparable(fits: Mapping[str, Fits]) -> None:
    """Refuse models that were not fitted to the same splits of the same cohort.

    Raises
    ------
    InputError
        If there is no model, a key is not the model's name, or cohort, scheme, loss, rank or
        splits differ.
    """
    if not fits:
        raise InputError("no fits to compare: name at least one model in the study")
    first = next(iter(fits.values()))
    for name, other in fits.items():
        if other.ids != {**first.ids, "model": name}:
            raise InputError(
                f"fits of model '{name}' are of {other.ids}, the first model's of {first.ids}: "
                "compare within one cohort, scheme, loss and rank"
            )
        if not np.array_equal(other.splits, first.splits):
            raise InputError(
                f"fits of model '{name}' have other splits than '{first.ids['model']}': "
                "all models of a cohort share the same splits; run its fits again"
            )
