"""Values that a paper released beside those found here, fold by fold."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nmfbench.compare.rows import rows_where
from nmfbench.data.catalogue import CHANNELS

COLUMNS = (
    *("figure", "cohort", "model", "loss", "split", "set", "metric"),
    *("released", "here", "status"),
)
_KEY = ["cohort", "model", "loss", "split", "metric"]


def compare(
    figures: Mapping[str, Mapping[str, Any]],
    released: pd.DataFrame,
    scores: pd.DataFrame,
    sizes: Mapping[str, int],
) -> pd.DataFrame:
    """Put the released values into the units of the scores, and the scores beside them.

    Parameters
    ----------
    figures : mapping of figure to mapping
        Its ``metric``, its ``models``, and those ``against`` which they are refereed.
    released : DataFrame
        As from `read_released`.
    scores : DataFrame
        The long table.
    sizes : mapping of cohort to int
        Number of samples that the released code tests on.

    Returns
    -------
    DataFrame
        `COLUMNS`. ``set`` is "released" (the samples that the released code tests on) or "test"
        (those held out, where nothing was released); ``metric`` is "error" (mean loss per entry;
        on the former, of networks with penalties, with these) or "exposure_error" (squared error
        of the exposures, mean over samples). A released value that is a mean over the folds has no
        split.
    """
    published = _in_our_units(released, sizes)
    parts = []
    for figure, plan in figures.items():
        of_figure = published[published["figure"] == figure]
        # The cohorts and losses that it shows; other cohorts have the same models.
        about = scores.merge(of_figure[["cohort", "loss"]].drop_duplicates())
        for set_, models in (
            ("released", plan["models"]),
            ("test", [*plan["models"], *plan["against"]]),
        ):
            measured = _as_released(about) if set_ == "released" else rows_where(about, set=set_)
            here = _found(measured, plan["metric"], models)
            if set_ == "released":
                here = here.merge(of_figure.drop(columns="figure"), how="left", on=_KEY)
            parts.append(here.assign(figure=figure, set=set_))
    return pd.concat(parts, ignore_index=True).reindex(columns=list(COLUMNS))


def reference(table: pd.DataFrame) -> pd.DataFrame:
    """Give the released values as those of a paper: means over the folds.

    Parameters
    ----------
    table : DataFrame
        As from `compare`.

    Returns
    -------
    DataFrame
        Columns cohort, method, loss, metric, value, source.
    """
    keys = ["cohort", "model", "loss", "metric", "figure"]
    means = table.groupby(keys, as_index=False, sort=False)["released"].mean().dropna()
    # A model in two figures has the same values in both.
    means = means.drop_duplicates(keys[:-1])
    return pd.DataFrame(
        {
            "cohort": means["cohort"],
            "method": means["model"],
            "loss": means["loss"],
            "metric": "released_" + means["metric"] + "_mean",
            "value": means["released"],
            "source": "released outputs, " + means["figure"],
        }
    )


def _as_released(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores as the released code measures: the error of a network has its penalties in it."""
    penalised = rows_where(scores, set="penalised")
    plain = rows_where(scores, set="released")
    known = pd.MultiIndex.from_frame(penalised[_KEY])
    return pd.concat([penalised, plain[~pd.MultiIndex.from_frame(plain[_KEY]).isin(known)]])


def _found(scores: pd.DataFrame, metric: str, models: list[str]) -> pd.DataFrame:
    """Scores of each fold, and their means over the folds (which have no split)."""
    folds = rows_where(scores, metric=metric)
    folds = folds.loc[folds["model"].isin(models), [*_KEY, "value", "status"]]
    means = folds.groupby([key for key in _KEY if key != "split"], as_index=False, sort=False)
    # A mean that leaves a fold out would be of other samples.
    means = means.agg({"value": lambda v: v.mean(skipna=False), "status": "min"})
    both = [table.astype({"split": "Int64"}) for table in (folds, means.assign(split=pd.NA))]
    return pd.concat(both, ignore_index=True).rename(columns={"value": "here"})


def _in_our_units(released: pd.DataFrame, sizes: Mapping[str, int]) -> pd.DataFrame:
    """Means over samples, and losses per entry of the catalogue."""
    unit = released["unit"]
    of_exposures = unit.str.startswith("exposures")
    samples = released["cohort"].map(sizes).where(unit.str.endswith("sum"), 1)
    entries = of_exposures.map({True: 1, False: len(CHANNELS)})
    twice = unit.str.startswith("half").map({True: 2, False: 1})
    return released.assign(
        metric=of_exposures.map({True: "exposure_error", False: "error"}),
        released=released["value"].astype(float) * twice / (samples * entries),
    ).astype({"split": "Int64"})[["figure", *_KEY, "released"]]
