"""Table 4: the reference signatures of the consensus signatures."""

import numpy as np
import pandas as pd

from nmfbench.compare.consensus import DEAD
from nmfbench.data.reference import SINCE_DIVIDED
from nmfbench.present.panels import KEYS, Panel, Study, model_labels, panels
from nmfbench.present.tables.render import NONE, Block, Cell, Column, Table, best_cells, cosine

TITLE = "Table 4: matches"
READS = ("matches",)
PER = ("loss",)
WHEN = "no released figures"

LIBRARIES = {"cosmic": "COSMIC", "signal": "Signal", "own": "the user's reference set"}
SEEN = "*"
TIDY = [*KEYS, "loss", "library", "model", "component", "match", "cosine", "observed"]


def consensus_matches(matches: pd.DataFrame) -> pd.DataFrame:
    """Keep the matches of the consensus signatures and add what a model's matches amount to.

    Parameters
    ----------
    matches : DataFrame
        Matches of the consensus and of every split.

    Returns
    -------
    DataFrame
        One row per consensus signature and library. The same in every row of a model and
        library: ``mean_cosine``; ``n_observed``, how many matches were observed before in this
        cancer type (missing where there is no list), ``n_strict``, the same without names that the
        list has undivided (SBS40a as SBS40); ``n_signatures``, of how many.
    """
    kept = matches[matches["split"].astype(str) == "consensus"].copy()
    kept["observed"] = kept["observed"].astype(float)
    of = kept.groupby([*KEYS, "loss", "library", "model"])
    kept["mean_cosine"] = of["cosine"].transform("mean")
    kept["n_observed"] = of["observed"].transform("sum", min_count=1)
    kept["strict"] = kept["observed"].where(~kept["match"].isin(SINCE_DIVIDED), 0)
    kept["n_strict"] = of["strict"].transform("sum", min_count=1)
    kept["n_signatures"] = of["component"].transform("count")
    return kept[[*TIDY, "mean_cosine", "n_observed", "n_strict", "n_signatures"]]


def make(matches: pd.DataFrame, study: Study, loss: str) -> Table:
    """Make Table 4 for one loss.

    Parameters
    ----------
    matches : DataFrame
        Matches of the consensus and of every split.
    study : mapping
        Models, cohorts and their labels.
    loss : str
        Which loss.

    Returns
    -------
    Table
        One block per cohort and library, one row per consensus signature, then the mean cosine
        and, where there is a list, how many matches were previously observed.
    """
    tidy = consensus_matches(matches[matches["loss"] == loss])
    models = model_labels(tidy, study)
    columns = [Column("Signature", number=False)]
    for label in models.values():
        columns += [Column("Match", label, number=False), Column("Cosine", label)]
    blocks, parts = [], []
    for panel in panels(tidy, study):
        for library in sorted(tidy["library"].unique()):
            here = panel.rows(tidy, library=library)
            if len(here):
                blocks.append(_block(here, panel, library, list(models)))
                order = here["model"].map(list(models).index)
                parts.append(here.assign(order=order).sort_values(["order", "component"]))
    notes = [
        "Consensus signatures are the medoids of a PAM clustering of the signatures of all splits; "
        "those of a model are matched one to one to the library (Hungarian method on the cosine). "
        "The same number stands for similar signatures in all models.",
        f"{SEEN}: observed in this cancer type before. The lists are older than the division of "
        "SBS22 and SBS40: SBS40a counts as SBS40; in brackets, where it does not.",
        "Bold: the highest mean cosine of each cohort and library, and those written alike.",
    ]
    if (tidy["match"] == DEAD).any():
        notes.append("Dead: most fits of the model have no such signature; it counts 0 in means.")
    if not blocks:
        notes = ["No fit of this loss succeeded."]
    return Table(
        f"matches-{loss}",
        f"Matches of the consensus signatures ({loss.upper()}). {study['title']}",
        pd.concat(parts)[tidy.columns] if parts else tidy,
        columns,
        blocks,
        notes,
    )


def _block(matches: pd.DataFrame, panel: Panel, library: str, models: list[str]) -> Block:
    """Write the matches of one cohort in one library."""
    found = matches.set_index(["component", "model"]).sort_index()
    rows = []
    for component in range(1, panel.k + 1):
        row = [Cell(str(component))]
        for model in models:
            row += _match(found, (component, model))
        rows.append(row)
    of = matches.drop_duplicates("model").set_index("model").reindex(models)
    mean, seen = [Cell("Mean cosine")], [Cell("Previously observed")]
    for cell in best_cells(of["mean_cosine"], lowest=False, write=cosine):
        mean += [Cell(""), cell]
    for n_observed, strict, n in of[["n_observed", "n_strict", "n_signatures"]].to_numpy():
        fewer = f" ({strict:.0f}/{n:.0f})" if strict < n_observed else ""
        counted = NONE if np.isnan(n_observed) else f"{n_observed:.0f}/{n:.0f}{fewer}"
        seen += [Cell(""), Cell(counted)]
    sums = [mean, seen] if of["n_observed"].notna().any() else [mean]
    heading = f"{panel.label}: {LIBRARIES.get(library, library)}"
    return Block(heading, [*rows, *sums], len(sums))


def _match(found: pd.DataFrame, place: tuple[int, str]) -> list[Cell]:
    """Write the match and its cosine; dashes where a model has no consensus."""
    if place not in found.index:
        return [Cell(NONE), Cell(NONE)]
    row = found.loc[place]
    if row["match"] == DEAD:
        return [Cell("dead"), Cell(NONE)]
    seen = SEEN if row["observed"] == 1 else ""
    return [Cell(f"{row['match']}{seen}"), Cell(cosine(row["cosine"]))]
