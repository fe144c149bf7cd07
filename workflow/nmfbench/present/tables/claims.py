"""The scorecard in numbers: every claim, cohort and loss."""

from functools import partial

import pandas as pd

from nmfbench.compare.claims import NOT_REPRODUCED, REPRODUCED, REVERSED, SIDES, UNTESTED
from nmfbench.present.panels import Study, panels
from nmfbench.present.tables.render import Block, Cell, Column, Table, interval, number, signed

RELATIONS = {"below": "below", "above": "above", "similar": "alike"}

#: Metrics whose second value is another one than the second model's.
COMPARED = {
    "loglik": "log-likelihood of test samples, {one} against the same under the KLD",
    "acs_kld": "similarity of the signatures of {one} with those under the KLD against that with "
    "those of {other}",
}


def make(claims: pd.DataFrame, study: Study) -> Table:
    """Make the scorecard: one block per claim, one row per cohort and loss.

    Parameters
    ----------
    claims : DataFrame
        The table of `nmfbench.compare.claims.judge`.
    study : mapping
        Models, cohorts and their labels, and in words what is ``refereed``.

    Returns
    -------
    Table
    """
    labels = {(p.cohort, p.scheme, p.k): p.label for p in panels(claims, study)}
    columns = [Column("Cohort", number=False), Column("Loss", number=False)]
    columns += [Column(name, "Paper") for name in ("First", "Second", "Effect")]
    for side in ("As published, run here", study["refereed"].capitalize()):
        columns += [Column(name, side) for name in ("First", "Second", "Effect [95 %]")]
        columns.append(Column("Verdict", side, number=False))
    blocks = []
    for _, rows in claims.groupby("id", sort=False):
        lines = [_line(row, labels) for row in rows.itertuples()]
        blocks.append(Block(_heading(rows.iloc[0], study), lines))
    notes = [
        "First and second: the two models the claim is about; errors and seconds are means over "
        "the splits, matches are those of the consensus signatures.",
        "Effect: ratio (errors, seconds: geometric mean over the splits) or difference of first "
        "and second on the same split, with a 95 % interval that allows for splits sharing their "
        "samples (Nadeau & Bengio 2003; for the consistency of signatures, a jackknife).",
        f"Verdict: {REPRODUCED} if the whole interval bears the claim out, {REVERSED} if the whole "
        f"interval says the contrary, else {NOT_REPRODUCED}; {UNTESTED} without values to compare.",
    ]
    title = f"The claims of the paper, tested. {study['title']}"
    return Table("claims", title, claims, columns, blocks, notes)


def _heading(claim: pd.Series, study: Study) -> str:
    """Write a claim out: what it says, where, and how it is tested."""
    one, other = (_label(claim[f"published_{name}"], study) for name in ("name", "name_other"))
    plain = f"{claim['metric'].replace('_', ' ')} ({claim['set']}), {one} against {other}"
    how = COMPARED.get(claim["metric"], plain).format(one=one, other=other) + ": "
    how += RELATIONS[claim["relation"]]
    if claim["relation"] == "similar":
        how += (
            f" within {claim['margin']:.0%}"
            if claim["kind"] == "ratio"
            else f" within {claim['margin']:g}"
        )
    return f"{claim['id']}: {claim['sentence']} [{claim['place']}; {how}]"


def _label(model: str, study: Study) -> str:
    return study["models"][model]["label"] if model in study["models"] else model


def _line(row: object, labels: dict[tuple[str, str, int], str]) -> list[Cell]:
    """Write one cohort and loss of a claim."""
    cells = [Cell(labels[row.cohort, row.scheme, row.k]), Cell(row.loss.upper())]
    write = partial(number, digits=3) if row.kind == "ratio" else signed
    cells += [Cell(number(getattr(row, f"paper_{x}"), 3)) for x in ("model", "other")]
    cells.append(Cell(write(row.paper_effect)))
    for side in SIDES:
        effect, low, high, verdict = (
            getattr(row, f"{side}_{name}") for name in ("effect", "low", "high", "verdict")
        )
        cells += [Cell(number(getattr(row, f"{side}_{x}"), 3)) for x in ("model", "other")]
        cells.append(Cell(interval(effect, low, high, write)))
        cells.append(Cell(verdict, best=verdict == REVERSED))
    return cells
