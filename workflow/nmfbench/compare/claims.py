"""The scorecard: each conclusion of a paper as a comparison of two models, and what became of it.

What a claim is about is looked up in a table of effects (see `paired`): in that of the authors'
own numbers (`deposited`), of their models run here (`published`), and of the models that referee
the comparison (`refereed`). The verdict follows from the 95 % interval *on cohorts like it* and
from one minimum effect per metric; beside it stands what follows on this cohort.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from nmfbench.compare.paired import IDS
from nmfbench.compare.rows import rows_where
from nmfbench.compare.timings import models_of

SUPPORTED = "supported"
CONTRADICTED = "contradicted"
NEGLIGIBLE = "negligible"
INCONCLUSIVE = "inconclusive"
UNTESTED = "cannot be tested"

#: Noise that counts of a simulated cohort are drawn anew with: as named in "set1-poisson".
DRAWS = ("poisson", "nb")

#: Where the numbers of a verdict come from: prefixes of columns. Draws are refereed as well.
SIDES = ("deposited", "published", "refereed", *DRAWS)

#: Of an interval of 95 %, and of the error over all cells of a claim.
LEVEL = 0.05

#: Metrics of this run and machine alone, which have no cohorts like it.
OF_THE_RUN = ("seconds", "slope")

#: What is said of an error sample by sample: metrics less "error_".
BY_SAMPLE = ("median", "share")

#: The paper's text states two decimals.
ROUNDED = 0.005

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
_OF_CLAIM = ("id", "sentence", "place", "metric", "set", "relation")
_VALUES = ("model", "other", "effect")
_FOUND = ("n", "value", "value_other", "effect", "low", "high", "se", "df")
_LIKE = ("like_low", "like_high", "like_se", "like_df")
_TESTED = (
    *("name", "name_other", "n", *_VALUES, "low", "high", "like_low", "like_high"),
    *("similar_within", "p_apart", "p_alike", "verdict", "verdict_here", "reason"),
    *("strict_model", "strict_other"),
    *("median", "median_low", "median_high", "share", "share_low", "share_high"),
)
COLUMNS = (
    *(*_OF_CLAIM, *IDS, "kind", "minimum"),
    *(f"paper_{name}" for name in (*_VALUES, "source", "differs")),
    *(f"{side}_{name}" for side in SIDES for name in _TESTED),
)


class Effects(NamedTuple):
    """Effects of the cells of a claim, on the scale on which 0 is no difference; each (n,)."""

    effect: NDArray
    low: NDArray
    high: NDArray
    se: NDArray
    df: NDArray


def final(claims: pd.DataFrame) -> pd.Series:
    """Give the verdict that counts of every row of `judge`: the refereed one.

    Where counts were drawn anew it is the verdict on which all draws agree, and inconclusive where
    they do not: without noise an error is that of rounding. A claim about the published way of
    training has no refereed verdict, and is answered as published.
    """
    found = claims["refereed_verdict"].copy()
    of_claim = (found == UNTESTED).groupby(claims["id"]).transform("all")
    found[of_claim] = claims.loc[of_claim, "published_verdict"]
    drawn = claims[[f"{side}_verdict" for side in DRAWS]]
    drawn = drawn.where(drawn != UNTESTED)
    agreed = drawn.bfill(axis=1).iloc[:, 0].where(drawn.nunique(axis=1) == 1, INCONCLUSIVE)
    return found.mask(drawn.notna().any(axis=1), agreed)


def verdicts(
    found: Effects, relation: str, minimum: NDArray, *, holm: bool = True
) -> tuple[list[str], NDArray, NDArray]:
    """Say of every cell of a claim what became of it.

    A verdict needs its interval of 95 %, and its p-value below 0.05 after Holm's correction (Holm
    1979, Scand J Statist 6:65) over the cells of the claim that have an interval. Two tests are
    made in each cell, with Student's t of the effect's standard error and degrees of freedom; of a
    single cell, a p-value below 0.05 and the interval of 95 % say the same. Each test is a family
    of its own, in which the chance of any false verdict on a claim is at most 5 %:

    - *apart*, ``p = min(1, 2 P(T > (|x| - margin) / se))``: the effect is 0 ("below", "above";
      margin 0), or not beyond the minimum effect ("similar").
    - *alike*, ``p = min(1, 2 P(T > (minimum - |x|) / se))``: the effect is as large as the minimum
      effect, or larger (two one-sided tests, Schuirmann 1987, J Pharmacokinet Biopharm 15:657,
      each at 0.025).

    Parameters
    ----------
    found : Effects
    relation : "below", "above" or "similar"
    minimum : (n,)
        The smallest effect that matters, above 0, on the same scale.
    holm : bool
        Without it the p-values are those of the cells by themselves.

    Returns
    -------
    verdicts : list of str
        "below" and "above": negligible if the whole interval lies within the minimum effect, else
        supported if the whole interval lies on the claimed side of 0, contradicted if it lies on
        the other. "similar": supported if the whole interval lies within the minimum effect,
        contradicted if it lies beyond it. Else, and where the p-value does not bear it out,
        inconclusive: the data cannot tell. Without an interval: cannot be tested.
    p_apart, p_alike : (n,)
    """
    effect, low, high, se, df = (np.asarray(values, float) for values in found)
    margin = minimum if relation == "similar" else np.zeros_like(minimum)
    there = np.isfinite([effect, low, high, se]).all(axis=0) & ~np.isnan(df)
    p_apart = np.minimum(1, 2 * _above(np.abs(effect) - margin, se, df))
    p_alike = np.minimum(1, 2 * _above(minimum - np.abs(effect), se, df))
    p_apart, p_alike = (_adjusted(p, there, holm) for p in (p_apart, p_alike))
    within = there & (-minimum <= low) & (high <= minimum)
    apart = there & ((low > margin) | (high < -margin)) & (p_apart < LEVEL)
    alike = within & (p_alike < LEVEL)
    said = np.where(there, INCONCLUSIVE, UNTESTED).astype(object)
    if relation == "similar":
        said[apart], said[alike] = CONTRADICTED, SUPPORTED
    else:
        claimed = (effect < 0) == (relation == "below")
        said[apart & ~within & claimed] = SUPPORTED
        said[apart & ~within & ~claimed] = CONTRADICTED
        said[alike] = NEGLIGIBLE
    return said.tolist(), p_apart, p_alike


def _above(distance: NDArray, se: NDArray, df: NDArray) -> NDArray:
    """P-value that a distance is above 0; without any spread it is or is not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(distance == 0, 0.5, stdtr(df, -distance / se))


