"""Splits: which samples of a cohort are held out. All models of a cohort share them.

A table of splits lists the test samples of each split. That of a bootstrap has a third column,
``copies``, and also lists the training samples that were drawn several times; where counts are held
out instead of samples, that column is 1 for all.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import SeedSequence
from numpy.typing import NDArray

from nmfbench.errors import InputError, nearest

COLUMNS = ["split", "sample"]


def holdout_splits(
    samples: Sequence[str], n_splits: int, test_fraction: float, seed: SeedSequence
) -> pd.DataFrame:
    """Draw independent random test sets of the same size.

    The size is that of scikit-learn's ShuffleSplit: ``ceil(test_fraction * N)``. Split i has a
    random stream of its own, so that fewer splits are the first of more.

    Parameters
    ----------
    samples : sequence of str
        The N samples, in the catalogue's order.
    n_splits : int
        How many splits.
    test_fraction : float
        Share of the samples held out, between 0 and 1.
    seed : SeedSequence
        As from `seeds.seed_sequence`; it is not changed.

    Returns
    -------
    DataFrame
        Columns split (0, 1, ...) and sample: the test samples, in the catalogue's order.

    Raises
    ------
    InputError
        Where a training or test set would be empty, or there is no split.
    """
    _check_number(n_splits)
    if not 0 < test_fraction < 1:
        raise InputError(f"test fraction {test_fraction}: choose a number between 0 and 1")
    n_samples = len(samples)
    n_test = math.ceil(test_fraction * n_samples)
    if n_test == 0 or n_test >= n_samples:
        raise InputError(
            f"{n_samples} sample(s) are too few for a test fraction of {test_fraction}: training "
            "and test set need at least one sample each; add samples or lower the fraction"
        )
    names = np.asarray(samples, dtype=object)
    test = [np.sort(_stream(seed, i).permutation(n_samples)[:n_test]) for i in range(n_splits)]
    return pd.DataFrame(
        {"split": np.repeat(np.arange(n_splits), n_test), "sample": names[np.concatenate(test)]}
    )


def bootstrap_splits(samples: Sequence[str], n_splits: int, seed: SeedSequence) -> pd.DataFrame:
    """Draw bootstrap samples for training; the samples not drawn are for testing (out of bag).

    Each split draws N samples with replacement (Efron 1979, Ann Statist 7:1), and split i has a
    random stream of its own, as in `holdout_splits`.

    Parameters
    ----------
    samples : sequence of str
        The N samples, in the catalogue's order.
    n_splits : int
        How many splits.
    seed : SeedSequence
        As from `seeds.seed_sequence`; it is not changed.

    Returns
    -------
    DataFrame
        Columns split (0, 1, ...), sample and copies: 0 for a test sample, 2 or more for a
        training sample that was drawn so often. A sample that is not listed was drawn once.

    Raises
    ------
    InputError
        Where a split has drawn every sample, or there is no split.
    """
    _check_number(n_splits)
    n_samples = len(samples)
    names = np.asarray(samples, dtype=object)
    parts = []
    for split in range(n_splits):
        drawn = _stream(seed, split).integers(n_samples, size=n_samples)
        copies = np.bincount(drawn, minlength=n_samples)
        if copies.all():
            raise InputError(
                f"{n_samples} sample(s) are too few for a bootstrap: split {split} has drawn all "
                "of them and leaves none for testing; add samples"
            )
        listed = copies != 1
        parts.append(
            pd.DataFrame({"split": split, "sample": names[listed], "copies": copies[listed]})
        )
    return pd.concat(parts, ignore_index=True)


def kfold_splits(
    samples: Sequence[str], folds: int, seed: int, n_splits: int | None = None
) -> pd.DataFrame:
    """Divide the samples into folds, each of which is the test set of one split.

    The folds are those of scikit-learn's ``KFold(folds, shuffle=True, random_state=seed)``, so
    that a paper's folds can be had again: those of Nasser et al. (2021) are 5 with the seed 1.

    Parameters
    ----------
    samples : sequence of str
        The N samples, in the catalogue's order.
    folds : int
        How many.
    seed : int
        Of scikit-learn.
    n_splits : int, optional
        Use the first so many folds; all where not given.

    Returns
    -------
    DataFrame
        Columns split (0, 1, ...) and sample: the test samples, in the catalogue's order.

    Raises
    ------
    InputError
        With fewer samples than folds, or where there is no split.
    """
    n_splits = folds if n_splits is None else n_splits
    _check_number(n_splits)
    if folds > len(samples):
        raise InputError(
            f"{len(samples)} sample(s) are too few for {folds} folds: add samples or take fewer"
        )
    # Here, as every job that fits imports this file, and scikit-learn takes most of a second.
    from sklearn.model_selection import KFold

    names = np.asarray(samples, dtype=object)
    parts = KFold(folds, shuffle=True, random_state=seed).split(names)
    tables = [
        pd.DataFrame({"split": split, "sample": names[test]})
        for split, (_, test) in zip(range(n_splits), parts, strict=False)
    ]
    return pd.concat(tables, ignore_index=True)


def thinning_splits(samples: Sequence[str], n_splits: int) -> pd.DataFrame:
    """List every sample as trained on in every split: what is held out of it are some counts.

    Parameters
    ----------
    samples : sequence of str
        The N samples, in the catalogue's order.
    n_splits : int
        How many folds of `nmfbench.data.thinning.thin` are held out, one in each split.

    Returns
    -------
    DataFrame
        Columns split (0, 1, ...), sample and copies (1).
    """
    _check_number(n_splits)
    numbers = np.repeat(np.arange(n_splits), len(samples))
    return pd.DataFrame({"split": numbers, "sample": [*samples] * n_splits, "copies": 1})


def read_splits(path: str | Path) -> pd.DataFrame:
    """Read a table of splits as the functions here write it; numbers stay names of samples."""
    return pd.read_csv(path, sep="\t", dtype={"sample": str})


def draw_splits(
    scheme: Mapping[str, Any], samples: Sequence[str], n_splits: int, seed: SeedSequence
) -> pd.DataFrame:
    """Divide the samples by a scheme of a study, other than one read from a table."""
    if "test_fraction" in scheme:
        return holdout_splits(samples, n_splits, scheme["test_fraction"], seed)
    if "fold_seed" in scheme:
        return kfold_splits(samples, scheme["folds"], scheme["fold_seed"], n_splits)
    if "folds" in scheme:
        return thinning_splits(samples, n_splits)
    return bootstrap_splits(samples, n_splits, seed)


def training_copies(splits: pd.DataFrame, split: int, samples: Sequence[str]) -> NDArray:
    """Count how often each sample is among the training samples of a split.

    Parameters
    ----------
    splits : DataFrame
        Columns split and sample, and copies where training samples are drawn several times.
    split : int
        Number of the split.
    samples : sequence of str
        The N samples, in the catalogue's order.

    Returns
    -------
    ndarray of int, shape (N,)
        0 for a test sample, 1 for one that the table does not list.
    """
    here = splits[splits["split"] == split]
    listed = here["copies"] if "copies" in here else pd.Series(0, index=here.index)
    of = dict(zip(here["sample"], listed, strict=True))
    return np.array([of.get(sample, 1) for sample in samples], dtype=int)


def released_samples(copies: NDArray) -> NDArray:
    """Say which samples the released evaluation of Nasser et al. (2021) tested on.

    It takes ``V[:, ~train]`` for the test samples, where `train` are numbers of samples: the
    complement of the number i is ``-i - 1``, so that what is tested are the training samples
    counted from the catalogue's end. With 5 folds that is 80 % of the samples, of which about
    80 % were trained on.

    Parameters
    ----------
    copies : ndarray of int, shape (N,)
        As from `training_copies`.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    return copies[::-1] > 0


