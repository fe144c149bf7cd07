"""The scorecard in numbers, and the paired differences behind it."""

import pandas as pd

from nmfbench.compare.claims import NOT_REPRODUCED, REPRODUCED, REVERSED, UNTESTED
from nmfbench.present.panels import Study, panels
from nmfbench.present.tables.render import NONE, Block, Cell, Column, Table, number

RELATIONS = {"below": "below", "above": "above", "similar": "alike"}
SIDES = {"published": "As published, run here", "converged": "Trained to convergence"}


def claims_table(claims: pd.DataFrame, study: Study) -> Table:
    """Make the scorecard: one block per claim, one row per cohort and loss.

    Parameters
    ----------
    claims : DataFrame
        The table of `nmfbench.compare.claims.judge`.
    study : mapping
        Models, cohorts and their labels.

    Returns
    -------
    Table
    """
    labels = {(p.cohort, p.scheme, p.k): p.label for p in panels(claims, study)}
    columns = [Column("Cohort", number=False), Column("Loss", number=False)]
    columns += [Column(name, "Paper") for name in ("First", "Second", "Effect")]
    for side in SIDES.values():
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
    how = f"{claim['metric'].replace('_', ' ')} ({claim['set']}), {one} against {other}: "
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
    cells += [Cell(number(getattr(row, f"paper_{x}"), 3)) for x in ("model", "other", "effect")]
    for side in SIDES:
        effect, low, high, verdict = (
            getattr(row, f"{side}_{name}") for name in ("effect", "low", "high", "verdict")
        )
        cells += [Cell(number(getattr(row, f"{side}_{x}"), 3)) for x in ("model", "other")]
        interval = f"{number(effect, 3)} [{number(low, 3)}, {number(high, 3)}]"
        cells.append(Cell(NONE if pd.isna(effect) else interval))
        cells.append(Cell(verdict, best=verdict == REVERSED))
    return cells


def paired_table(paired: pd.DataFrame, study: Study) -> Table:
    """Make the table of test errors by pairs: every model against the baseline and its like.

    A converged model is compared with the converged baseline and with itself as published.

    Parameters
    ----------
    paired : DataFrame
        The table of `nmfbench.compare.paired.paired`, of all cells.
    study : mapping
        Models (with ``converges`` where they do), cohorts, labels and ``baseline``.

    Returns
    -------
    Table
        Three kinds of test error: the mean loss, the loss relative to a sample's size, the mean
        loss without hypermutated samples.
    """
    kinds = {
        "error": "Test error",
        "error_relative": "Relative per sample",
        "error_typical": "Without hypermutated",
    }
    columns = [Column("Model", number=False), Column("against", number=False)]
    for group in kinds.values():
        columns += [Column(name, group) for name in ("Ratio [95 %]", "Lower on", "p")]
    blocks = []
    used = paired[(paired["set"] == "test") & paired["metric"].isin(kinds)]
    for panel in panels(used, study):
        for loss, rows in panel.rows(used).groupby("loss", sort=False):
            table = rows.set_index(["model", "other", "metric"])
            lines = [
                [Cell(study["models"][model]["label"]), Cell(study["models"][other]["label"])]
                + [cell for kind in kinds for cell in _compared(table, (model, other, kind))]
                for model, other in pairs(study)
                if (model, other, "error") in table.index
            ]
            blocks.append(Block(f"{panel.label}: {loss.upper()}", lines))
    notes = [
        "Ratio: geometric mean over the splits of the model's error over that of the model it is "
        "compared with; below 1 the model reconstructs better. The 95 % interval allows for "
        "splits sharing their samples (Nadeau & Bengio 2003).",
        "Lower on: on how many splits the model's error is lower. p: Wilcoxon signed-rank test, "
        "which takes the splits as independent and is too small for that.",
        "Relative per sample: every sample's error divided by its size before the mean, so that "
        "a few samples with very many mutations do not decide. Without hypermutated: samples "
        f"with more than {study['hypermutated']:,} mutations left out.",
    ]
    title = f"Test errors on the same splits, model against model. {study['title']}"
    return Table("paired", title, paired, columns, blocks, notes)


def pairs(study: Study) -> list[tuple[str, str]]:
    """Pairs of models that a reader wants compared."""
    baseline, found = study["baseline"], []
    published = {name: m.get("converges") for name, m in study["models"].items()}
    like = {of: name for name, of in published.items() if of}
    for name, of in published.items():
        against = like.get(baseline) if of else baseline
        found += [(name, against)] if against and against != name else []
        found += [(name, of)] if of in published else []
    return found


def _compared(table: pd.DataFrame, key: tuple[str, str, str]) -> list[Cell]:
    if key not in table.index:
        return [Cell(NONE)] * 3
    row = table.loc[key]
    interval = f"{number(row['effect'], 3)} [{number(row['low'], 3)}, {number(row['high'], 3)}]"
    p = NONE if pd.isna(row["p"]) else f"{row['p']:.1g}"
    return [
        Cell(NONE if pd.isna(row["effect"]) else interval),
        Cell(f"{row['below']}/{row['n']}"),
        Cell(p),
    ]
