"""Which signatures of a fit are alive: the others carry nothing, or add nothing."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

#: Distance from the others' mixtures, relative to its own length, of a signature that adds
#: nothing. Its exposures could be theirs for a change of the reconstruction by 1e-4 of what it
#: carries, a hundredth of the scatter of 10,000 counts.
SAME = 1e-4


def alive(S: NDArray, E: NDArray, dead_share: float) -> NDArray[np.bool_]:
    """Say which signatures of a fit are alive.

    A signature is dead if it carries less than a share of the mutations, or if the loss stays the
    same without it: if it is a mixture (a non-negative combination) of others that are alive. The
    signatures are tried one after the other, from the smallest share to the largest, so that of
    equal ones the largest (of equal size, the last) stays. As a mixture of what stays can be
    written by what stays, one round finds all.

    Parameters
    ----------
    S : ndarray, shape (M, K)
        Signatures, one per column.
    E : ndarray, shape (K, N)
        Exposures of the training samples.
    dead_share : float
        A signature with less than this share of the mutations is dead.

    Returns
    -------
    ndarray of bool, shape (K,)
        All False where a factor is not finite (a failed fit) or there are no mutations.
    """
    carried = S.sum(axis=0) * E.sum(axis=1)
    if not (np.isfinite(carried).all() and carried.sum() > 0):
        return np.zeros(len(carried), bool)
    shares = carried / carried.sum()
    living = (shares >= dead_share) & (carried > 0)
    unit = S / np.where(living, np.linalg.norm(S, axis=0), 1)
    for k in np.argsort(shares, kind="stable"):
        others = living & (np.arange(len(living)) != k)
        if living[k] and others.any():
            living[k] = nnls(unit[:, others], unit[:, k])[1] >= SAME
    return living
