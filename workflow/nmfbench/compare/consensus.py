"""What the splits of a model agree on: PCA of all signatures, PAM consensus, reference matches."""

import re
from collections.abc import Collection, Mapping, Sequence
from statistics import median_high
from typing import NamedTuple

import numpy as np
import pandas as pd

from nmfbench.compare.fits import IDS, Fits, check_comparable
from nmfbench.compare.similarity import cosine, match
from nmfbench.data.catalogue import CHANNELS
from nmfbench.data.reference import is_observed
from nmfbench.errors import InputError

POINTS = (*IDS, "split", "component", "cluster", "pc1", "pc2", "medoid", "pc1_share", "pc2_share")
SIGNATURES = (*IDS, "cluster", "channel", "value")
MATCHES = (*IDS, "split", "component", "library", "match", "cosine", "observed")
DEAD = "none"  # the match of a dead signature


class Consensus(NamedTuple):
    """The three tables of one cohort, scheme, loss and rank, all models together.

    Attributes
    ----------
    points : DataFrame
        `POINTS`: every living signature of every split in the plane of the first two components.
    signatures : DataFrame
        `SIGNATURES`: the consensus signatures, long.
    matches : DataFrame
        `MATCHES`: the reference signatures of the consensus and of each split. A dead signature
        matches `DEAD` with cosine 0, so that it counts 0 in a mean as it does in SC.
    """

    points: pd.DataFrame
    signatures: pd.DataFrame
    matches: pd.DataFrame


def consensus(
    fits: Mapping[str, Fits],
    libraries: Mapping[str, pd.DataFrame],
    observed: Collection[str] = (),
    channels: Sequence[str] = CHANNELS,
) -> Consensus:
    """Consensus signatures of all models of one cohort, scheme, loss and rank.

    The consensus of a model are the medoids of PAM on 1 - cosine, over the living signatures of
    all its splits. There are as many clusters as living signatures in the median fit (of an even
    number, the upper of the two in the middle): K, unless more than half of the fits have a dead
    one. Then the number of a cluster that the others have is left out, and counts as dead. A model
    without a living signature has no rows.

    Parameters
    ----------
    fits : mapping of model name to Fits
        In the order of the study.
    libraries : mapping of name to DataFrame, shape (96, R)
        Reference signatures, rows labelled by channel. The first library numbers the clusters:
        those of the first model follow the natural order of their matches in it (without
        libraries the order that they have), those of the other models are matched to the first
        model's.
    observed : collection of str
        Signatures of the library ``cosmic`` seen before in this cancer type; empty where there
        is no list.
    channels : sequence of str
        What the rows of the signatures are.

    Returns
    -------
    Consensus
        Points, signatures and matches.

    Raises
    ------
    InputError
        If the models are not comparable or a library has fewer signatures than K.
    """
    check_comparable(fits)
    stacks = {name: fit.valid() for name, fit in fits.items()}
    stacks = {name: (stack, splits) for name, (stack, splits) in stacks.items() if stack.any()}
    if not stacks:
        return Consensus(*(pd.DataFrame(columns=c) for c in (POINTS, SIGNATURES, MATCHES)))
    libraries = {name: library.loc[list(channels)] for name, library in libraries.items()}
    numbering = next(iter(libraries.values()), None)
    vectors = {name: _vectors(stack) for name, (stack, _) in stacks.items()}
    plane = project(np.concatenate(list(vectors.values())))
    plane.index = np.repeat(list(vectors), [len(v) for v in vectors.values()])

    tables, first = [], None
    for name, (stack, splits) in stacks.items():
        labels, medoids, S = cluster(stack)
        clusters = len(medoids)
        if first is None:
            order = np.arange(S.shape[1])
            order[:clusters] = natural_order(S[:, :clusters], numbering)
        else:
            order = match(first, S)[0]
        # Cluster order[i] gets number i + 1.
        labels, S = np.argsort(order)[labels], S[:, order]
        first = S if first is None else first

        points = _points(splits, stack.any(axis=1), labels, medoids, plane.loc[[name]])
        which = ["consensus", *splits.astype(str)]
        matches = _matches(np.stack([S, *stack]), which, libraries, observed)
        ids = fits[name].ids
        tables.append([table.assign(**ids) for table in (points, _long(S, channels), matches)])
    points, signatures, matches = map(pd.concat, zip(*tables, strict=True))
    return Consensus(
        points[list(POINTS)].reset_index(drop=True),
        signatures[list(SIGNATURES)].reset_index(drop=True),
        matches[list(MATCHES)].reset_index(drop=True),
    )