def _adjusted(p: NDArray, there: NDArray, holm: bool) -> NDArray:
    """Correct the p-values that are there."""
    # Slow to import, and the figure and table of claims need the names of verdicts alone.
    from statsmodels.stats.multitest import multipletests

    found = np.where(there, p, np.nan)
    if holm and there.any():
        found[there] = multipletests(p[there], method="holm")[1]
    return found


def judge(
    claims: Sequence[Mapping[str, Any]],
    paired: pd.DataFrame,
    minimum_effects: Mapping[str, Mapping[str, Any]],
    reference: pd.DataFrame,
    converged: Mapping[str, str],
    deposited: pd.DataFrame,
) -> pd.DataFrame:
    """Test every claim on every cohort and loss that was run.

    Parameters
    ----------
    claims : sequence of mapping
        See ``workflow/schemas/claims.schema.json``.
    paired : DataFrame
        The effects of the study.
    minimum_effects : mapping
        See ``workflow/schemas/minimum_effects.schema.json``.
    reference : DataFrame
        Values of the paper: cohort, method, loss, metric, value, source.
    converged : mapping
        Model as published to the model that is its training to convergence.
    deposited : DataFrame
        The effects of the authors' own numbers, with the columns of `paired`; may be empty.

    Returns
    -------
    DataFrame
        `COLUMNS`. ``minimum`` is a ratio less 1, or a difference, as is ``similar_within``: the
        smallest margin at which "similar" would hold (missing for other relations). ``verdict`` is
        that on cohorts like it, ``verdict_here`` that on this cohort, without the correction over
        cells. What cannot be tested says why in ``reason``; so do timings, which have no cohorts
        like it and are judged as of this run. ``strict_model`` and ``strict_other``: previously
        observed with SBS40a not counted as SBS40, where it is known. ``median`` and ``share``, of
        errors: median over the samples of their ratios, and the share of samples that the first
        model reconstructs better, with intervals on cohorts like it. ``paper_differs``: the
        deposit does not give the paper's values.
    """
    cells = paired[list(IDS)].drop_duplicates()
    schemes = dict(zip(cells["cohort"], cells["scheme"], strict=True))  # a cohort has one
    tables = []
    for claim in claims:
        about = cells["cohort"].isin(claim["cohorts"]) & cells["loss"].isin(claim["losses"])
        here = cells[about & cells["k"].isin(claim.get("ks", cells["k"]))]
        if here.empty:
            continue
        least = minimum_effects[claim["metric"]]
        ratio, minimum = least["of"] == "ratio", _minimum(least, here["k"])
        table = here.assign(**{name: claim[name] for name in _OF_CLAIM}, minimum=minimum)
        table["kind"] = "ratio" if ratio else "difference"
        for side in SIDES:
            of = _side(side, claim, minimum, ratio, converged)
            if side == "deposited":
                tested = _test(of, here, deposited, "the authors deposited no such numbers")
            elif side in DRAWS:
                drawn = here.assign(cohort=here["cohort"] + f"-{side}")
                drawn["scheme"] = drawn["cohort"].map(schemes)
                tested = _test(of, drawn, paired, "this study has no such draw")
            else:
                tested = _test(of, here, paired, "this study has no values of both models")
            table = table.join(tested.add_prefix(f"{side}_"))
        tables.append(table.join(_paper(claim, table, reference)))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return table.reindex(columns=list(COLUMNS))


