"""Table 3: training and test error of every model, and its ratio to the baseline."""

from collections.abc import Iterable

import pandas as pd

from nmfbench.present.panels import Study
from nmfbench.present.summary import IDS, summarise
from nmfbench.present.tables.render import Block, Cell, Column, Table, best_cells, cosine, number

TITLE = "Table 3: errors"
READS = ("scores",)
PER = ()
WHEN = "one rank"

SETS = ("train", "test", "refit", "thinned")
ENDED = [f"not_converged_{name}" for name in SETS]
COUNTS = ["splits", "failed", *ENDED, "dead"]
UNEQUAL = (
    "Fits says how many splits have an error, of all splits; a model that failed on some is never "
    "bold, as its values are over other splits than those of the other models."
)
HELD_OUT = (
    "Held-out counts: the error on counts that the exposures were not fitted to. The counts of "
    "every test sample are divided in two halves at random; exposures are refitted to one, the "
    "error is that on the other, mean of both ways round (in the scheme thinning: signatures and "
    "exposures from the other folds, the error that on the fold left out). Halves have half the "
    "counts: this error is to be compared between models, not with the test error."
)
LIMITS = (
    "At limit: so many of the fits (training error) or refits of exposures (test error) that the "
    "mean is over ended at their limit of iterations, before they had converged."
)
BOLD = "Bold: the best value of each cohort and loss, and those written alike."


def make(scores: pd.DataFrame, study: Study) -> Table:
    """Make the table of errors.

    Parameters
    ----------
    scores : DataFrame
        The long table.
    study : mapping
        Models, cohorts and their labels, and the ``baseline``.

    Returns
    -------
    Table
        One block per cohort and loss, one row per model. The columns of test errors after an
        ordinary refit and of errors on counts held out are there if any model has them, that of
        living signatures if any is dead.
    """
    summary = summarise(scores, study)
    refits, thinned = (
        bool(summary.get(f"{name}_mean", pd.Series(dtype=float)).notna().any())
        for name in ("refit", "thinned")
    )
    columns = [Column("Model", number=False), Column("Fits")]
    for group in ("Training error", "Test error"):
        columns += [Column(name, group) for name in ("Mean", "Median", "Ratio")]
    columns += [Column("Mean", "Test error, refit")] * refits
    columns += [Column(name, "Held-out counts") for name in ("Mean", "Median")] * thinned
    columns += [Column("Mean", "Cosine of samples")]
    dead = bool(summary.get("dead", pd.Series(dtype=int)).any())
    columns += [Column("Mean", "Effective K")] * dead
    blocks = []
    for heading, rows in blocks_of(summary):
        cells, complete = [*names_of(rows, study)], rows["failed"] == 0
        for name in ("train", "test"):
            for of in ("mean", "median"):
                found = best_cells(rows[f"{name}_{of}"], lowest=True, among=complete)
                cells.append(_with_limits(found, rows, name) if of == "mean" else found)
            cells.append([Cell(number(value)) for value in rows[f"ratio_{name}"]])
        if refits:
            found = [Cell(number(value)) for value in rows["refit_mean"]]
            cells.append(_with_limits(found, rows, "refit"))
        if thinned:
            found = best_cells(rows["thinned_mean"], lowest=True, among=complete)
            cells.append(_with_limits(found, rows, "thinned"))
            cells.append(best_cells(rows["thinned_median"], lowest=True, among=complete))
        of_samples = rows["sample_cosine_mean"]
        cells.append(best_cells(of_samples, lowest=False, among=complete, write=cosine))
        if dead:
            cells.append([Cell(number(value, digits=3)) for value in rows["effective_k_mean"]])
        blocks.append(Block(heading, [list(row) for row in zip(*cells, strict=True)]))
    baseline = study["models"][study["baseline"]]["label"]
    notes = [
        "Mean and median over the splits.",
        f"Ratio: mean over the splits of the error of {baseline} divided by the error of the "
        "model on the same split; above 1 the model reconstructs better.",
        "Cosine of samples: mean cosine similarity of a test sample with its reconstruction, in "
        "which every sample counts the same.",
        BOLD,
        UNEQUAL,
    ]
    if dead:
        notes.append(dead_words(study))
    if summary.reindex(columns=ENDED).fillna(0).to_numpy().any():
        notes.append(LIMITS)
    if refits:
        notes.append(
            "Test error, refit: of a model that encodes new samples itself, the test error when "
            "the exposures of the test samples are instead refitted to its signatures."
        )
    if thinned:
        notes.append(HELD_OUT)
    shown = (*SETS, "sample_cosine", "effective_k")
    kept = [f"{s}_{of}" for s in shown for of in ("mean", "sd", "median")]
    kept += [
        f"{w}_{s}" for s in ("train", "test") for w in ("ratio", "better", "equal", "compared")
    ]
    return Table(
        "errors",
        f"Training and test error. {study['title']}",
        summary.reindex(columns=[*IDS, *COUNTS, *kept]),
        columns,
        blocks,
        notes,
    )


def dead_words(study: Study) -> str:
    """Say what a dead signature is and how it counts."""
    return (
        "Effective K: signatures that are alive. A dead one carries less than "
        f"{100 * study['dead_share']:g} % of the mutations, or is a mixture of the others; it "
        "counts 0 in mean cosines."
    )


def _with_limits(cells: list[Cell], rows: pd.DataFrame, name: str) -> list[Cell]:
    """Say beside means how many of what they are over ended at a limit."""
    return [
        cell._replace(text=f"{cell.text} ({ended} at limit)") if ended else cell
        for cell, ended in zip(cells, rows[f"not_converged_{name}"], strict=True)
    ]


def blocks_of(summary: pd.DataFrame) -> Iterable[tuple[str, pd.DataFrame]]:
    """Give the rows of each cohort and loss with their heading, in the order of the summary."""
    if summary.empty:
        return
    for (label, loss), rows in summary.groupby(["panel", "loss"], sort=False):
        yield f"{label}: {loss.upper()}", rows


def names_of(rows: pd.DataFrame, study: Study) -> tuple[list[Cell], list[Cell]]:
    """Write the first two columns: the model, and how many of its fits there are."""
    models = [Cell(study["models"][name]["label"]) for name in rows["model"]]
    there = zip(rows["splits"] - rows["failed"], rows["splits"], strict=True)
    return models, [Cell(f"{ok}/{all_}") for ok, all_ in there]
