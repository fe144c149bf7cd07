"""Test errors on the same splits, model against model."""

from functools import partial

import pandas as pd

from nmfbench.present.panels import Study, panels
from nmfbench.present.tables.render import NONE, Block, Cell, Column, Table, interval, number


def make(paired: pd.DataFrame, study: Study) -> Table:
    """Make the table of pairs: every model against the baseline and its like.

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
    p = NONE if pd.isna(row["p"]) else f"{row['p']:.1g}"
    return [
        Cell(interval(row["effect"], row["low"], row["high"], partial(number, digits=3))),
        Cell(f"{row['below']}/{row['n']}"),
        Cell(p),
    ]
