"""The proof of concept as a table: each model's factors in the order of the true ones."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmfbench.compare.similarity import match
from nmfbench.factorize.concept import Toy
from nmfbench.factorize.fit import Fit
from nmfbench.factorize.losses import mse

TRUTH = "truth"


def concept_table(name: str, toy: Toy, fits: Mapping[str, Fit]) -> pd.DataFrame:
    """Put the truth and the fits under each other, signatures matched by the Hungarian method.

    Parameters
    ----------
    name : str
        Of the toy.
    toy : Toy
        Counts (M, N), true signatures (M, K) and exposures (K, N).
    fits : mapping
        Model to its fit of K signatures.

    Returns
    -------
    DataFrame
        Columns toy, model, mse (of the model, per entry), factor (signatures or exposures),
        signature (1 to K, as in the truth), item (number of the feature or sample) and value.
    """
    blocks = list(_rows(TRUTH, toy.counts, toy.signatures, toy.exposures))
    for model, fit in fits.items():
        order = np.argsort(match(fit.signatures, toy.signatures)[0])
        blocks += _rows(model, toy.counts, fit.signatures[:, order], fit.exposures[order])
    table = pd.concat(blocks, ignore_index=True)
    table.insert(0, "toy", name)
    return table


def _rows(model: str, V: NDArray, S: NDArray, E: NDArray) -> Iterator[pd.DataFrame]:
    """Write V ~ S E, one row per entry of S and of E."""
    for factor, values in (("signatures", S.T), ("exposures", E)):
        signature, item = np.indices(values.shape) + 1
        yield pd.DataFrame(
            {
                "model": model,
                "mse": mse(V, S @ E),
                "factor": factor,
                "signature": signature.ravel(),
                "item": item.ravel(),
                "value": values.ravel(),
            }
        )
