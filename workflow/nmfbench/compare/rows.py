"""Rows of a result table."""

from typing import Any

import numpy as np
import pandas as pd


def rows_where(table: pd.DataFrame, **where: Any) -> pd.DataFrame:
    """Rows whose columns equal `where`."""
    return table[np.logical_and.reduce([table[key] == value for key, value in where.items()])]