def copies_by_split(splits: pd.DataFrame, samples: Sequence[str]) -> dict[int, NDArray]:
    """Give `training_copies` of every split in the table."""
    return {n: training_copies(splits, n, samples) for n in splits["split"].unique()}


def published_splits(
    path: str | Path, cohort: str, samples: Sequence[str], n_splits: int | None = None
) -> pd.DataFrame:
    """Read the test samples of published splits.

    Parameters
    ----------
    path : str or Path
        A TSV with the columns cohort, split, test_sample.
    cohort : str
        The cohort's name in that file.
    samples : sequence of str
        The N samples, in the catalogue's order.
    n_splits : int, optional
        Use the first so many splits; all where not given.

    Returns
    -------
    DataFrame
        Columns split (the file's numbers) and sample: the test samples, in the catalogue's order.

    Raises
    ------
    InputError
        On an unknown cohort or sample, a sample listed twice in a split, a split that leaves no
        training sample, or fewer splits than asked for.
    """
    table = _read_published(path)
    known = table["cohort"].unique()
    if cohort not in known:
        raise InputError(f"{path}: no splits for cohort '{cohort}': {nearest(cohort, known)}")
    table = table.loc[table["cohort"] == cohort, ["split", "test_sample"]]
    table = table.set_axis(COLUMNS, axis=1)
    numbers = np.sort(table["split"].unique())
    n_splits = len(numbers) if n_splits is None else n_splits
    if not 1 <= n_splits <= len(numbers):
        raise InputError(
            f"{path}: {n_splits} splits asked for, cohort '{cohort}' has {len(numbers)}: "
            f"choose 1 to {len(numbers)}"
        )
    _check_published(table, samples, f"{path}: cohort '{cohort}'")
    table = table[table["split"].isin(numbers[:n_splits])]
    order = table["sample"].map({sample: i for i, sample in enumerate(samples)})
    return table.iloc[np.lexsort((order, table["split"]))].reset_index(drop=True)


