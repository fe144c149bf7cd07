"""The long table: one row per score, whatever the model, split, set or metric."""

import json
from collections.abc import Collection, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nmfbench.compare.fits import Fits, check_comparable
from nmfbench.compare.likelihood import likelihoods
from nmfbench.compare.samples import exposure_losses, sample_sizes
from nmfbench.compare.similarity import (
    column_cosine,
    consistency,
    n_found,
    pair_acs,
    silhouettes,
)
from nmfbench.data.catalogue import CHANNELS
from nmfbench.data.splits import copies_by_split, released_samples
from nmfbench.errors import InputError, nearest
from nmfbench.factorize.losses import Loss, by_sample

_SCHEMA = Path(__file__).parents[2] / "schemas" / "scores.schema.json"
_RULES: dict[str, dict[str, Any]] = json.loads(_SCHEMA.read_text(encoding="utf-8"))["properties"]

COLUMNS: tuple[str, ...] = tuple(_RULES)
METRICS: tuple[str, ...] = tuple(_RULES["metric"]["enum"])
KEY: tuple[str, ...] = COLUMNS[:10]  # what tells one row from another
_TEXT = ("cohort", "scheme", "model", "loss", "set", "metric", "other", "status")


def score(
    fits: Mapping[str, Fits],
    truth: pd.DataFrame | None,
    baseline: str,
    catalogue: pd.DataFrame,
    splits: pd.DataFrame,
    *,
    hypermutated: float = np.inf,
    true_exposures: pd.DataFrame | None = None,
    supervised: Collection[str] = (),
    parameters: Mapping[int, float] | None = None,
    convex: Collection[str] = (),
) -> pd.DataFrame:
    """All scores of one cohort, scheme, loss and rank.

    Parameters
    ----------
    fits : mapping of model name to Fits
        In the order of the study; this order decides which of two models is the first of a pair.
    truth : DataFrame, shape (96, K), or None
        True signatures of a simulated cohort, rows labelled by channel.
    baseline : str
        Model whose error is the numerator of ``ratio``; without its fits there are no ratios.
    catalogue : DataFrame, shape (96, N)
        The counts that were fitted.
    splits : DataFrame
        The test samples of each split, as `copies_by_split` reads them.
    hypermutated : float
        Samples with more mutations are left out of ``error_typical``.
    true_exposures : DataFrame, shape (K, N), or None
        True exposures of a simulated cohort, in the order of `truth` and of `catalogue`; of use
        where K is theirs.
    supervised : collection of str
        Models that were given true exposures, and so keep their order.
    parameters : mapping of split to float, or None
        Parameter of the loss where its noise model has one; with it, and with an empty mapping,
        likelihoods are among the scores.
    convex : collection of str
        Models whose signatures are combinations of the samples' profiles.

    Returns
    -------
    DataFrame
        `COLUMNS`, in the order of `METRICS`. A failed fit keeps the rows about itself, with a
        missing value and the reason; scores of pairs leave it out.

    Raises
    ------
    InputError
        If the models do not share cohort, scheme, loss, rank and splits.
    """
    check_comparable(fits)
    rows = pd.concat([fit.rows for fit in fits.values()], ignore_index=True)
    reason = rows["reason"].fillna("no reason given")
    rows["status"] = rows["status"].where(rows["status"] == "ok", "failed: " + reason)
    train = rows[rows["set"] == "train"]
    copies = copies_by_split(splits, catalogue.columns)
    # Where counts are held out, those that a model was fitted to are not those of the catalogue.
    whole = rows["set"].eq("test").any()
    noise = parameters is not None and whole
    parts = [
        rows.assign(metric="error", value=rows["error"]),
        *(
            _other_errors(fits, train, catalogue, copies, hypermutated, parameters or {})
            if whole
            else []
        ),
        *(likelihoods(fits, train, catalogue, copies, parameters, convex) if noise else []),
        _ratios(rows, baseline),
        *([] if truth is None else _truth(fits, train, truth)),
        *(
            []
            if true_exposures is None or rows["k"].iloc[0] != len(true_exposures)
            else [_exposures(fits, rows, truth, true_exposures, copies, supervised)]
        ),
        *(_consistency(name, fit) for name, fit in fits.items()),
        *(_silhouettes(fit) for fit in fits.values()),
        *(_between(fits[one], other, fits[other]) for one, other in combinations(fits, 2)),
        _effective_k(fits, train),
        train.assign(metric="iterations", value=train["iterations"]),
        _converged(rows),
        train.assign(metric="seconds", value=train["seconds"]),
        rows[rows["set"] == "test"].assign(metric="seconds", value=lambda table: table["seconds"]),
    ]
    return _table(parts)


