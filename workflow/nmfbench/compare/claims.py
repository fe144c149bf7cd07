"""The scorecard: each conclusion of a paper, tested with its models as published and converged.

A claim compares two models on the same splits. Its effect (a ratio or a difference) has a 95 %
interval that allows for splits sharing their samples (see `paired`; for the consistency of
signatures, which belongs to pairs of splits, a jackknife over splits).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nmfbench.compare.paired import IDS, KINDS, Effect, effect, jackknife
from nmfbench.compare.rows import rows_where

REPRODUCED = "reproduced"
NOT_REPRODUCED = "not reproduced"
REVERSED = "reversed"
UNTESTED = "cannot be tested"

SIDES = ("published", "converged")  # on which a claim is tested: prefixes of columns

#: What the values of the paper are called in the table of reference values (`PAPER_METRICS`).
PAPER = {
    ("error", "train"): "train_error_mean",
    ("error", "test"): "test_error_mean",
    ("error", "released"): "released_error_mean",
    ("exposure_error", "released"): "released_exposure_error_mean",
    ("sc", "train"): "sc_mean",
    ("cosmic_cosine", "train"): "cosmic_cosine_mean",
    ("signal_cosine", "train"): "signal_cosine_mean",
    ("previously_observed", "train"): "previously_observed_fraction",
}
_MATCHES = {  # metric: library, column of matches.tsv
    "cosmic_cosine": ("cosmic", "cosine"),
    "signal_cosine": ("signal", "cosine"),
    "previously_observed": ("cosmic", "observed"),
}
_OF_CLAIM = ("id", "sentence", "place", "metric", "set", "relation", "margin")
_VALUES = ("model", "other", "effect")
_TESTED = ("name", "name_other", *_VALUES, "low", "high", "n", "verdict", "reason")
COLUMNS = (
    *_OF_CLAIM,
    *IDS,
    "kind",
    *(f"paper_{name}" for name in (*_VALUES, "source")),
    *(f"{side}_{name}" for side in SIDES for name in _TESTED),
)


class Cell(NamedTuple):
    """Results of one cohort, scheme, loss and rank."""

    scores: pd.DataFrame
    matches: pd.DataFrame
    test_share: float


def verdict(found: Effect, kind: str, relation: str, margin: float | None = None) -> str:
    """Say whether a comparison bears a claim out.

    Parameters
    ----------
    found : Effect
        Of the first model against the second.
    kind : "ratio" or "difference"
    relation : "below", "above" or "similar"
    margin : of "similar"

    Returns
    -------
    str
        "below" and "above": reproduced if the whole interval lies on that side of equal, reversed
        if it lies on the other, else not reproduced. "similar": reproduced if the whole interval
        lies within the margin, else not reproduced. Without an interval: cannot be tested.
    """
    low, high = found.low, found.high
    if not np.isfinite([low, high]).all():
        return UNTESTED
    if kind == "ratio":
        low, high = np.log(low), np.log(high)
        margin = margin and np.log1p(margin)
    if relation == "similar":
        return REPRODUCED if margin and -margin <= low <= high <= margin else NOT_REPRODUCED
    if relation == "above":
        low, high = -high, -low
    if high < 0:
        return REPRODUCED
    return REVERSED if low > 0 else NOT_REPRODUCED


def judge(
    claims: Sequence[Mapping[str, Any]],
    scores: pd.DataFrame,
    paired: pd.DataFrame,
    matches: pd.DataFrame,
    reference: pd.DataFrame,
    converged: Mapping[str, str],
) -> pd.DataFrame:
    """Test every claim on every cohort and loss that was run.

    Parameters
    ----------
    claims : sequence of mapping
        See ``workflow/schemas/claims.schema.json``.
    scores, paired, matches : DataFrame
        The long table, the paired differences (for their ``test_share``), the matches.
    reference : DataFrame
        Values of the paper: cohort, method, loss, metric, value, source.
    converged : mapping
        Model as published to the model that is its training to convergence.

    Returns
    -------
    DataFrame
        `COLUMNS`. A claim that cannot be tested says why in ``published_reason`` or
        ``converged_reason``.
    """
    shares = paired.drop_duplicates([*IDS]).set_index([*IDS])["test_share"]
    rows, cells = [], []
    for values, of_cell in scores.groupby([*IDS], sort=False):
        ids = dict(zip(IDS, values, strict=True))
        of_matches = rows_where(matches, **ids)
        cells.append((ids, Cell(of_cell, of_matches, float(shares.get(values, np.nan)))))
    for claim in claims:
        for ids, cell in cells:
            of_k = ids["k"] in claim.get("ks", [ids["k"]])
            if ids["cohort"] in claim["cohorts"] and ids["loss"] in claim["losses"] and of_k:
                models = claim["models"]
                row = {name: claim.get(name) for name in _OF_CLAIM} | ids
                row["kind"] = _kind(claim["metric"])
                row |= _paper(claim, ids, reference)
                row |= _named("published", _test(claim, models, cell))
                row |= _named("converged", _test_converged(claim, models, cell, converged))
                rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _named(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{prefix}_{name}": value for name, value in values.items()}


def _kind(metric: str) -> str:
    """Ratio for errors and seconds, difference for the rest."""
    return KINDS.get(metric, "ratio" if metric == "error_contrast" else "difference")


def _paper(
    claim: Mapping[str, Any], ids: Mapping[str, Any], reference: pd.DataFrame
) -> dict[str, Any]:
    """Values of the paper for both models, and what its effect was."""
    of_cell = rows_where(reference, cohort=ids["cohort"], loss=ids["loss"])

    def value(model: str, metric: str, set_: str) -> tuple[float, str]:
        here = rows_where(of_cell, method=model, metric=PAPER.get((metric, set_)))
        return (here["value"].iloc[0], here["source"].iloc[0]) if len(here) else (np.nan, "")

    def ratio(set_: str) -> float:
        one, other = (value(model, "error", set_)[0] for model in claim["models"])
        return one / other

    if claim["metric"] == "error_contrast":
        source = value(claim["models"][0], "error", "train")[1]
        found = {"model": ratio("train"), "other": ratio("test")}
    else:
        (one, source), (other, _) = (
            value(model, claim["metric"], claim["set"]) for model in claim["models"]
        )
        found = {"model": one, "other": other}
    one, other = found["model"], found["other"]
    found["effect"] = one / other if _kind(claim["metric"]) == "ratio" else one - other
    return _named("paper", found | {"source": source})


def _test(claim: Mapping[str, Any], models: Sequence[str | None], cell: Cell) -> dict[str, Any]:
    """Test a claim with two models on one cell."""
    metric, kind = claim["metric"], _kind(claim["metric"])
    names = dict(zip(("name", "name_other"), models, strict=True))
    ran = set(cell.scores["model"])
    for model, published in zip(models, claim["models"], strict=True):
        if model is None:
            return _untested(names, f"{published} is not trained to convergence in this study")
        if model not in ran:
            return _untested(names, f"{model} was not run")
    if metric == "sc":
        found, values = _consistency(models, cell)
    else:
        series = [
            _per_split(metric, claim["set"], models[0], cell).rename("one"),
            _second(claim, models, cell).rename("other"),
        ]
        both = pd.concat(series, axis=1, join="inner").dropna()
        if len(both) < 2:
            return _untested(names, "fewer than two splits have a value of both models")
        one, other = both.to_numpy(float).T
        found = effect(one, other, kind, cell.test_share)
        values = [float(of_model.mean()) for of_model in series]
        if metric in _MATCHES:
            values = [_consensus(metric, model, cell) for model in models]
    said = verdict(found, kind, claim["relation"], claim.get("margin"))
    reason = "the splits give no interval" if said == UNTESTED else ""
    tested = found._asdict() | {"model": values[0], "other": values[1]}
    return names | tested | {"verdict": said, "reason": reason}


def _test_converged(
    claim: Mapping[str, Any],
    models: Sequence[str],
    cell: Cell,
    converged: Mapping[str, str],
) -> dict[str, Any]:
    """Test a claim with the same methods trained to convergence, or as the claim says."""
    if fair := claim.get("refereed"):
        return _test({**claim, **fair}, fair["models"], cell)
    like = [converged.get(model) for model in models]
    if claim["metric"] == "seconds":
        names = dict(zip(("name", "name_other"), like, strict=True))
        return _untested(names, "it is about the published way of training")
    return _test(claim, like, cell)


def _untested(names: Mapping[str, Any], reason: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("model", "other", "effect", "low", "high"), np.nan) | {"n": 0}
    return {**names, **nothing, "verdict": UNTESTED, "reason": reason}


def _per_split(metric: str, set_: str, model: str, cell: Cell) -> pd.Series:
    """Values of one model, indexed by split."""
    if metric in _MATCHES:
        matched = _matched(metric, model, cell).drop("consensus", errors="ignore")
        return matched.rename(model).rename(index=int)
    if metric == "error_contrast":
        train, test = (_per_split("error", s, model, cell) for s in ("train", "test"))
        return (train / test).rename(model)
    rows = rows_where(cell.scores, model=model, metric=metric, set=set_)
    return rows.set_index("split")["value"].rename(model)


def _matched(metric: str, model: str, cell: Cell) -> pd.Series:
    """Mean over the signatures of one model, indexed by split and "consensus"."""
    library, column = _MATCHES[metric]
    rows = rows_where(cell.matches, model=model, library=library)
    return rows[column].astype(float).groupby(rows["split"]).mean()


def _second(claim: Mapping[str, Any], models: Sequence[str], cell: Cell) -> pd.Series:
    """Values of the second model of a claim; of some metrics, another metric.

    A likelihood is compared with that of the model under the KLD; the similarity of signatures
    with those under the KLD is compared with that of the first model's with the second's.
    """
    if claim["metric"] == "acs_kld":
        pairs = rows_where(cell.scores, metric="acs")
        ends = pairs["model"].isin(models) & pairs["other"].isin(models)
        same = pairs[ends & (pairs["split"] == pairs["other_split"])]
        return same.set_index("split")["value"]
    metric = "loglik_kld" if claim["metric"] == "loglik" else claim["metric"]
    return _per_split(metric, claim["set"], models[1], cell)


def _consensus(metric: str, model: str, cell: Cell) -> float:
    """Give what the paper's tables state of matches: the value of the consensus."""
    return float(_matched(metric, model, cell).get("consensus", np.nan))


def _consistency(models: Sequence[str | None], cell: Cell) -> tuple[Effect, list[float]]:
    """Difference of the signature consistencies of two models, with a jackknife over splits."""
    tables = [rows_where(cell.scores, metric="sc", model=model) for model in models]
    splits = [set(t["split"]) | set(t["other_split"].astype(int)) for t in tables]
    common = sorted(splits[0] & splits[1])
    means, left_out = [], []
    for table in tables:
        one, other = table["split"].to_numpy(int), table["other_split"].to_numpy(int)
        kept = np.isin(one, common) & np.isin(other, common)
        one, other, values = one[kept], other[kept], table["value"].to_numpy(float)[kept]
        means.append(float(values.mean()) if len(values) else np.nan)
        without = [(one != split) & (other != split) for split in common]
        left_out.append([values[w].mean() if w.any() else np.nan for w in without])
    differences = np.subtract(*left_out) if common else np.array([])
    return jackknife(means[0] - means[1], differences), means
