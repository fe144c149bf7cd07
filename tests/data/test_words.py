"""Catalogues of words."""

import sys

import numpy as np
import pandas as pd
import pytest

from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.words import choose_words, read_words
from nmfbench.errors import InputError
from nmfbench.files import write_tsv

COUNTS = [[5, 0, 1, 0], [4, 2, 0, 0], [0, 0, 1, 1]]
VOCABULARY, TITLES = ["oil", "bank", "sea", "tree"], ["a", "b", "c"]


def test_the_most_frequent_words_are_kept_in_their_order():
    table = choose_words(COUNTS, VOCABULARY, TITLES, 3)
    assert list(table.index) == ["oil", "bank", "sea"]
    assert list(table.columns) == ["document1", "document2", "document3"]
    assert table["document2"].tolist() == [4, 2, 0]
    assert list(choose_words(COUNTS, VOCABULARY, TITLES, 3, documents=2).columns) == [
        "document1",
        "document2",
    ]


def test_an_empty_document_is_refused_and_named():
    message = "1 documents have none of the 2 words, the first is number 3, 'c': count more words"
    with pytest.raises(InputError, match=message):
        choose_words(COUNTS, VOCABULARY, TITLES, 2)


def test_short_documents_can_be_left_out_and_are_counted(capsys):
    table = choose_words(COUNTS, VOCABULARY, TITLES, 2, least=1)
    assert list(table.columns) == ["document1", "document2"]
    assert "1 of 3 documents have less than 1 words" in capsys.readouterr().out


def test_the_words_of_reuters(tmp_path):
    pytest.importorskip("lda")
    table = read_words("reuters", 300)
    assert table.shape == (300, 395)
    assert (table.sum() > 0).all()
    assert {"church", "pope"} <= set(table.index)
    write_tsv(table, tmp_path / "words.tsv", index=True)
    again = read_catalogue(tmp_path / "words.tsv")
    pd.testing.assert_frame_equal(again, table, check_dtype=False)


def test_without_the_package_of_the_words_the_line_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "lda", None)
    with pytest.raises(InputError, match=r"package lda.*pip install '\.\[words\]'.*cohorts="):
        read_words("reuters", 300)


def test_rows_of_a_catalogue_are_channels_unless_it_says_words(tmp_path):
    table = pd.DataFrame(np.ones((3, 4)), index=["a", "b", "c"], columns=list("wxyz"))
    for name, message in (("word", None), ("gene", "is no channel")):
        write_tsv(table.rename_axis(name), tmp_path / "x.tsv", index=True)
        if message is None:
            assert list(read_catalogue(tmp_path / "x.tsv").index) == ["a", "b", "c"]
        else:
            with pytest.raises(InputError, match=message):
                read_catalogue(tmp_path / "x.tsv")
