"""How alike two sets of signatures are: cosine, Hungarian matching, ACS and consistency.

Every function is invariant to the scale of the signatures and (but for the indices that `match`
returns) to their order.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from nmfbench.errors import InputError

#: The least cosine at which a signature counts as found.
FOUND = 0.9


def _unit(S: np.ndarray) -> np.ndarray:
    """Scale the columns of ``S`` (..., 96, K) to length 1; an all-zero column stays zero."""
    length = np.linalg.norm(S, axis=-2, keepdims=True)
    return np.divide(S, length, out=np.zeros(S.shape), where=length > 0)


def cosine(S1: np.ndarray, S2: np.ndarray) -> np.ndarray:
    """Cosine similarity of every column of `S1` with every column of `S2`.

    Parameters
    ----------
    S1 : ndarray, shape (96, K1)
        Signatures, one per column.
    S2 : ndarray, shape (96, K2)
        Signatures, one per column.

    Returns
    -------
    ndarray, shape (K1, K2)
        At most 1, also after rounding; 0 for an all-zero column.
    """
    return np.minimum(_unit(S1).T @ _unit(S2), 1.0)


def match(S: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each signature a reference of its own, so that the summed cosine is largest.

    Hungarian method (Kuhn 1955), in the variant of SciPy's `linear_sum_assignment`.

    Parameters
    ----------
    S : ndarray, shape (96, K)
        Signatures, one per column.
    reference : ndarray, shape (96, R)
        Reference signatures, R >= K.

    Returns
    -------
    indices : ndarray of int, shape (K,)
        Column of `reference` matched to each column of `S`; no column is used twice.
    cosines : ndarray, shape (K,)
        Cosine similarity of each match.

    Raises
    ------
    InputError
        If the reference has fewer columns than `S`.
    """
    if reference.shape[1] < S.shape[1]:
        raise InputError(
            f"a reference of {reference.shape[1]} signatures cannot match {S.shape[1]}: "
            "give a larger reference or a lower rank"
        )
    cosines = cosine(S, reference)
    rows, columns = linear_sum_assignment(cosines, maximize=True)
    return columns, cosines[rows, columns]


def acs(S1: np.ndarray, S2: np.ndarray) -> float:
    """Average cosine similarity of two sets of signatures after Hungarian matching.

    Parameters
    ----------
    S1 : ndarray, shape (96, K1)
        Signatures, one per column.
    S2 : ndarray, shape (96, K2)
        Signatures, one per column.

    Returns
    -------
    float
        Mean over the min(K1, K2) matched pairs; what has no partner does not count.
    """
    return float(pair_acs(S1[None], S2[None])[0, 0])


def pair_acs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """ACS of every fit of one stack with every fit of another.

    Parameters
    ----------
    first : ndarray, shape (n, 96, K1)
        Signatures of n fits.
    second : ndarray, shape (m, 96, K2)
        Signatures of m fits.

    Returns
    -------
    ndarray, shape (n, m)
        Entry (i, j) is ``acs(first[i], second[j])``.
    """
    # One matrix product for all cosines: (n, K1, 96) x (m, 96, K2) -> (n, K1, m, K2).
    cosines = np.tensordot(_unit(first), _unit(second), axes=(1, 1)).transpose(0, 2, 1, 3)
    cosines = np.minimum(np.ascontiguousarray(cosines), 1.0)
    result = np.empty(cosines.shape[:2])
    for pair in np.ndindex(result.shape):
        of_pair = cosines[pair]
        result[pair] = of_pair[linear_sum_assignment(of_pair, maximize=True)].mean()
    return result


def consistency(stack: np.ndarray) -> np.ndarray:
    """ACS of every pair of fits of one stack; their mean is the signature consistency (SC).

    Parameters
    ----------
    stack : ndarray, shape (n, 96, K)
        Signatures of n fits.

    Returns
    -------
    ndarray, shape (n * (n - 1) / 2,)
        In the order of ``numpy.triu_indices(n, 1)``.
    """
    return pair_acs(stack, stack)[np.triu_indices(len(stack), 1)]


def n_found(S: np.ndarray, truth: np.ndarray) -> int:
    """Count the true signatures that are among those of a fit.

    One to one, by the Hungarian method among the pairs with a cosine of at least `FOUND`, as
    SigProfilerExtractor was evaluated (Islam et al. 2022, Cell Genomics 2:100179) and as the
    function ``TP_FP_FN_avg_sim`` of mSigTools does (used by Liu et al. 2023, NAR Genom Bioinform
    5:lqad005).

    Parameters
    ----------
    S : ndarray, shape (96, K)
        Signatures, one per column; one that is all zero is never found.
    truth : ndarray, shape (96, R)
        True signatures, one per column.

    Returns
    -------
    int
        True positives: at most min(K, R).
    """
    cosines = cosine(S, truth)
    eligible = np.where(cosines >= FOUND, cosines, 0.0)
    return int((eligible[linear_sum_assignment(eligible, maximize=True)] > 0).sum())


def column_cosine(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Cosine similarity (N,) of each column of `A` (M, N) with the same column of `B` (M, N)."""
    return np.minimum((_unit(A) * _unit(B)).sum(axis=0), 1.0)


def silhouettes(stack: np.ndarray) -> np.ndarray:
    """Silhouette of every signature among those of all fits, clustered one to one.

    ``(b - a) / max(a, b)``, with a the mean distance (1 - cosine) to the other signatures of the
    cluster and b that to the nearest other cluster (Rousseeuw 1987, J Comput Appl Math 20:53). As
    in SigProfilerExtractor every cluster has one signature of each fit: that which is matched to
    the same signature of the fit that is most like all the others.

    Parameters
    ----------
    stack : ndarray, shape (n, 96, K)
        Signatures of n fits.

    Returns
    -------
    ndarray, shape (n, K)
        In the order of the fits' own signatures; missing with one signature or one fit.
    """
    n, _, K = stack.shape
    if n < 2 or K < 2:
        return np.full((n, K), np.nan)
    middle = stack[pair_acs(stack, stack).sum(axis=1).argmax()]
    labels = np.array([match(S, middle)[0] for S in stack])
    every = stack.transpose(0, 2, 1).reshape(n * K, -1).T
    distances, clusters = 1 - cosine(every, every), np.eye(K)[labels.ravel()]
    sums = distances @ clusters  # to the n signatures of every cluster
    own = clusters.astype(bool)
    a = sums[own] / (n - 1)
    b = np.where(own, np.inf, sums / n).min(axis=1)
    longest = np.maximum(a, b)
    found = np.divide(b - a, longest, out=np.zeros(n * K), where=longest > 0)
    return found.reshape(n, K)