def cluster(stack: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cluster the living signatures of a stack (n, 96, K) of which one at least is not all zero.

    Returns
    -------
    labels : ndarray of int, shape (P,)
        Cluster of each living signature.
    medoids : ndarray of int, shape (clusters,)
        Which of them is at the centre of each; see `consensus` for their number.
    S : ndarray, shape (96, K)
        The medoids; what is left of K is all zero.
    """
    own = _vectors(stack)
    clusters = max(1, median_high(stack.any(axis=1).sum(axis=1).tolist()))
    labels, medoids = pam(1 - cosine(own.T, own.T), clusters)
    S = np.zeros(stack.shape[1:])
    S[:, :clusters] = own[medoids].T
    return labels, medoids, S


def project(vectors: np.ndarray) -> pd.DataFrame:
    """First two principal components, centred and not scaled.

    The sign of a component is free; scikit-learn makes its largest absolute loading positive.

    Parameters
    ----------
    vectors : ndarray, shape (P, 96)
        One signature per row.

    Returns
    -------
    DataFrame, shape (P, 4)
        ``pc1``, ``pc2`` and, the same in each row, the share of the variance each explains.
    """
    # Slow to import, as kmedoids is; many figures and tables need the names of this file alone.
    from sklearn.decomposition import PCA

    # A single signature has no variance: twice the same point gives it a plane, at the origin.
    cloud = vectors if len(vectors) > 1 else np.repeat(vectors, 2, axis=0)
    with np.errstate(invalid="ignore"):  # 0 / 0 where all are equal: the shares are missing then
        pca = PCA(n_components=2, svd_solver="full").fit(cloud)
    plane = pd.DataFrame(pca.transform(vectors), columns=["pc1", "pc2"])
    share1, share2 = pca.explained_variance_ratio_
    return plane.assign(pc1_share=share1, pc2_share=share2)


def pam(dissimilarity: np.ndarray, clusters: int) -> tuple[np.ndarray, np.ndarray]:
    """Partitioning around medoids: BUILD, then SWAP (Kaufman & Rousseeuw 1990).

    The start is that of ``cluster::pam`` in R; nothing is drawn at random.

    Parameters
    ----------
    dissimilarity : ndarray, shape (P, P)
        Dissimilarity of each pair of points.
    clusters : int
        Number of clusters, at most P.

    Returns
    -------
    labels : ndarray of int, shape (P,)
        Cluster of each point, from 0.
    medoids : ndarray of int, shape (clusters,)
        The point at the centre of each cluster.
    """
    import kmedoids  # with scikit-learn

    dissimilarity = np.array(dissimilarity, dtype=float)
    np.fill_diagonal(dissimilarity, 0.0)  # 1 - cosine of a vector with itself can round to 1e-16
    medoids = kmedoids.pam(dissimilarity, clusters, init="build").medoids.astype(int)
    # BUILD ends early once every point lies on a medoid (a model whose components are all equal);
    # any further point is then as good a medoid.
    spare = np.setdiff1d(np.arange(len(dissimilarity)), medoids)
    medoids = np.concatenate([medoids, spare[: clusters - len(medoids)]])
    labels = dissimilarity[:, medoids].argmin(axis=1)
    labels[medoids] = np.arange(clusters)
    return labels, medoids


def natural_order(S: np.ndarray, library: pd.DataFrame | None) -> np.ndarray:
    """Order signatures as people do the names they match: SBS2, SBS10a, SBS40b.

    Parameters
    ----------
    S : ndarray, shape (96, K)
        Signatures, one per column.
    library : DataFrame, shape (96, R), or None
        Named reference signatures.

    Returns
    -------
    ndarray of int, shape (K,)
        Columns of `S` in the order of their matches; as they are where there is no library.
    """
    if library is None:
        return np.arange(S.shape[1])
    names = library.columns[match(S, library.to_numpy())[0]]
    # Every second part is a number, so that like is always compared with like.
    parts = [re.split(r"(\d+)", name) for name in names]
    keys = [[int(part) if i % 2 else part for i, part in enumerate(p)] for p in parts]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__))


def _vectors(stack: np.ndarray) -> np.ndarray:
    """Turn (n, 96, K) into (P, 96): all living signatures of all splits, one per row."""
    vectors = stack.transpose(0, 2, 1).reshape(-1, stack.shape[1])
    return vectors[vectors.any(axis=1)]


def _points(
    splits: np.ndarray,
    living: np.ndarray,
    labels: np.ndarray,
    medoids: np.ndarray,
    plane: pd.DataFrame,
) -> pd.DataFrame:
    """One row per living signature (n, K): where it comes from, its cluster, its place."""
    fit, component = np.nonzero(living)
    return plane.reset_index(drop=True).assign(
        split=splits[fit],
        component=component + 1,
        cluster=labels + 1,
        medoid=np.isin(np.arange(len(labels)), medoids).astype(int),
    )


def _long(S: np.ndarray, channels: Sequence[str]) -> pd.DataFrame:
    """Consensus signatures (M, K), long: one row per channel and cluster that is not all zero."""
    clusters = range(1, S.shape[1] + 1)
    wide = pd.DataFrame(S, index=pd.Index(channels, name="channel"), columns=clusters)
    return wide.loc[:, S.any(axis=0)].melt(ignore_index=False, var_name="cluster").reset_index()


def _matches(
    stack: np.ndarray,
    splits: list[str],
    libraries: Mapping[str, pd.DataFrame],
    observed: Collection[str],
) -> pd.DataFrame:
    """Match each set of signatures of a stack (n, 96, K) to each library."""
    n, _, K = stack.shape
    tables = []
    for title, library in libraries.items():
        reference = library.to_numpy()
        try:
            found = [match(S, reference) for S in stack]
        except InputError as error:
            raise InputError(f"library '{title}': {error}") from error
        names = library.columns.to_numpy(object)[np.concatenate([i for i, _ in found])]
        table = pd.DataFrame(
            {
                "split": np.repeat(splits, K),
                "component": np.tile(np.arange(1, K + 1), n),
                "library": title,
                "match": np.where(stack.any(axis=1).ravel(), names, DEAD),
                "cosine": np.concatenate([cosines for _, cosines in found]),
            }
        )
        seen = {}
        if title == "cosmic" and observed:
            seen = {name: int(is_observed(name, observed)) for name in table["match"].unique()}
        tables.append(table.assign(observed=table["match"].map(seen).astype("Int64")))
    if not tables:
        return pd.DataFrame(columns=list(MATCHES[len(IDS) :]))
    return pd.concat(tables, ignore_index=True)
