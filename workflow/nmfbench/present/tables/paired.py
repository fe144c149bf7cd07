"""Test errors on the same splits, model against model."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from nmfbench.compare.floor import ratios_of_seeds, seeds_of
from nmfbench.compare.rows import rows_where
from nmfbench.present.panels import Study, panels
from nmfbench.present.tables.render import (
    NONE,
    Block,
    Cell,
    Column,
    Table,
    bounds,
    interval,
    number,
    percent,
)

TITLE = "Model against model"
READS = ("paired", "floor")
PER = ()
WHEN = "no released figures"

METRICS = ("error", "error_median", "error_share", "error_relative", "error_typical")
HELD_OUT = "held_out"  # the error on held-out counts
_write = partial(number, digits=3)
QUESTIONS = ("On this cohort", "On cohorts like it")


def make(paired: pd.DataFrame, floor: pd.DataFrame | None, study: Study) -> Table:
    """Make the table of pairs: every model against the baseline and its like.

    A converged model is compared with the converged baseline and with itself as published.

    Parameters
    ----------
    paired : DataFrame
        The table of `nmfbench.compare.paired.paired`, of all cells.
    floor : DataFrame or None
        As of `nmfbench.compare.floor.floors`: what seeds alone change, in a column of its own.
    study : mapping
        Models (with ``converges`` where they do), cohorts, labels and ``baseline``.

    Returns
    -------
    Table
        Test errors: their ratio with both intervals, the samples one by one, and the ratio with
        every sample relative to its size, without hypermutated samples, and on held-out counts.
    """
    columns = [Column("Model", number=False), Column("against", number=False)]
    ratios = ("Ratio", *QUESTIONS, *(["Seeds alone"] if floor is not None else []))
    columns += [Column(name, "Test error") for name in (*ratios, "p", "Lower on")]
    columns += [Column(name, "Tumour by tumour") for name in ("Median ratio", "Better on")]
    columns += [Column(name, "Ratio") for name in ("relative", "typical", "held out")]
    blocks = []
    test = paired[(paired["set"] == "test") & paired["metric"].isin(METRICS)]
    held_out = rows_where(paired, metric="error", set="thinned").assign(metric=HELD_OUT)
    used = pd.concat([test, held_out])
    for panel in panels(used, study):
        for loss, rows in panel.rows(used).groupby("loss", sort=False):
            by_pair = {names: table for names, table in rows.groupby(["model", "other"])}
            lines = []
            for pair in pairs(study):
                if pair in by_pair:
                    labels = [study["models"][name]["label"] for name in pair]
                    alone = []
                    if floor is not None:
                        of_panel = rows_where(panel.rows(floor), loss=loss, set="test")
                        alone = [bounds(*ratios_of_seeds(of_panel, *pair), _write)]
                    cells = [*labels, *_compared(by_pair[pair], alone)]
                    lines.append([Cell(text) for text in cells])
            blocks.append(Block(f"{panel.label}: {loss.upper()}", lines))
    notes = [
        "Ratio: the model's mean error over that of the model it is compared with, where every "
        "sample is first averaged over the splits that test it; below 1 the model reconstructs "
        "better. Two 95 % intervals: on this cohort (another division of the same samples, "
        "another start), and on cohorts like it (other patients, too). p: of no difference on "
        "cohorts like it. Lower on: on how many splits the model's error is lower.",
        "Tumour by tumour, with intervals on cohorts like it, as are those that follow: the median "
        "over samples of the ratio of a sample's two errors, and the share of samples that the "
        "model reconstructs better.",
        "Relative: every sample's error divided by its size before the mean, so that "
        "a few samples with very many mutations do not decide. Typical: samples "
        f"with more than {study['hypermutated']:,} mutations left out. Held out: exposures are "
        "fitted to one half of a sample's counts, the error is that on the other.",
    ]
    if floor is not None:
        notes.append(
            "Seeds alone: the lowest and the highest ratio of "
            f"{seeds_of(floor)['variant'].nunique()} seeds of the starts, on the "
            "splits of the noise floor, where nothing else changes."
        )
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


def _compared(table: pd.DataFrame, alone: list[str]) -> list[str]:
    """Cells of one pair of models, from its rows by metric; `alone` is what seeds alone change."""
    table = table.set_index("metric")
    row = table.loc["error"]
    return [
        _write(row["effect"]),
        bounds(row["low"], row["high"], _write),
        bounds(row["like_low"], row["like_high"], _write),
        *alone,
        NONE if pd.isna(row["p"]) else f"{row['p']:.1g}",
        f"{row['below']:.0f}/{row['n']}",
        *(_like(table, metric, _write) for metric in (*METRICS[1:], HELD_OUT)),
    ]


def _like(table: pd.DataFrame, metric: str, write: Callable[[float], str]) -> str:
    """Write an effect with its interval on cohorts like this one."""
    if metric not in table.index:
        return NONE
    row = table.loc[metric]
    return interval(
        row["effect"], row["like_low"], row["like_high"], percent if "share" in metric else write
    )
