"""What belongs together in a table or figure: one panel per cohort, scheme and rank."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from nmfbench.compare.rows import rows_where
from nmfbench.errors import InputError, nearest

Study = Mapping[str, Any]
"""A study: ``title``, ``baseline``, and the ordered ``models`` and ``cohorts`` with a ``label``."""

KEYS = ["cohort", "scheme", "k"]
LOSSES = {
    "mse": "mean squared error",
    "kld": "Kullback-Leibler divergence",
    "nb": "negative binomial deviance",
    "tweedie": "Tweedie deviance",
}
NOISE = {"kld": "Poisson", "nb": "negative binomial", "tweedie": "Tweedie"}  # of a loss


class Panel(NamedTuple):
    """One cohort, divided by one scheme, fitted with one rank.

    Attributes
    ----------
    cohort, scheme : str
        As in the result tables.
    k : int
        Rank.
    label : str
        Words for a reader, such as ``Ovary, K = 4``.
    """

    cohort: str
    scheme: str
    k: int
    label: str

    def rows(self, table: pd.DataFrame, **where: Any) -> pd.DataFrame:
        """Rows of a result table that belong here, and whose columns equal `where`."""
        return rows_where(table, **{key: getattr(self, key) for key in KEYS} | where)


class About(NamedTuple):
    """What a figure or table of the report is about.

    Attributes
    ----------
    name : str
        Of its kind, such as ``errors``.
    cohort : str
        ``all`` for all together.
    of : str
        Its loss, or which figure of a paper; nothing where it is the only one of its kind.
    trained : str
        ``converged`` if its models are trained to convergence, else nothing.
    """

    name: str
    cohort: str
    of: str
    trained: str

    def rows(self, table: pd.DataFrame | None, study: Study) -> pd.DataFrame | None:
        """Rows of a result table that belong here; of models of the study where it has a loss."""
        if table is None or "model" not in table or self.of not in LOSSES:
            return table
        table = of_models(table, study)
        return table if self.cohort == "all" else table[table["cohort"] == self.cohort]


def about_path(path: str | Path) -> About:
    """Read ``figures/{cohort}/{name}.{of}.converged.svg`` or ``tables/{name}.{of}.html``."""
    path = Path(path)
    name, of, trained = [*path.stem.split("."), "", ""][:3]
    return About(name, "all" if path.parent.name == "tables" else path.parent.name, of, trained)


def panels(table: pd.DataFrame, study: Study) -> list[Panel]:
    """List the panels of a result table, cohorts in the order of the study.

    The scheme is part of the label only where a cohort comes with more than one.

    Raises
    ------
    InputError
        If the table has a cohort that the study has not.
    """
    keys = table[KEYS].drop_duplicates().sort_values(["scheme", "k"])
    _check_known(keys["cohort"], study["cohorts"], "cohort")
    found = []
    for cohort, settings in study["cohorts"].items():
        here = keys[keys["cohort"] == cohort]
        several = here["scheme"].nunique() > 1
        for scheme, k in here[["scheme", "k"]].itertuples(index=False):
            rank = f"K = {k}" if k else "by N and K"  # of slopes, which are of many
            label = f"{settings['label']}, {rank}" + (f", {scheme} splits" if several else "")
            found.append(Panel(cohort, scheme, int(k), label))
    return found


def of_models(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Rows of a result table about models of the study, and about none but them."""
    wanted = table["model"].isin(study["models"])
    if "other" in table:
        wanted &= ~table["metric"].isin(["acs", "ratio"]) | table["other"].isin(study["models"])
    return table[wanted]


def divisions(table: pd.DataFrame, study: Study) -> dict[tuple[str, str], str]:
    """Label every cohort and scheme of a result table, cohorts in the order of the study.

    As `panels`, for what shows all ranks of a cohort together.
    """
    _check_known(table["cohort"], study["cohorts"], "cohort")
    found = {}
    for cohort, settings in study["cohorts"].items():
        schemes = sorted(table.loc[table["cohort"] == cohort, "scheme"].unique())
        for scheme in schemes:
            several = f", {scheme} splits" if len(schemes) > 1 else ""
            found[cohort, scheme] = settings["label"] + several
    return found


def loss_words(loss: str) -> str:
    """Name a loss as an axis does."""
    words = LOSSES.get(loss, loss.upper())
    return words[0].upper() + words[1:]


def span(ranks: Iterable[int]) -> str:
    """Write ranks: ``2 to 12``, or one by one where some between them are missing."""
    found = sorted({int(k) for k in ranks})
    if len(found) > 2 and found[-1] - found[0] == len(found) - 1:
        return f"{found[0]} to {found[-1]}"
    return ", ".join(map(str, found))


def model_labels(table: pd.DataFrame, study: Study) -> dict[str, str]:
    """Name and label of the models of a result table, in the order of the study.

    Raises
    ------
    InputError
        If the table has a model that the study has not.
    """
    present = set(table["model"])
    _check_known(present, study["models"], "model")
    return {name: m["label"] for name, m in study["models"].items() if name in present}


def by_model(rows: pd.DataFrame, models: Iterable[str], index: str | list[str]) -> pd.DataFrame:
    """Spread the values of one metric out, `index` x models; missing where a fit failed."""
    wide = rows.pivot(index=index, columns="model", values="value")
    return wide.reindex(columns=list(models)).astype(float)


def _check_known(names: Any, known: Any, kind: str) -> None:
    """Refuse results of something the study does not have."""
    for name in sorted(set(names) - set(known)):
        raise InputError(
            f"result table: {kind} '{name}' is not in the study: {nearest(name, known)}"
        )
