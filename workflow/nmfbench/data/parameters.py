"""The table of the parameters of noise models."""

from pathlib import Path

import pandas as pd


def read_parameters(path: str | Path | None, loss: str) -> dict[int, float]:
    """Read the parameter of a loss for every split.

    Parameters
    ----------
    path : str or Path
        Columns split, loss, parameter and chosen (1 for the one to take); nothing for a loss that
        has no parameter.
    loss : str
        Which loss.

    Returns
    -------
    dict of split to float
        Empty for a loss that has no parameter.
    """
    if not path:
        return {}
    table = pd.read_csv(path, sep="\t")
    chosen = table[(table["loss"] == loss) & (table["chosen"] == 1)]
    return dict(zip(chosen["split"], chosen["parameter"], strict=True))