def _check_number(n_splits: int) -> None:
    if n_splits < 1:
        raise InputError(f"{n_splits} splits asked for: choose 1 or more")


def _stream(seed: SeedSequence, number: int) -> np.random.Generator:
    """Child `number` of a seed, without the count of children that `SeedSequence.spawn` keeps."""
    child = SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, number))
    return np.random.default_rng(child)


def _read_published(path: str | Path) -> pd.DataFrame:
    """Read the file; refuse one without its three columns or with splits that are no numbers."""
    try:
        table = pd.read_csv(path, sep="\t", dtype={"cohort": str, "test_sample": str})
        table["split"] = table["split"].astype(int)
        return table[["cohort", "split", "test_sample"]].dropna()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file: check the path") from None
    except (KeyError, ValueError):
        raise InputError(
            f"{path}: no table of splits: expected tab-separated columns cohort, split (a whole "
            "number) and test_sample"
        ) from None


def _check_published(table: pd.DataFrame, samples: Sequence[str], place: str) -> None:
    """Refuse samples that are unknown or doubled within a split, and splits without training."""
    unknown = table[~table["sample"].isin(list(samples))]
    if len(unknown):
        first = unknown.iloc[0]
        raise InputError(
            f"{place}, split {first['split']}: test sample '{first['sample']}' is not in the "
            f"catalogue ({len(unknown)} such entries): use the catalogue the splits were made for"
        )
    doubled = table[table.duplicated()]
    if len(doubled):
        first = doubled.iloc[0]
        raise InputError(
            f"{place}, split {first['split']}: test sample '{first['sample']}' is listed twice: "
            "keep one"
        )
    full = table.groupby("split").size() >= len(samples)
    if full.any():
        raise InputError(
            f"{place}, split {full.index[full][0]}: no sample is left for training: "
            "remove some test samples"
        )