def _other_errors(
    fits: Mapping[str, Fits],
    train: pd.DataFrame,
    catalogue: pd.DataFrame,
    copies: Mapping[int, np.ndarray],
    hypermutated: float,
    parameters: Mapping[int, float],
) -> list[pd.DataFrame]:
    """Scores of reconstruction that a few samples with very many mutations do not decide.

    ``error_relative`` is the mean over samples of the loss over the sample's size (`sample_sizes`).
    ``error_typical`` is the mean loss per entry of the samples that are not hypermutated;
    ``sample_cosine`` the mean cosine similarity of a sample with its reconstruction.
    """
    V, loss = catalogue.to_numpy(float), train["loss"].iloc[0]
    sizes, typical = sample_sizes(V, loss), V.sum(axis=0) <= hypermutated
    found = []
    for name, fit in fits.items():
        for split, S, E in zip(fit.splits, fit.signatures, fit.exposures, strict=True):
            lost = by_sample(V, S @ E, Loss(loss, parameters.get(split)))
            alike = column_cosine(V, S @ E)
            for set_, weights in (("train", copies[split]), ("test", copies[split] == 0)):
                usual = weights * typical
                relative = np.average(lost / sizes, weights=weights)
                per_entry = np.average(lost, weights=usual) / len(V) if usual.any() else np.nan
                cosine = np.average(alike, weights=weights)
                found.append((name, split, set_, relative, per_entry, cosine))
    names = ["error_relative", "error_typical", "sample_cosine"]
    table = pd.DataFrame(found, columns=["model", "split", "set", *names])
    # Joined to the rows of all fits, so that a failed one stays with its reason.
    both = train.drop(columns="set").merge(table, on=["model", "split"], how="left")
    return [both.assign(metric=name, value=both[name]) for name in names]


def _converged(rows: pd.DataFrame) -> pd.DataFrame:
    """Whether fits, and the refits of test samples, are converged; an encoder's are neither."""
    # A loss without thinned counts has failed there, but no fit has.
    failed = (rows["status"] != "ok") & (rows["set"] != "thinned")
    said = rows["converged"].notna() | failed
    rows = rows[said & rows["set"].isin(["train", "test", "refit", "thinned"])]
    return rows.assign(metric="converged", value=rows["converged"])


