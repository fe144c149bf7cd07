"""Catalogues of words: how often each document (sample) has each word (channel)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmfbench.data.catalogue import WORDS
from nmfbench.errors import InputError


def read_words(
    corpus: str, words: int, documents: int | None = None, least: int = 0
) -> pd.DataFrame:
    """Read a corpus that a package ships or fetches.

    Parameters
    ----------
    corpus : str
        "reuters": 395 news items, which the package lda ships; "newsgroups": the training part of
        20 newsgroups without headers, footers and quotes, which scikit-learn downloads.
    words : int
        How many of the most frequent words to count.
    documents : int, optional
        Only so many documents, the first.
    least : int
        Documents with fewer of these words are left out.

    Returns
    -------
    DataFrame
        Counts, words x documents; index named ``word``.

    Raises
    ------
    InputError
        As `choose_words`, or if the corpus cannot be had.
    """
    counts, vocabulary, titles = {"reuters": _reuters, "newsgroups": _newsgroups}[corpus]()
    return choose_words(counts, vocabulary, titles, words, documents, least)


def choose_words(
    counts: NDArray,
    vocabulary: Sequence[str],
    titles: Sequence[str],
    words: int,
    documents: int | None = None,
    least: int = 0,
) -> pd.DataFrame:
    """Keep the most frequent words and the documents that have enough of them.

    Raises
    ------
    InputError
        If a document that is left has none of the words.
    """
    counts = np.asarray(counts, dtype=float)[:documents]
    often = np.argsort(-counts.sum(axis=0), kind="stable")[:words]
    counts = counts[:, np.sort(often)]
    totals = counts.sum(axis=1)
    kept = np.flatnonzero(totals >= least)
    if len(kept) < len(counts):
        print(f"{len(counts) - len(kept)} of {len(counts)} documents have less than {least} words")
    empty = kept[totals[kept] == 0]
    if len(empty):
        raise InputError(
            f"{len(empty)} documents have none of the {words} words, the first is number "
            f"{empty[0] + 1}, '{titles[empty[0]]}': count more words, or leave out short documents "
            "by least"
        )
    names = [f"document{n + 1:0{len(str(len(counts)))}d}" for n in kept]
    index = pd.Index(np.asarray(vocabulary)[np.sort(often)], name=WORDS)
    return pd.DataFrame(counts[kept].T, index=index, columns=names)


def _reuters() -> tuple[NDArray, Sequence[str], Sequence[str]]:
    try:
        from lda import datasets
    except ImportError:
        raise InputError(
            "the words of Reuters are in the package lda, which is not installed: pip install "
            "'.[words]' (with a compiler, where it has no wheel), or leave that cohort out by "
            "cohorts="
        ) from None

    return datasets.load_reuters(), datasets.load_reuters_vocab(), datasets.load_reuters_titles()


def _newsgroups() -> tuple[NDArray, Sequence[str], Sequence[str]]:
    from sklearn.datasets import fetch_20newsgroups
    from sklearn.feature_extraction.text import CountVectorizer

    try:
        found = fetch_20newsgroups(subset="train", remove=("headers", "footers", "quotes"))
    except OSError as error:
        raise InputError(
            f"20 newsgroups cannot be downloaded ({error}): take the corpus reuters, or try again"
        ) from None
    vectors = CountVectorizer(stop_words="english", min_df=5)
    counts = vectors.fit_transform(found.data).toarray()
    return counts, vectors.get_feature_names_out(), [" ".join(t.split())[:60] for t in found.data]