def _minimum(least: Mapping[str, Any], k: pd.Series) -> NDArray:
    """Give the minimum effect of cells: what is counted in signatures is a share of K of them."""
    share = k.to_numpy() if least["of"] == "signatures" else np.ones(len(k))
    return float(least["minimum"]) / share


class _Test(NamedTuple):
    """What is the same in all cells of a claim on one side: set, models, and how it is judged."""

    metric: str
    set: str
    models: list[str | None]
    relation: str
    ratio: bool
    minimum: NDArray  # on the scale on which 0 is no difference
    why_not: str  # it is not tested at all; nothing if it is


def _side(
    side: str,
    claim: Mapping[str, Any],
    minimum: NDArray,
    ratio: bool,
    converged: Mapping[str, str],
) -> _Test:
    """Say what is compared on one side."""
    set_, models, why_not = claim["set"], models_of(claim), ""
    fair = claim.get("refereed", {})
    if side in DRAWS and side not in fair.get("draws", ()):
        why_not = "its cohorts are not drawn anew"
    elif side == "refereed" and claim["metric"] == "slope":
        why_not = "it is about one iteration, which leaves nothing to be refereed"
    elif side in ("refereed", *DRAWS):
        set_ = fair.get("set", set_)
        models = list(fair.get("models", [converged.get(model) for model in models]))
        missing = [name for name, like in zip(claim["models"], models, strict=True) if not like]
        if missing:
            why_not = f"{missing[0]} is not trained to convergence in this study"
        elif claim["metric"] == "seconds" and not fair:
            why_not = "it is about the published way of training"
    least = np.log1p(minimum) if ratio else minimum
    return _Test(claim["metric"], set_, models, claim["relation"], ratio, least, why_not)


