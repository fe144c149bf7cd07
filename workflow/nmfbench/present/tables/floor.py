"""The noise floor: how far errors move where nothing changes but a seed, or the arithmetic."""

import pandas as pd

from nmfbench.compare.floor import floors, seeds_of
from nmfbench.factorize.floor import OWN, SEED
from nmfbench.present.panels import Study, model_labels, panels
from nmfbench.present.tables.render import NONE, Block, Cell, Column, Table, number

TITLE = "Noise floor"
READS = ("floor",)
PER = ()
WHEN = "noise floor"

SETS = {"train": "Training", "test": "Test"}


def make(rows: pd.DataFrame, study: Study) -> Table:
    """Make the table of the noise floor.

    Parameters
    ----------
    rows : DataFrame
        As of `nmfbench.compare.floor.floors`.
    study : mapping
        Models and cohorts and their labels, ``losses`` and ``title``.

    Returns
    -------
    Table
        One block per loss, one row per model: its errors, and by how much they move.
    """
    tidy = floors(rows)
    columns = [Column("Model", number=False)]
    for group in SETS.values():
        columns += [Column(name, f"{group} error") for name in ("Here", "Seeds", "Kernels")]
    blocks = []
    (panel,) = panels(tidy, study)  # it is of one cohort
    for loss in study["losses"]:
        lines = []
        for model, label in model_labels(tidy, study).items():
            cells = [Cell(label)]
            for set_ in SETS:
                (row,) = panel.rows(tidy, model=model, loss=loss, set=set_).itertuples()
                cells += [
                    Cell(number(row.error)),
                    Cell(_share(row.seeds)),
                    Cell(_share(row.kernels)),
                ]
            lines.append(cells)
        blocks.append(Block(f"{panel.label}: {loss.upper()}", lines))
    title = f"Noise floor: what a seed or the arithmetic alone changes. {study['title']}"
    return Table("floor", title, tidy, columns, blocks, [_seeds(rows), _kernels(rows)])


def _seeds(rows: pd.DataFrame) -> str:
    n_seeds = seeds_of(rows)["variant"].nunique()
    n_splits = rows["split"].nunique()
    splits = "the first split" if n_splits == 1 else f"the first {n_splits} splits"
    return (
        f"Here: the error with the study's own seed, on {splits}. Seeds: the largest error of "
        f"{n_seeds} seeds over the smallest, less 1. A difference of one fit that is smaller than "
        "this may be the start's."
    )


def _kernels(rows: pd.DataFrame) -> str:
    """Say which kernels there were; one that could not be had is the study's own again."""
    used = rows.drop_duplicates("variant").set_index("variant")["kernel"]
    asked = [name for name in used.index if not name.startswith(SEED)]
    other = [name for name in asked if used[name] != used[OWN]]
    words = (
        f"Kernels: by how much the error moves with another kernel of the BLAS ({used[OWN]} here"
    )
    words += f"; {', '.join(other)}), with the same seed." if other else ")."
    if len(other) < len(asked):
        left = ", ".join(name for name in asked if name not in other)
        words += f" It could not be switched to {left} on this machine."
    return words


def _share(value: float) -> str:
    """Write by what share an error moves: what is below 0.001 % has no more digits."""
    if pd.isna(value):
        return NONE
    if value < 1e-5:
        return "< 0.001 %"
    return f"{100 * value:.0f} %" if value > 0.1 else f"{100 * value:.2g} %"
