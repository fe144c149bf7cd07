"""The outputs that Nasser et al. (2021) released beside their code: one CSV per figure.

What they are was found out by computing them again. The values of supervised models agree to four
digits; DNMF's of figure 5 are means over the samples, MU's are sums. Those of figures 6 and 7 are
costs: with penalties, those of the network are mostly the penalty (set 12, fold 0, both 1: 73 of
the 81 million released, of which 2.6 are the squared error). MU's are not, as its signatures grow
until the penalties are small.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from nmfbench.errors import InputError, nearest

COLUMNS = ("figure", "cohort", "model", "loss", "split", "unit", "value")

#: What a value is: of the exposures' squared error, half the squared error or the KLD of the
#: reconstruction; its sum or its mean over the samples that the released code tests on.
UNITS = ("exposures, mean", "exposures, sum", "half squares, mean", "kld, sum")

# Column -> cohort, model, unit. The columns name the data set and the penalties; DNMF and MU of
# figure 5 do not have the same unit.
_FIGURES = {
    "fig_3": {
        r"super_reg_(?P<set>\d+)": ("dnmf-supervised", "exposures, mean"),
        r"super_no_reg(?P<set>\d+)": ("dnmf-supervised-fixed", "exposures, mean"),
    },
    "fig_5": {
        r"dnmf_(?P<set>\d+)": ("dnmf-supervised", "exposures, mean"),
        r"mu_(?P<penalty>\d)_(?P<set>\d+)": ("mu-supervised", "exposures, sum"),
    },
    "fig_6": {
        r"dnmf_(?P<penalty>\d)_(?P<set>\d+)": ("dnmf", "half squares, mean"),
        r"mu_(?P<penalty>\d)_(?P<set>\d+)": ("mu", "half squares, mean"),
    },
    "fig_7a_euclidean": {
        r"dnmf_(?P<penalty>\d)_1": ("dnmf", "half squares, mean"),
        r"mu_(?P<penalty>\d)_1": ("mu", "half squares, mean"),
    },
    "fig_7b_kl": {
        r"dnmf_(?P<penalty>\d)_1": ("dnmf", "kld, sum"),
        r"mu_(?P<penalty>\d)_1": ("mu", "kld, sum"),
    },
}
_DEPTHS = {
    "super": ("dnmf-supervised", "exposures, mean"),
    "unsuper": ("dnmf", "half squares, mean"),
}
_BY_DEPTH = ("fig_4", "fig_4_unsupervised")  # one file has both halves of the figure


def read_released(paths: Mapping[str, str | Path]) -> pd.DataFrame:
    """Read the released outputs.

    Parameters
    ----------
    paths : mapping of figure to path
        The figures are ``fig_3`` to ``fig_7b_kl``; both halves of figure 4 are in one file, of
        which every path gives all.

    Returns
    -------
    DataFrame
        `COLUMNS`: cohort and model as the study names them, the split counted from 0 and missing
        where the value is a mean over all, the unit one of `UNITS`.

    Raises
    ------
    InputError
        On a figure or a column that is not known, or a value that is no number.
    """
    parts = []
    for figure, path in paths.items():
        if figure not in (*_FIGURES, *_BY_DEPTH):
            raise InputError(f"{path}: unknown figure '{figure}': {nearest(figure, _FIGURES)}")
        table = pd.read_csv(path)
        if not all(pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes):
            raise InputError(f"{path}: a value is no number: fetch the file again")
        parts.append((_depths if figure in _BY_DEPTH else _folds)(figure, table, path))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _folds(figure: str, table: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """Values of one figure, a row per fold and a column per data set and model."""
    rows = []
    for column in table:
        matches = ((re.fullmatch(p, column), of) for p, of in _FIGURES[figure].items())
        found, (model, unit) = next((m for m in matches if m[0]), (None, ("", "")))
        if found is None:
            raise InputError(f"{path}: unknown column '{column}': fetch the file again")
        names = found.groupdict()
        penalty = names.get("penalty", "0")
        rows.append(
            {
                "figure": figure,
                "cohort": f"set{names['set']}" if "set" in names else "brca560",
                "model": model if penalty == "0" else f"{model}-{penalty}",
                "loss": "kld" if unit.startswith("kld") else "mse",
                "unit": unit,
                "split": range(len(table)),
                "value": table[column],
            }
        )
    return pd.DataFrame(rows).explode(["split", "value"], ignore_index=True)


def _depths(figure: str, table: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """Values of figure 4, a row per data set and a column per depth: means over the folds."""
    rows = []
    for column in table:
        kind, _, layers = column.partition("_")
        if kind not in _DEPTHS or not layers.isdigit():
            raise InputError(f"{path}: unknown column '{column}': fetch the file again")
        model, unit = _DEPTHS[kind]
        rows += [
            {
                "figure": figure,
                "cohort": f"set{i}",
                "model": model if layers == "10" else f"{model}-{layers}-layers",
                "loss": "mse",
                "unit": unit,
                "value": value,
            }
            for i, value in enumerate(table[column], start=1)
        ]
    return pd.DataFrame(rows).assign(split=pd.NA)
