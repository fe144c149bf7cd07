"""The table of ranks: how many signatures the test errors of each model speak for."""

from typing import Any

import pandas as pd

from nmfbench.compare.ranks import IDS, RULE
from nmfbench.compare.rows import rows_where
from nmfbench.present.panels import Study, divisions, model_labels, span
from nmfbench.present.tables.render import NONE, Block, Cell, Column, Table, cosine, number

CHOICES = {"chosen": "One-standard-error rule", "lowest": "Lowest test error"}
SHOWN = {  # column of the ranks: head, how it is written
    "k": ("K", lambda value: NONE if pd.isna(value) else f"{value:.0f}"),
    "test_error": ("Test error", number),
    "sc_mean": ("SC", cosine),
    "seconds_mean": ("Seconds", lambda value: number(value, digits=2)),
}


def make(ranks: pd.DataFrame, study: Study) -> Table:
    """Make the table of ranks.

    Parameters
    ----------
    ranks : DataFrame
        As from `by_rank`.
    study : mapping
        Models, cohorts and their labels.

    Returns
    -------
    Table
        One block per cohort and loss, one row per model: the two choices of K, and what the model
        does there.
    """
    tidy = choices(ranks)
    models = model_labels(tidy, study)
    columns = [Column("Model", number=False), Column("Fits")]
    columns += [Column(head, group) for group in CHOICES.values() for head, _ in SHOWN.values()]
    blocks = []
    for (cohort, scheme), label in divisions(ranks, study).items():
        where = {"cohort": cohort, "scheme": scheme}
        ks = span(rows_where(ranks, **where)["k"])
        for loss, rows in rows_where(tidy, **where).groupby("loss", sort=False):
            rows = rows.sort_values("model", key=lambda names: names.map(list(models).index))
            cells = [_cells(models[row.model], row) for row in rows.itertuples()]
            blocks.append(Block(f"{label}, K = {ks}: {loss.upper()}", cells))
    notes = [
        f"One-standard-error rule: {RULE}. Test error: geometric mean over the splits; of NB and "
        "TWEEDIE the perplexity, exp of minus the mean log-likelihood of an entry.",
        "SC: signature consistency, the mean matched cosine similarity between the signatures of "
        "two splits. Seconds: mean time of one fit.",
        "A K on which a fit failed is not chosen: its mean is over other splits.",
    ]
    if ((ranks["lowest"] == 1) & (ranks["k"] == ranks.groupby(IDS)["k"].transform("max"))).any():
        notes.append(
            "Where the lowest test error is that of the largest K tried, it still falls there: it "
            "speaks for no K, and the consistency of the signatures (SC) has to."
        )
    if not blocks:
        notes = ["No cohort of this study has several ranks."]
    title = f"How many signatures. {study['title']}"
    return Table("ranks", title, tidy, columns, blocks, notes)


def choices(ranks: pd.DataFrame) -> pd.DataFrame:
    """Put the chosen rank and that of the lowest error beside each other.

    Parameters
    ----------
    ranks : DataFrame
        As from `by_rank`.

    Returns
    -------
    DataFrame
        One row per cohort, scheme, loss and model: fits, failed, then what `SHOWN` lists as
        ``chosen_...`` and ``lowest_...``; missing where no rank could be chosen.
    """
    of = ranks.groupby(IDS, sort=False)
    parts = [of["splits"].sum().rename("fits"), of["failed"].sum()]
    for choice in CHOICES:
        marked = ranks[ranks[choice] == 1].set_index(IDS)[list(SHOWN)]
        parts.append(marked.astype({"k": "Int64"}).add_prefix(f"{choice}_"))
    return parts[0].to_frame().join(parts[1:]).reset_index()


def _cells(label: str, row: Any) -> list[Cell]:
    """Write the row of one model."""
    texts = [label, f"{row.fits - row.failed}/{row.fits}"]
    for choice in CHOICES:
        texts += [write(getattr(row, f"{choice}_{key}")) for key, (_, write) in SHOWN.items()]
    return [Cell(text) for text in texts]
