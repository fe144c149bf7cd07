"""Exposures for fixed signatures: the same question for every method."""

import numpy as np
import scipy
from numpy.typing import NDArray

from nmfbench.factorize.losses import FLOOR, TINY
from nmfbench.factorize.newton import is_optimal, minimise_exposures, spread_evenly

NEARLY_DEPENDENT = 1e-6  # smallest over largest entry on the diagonal of a triangular factor


def solve_nnls(A: NDArray, B: NDArray) -> NDArray:
    """Non-negative least squares ``min ||A X - B||, X >= 0`` for all columns of B at once.

    One QR of A is shared by all right-hand sides: ``||A x - b||`` and ``||R x - Q'b||`` differ by
    a constant, so each of them is left with a K x K problem (Lawson & Hanson 1974, chapter 23).
    No Gram matrix is formed, so the condition number of A is not squared. Of equal columns the
    first has all, as in the problem that is not reduced; where others are nearly dependent, their
    part of R is rounding, and that problem is solved.

    Parameters
    ----------
    A : (M, K)
    B : (M, N)

    Returns
    -------
    (K, N), non-negative
    """
    Q, R = np.linalg.qr(A)
    sizes = np.abs(np.diag(R))
    if sizes.min() > NEARLY_DEPENDENT * sizes.max():
        A, B = R, Q.T @ B
    elif len(first := _first_of_equals(A)) < A.shape[1]:
        X = np.zeros((A.shape[1], B.shape[1]))
        X[first] = solve_nnls(A[:, first], B)
        return X
    # Of 3 K iterations, scipy's limit, exposures that are nearly the same can need more.
    most = 100 * A.shape[1]
    rows = np.ascontiguousarray(B.T)
    return np.array([scipy.optimize.nnls(A, b, maxiter=most)[0] for b in rows]).T


def _first_of_equals(A: NDArray) -> list[int]:
    """Numbers of the columns that no column before equals."""
    first: dict[bytes, int] = {}
    for k, column in enumerate((A + 0.0).T):  # minus zero is zero
        first.setdefault(column.tobytes(), k)
    return list(first.values())


def sweep_exposures(V: NDArray, S: NDArray, E: NDArray, sweeps: int) -> NDArray:
    """Improve exposures E by coordinate descent on the squared error, all samples at once.

    ``E_k <- max(0, E_k + (S_k'V - S_k'S E) / S_k'S_k)`` for one signature after the other, the last
    first (Cichocki & Phan 2009). Where exposures have to be good only, not optimal, this is far
    cheaper than `solve_nnls`.

    Parameters
    ----------
    V : (M, N) catalogue
    S : (M, K) signatures
    E : (K, N) exposures to begin with
    sweeps : how often each signature has its turn

    Returns
    -------
    (K, N), non-negative
    """
    E = np.array(E)
    gram, cross = S.T @ S, S.T @ V
    for _ in range(sweeps):
        for k in reversed(range(len(E))):
            step = (cross[k] - gram[k] @ E) / max(gram[k, k], TINY)
            np.maximum(E[k] + step, 0, out=E[k])
    return E


def signatures_of(V: NDArray, E: NDArray) -> NDArray:
    """Signatures (M, K), not scaled, that reconstruct V (M, N) best from exposures E (K, N)."""
    return solve_nnls(np.asarray(E, dtype=float).T, np.asarray(V, dtype=float).T).T


def refit_kld(V: NDArray, S: NDArray, steps: int) -> NDArray:
    """Multiplicative updates of the exposures with S fixed, minimising the KLD.

    ``E <- E * S'(V / S E) / S'1`` (Lee & Seung 2001). The start spreads each sample's mutations
    evenly over the signatures: it is equivariant to sample order and needs no seed.

    Parameters
    ----------
    V : (M, N) catalogue
    S : (M, K) signatures, columns sum to 1
    steps : number of updates

    Returns
    -------
    (K, N) exposures
    """
    E = spread_evenly(V, S.shape[1])
    R, St = np.empty_like(V, dtype=float), np.ascontiguousarray(S.T)
    column_sums = S.sum(axis=0)[:, None]
    for _ in range(steps):
        np.matmul(S, E, out=R)
        np.maximum(R, FLOOR, out=R)
        np.divide(V, R, out=R)
        E *= St @ R
        E /= column_sums
        np.maximum(E, FLOOR, out=E)
    return E


def penalised(denominator: NDArray, E: NDArray, l1: float, l2: float) -> NDArray:
    """Add the penalties to the denominator of a multiplicative update of E (K x N)."""
    return denominator + l2 * E + l1 if l1 or l2 else denominator


def refit_by_updates(
    V: NDArray, S: NDArray, loss: str, steps: int, l1: float = 0.0, l2: float = 0.0
) -> NDArray:
    """So many multiplicative updates of the exposures with S fixed, from 1.

    The inference of Nasser et al. (2021, section 2.4.3), with their penalties; with few steps it
    is far from the optimum.

    Parameters
    ----------
    V : (M, N) catalogue
    S : (M, K) signatures, of any scale
    loss : "mse" or "kld"
    steps : number of updates
    l1, l2 : penalties on the exposures

    Returns
    -------
    (K, N) exposures
    """
    V, E = np.asarray(V, dtype=float), np.ones((S.shape[1], V.shape[1]))
    StV, StS, sums = S.T @ V, S.T @ S, S.sum(axis=0)[:, None]
    for _ in range(steps):
        if loss == "mse":
            E *= StV / penalised(StS @ E + TINY, E, l1, l2)
        else:
            E *= S.T @ (V / (S @ E + TINY)) / penalised(sums, E, l1, l2)
    return E


def refit(V: NDArray, S: NDArray, loss: str) -> NDArray:
    """Exposures of the samples in `V` for fixed signatures `S`, at the optimum.

    NNLS for ``mse``; `minimise_exposures` for the others. Egendal et al. (2025, S1.1.5) take 30 K
    multiplicative steps instead, which is 1e-5 from the optimum for the KLD and far from it under
    the negative binomial model.

    Parameters
    ----------
    V : (M, N) catalogue
    S : (M, K) signatures, columns sum to 1
    loss : "mse", "kld", or a `Loss` "nb" or "tweedie" with its parameter

    Returns
    -------
    (K, N) exposures
    """
    return solve_nnls(S, V) if loss == "mse" else minimise_exposures(V, S, loss)


def all_optimal(V: NDArray, S: NDArray, E: NDArray, loss: str) -> bool:
    """Whether a `refit` gave all samples their optimum: least squares always do."""
    return loss == "mse" or bool(is_optimal(V, S, E, loss).all())
