"""Comparisons of times that no fit of the study took: C-NMF as printed, and growth by a power.

Their rows have the columns of `paired`, for claims to be judged by. Both are of this run and
machine: there are no cohorts like it, and so no interval on them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from nmfbench.compare.complexity import GROWTHS, larger_half, slope, slope_variance
from nmfbench.compare.intervals import MISSING
from nmfbench.compare.paired import (
    COLUMNS,
    IDS,
    NONE_FINISHED,
    TRAINING,
    Comparison,
    compare_splits,
    finished_seconds,
)
from nmfbench.compare.rows import rows_where
from nmfbench.factorize.complexity import PRINTED, SAME_STEPS, SIZES

#: Of the simulated catalogue: no scheme divides it, and its slopes are of many K or many N.
OF_SIZES = {"cohort": SIZES, "scheme": "-", "k": 0}


def models_of(claim: Mapping[str, Any]) -> list[str]:
    """Name what a claim compares: two models, or a model and the exponent that the paper states."""
    exponent = [f"{claim['exponent']:g}"] if "exponent" in claim else []
    return [*claim["models"], *exponent]


def timings(
    claims: Sequence[Mapping[str, Any]], scores: pd.DataFrame, costs: pd.DataFrame
) -> pd.DataFrame:
    """Compare what claims say of C-NMF as printed, and of how an iteration's time grows.

    Parameters
    ----------
    claims : sequence of mapping
        Of them, the slopes: see ``workflow/schemas/claims.schema.json``.
    scores : DataFrame
        The long table of the study.
    costs : DataFrame
        As `factorize.complexity.measure` gives them.

    Returns
    -------
    DataFrame
        `nmfbench.compare.paired.COLUMNS`. Seconds: see `as_printed`; slopes: see `growth`.
    """
    rows = [*as_printed(scores, costs), *growth(claims, costs)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def as_printed(scores: pd.DataFrame, costs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Compare the seconds of training with those that C-NMF as printed would have taken.

    It takes the steps of the published C-NMF (see `factorize.complexity.fit_printed`): on each
    split the iterations of that fit times the seconds of an iteration as printed, measured on the
    first. These are processor time of one thread with the machine to itself, the others' the time
    on the clock while the study ran: at worst C-NMF as printed is made out too fast. Fits that a
    cap ended are left out. The interval is over the splits; how well the seconds of an iteration
    are known is not in it.
    """
    for cost in rows_where(costs, varied="cohort").to_dict("records"):
        where = {key: cost[key] for key in ("cohort", "loss", "k")}
        here = rows_where(scores, **where, set="train")
        seconds = finished_seconds(here)
        if SAME_STEPS not in seconds:
            continue
        steps = rows_where(here, metric="iterations", model=SAME_STEPS).set_index("split")["value"]
        printed = (steps * cost["seconds"]).where(seconds[SAME_STEPS].notna())
        ids = here[list(IDS)].iloc[0].to_dict()
        for model in seconds.columns:
            a, b = seconds[[model]].assign(printed=printed).dropna().to_numpy(float).T
            found = compare_splits(*TRAINING, a, b) if len(a) else NONE_FINISHED
            yield ids | {"model": model, "other": PRINTED} | found.row()
            yield ids | {"model": PRINTED, "other": model} | found.swapped().row()


def growth(claims: Sequence[Mapping[str, Any]], costs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Compare slopes with the exponents that claims state: the slope less the exponent.

    The slope is that of the larger half of the points, where calls count least. Its interval is
    that of least squares on the logarithms, with Student's t of the points less 2 degrees of
    freedom: of less than 3 points there is none. It is an interval of this run's slope: what its
    points scatter about the line, not what another machine would give.
    """
    asked = [
        (claim["models"][0], claim["set"], loss, claim["exponent"])
        for claim in claims
        if claim["metric"] == "slope"
        for loss in claim["losses"]
    ]
    for model, varied, loss, exponent in dict.fromkeys(asked):
        column, _ = GROWTHS[varied]
        half = larger_half(rows_where(costs, model=model, varied=varied, loss=loss), column)
        if half.empty:  # not measured: not selected, or not there under this loss
            continue
        found = slope(half[column], half["seconds"])
        said = Comparison(
            *("slope", varied, len(half), (found, float(exponent)), found - exponent),
            *(slope_variance(half[column], half["seconds"]), MISSING),
        )
        names = {"model": model, "other": f"{exponent:g}"}
        yield OF_SIZES | {"loss": loss} | names | said.row()
