"""Table 2: mean and SD of errors, ACS with the truth and SC, where the truth is known."""

import pandas as pd

from nmfbench.compare.similarity import FOUND
from nmfbench.present.panels import Study
from nmfbench.present.summary import IDS, summarise
from nmfbench.present.tables.errors import BOLD, COUNTS, UNEQUAL, blocks_of, names_of
from nmfbench.present.tables.render import Block, Cell, Column, Table, best_cells, number

TITLE = "Table 2: recovery"
READS = ("scores",)
PER = ()
WHEN = "true signatures"

SCORES = {  # head: (name in the summary, whether the lowest is best)
    "Training error": ("train", True),
    "Test error": ("test", True),
    "ACS with truth": ("acs_truth", False),
    "F1": ("f1_truth", False),
    "Precision": ("precision_truth", False),
    "Recall": ("recall_truth", False),
    "SC": ("sc", False),
}


def make(scores: pd.DataFrame, study: Study) -> Table:
    """Make the table of recovery.

    Parameters
    ----------
    scores : DataFrame
        The long table.
    study : mapping
        Models, cohorts and their labels.

    Returns
    -------
    Table
        One block per cohort and loss, one row per model; no block if no cohort has a truth.
    """
    summary = summarise(scores, study)
    known = summary["cohort"].isin(scores.loc[scores["metric"] == "acs_truth", "cohort"])
    summary = summary[known]
    columns = [Column("Model", number=False), Column("Fits")]
    columns += [Column(name, group) for group in SCORES for name in ("Mean", "SD")]
    blocks = []
    for heading, rows in blocks_of(summary):
        cells, complete = [*names_of(rows, study)], rows["failed"] == 0
        for name, lowest in SCORES.values():
            cells.append(best_cells(rows[f"{name}_mean"], lowest=lowest, among=complete))
            cells.append([Cell(number(value, digits=2)) for value in rows[f"{name}_sd"]])
        blocks.append(Block(heading, [list(row) for row in zip(*cells, strict=True)]))
    notes = [
        "Mean and standard deviation (SD) over the splits; for SC over all pairs of splits.",
        "ACS: mean cosine similarity with the true signatures after Hungarian matching; what is "
        "missing or spurious does not count.",
        f"Recall: share of the true signatures that are found, at a cosine of {FOUND}; precision: "
        "share of the living signatures found that are true; F1: their harmonic mean.",
        "SC: signature consistency, the same mean between the signatures of two splits.",
        BOLD,
        UNEQUAL,
    ]
    if not blocks:
        notes = ["No cohort of this study comes with its true signatures."]
    kept = [f"{name}_{of}" for name, _ in SCORES.values() for of in ("mean", "sd")]
    return Table(
        "recovery",
        f"Errors and recovered signatures where the truth is known. {study['title']}",
        summary.reindex(columns=[*IDS, *COUNTS, *kept]),
        columns,
        blocks,
        notes,
    )
