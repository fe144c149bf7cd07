"""What is known: an organ's signatures, those seen before in a cancer type, a paper's numbers."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from nmfbench.errors import InputError, nearest

#: What a value of a paper can be about.
PAPER_METRICS = (
    *("train_error_mean", "train_error_median", "test_error_mean", "test_error_median"),
    *("released_error_mean", "released_exposure_error_mean"),
    *("sc_mean", "cosmic_cosine_mean", "signal_cosine_mean", "previously_observed_fraction"),
)

VALUES = ["cohort", "method", "loss", "metric", "value", "source"]  # columns of a paper's numbers

#: Columns of the scores of the fits that authors deposited.
DEPOSITED = ["cohort", "model", "loss", "split", "set", "metric", "other_split", "value"]

#: What COSMIC v3.4 (2023) made of signatures that older lists have as SBS22 and SBS40.
SINCE_DIVIDED = frozenset(("SBS22a", "SBS22b", "SBS40a", "SBS40b", "SBS40c"))


def pick_signatures(library: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Pick signatures of a library (96 x R) by name, in the order asked for.

    Raises
    ------
    InputError
        Where a name is not in the library.
    """
    for name in names:
        if name not in library.columns:
            raise InputError(f"unknown signature '{name}': {nearest(name, library.columns)}")
    return library[names]


def organ_signatures(signal: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Select one organ's signatures from the Signal table.

    Parameters
    ----------
    signal : DataFrame
        All organ-specific signatures, 96 x K, columns such as ``GEL-Ovary_common_SBS8``.
    prefix : str
        What the organ's columns start with, such as ``GEL-Ovary_``.

    Returns
    -------
    DataFrame
        96 x K', columns such as ``SBS8``; ``common_SBS8`` and ``rare_SBS8`` where both exist.

    Raises
    ------
    InputError
        Where no column starts with `prefix`.
    """
    names = [name for name in signal.columns if name.startswith(prefix)]
    if not prefix or not names:
        known = {re.split("(?<=_)(common|rare)_", name)[0] for name in signal.columns}
        raise InputError(f"no Signal signatures of organ '{prefix}': {nearest(prefix, known)}")
    long = pd.Series([name.removeprefix(prefix) for name in names])
    short = long.str.replace(r"^(common|rare)_", "", regex=True)
    return signal[names].set_axis(long.where(short.duplicated(keep=False), short), axis=1)


def previously_observed(path: str | Path, cohort: str) -> set[str]:
    """Read the signatures seen before in a cohort's cancer type.

    Parameters
    ----------
    path : str or Path
        A TSV with the columns cohort, signature, source.
    cohort : str
        The cohort's name in that file.

    Returns
    -------
    set of str
        COSMIC names; empty where the file has no list for this cohort.

    Raises
    ------
    InputError
        Where the file is missing or is no such table.
    """
    try:
        table = pd.read_csv(path, sep="\t", dtype=str)
        return set(table.loc[table["cohort"] == cohort, "signature"])
    except FileNotFoundError:
        raise InputError(f"{path}: no such file: check the path") from None
    except (KeyError, ValueError):
        raise InputError(
            f"{path}: expected tab-separated columns cohort, signature, source"
        ) from None


def is_observed(name: str, observed: set[str]) -> bool:
    """Say whether a signature is in a list of those observed.

    COSMIC splits signatures over time (SBS40 became SBS40a, b and c in v3.4): a name with a
    letter counts as observed where the list has the bare number.
    """
    return name in observed or re.sub(r"(?<=\d)[a-z]$", "", name) in observed


def paper_values(path: str | Path, cohorts: Iterable[str], models: Iterable[str]) -> pd.DataFrame:
    """Read the values of a paper and check what they are about.

    Parameters
    ----------
    path : str or path
        Columns cohort, method, loss, metric, value, source.
    cohorts, models : iterable of str
        Those that the study has.

    Raises
    ------
    InputError
        If a column is missing, a value is there twice, or a cohort, method or metric is
        unknown: with the line and the nearest name.
    """
    known = {"cohort": cohorts, "method": models, "metric": PAPER_METRICS}
    return _values(path, VALUES, known, VALUES[:4])


def deposited_scores(path: str | Path, known: Mapping[str, Iterable[str]]) -> pd.DataFrame:
    """Read the scores of the fits that authors deposited and check what they are about.

    Parameters
    ----------
    path : str or path
        `DEPOSITED`; ``split`` is a number or "consensus", ``other_split`` that of a pair.
    known : mapping
        Names that the study has, by column.

    Raises
    ------
    InputError
        If a column is missing, a score is there twice, a split is no number, or a name unknown.
    """
    table = _values(path, DEPOSITED, known, DEPOSITED[:-1])
    numbers = table["split"].astype(str).str.fullmatch(r"\d+|consensus")
    if not numbers.all():
        line = int((~numbers).to_numpy().argmax()) + 2
        split = table["split"].iloc[line - 2]
        raise InputError(f"{path}: line {line}: split '{split}': give a number, or consensus")
    return table


def _values(
    path: str | Path, columns: list[str], known: Mapping[str, Iterable[str]], keys: list[str]
) -> pd.DataFrame:
    """Read a table of values, whose names have to be known and whose keys have to be unique."""
    try:
        table = pd.read_csv(path, sep="\t")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no table of values: {' '.join(str(error).split())}") from None
    for column in columns:
        if column not in table:
            raise InputError(f"{path}: no column '{column}': {nearest(column, table.columns)}")
    for column, names in known.items():
        unknown = ~table[column].isin(list(names))
        if unknown.any():
            line = int(unknown.to_numpy().argmax())
            name = table[column].iloc[line]
            raise InputError(
                f"{path}: line {line + 2}: unknown {column} '{name}': {nearest(name, names)}"
            )
    if twice := table.duplicated(keys).to_numpy().nonzero()[0].tolist():
        raise InputError(f"{path}: line {twice[0] + 2}: a value that is given before: delete one")
    return table
