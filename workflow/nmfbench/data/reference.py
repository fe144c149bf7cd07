"""What is known: an organ's signatures, those seen before in a cancer type, a paper's numbers."""

import re
from collections.abc import Iterable
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
    try:
        table = pd.read_csv(path, sep="\t")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no table of values: {' '.join(str(error).split())}") from None
    for column in VALUES:
        if column not in table:
            raise InputError(f"{path}: no column '{column}': {nearest(column, table.columns)}")
    for column, known in (("cohort", cohorts), ("method", models), ("metric", PAPER_METRICS)):
        for line, name in enumerate(table[column], start=2):
            if name not in set(known):
                raise InputError(
                    f"{path}: line {line}: unknown {column} '{name}': {nearest(name, known)}"
                )
    if twice := table.duplicated(VALUES[:4]).to_numpy().nonzero()[0].tolist():
        raise InputError(f"{path}: line {twice[0] + 2}: a value that is given before: delete one")
    return table