def _test(of: _Test, cells: pd.DataFrame, effects: pd.DataFrame, absent: str) -> pd.DataFrame:
    """Test a claim on all its cells with the numbers of one side.

    `absent` says why a cell has none.
    """
    found = _look_up(effects, cells, of, of.metric)
    if of.why_not:
        found[[*_FOUND, *_LIKE]] = np.nan
    like, here = (
        _on_scale(found, "" if of.metric in OF_THE_RUN else "like_", of.ratio),
        _on_scale(found, "", of.ratio),
    )
    said, p_apart, p_alike = verdicts(like, of.relation, of.minimum)
    within = np.maximum(np.abs(like.low), np.abs(like.high))
    within = np.expm1(within) if of.ratio else within
    strict = _look_up(effects, cells, of, f"{of.metric}_strict")
    by_sample = {name: _look_up(effects, cells, of, f"{of.metric}_{name}") for name in BY_SAMPLE}
    names = dict(zip(("name", "name_other"), of.models, strict=True))
    return found.rename(columns={"value": "model", "value_other": "other"}).assign(
        **names,
        similar_within=within if of.relation == "similar" else np.nan,
        p_apart=p_apart,
        p_alike=p_alike,
        verdict=said,
        verdict_here=verdicts(here, of.relation, of.minimum, holm=False)[0],
        reason=[of.why_not or _reason(row, of.metric, absent) for row in found.to_dict("records")],
        strict_model=strict["value"],
        strict_other=strict["value_other"],
        **{name: table["effect"] for name, table in by_sample.items()},
        **{f"{name}_low": table["like_low"] for name, table in by_sample.items()},
        **{f"{name}_high": table["like_high"] for name, table in by_sample.items()},
    )[list(_TESTED)]


def _look_up(effects: pd.DataFrame, cells: pd.DataFrame, of: _Test, metric: str) -> pd.DataFrame:
    """Find the effects of cells, a row for each; missing where there are none."""
    model, other = of.models
    rows = rows_where(effects, metric=metric, set=of.set, model=model, other=other)
    found = cells.merge(rows, how="left", on=list(IDS), validate="one_to_one")
    return found.set_index(cells.index)[[*_FOUND, *_LIKE]].astype(float)


def _on_scale(found: pd.DataFrame, which: str, ratio: bool) -> Effects:
    """Put effects and one of their intervals on the scale on which 0 is no difference."""
    bounds = found[["effect", f"{which}low", f"{which}high"]].to_numpy().T
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = np.log(bounds) if ratio else bounds
    return Effects(*bounds, *found[[f"{which}se", f"{which}df"]].to_numpy().T)


def _reason(found: Mapping[str, float], metric: str, absent: str) -> str:
    """Say why a cell cannot be tested, or of what it is tested instead."""
    if np.isnan(found["effect"]):
        return "in every split a cap ended one of the two fits" if found["n"] == 0 else absent
    if np.isnan(found["low"]):
        source = "points" if metric == "slope" else "splits"
        return f"the {source} give no interval"
    if metric in OF_THE_RUN:
        return "timings are of this run and machine"
    return "no interval on cohorts like it" if np.isnan(found["like_low"]) else ""


def _paper(claim: Mapping[str, Any], table: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Values of the paper for both models, what its effect was, and whether its deposit has it."""
    rows = [_paper_values(claim, ids, reference) for ids in table[list(IDS)].to_dict("records")]
    paper = pd.DataFrame(rows, index=table.index, columns=["model", "other", "source"])
    ratio = table["kind"].iloc[0] == "ratio"
    one, other = paper["model"].astype(float), paper["other"].astype(float)
    paper["effect"] = one / other if ratio else one - other
    apart = np.zeros(len(paper), bool)
    for name in ("model", "other"):
        value, own = paper[name].astype(float), table[f"deposited_{name}"]
        size = own.abs() if ratio else 1
        apart |= ((value - own).abs() > ROUNDED * size + 1e-9).to_numpy()
    return paper.assign(differs=apart.astype(int)).add_prefix("paper_")


def _paper_values(
    claim: Mapping[str, Any], ids: Mapping[str, Any], reference: pd.DataFrame
) -> tuple[float, float, str]:
    """Values of the paper in one cell, and their source."""
    of_cell = rows_where(reference, cohort=ids["cohort"], loss=ids["loss"])

    def value(model: str, set_: str, metric: str) -> tuple[float, str]:
        here = rows_where(of_cell, method=model, metric=PAPER.get((metric, set_)))
        return (here["value"].iloc[0], here["source"].iloc[0]) if len(here) else (np.nan, "")

    models = models_of(claim)
    if claim["metric"] == "error_contrast":
        (one, source), (other, _) = (value(model, "train", "error") for model in models)
        (one_test, _), (other_test, _) = (value(model, "test", "error") for model in models)
        return one / other, one_test / other_test, source
    (one, source), (other, _) = (value(model, claim["set"], claim["metric"]) for model in models)
    return one, other, source
