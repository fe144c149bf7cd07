"""The table of ranks: how many signatures each rule answers with, side by side."""

from typing import Any

import pandas as pd

from nmfbench.compare.ranks import AMONG, IDS, RULES
from nmfbench.compare.rows import rows_where
from nmfbench.data.thinning import THINNING
from nmfbench.present.panels import Study, divisions, model_labels, span
from nmfbench.present.tables.render import NONE, Block, Cell, Column, Table, cosine, number

TITLE = "Number of signatures"
READS = ("ranks",)
PER = ()
WHEN = "several ranks"

OTHERS = {"lowest": "Lowest error", "elbow": "Elbow", "stable": "Silhouette"}
SHOWN = {  # column of the ranks, at the K of the main rule: head, how it is written
    "held_out_error": ("Held-out error", number),
    "sc_mean": ("SC", cosine),
    "silhouette_mean": ("Silhouette", cosine),
    "seconds_mean": ("Seconds", lambda value: number(value, digits=2)),
}
REFITTED = (
    "In a scheme other than thinning no K is chosen by the error: the exposures of test samples "
    "were fitted to the counts that are scored, which favours a larger K."
)


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
        One block per cohort and loss, one row per model: the K of the main rule with those that
        cannot be told from the best, what the model does there, and the K of the other rules.
    """
    tidy = choices(ranks)
    models = model_labels(tidy, study)
    main = "One-standard-error rule"
    columns = [Column("Model", number=False), Column("Fits"), Column("K", main)]
    columns += [Column(head, main) for head, _ in SHOWN.values()]
    columns += [Column(head, "K by other rules") for head in OTHERS.values()]
    blocks = []
    for (cohort, scheme), label in divisions(ranks, study).items():
        where = {"cohort": cohort, "scheme": scheme}
        ks = span(rows_where(ranks, **where)["k"])
        for loss, rows in rows_where(tidy, **where).groupby("loss", sort=False):
            rows = rows.sort_values("model", key=lambda names: names.map(list(models).index))
            cells = [_cells(models[row.model], row) for row in rows.itertuples()]
            blocks.append(Block(f"{label}, K = {ks}: {loss.upper()}", cells))
    notes = [
        f"One-standard-error rule: {RULES['chosen']}; {AMONG}.",
        "Held-out error: of counts that neither signatures nor exposures were fitted to; geometric "
        "mean over the folds.",
        *([] if (ranks["scheme"] == THINNING).all() else [REFITTED]),
        "SC: signature consistency, the mean matched cosine similarity between the signatures of "
        "two splits. Silhouette: of the signatures of all splits, clustered one to one. Seconds: "
        "mean time of one fit.",
        f"Lowest error: {RULES['lowest']}. Elbow: {RULES['elbow']}. Silhouette: {RULES['stable']}.",
        "A K on which a fit failed is not chosen: its mean is over other splits.",
    ]
    if not blocks:
        notes = ["No cohort of this study has several ranks."]
    title = f"How many signatures. {study['title']}"
    return Table("ranks", title, tidy, columns, blocks, notes)


def choices(ranks: pd.DataFrame) -> pd.DataFrame:
    """Put the ranks of all rules beside each other.

    Parameters
    ----------
    ranks : DataFrame
        As from `by_rank`.

    Returns
    -------
    DataFrame
        One row per cohort, scheme, loss and model: fits, failed, ``chosen_k`` and what `SHOWN`
        lists there as ``chosen_...``; ``among_low`` and ``among_high``, the smallest and the
        largest K that cannot be told from the best; the K of `OTHERS` as ``..._k``; ``last``, the
        last K tried. Missing where no rank could be chosen.
    """
    of = ranks.groupby(IDS, sort=False)
    parts = [of["splits"].sum().rename("fits"), of["failed"].sum()]
    marked = ranks[ranks["chosen"] == 1].set_index(IDS)[["k", *SHOWN]]
    parts.append(marked.astype({"k": "Int64"}).add_prefix("chosen_"))
    among = ranks[ranks["among"] == 1].groupby(IDS, sort=False)["k"].agg(["min", "max"])
    among = among.set_axis(["among_low", "among_high"], axis=1)
    parts += [among.astype("Int64"), of["k"].max().rename("last")]
    for rule in OTHERS:
        marked = ranks[ranks[rule] == 1].set_index(IDS)["k"]
        parts.append(marked.astype("Int64").rename(f"{rule}_k"))
    return parts[0].to_frame().join(parts[1:]).reset_index()


def written(row: Any) -> str:
    """Write the answer of the main rule, such as "5 (4 to 6)", from a row of `choices`."""
    if pd.isna(row.chosen_k):
        return NONE
    more = " or more" if row.among_high == row.last else ""  # the error may fall on there
    if row.among_low == row.among_high:
        return f"{row.chosen_k}{more}"
    return f"{row.chosen_k} ({row.among_low} to {row.among_high}{more})"


def _cells(label: str, row: Any) -> list[Cell]:
    """Write the row of one model."""
    texts = [label, f"{row.fits - row.failed}/{row.fits}", written(row)]
    texts += [write(getattr(row, f"chosen_{key}")) for key, (_, write) in SHOWN.items()]
    others = [getattr(row, f"{rule}_k") for rule in OTHERS]
    return [Cell(text) for text in [*texts, *(NONE if pd.isna(k) else str(k) for k in others)]]
