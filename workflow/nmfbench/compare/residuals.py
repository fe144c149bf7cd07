"""How far counts scatter about their means, against what the noise models say."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nmfbench.compare.fits import Fits
from nmfbench.compare.rows import rows_where

BINS = 25  # of equal numbers of entries
COLUMNS = ("mean", "variance", "n", "kld", "nb", "tweedie")


def residuals(
    fit: Fits, catalogue: pd.DataFrame, copies: Mapping[int, np.ndarray], noise: pd.DataFrame
) -> pd.DataFrame:
    """Variance of counts about their fitted means, by the mean.

    Parameters
    ----------
    fit : Fits
        Of a model of Poisson counts.
    catalogue : DataFrame, shape (M, N)
        The counts.
    copies : mapping of split to ndarray, shape (N,)
        How often each sample was trained on.
    noise : DataFrame
        Parameters of the noise models, as from `nmfbench.factorize.noise.estimate`.

    Returns
    -------
    DataFrame
        `COLUMNS`: of entries with like means their mean, the mean square of their residuals, how
        many they are, and the variance by each model, with the mean parameters over the splits.
        Only training samples; squares are enlarged by what the factors' parameters take of them.
    """
    V = catalogue.to_numpy(float)
    means, squares = [], []
    for split, S, E in zip(fit.splits, fit.signatures, fit.exposures, strict=True):
        if not np.isfinite(S).all():
            continue
        train = copies[split] > 0
        R, n, K = S @ E[:, train], int(train.sum()), S.shape[1]
        left = 1 - K * (len(V) + n - 1) / (len(V) * n)
        means.append(R.ravel())
        squares.append(np.square(V[:, train] - R).ravel() / left)
    table = pd.DataFrame({"mean": np.concatenate(means), "variance": np.concatenate(squares)})
    table = table[table["mean"] > 0.01]  # below, nearly all counts are zero
    of = table.groupby(pd.qcut(table["mean"], BINS, duplicates="drop"), observed=True)
    found = of.mean().assign(n=of.size()).reset_index(drop=True)
    alpha, power, phi = parameters(noise)
    m = found["mean"]
    return found.assign(kld=m, nb=m + alpha * m**2, tweedie=phi * m**power)[list(COLUMNS)]


def parameters(noise: pd.DataFrame) -> tuple[float, float, float]:
    """Mean over the splits of alpha, of the power and (geometric) of its scale; or missing."""
    alpha = rows_where(noise, loss="nb", chosen=1)["parameter"].mean()
    of_power = rows_where(noise, loss="tweedie", chosen=1)
    return alpha, of_power["parameter"].mean(), np.exp(np.log(of_power["phi"]).mean())