def _ratios(rows: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Error of the baseline over error of each other model, on the same split and set."""
    rows = rows[rows["set"].isin(["train", "test"])]
    ours = rows["model"] != baseline
    theirs = rows.loc[~ours, ["split", "set", "error", "status"]]
    both = rows[ours].merge(theirs, on=["split", "set"], suffixes=("", "_baseline"))
    own_fault = (both["status"] != "ok") | (both["status_baseline"] == "ok")
    status = both["status"].where(own_fault, both["status_baseline"] + f" (baseline {baseline})")
    value = both["error_baseline"] / both["error"]
    return both.assign(metric="ratio", other=baseline, value=value, status=status)


def _truth(
    fits: Mapping[str, Fits], train: pd.DataFrame, truth: pd.DataFrame
) -> list[pd.DataFrame]:
    """How much of the true signatures each fit has.

    ``acs_truth`` is the ACS of the fit with the truth, or of this with it where the fit has more
    signatures: it knows neither what is missing nor what is spurious. With t of the n true
    signatures found (see `n_found`) by a fit of k that are alive, ``recall_truth`` is t / n,
    ``precision_truth`` t / k (0 without any) and ``f1_truth`` their harmonic mean, 2 t / (n + k).
    """
    true = truth.loc[list(CHANNELS)].to_numpy()
    n, parts = true.shape[1], []
    for name, fit in fits.items():
        signatures, splits = fit.valid()
        more = signatures.shape[2] > n
        acs = pair_acs(true[None], signatures) if more else pair_acs(signatures, true[None])
        t = np.array([n_found(S, true) for S in signatures], float)
        k = signatures.any(axis=1).sum(axis=1)
        shares = {"precision_truth": t / np.maximum(k, 1), "recall_truth": t / n}
        values = {"acs_truth": acs.ravel(), **shares, "f1_truth": 2 * t / (n + k)}
        parts.append(pd.DataFrame({"model": name, "split": splits, **values}))
    table = pd.concat(parts, ignore_index=True)
    # Joined to the rows of all fits, so that a failed one stays with its reason.
    both = train.merge(table, on=["model", "split"], how="left")
    return [both.assign(metric=name, other="truth", value=both[name]) for name in values]


def _effective_k(fits: Mapping[str, Fits], train: pd.DataFrame) -> pd.DataFrame:
    """Count the living signatures of each fit."""
    counts = [
        pd.DataFrame({"model": name, "split": fit.splits, "value": fit.alive.sum(axis=1)})
        for name, fit in fits.items()
    ]
    both = train.merge(pd.concat(counts), on=["model", "split"], how="left")
    return both.assign(metric="effective_k", value=both["value"].where(both["status"] == "ok"))


def _exposures(
    fits: Mapping[str, Fits],
    rows: pd.DataFrame,
    truth: pd.DataFrame,
    true_exposures: pd.DataFrame,
    copies: Mapping[int, np.ndarray],
    supervised: Collection[str],
) -> pd.DataFrame:
    """Squared error of the exposures (`exposure_losses`), mean over samples."""
    found = []
    for name, fit in fits.items():
        each = exposure_losses(fit, truth, true_exposures, supervised=name in supervised)
        for split, lost in zip(fit.splits, each, strict=True):
            sets = {"train": copies[split], "test": copies[split] == 0}
            if name in supervised:  # what is known of others on these samples is a mixture
                sets["released"] = released_samples(copies[split])
            sets = {s: weights for s, weights in sets.items() if weights.any()}
            found += [(name, split, s, np.average(lost, weights=w)) for s, w in sets.items()]
    table = pd.DataFrame(found, columns=["model", "split", "set", "value"])
    return rows.merge(table, on=["model", "split", "set"]).assign(metric="exposure_error")


def _consistency(name: str, fit: Fits) -> pd.DataFrame:
    """ACS of every pair of splits of one model."""
    signatures, splits = fit.valid()
    first, second = np.triu_indices(len(splits), 1)
    return _pairs(fit, "sc", splits[first], name, splits[second], consistency(signatures))


def _silhouettes(fit: Fits) -> pd.DataFrame:
    """Mean silhouette of the signatures of every split among those of all splits."""
    signatures, splits = fit.valid()
    table = pd.DataFrame({"split": splits, "value": silhouettes(signatures).mean(axis=1)})
    return table.dropna().assign(**fit.ids, set="train", metric="silhouette", status="ok")


def _between(fit: Fits, other_name: str, other: Fits) -> pd.DataFrame:
    """ACS of every fit of one model with every fit of another."""
    signatures, splits = fit.valid()
    other_signatures, other_splits = other.valid()
    values = pair_acs(signatures, other_signatures)
    first, second = np.indices(values.shape).reshape(2, -1)
    return _pairs(fit, "acs", splits[first], other_name, other_splits[second], values.ravel())


def _pairs(
    fit: Fits,
    metric: str,
    split: np.ndarray,
    other: str,
    other_split: np.ndarray,
    value: np.ndarray,
) -> pd.DataFrame:
    """Rows about pairs of fits; what is said of signatures belongs to the set they come from."""
    table = pd.DataFrame({"split": split, "other_split": other_split, "value": value})
    return table.assign(**fit.ids, set="train", metric=metric, other=other, status="ok")


def _table(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the parts together; a value that is not finite becomes missing, with a status."""
    table = pd.concat([part.reindex(columns=COLUMNS) for part in parts if len(part)])
    table = table.reset_index(drop=True).astype(
        {**dict.fromkeys(_TEXT, "str"), "k": int, "split": int, "other_split": "Int64"}
    )
    finite = np.isfinite(table["value"])
    table["status"] = table["status"].mask((table["status"] == "ok") & ~finite, "failed: no value")
    table["value"] = table["value"].where(finite & (table["status"] == "ok"))
    return table


def read_scores(path: str | Path) -> pd.DataFrame:
    """Read and check a long table.

    Raises
    ------
    InputError
        As `check_scores`, with the name of the file.
    """
    table = pd.read_csv(path, sep="\t", dtype=dict.fromkeys(_TEXT, str) | {"other_split": "Int64"})
    check_scores(table, path)
    return table


def check_scores(table: pd.DataFrame, where: str | Path = "scores") -> None:
    """Check a long table against ``scores.schema.json``, a column at a time.

    Beyond the schema: no score is there twice, and a value is missing just where the status is
    not ``ok``.

    Parameters
    ----------
    table : DataFrame
        The long table.
    where : str or path
        How the message calls it.

    Raises
    ------
    InputError
        Names the column, the row (counted from 1) and what is wrong with it.
    """
    for column in table.columns.difference(COLUMNS, sort=False):
        raise InputError(f"{where}: unknown column '{column}': {nearest(column, COLUMNS)}")
    if tuple(table.columns) != COLUMNS:
        raise InputError(f"{where}: the columns are not {', '.join(COLUMNS)}: write it by `score`")
    for column, rule in _RULES.items():
        _refuse(table, _breaks(table[column], rule), where, column, _wants(rule))
    filled = np.isfinite(table["value"].to_numpy(float))
    ok = table["status"] == "ok"
    _refuse(table, filled != ok, where, "value", "a number just where the status is 'ok'")
    _refuse(table, table.duplicated(list(KEY)), where, "metric", "each score once")


def _breaks(values: pd.Series, rule: Mapping[str, Any]) -> pd.Series:
    """Say which values break the rule of their column in the schema."""
    empty = values.isna()
    kinds = np.atleast_1d(rule.get("type", "string"))
    if "string" in kinds:
        bad = ~empty & (not pd.api.types.is_string_dtype(values.dropna()))
    else:
        number = pd.to_numeric(values, errors="coerce").astype(float)
        bad = ~empty & ~(number >= rule.get("minimum", -np.inf))
        if "integer" in kinds:
            bad |= ~empty & (number % 1 != 0)
    if "enum" in rule:
        bad |= ~values.isin(rule["enum"])
    if "pattern" in rule:
        bad |= ~values.astype("str").str.contains(rule["pattern"], na=False)
    return bad if "null" in kinds else bad | empty


def _wants(rule: Mapping[str, Any]) -> str:
    """Say in words what the schema wants of a column."""
    if "enum" in rule:
        return f"one of {', '.join(rule['enum'])}"
    if "pattern" in rule:
        return f"text like {rule['pattern']}"
    least = f" of at least {rule['minimum']}" if "minimum" in rule else ""
    return " or ".join(np.atleast_1d(rule["type"])) + least


def _refuse(table: pd.DataFrame, bad: pd.Series, where: str | Path, column: str, want: str) -> None:
    """Raise for the first bad row, if any."""
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            f"{where}: row {row + 1}, column '{column}': {table[column].iloc[row]!r} should be "
            f"{want}: delete the file and run again"
        )
