"""How the cost of an iteration grows with N and K, beside what the paper states."""

import pandas as pd

from nmfbench.compare.complexity import slopes
from nmfbench.factorize.complexity import PRINTED
from nmfbench.present.panels import Study, model_labels
from nmfbench.present.tables.render import NONE, Block, Cell, Column, Table

TITLE = "Complexity: slopes"
READS = ("complexity",)
PER = ()
WHEN = "complexity"

PRINTED_LABEL = "C-NMF as printed"

#: Growth of an iteration's time with N and with K as stated by Egendal et al. 2025.
STATED = {
    "nmf": {"samples": "linear", "ranks": "quadratic"},
    "c-nmf": {"samples": "quadratic", "ranks": "quadratic"},
    "ae-nmf": {"samples": "linear", "ranks": "linear"},
}
GROUPS = {
    ("samples", "seconds"): "Time against N",
    ("ranks", "seconds"): "Time against K",
    ("samples", "memory_mb"): "Memory against N",
}


def make(rows: pd.DataFrame, study: Study) -> Table:
    """Make the table of slopes.

    Parameters
    ----------
    rows : DataFrame
        One row per model, loss and point of the grid.
    study : mapping
        Models and their labels, ``losses`` and ``title``.

    Returns
    -------
    Table
        One block per loss, one row per model: slope over all points and over the larger half, and
        the paper's statement.
    """
    tidy = slopes(rows)
    tidy["stated"] = [_stated(row.model, row.varied, row.cost, study) for row in tidy.itertuples()]
    columns = [Column("Model", number=False)]
    for (_, cost), group in GROUPS.items():
        columns += [Column("All", group), Column("Larger half", group)]
        columns += [Column("Paper", group, number=False)] * (cost == "seconds")
    blocks = []
    for loss in study["losses"]:
        of_loss = tidy[tidy["loss"] == loss].set_index(["model", "varied", "cost"])
        if len(of_loss):
            blocks.append(Block(_heading(rows, loss), _rows(of_loss, labels(rows, study))))
    notes = [
        "Slope of the logarithm of the cost over the logarithm of N or K, by least squares: 1 is "
        "linear growth, 2 quadratic. All: over all points measured; larger half: over the larger "
        "half of them, where the cost of calling functions counts less. Where arrays outgrow the "
        "processor's caches a slope is steeper than the count of operations.",
        "Time: processor time per iteration on one thread of the machine that ran this. Memory: "
        "peak of a fit beside its catalogue as Python's tracemalloc counts it; what torch takes "
        f"for DNMF is not seen and left out ({NONE}).",
        "Paper: as Egendal et al. 2025 state it. The C-NMF measured multiplies through the "
        "signatures V W and never forms the N × N matrix V'V; C-NMF as printed forms it.",
    ]
    title = f"Growth of the cost of an iteration. {study['title']}"
    return Table("complexity", title, tidy, columns, blocks, notes)


def labels(rows: pd.DataFrame, study: Study) -> dict[str, str]:
    """Name and label of the measured models, with the transcription last where it is there."""
    found = model_labels(rows[rows["model"] != PRINTED], study)
    return found | ({PRINTED: PRINTED_LABEL} if PRINTED in set(rows["model"]) else {})


def _stated(model: str, varied: str, cost: str, study: Study) -> str | None:
    """Give the paper's word for the growth of a model's time."""
    method = "c-nmf" if model == PRINTED else study["models"][model]["method"]
    return STATED.get(method, {}).get(varied) if cost == "seconds" else None


def _heading(rows: pd.DataFrame, loss: str) -> str:
    """Name a loss and the grid."""
    by_samples, by_rank = (rows[rows["varied"] == varied] for varied in ("samples", "ranks"))
    return (
        f"{loss.upper()}: N = {by_samples['samples'].min():,} to {by_samples['samples'].max():,} "
        f"at K = {by_samples['k'].iloc[0]}; K = {by_rank['k'].min()} to {by_rank['k'].max()} "
        f"at N = {by_rank['samples'].iloc[0]:,}"
    )


def _rows(found: pd.DataFrame, names: dict[str, str]) -> list[list[Cell]]:
    """Write one row per model; `found` is indexed by model, varied and cost."""
    written = []
    for model, label in names.items():
        if model not in found.index:
            continue
        cells = [Cell(label)]
        for varied, cost in GROUPS:
            row = found.loc[(model, varied, cost)]
            cells += [Cell(exponent(row["slope"])), Cell(exponent(row["larger"]))]
            cells += [Cell(NONE if pd.isna(row["stated"]) else row["stated"])] * (cost == "seconds")
        written.append(cells)
    return written


def exponent(value: float) -> str:
    """Write a slope, or a dash where it is missing."""
    return NONE if pd.isna(value) else f"{value:.2f}".replace("-", "−")
