"""The scorecard in numbers: every claim, cohort and loss."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from nmfbench.compare.claims import (
    BY_SAMPLE,
    CONTRADICTED,
    DRAWS,
    INCONCLUSIVE,
    NEGLIGIBLE,
    OF_THE_RUN,
    SUPPORTED,
    UNTESTED,
)
from nmfbench.present.panels import Study, panels
from nmfbench.present.scorecard import ALWAYS, model_label, shown_sides, words_of_side
from nmfbench.present.tables.render import (
    Block,
    Cell,
    Column,
    Table,
    interval,
    number,
    percent,
    signed,
)

TITLE = "Scorecard in numbers"
READS = ("claims",)
PER = ()
WHEN = "claims"

_OF_SIDE = (
    *("model", "other", "effect", "low", "high", "like_low", "like_high"),
    *("similar_within", "verdict", "verdict_here"),
    *("median", "median_low", "median_high", "share", "share_low", "share_high"),
)
DIFFERS = "†"
HEADS = (
    Column("Cohort", number=False),
    Column("Loss", number=False),
    Column("Numbers", number=False),
    *(Column(name) for name in ("First", "Second", "Effect [95 %]")),
    Column("Median tumour [95 %]"),
    Column("Better on [95 %]"),
    Column("Verdict", number=False),
    Column("This cohort", number=False),
)
RELATIONS = {"below": "below", "above": "above", "similar": "alike"}

#: Metrics whose second value is another one than the second model's.
COMPARED = {
    "loglik_kld": "log-likelihood of test samples, {one} against the same under the KLD",
    "acs_kld": "similarity of the signatures of {one} with those under the KLD against that with "
    "those of {other}",
    "slope": "exponent with which the time of an iteration grows, {one} against {other} as stated",
}


def make(claims: pd.DataFrame, study: Study) -> Table:
    """Make the scorecard: one block per claim; of each cohort and loss the paper and every side.

    Parameters
    ----------
    claims : DataFrame
        The table of `nmfbench.compare.claims.judge`.
    study : mapping
        Models, cohorts and their labels, in words what is ``refereed``, and the ``claims`` heading.

    Returns
    -------
    Table
    """
    labels = {(p.cohort, p.scheme, p.k): p.label for p in panels(claims, study)}
    sides = shown_sides(claims, study)
    blocks = []
    for _, rows in claims.groupby("id", sort=False):
        lines = [line for row in rows.itertuples() for line in _lines(row, labels, study, sides)]
        blocks.append(Block(_heading(rows.iloc[0], study), lines))
    title = f"{study['claims']}, tested. {study['title']}"
    return Table("claims", title, claims, HEADS, blocks, _notes(claims, labels, sides))


def _notes(
    claims: pd.DataFrame, labels: dict[tuple[str, str, int], str], sides: Mapping[str, str]
) -> list[str]:
    """Say what the columns are."""
    notes = [
        "First and second: the two models the sentence is about; matches are those of the "
        "consensus signatures. Effect: ratio (errors, seconds) or difference of first and second, "
        "with the 95 % interval on cohorts like it (other patients of the same kind).",
        f"Verdict, from this interval: {SUPPORTED} if the whole interval bears the sentence out, "
        f"{CONTRADICTED} if the whole interval says the contrary, {NEGLIGIBLE} if it lies within "
        f"the smallest effect that matters (for alike, that is support), else {INCONCLUSIVE}: the "
        "data cannot tell. The p-values of a sentence are corrected over its cohorts and losses "
        f"(Holm). {UNTESTED.capitalize()}: without values, or without an interval. Within: the "
        "smallest margin at which the models would be alike.",
        "Of errors, which are means over the tumours and may hang on a few of them: the median of "
        "the tumours' own ratios, and the share of tumours that the first model reconstructs "
        "better, with intervals on cohorts like it.",
        "This cohort: the same from the interval on this cohort (another division of the same "
        "samples, another start), without a correction. Seconds are of this run and machine, and "
        "judged by that alone.",
    ]
    if ((claims["metric"] == "seconds") & (claims["set"] == "train")).any():
        notes.append(
            "Seconds of training are compared on the splits on which no cap on iterations ended "
            "one of the two fits: what it cut off is not known."
        )
    if (claims["metric"] == "slope").any():
        notes.append(
            "C-NMF as printed takes the steps of C-NMF as published, but forms an N × N matrix: "
            "its seconds are those of an iteration, timed by itself, times the iterations of "
            "C-NMF. Slopes are those of the larger half of the points in the figure of complexity, "
            "with the 95 % interval of the line through them; they, too, are of this run alone."
        )
    if "deposited" in sides:
        notes.append(
            "The authors' own numbers are computed from the factor matrices that they deposited. "
            "On this cohort: jackknife over the splits (of consensus signatures, the interval of "
            "the models run here). On cohorts like it, the patients' part of the variance is that "
            "of the models run here as published."
        )
    if sides.keys() & set(DRAWS):
        notes.append(
            "Poisson and negative binomial noise: the simulated catalogues are S E rounded, with "
            "no noise, so their squared errors are those of rounding. The refereed models were "
            "fitted again to counts drawn around the true S E. Where both draws agree, theirs is "
            "the verdict that counts; where they do not, the data cannot tell."
        )
    if (claims["paper_differs"] == 1).any():
        notes.append(
            f"{DIFFERS}: at least one of these two numbers of the paper does not follow from its "
            "deposit."
        )
    return [*notes, *_strict(claims, labels)]


def _strict(claims: pd.DataFrame, labels: dict[tuple[str, str, int], str]) -> list[str]:
    """Count what was previously observed strictly, where the deposit says so."""
    there = claims[claims["deposited_strict_model"].notna()]
    each = [
        f"{labels[row.cohort, row.scheme, row.k]} {number(row.deposited_strict_model, 3)} and "
        f"{number(row.deposited_strict_other, 3)} (not {number(row.deposited_model, 3)} and "
        f"{number(row.deposited_other, 3)})"
        for row in there.itertuples()
    ]
    counted = "Previously observed in the deposit, where SBS40a does not count as SBS40: "
    return [f"{counted}{'; '.join(each)}."] if each else []


def _heading(claim: pd.Series, study: Study) -> str:
    """Write a claim out: what it says, where, and how it is tested."""
    one, other = (model_label(claim[f"published_{name}"], study) for name in ("name", "name_other"))
    plain = f"{claim['metric'].replace('_', ' ')} ({claim['set']}), {one} against {other}"
    how = COMPARED.get(claim["metric"], plain).format(one=one, other=other) + ": "
    least = claim["minimum"]
    how += f"{RELATIONS[claim['relation']]}; smallest effect that matters "
    how += f"{least:.0%}" if claim["kind"] == "ratio" else f"{least:.3g}"
    return f"{claim['id']}: {claim['sentence']} [{claim['place']}; {how}]"


def _lines(
    row: Any, labels: dict[tuple[str, str, int], str], study: Study, sides: Mapping[str, str]
) -> Iterator[list[Cell]]:
    """Write one cohort and loss of a claim: what the paper states, then every side."""
    write = partial(number, digits=3) if row.kind == "ratio" else signed
    where = [Cell(labels[row.cohort, row.scheme, row.k]), Cell(row.loss.upper())]
    if pd.notna(row.paper_effect):
        mark = DIFFERS if row.paper_differs == 1 else ""
        values = [number(getattr(row, f"paper_{x}"), 3) + mark for x in ("model", "other")]
        texts = ("the paper", *values, write(row.paper_effect), "", "", "", "")
        yield where + [Cell(text) for text in texts]
    for side in sides:
        if side in ALWAYS or getattr(row, f"{side}_verdict") != UNTESTED:
            yield [*where, Cell(words_of_side(row, side, study)), *_side(row, side, write)]


def _side(row: Any, side: str, write: Callable[[float], str]) -> list[Cell]:
    """Write what one side says of a claim."""
    of = {name: getattr(row, f"{side}_{name}") for name in _OF_SIDE}
    bounds = ("low", "high") if row.metric in OF_THE_RUN else ("like_low", "like_high")
    within = of["similar_within"]
    margin = f"{within:.1%}" if row.kind == "ratio" else f"{within:.3f}"
    within = f" (within {margin})" if pd.notna(within) else ""
    return [
        *(Cell(number(of[name], 3)) for name in ("model", "other")),
        Cell(interval(of["effect"], *(of[name] for name in bounds), write)),
        *_by_tumour(of),
        Cell(of["verdict"] + within, best=of["verdict"] == CONTRADICTED),
        Cell(of["verdict_here"]),
    ]


def _by_tumour(of: Mapping[str, float]) -> list[Cell]:
    """Write what is said of an error tumour by tumour; nothing of other metrics."""
    if pd.isna(of["share"]):
        return [Cell(""), Cell("")]
    bounds = [[of[f"{name}{end}"] for end in ("", "_low", "_high")] for name in BY_SAMPLE]
    return [
        Cell(interval(*bounds[0], partial(number, digits=3))),
        Cell(interval(*bounds[1], percent)),
    ]
