import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold, ShuffleSplit

from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import (
    bootstrap_splits,
    draw_splits,
    holdout_splits,
    kfold_splits,
    published_splits,
    training_copies,
)
from nmfbench.errors import InputError


def names(n):
    return [f"s{i:03d}" for i in range(n)]


@pytest.mark.parametrize("n", [5, 21, 311, 523, 713, 1000])
def test_holdout_has_the_sizes_of_shufflesplit(n):
    splits = holdout_splits(names(n), 4, 0.2, seed_sequence(1))
    train, test = next(ShuffleSplit(4, test_size=0.2, random_state=0).split(np.zeros(n)))
    assert splits.groupby("split").size().tolist() == [len(test)] * 4
    assert len(train) + len(test) == n
    assert not splits.duplicated().any()
    assert set(splits["sample"]) <= set(names(n))


def test_holdout_is_in_catalogue_order():
    samples = ["z", "b", "y", "a", "x"]
    splits = holdout_splits(samples, 10, 0.5, seed_sequence(1))
    assert splits["split"].is_monotonic_increasing
    for _, split in splits.groupby("split"):
        assert split["sample"].map(samples.index).is_monotonic_increasing


def test_holdout_is_reproducible_and_a_prefix_of_more_splits():
    seed = seed_sequence(1, "demo")
    first = holdout_splits(names(30), 5, 0.2, seed)
    pd.testing.assert_frame_equal(first, holdout_splits(names(30), 5, 0.2, seed))
    more = holdout_splits(names(30), 8, 0.2, seed)
    pd.testing.assert_frame_equal(first, more[more["split"] < 5])
    assert not first.equals(holdout_splits(names(30), 5, 0.2, seed_sequence(2, "demo")))


def test_holdout_draws_every_sample_alike():
    splits = holdout_splits(names(20), 2000, 0.2, seed_sequence(3))
    drawn = splits["sample"].value_counts()
    assert len(drawn) == 20
    assert drawn.between(320, 480).all()  # 400 +- 4.5 standard deviations
    assert splits.groupby("split")["sample"].agg("-".join).nunique() > 1500  # of 4845 subsets


@pytest.mark.parametrize(
    ("n", "n_splits", "fraction", "message"),
    [
        (10, 0, 0.2, "0 splits"),
        (10, 3, 0.0, "test fraction 0.0"),
        (10, 3, 1.0, "test fraction 1.0"),
        (1, 3, 0.2, "too few"),
        (0, 3, 0.2, "too few"),
        (10, 3, 0.95, "too few"),
    ],
)
def test_impossible_holdout_is_refused(n, n_splits, fraction, message):
    with pytest.raises(InputError, match=message):
        holdout_splits(names(n), n_splits, fraction, seed_sequence(1))


@pytest.mark.parametrize("n", [5, 21, 311])
def test_bootstrap_draws_as_many_samples_as_there_are(n):
    samples = names(n)
    splits = bootstrap_splits(samples, 6, seed_sequence(1))
    for split in range(6):
        copies = training_copies(splits, split, samples)
        assert copies.sum() == n
        listed = splits[splits["split"] == split]
        out_of_bag = listed.loc[listed["copies"] == 0, "sample"]
        assert list(out_of_bag) == [s for s, c in zip(samples, copies, strict=True) if c == 0]
        assert 0 < len(out_of_bag) < n
    assert not (splits["copies"] == 1).any()
    assert not splits.duplicated(["split", "sample"]).any()


def test_bootstrap_is_reproducible_and_a_prefix_of_more_splits():
    seed = seed_sequence(1, "demo")
    first = bootstrap_splits(names(30), 3, seed)
    pd.testing.assert_frame_equal(first, bootstrap_splits(names(30), 3, seed))
    more = bootstrap_splits(names(30), 5, seed)
    pd.testing.assert_frame_equal(first, more[more["split"] < 3])
    assert not first.equals(bootstrap_splits(names(30), 3, seed_sequence(2, "demo")))
    drawn = [training_copies(more, split, names(30)).tolist() for split in range(5)]
    assert len(set(map(tuple, drawn))) == 5


def test_bootstrap_draws_with_replacement_and_every_sample_alike():
    n, times = 20, 2000
    splits = bootstrap_splits(names(n), times, seed_sequence(3))
    copies = np.array([training_copies(splits, split, names(n)) for split in range(times)])
    # Binomial(20, 1/20): mean 1, variance 0.95, and 0.95^20 = 0.358 are never drawn.
    np.testing.assert_allclose(copies.mean(axis=0), 1, atol=0.1)
    assert copies.var() == pytest.approx(0.95, abs=0.02)
    assert (copies == 0).mean() == pytest.approx(0.95**20, abs=0.01)


@pytest.mark.parametrize(
    ("n", "n_splits", "message"), [(1, 2, "1 sample.* too few"), (10, 0, "0 splits")]
)
def test_impossible_bootstrap_is_refused(n, n_splits, message):
    with pytest.raises(InputError, match=message):
        bootstrap_splits(names(n), n_splits, seed_sequence(1))


def test_folds_are_those_of_scikit_learn_and_test_every_sample_once():
    splits = kfold_splits(names(23), 5, 1)
    theirs = KFold(5, shuffle=True, random_state=1).split(np.arange(23))
    for split, (_, test) in enumerate(theirs):
        here = splits.loc[splits["split"] == split, "sample"]
        assert here.tolist() == [names(23)[i] for i in test]
    assert sorted(splits["sample"]) == sorted(names(23))
    pd.testing.assert_frame_equal(kfold_splits(names(23), 5, 1, 2), splits[splits["split"] < 2])


@pytest.mark.parametrize(("n", "n_splits", "message"), [(4, 5, "too few"), (9, 0, "0 splits")])
def test_impossible_folds_are_refused(n, n_splits, message):
    with pytest.raises(InputError, match=message):
        kfold_splits(names(n), 5, 1, n_splits)


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ({"test_fraction": 0.2}, lambda: holdout_splits(names(20), 3, 0.2, seed_sequence(1))),
        ({"bootstrap": True}, lambda: bootstrap_splits(names(20), 3, seed_sequence(1))),
        ({"folds": 4, "fold_seed": 2}, lambda: kfold_splits(names(20), 4, 2, 3)),
    ],
)
def test_a_scheme_says_how_samples_are_divided(scheme, expected):
    drawn = draw_splits({"n_splits": 3} | scheme, names(20), 3, seed_sequence(1))
    pd.testing.assert_frame_equal(drawn, expected())


def test_a_table_without_copies_lists_test_samples():
    splits = pd.DataFrame({"split": [0, 0, 1], "sample": ["c", "a", "b"]})
    assert training_copies(splits, 0, list("abcd")).tolist() == [0, 1, 0, 1]
    assert training_copies(splits, 1, list("abcd")).tolist() == [1, 0, 1, 1]
    splits["copies"] = [3, 0, 0]
    assert training_copies(splits, 0, list("abcd")).tolist() == [0, 1, 3, 1]


def test_holdout_lists_nothing_but_the_test_samples():
    assert list(holdout_splits(names(10), 2, 0.2, seed_sequence(1)).columns) == ["split", "sample"]


@pytest.fixture
def published(tmp_path):
    path = tmp_path / "test_samples.tsv"
    rows = ["cohort\tsplit\ttest_sample", "mine\t1\ta", "mine\t0\tc", "mine\t0\tb", "mine\t1\td"]
    path.write_text("\n".join([*rows, "other\t0\tx"]) + "\n")
    return path


def test_published_in_catalogue_order(published):
    splits = published_splits(published, "mine", ["d", "c", "b", "a"])
    expected = {"split": [0, 0, 1, 1], "sample": ["c", "b", "d", "a"]}
    pd.testing.assert_frame_equal(splits, pd.DataFrame(expected))
    first = published_splits(published, "mine", ["d", "c", "b", "a"], n_splits=1)
    pd.testing.assert_frame_equal(first, pd.DataFrame(expected)[:2])


@pytest.mark.parametrize(
    ("cohort", "samples", "n_splits", "message"),
    [
        ("mime", "abcd", None, "no splits for cohort 'mime': did you mean 'mine'"),
        ("mine", "abc", None, "split 1: test sample 'd' is not in the catalogue"),
        ("mine", "abcd", 3, "3 splits asked for, cohort 'mine' has 2"),
        ("other", "x", None, "split 0: no sample is left for training"),
    ],
)
def test_bad_published_splits_are_refused(published, cohort, samples, n_splits, message):
    with pytest.raises(InputError, match=message):
        published_splits(published, cohort, list(samples), n_splits)


@pytest.mark.parametrize(
    "content", ["", "cohort\tsample\nmine\ta\n", "cohort\tsplit\ttest_sample\nmine\tfirst\ta\n"]
)
def test_other_file_is_refused(tmp_path, content):
    path = tmp_path / "x.tsv"
    path.write_text(content)
    with pytest.raises(InputError, match="no table of splits"):
        published_splits(path, "mine", ["a", "b"])


def test_doubled_test_sample_is_refused(published):
    published.write_text(published.read_text() + "mine\t1\ta\n")
    with pytest.raises(InputError, match="split 1: test sample 'a' is listed twice"):
        published_splits(published, "mine", list("abcd"))


@pytest.mark.parametrize(
    ("cohort", "name", "n_test"),
    [("ovary", "Ovary", 105), ("prostate", "Prostate", 63), ("uterus", "Uterus", 143)],
)
def test_shipped_splits_fit_the_gel_catalogues(mirror, resources, cohort, name, n_test):
    catalogue = read_catalogue(mirror / f"gel/catalogues_{name}_SBS.tsv")
    path = resources / "egendal2025_test_samples.tsv"
    splits = published_splits(path, cohort, list(catalogue.columns))
    assert splits.groupby("split").size().tolist() == [n_test] * 30
    for _, split in splits.groupby("split"):
        assert (catalogue.drop(columns=split["sample"]).sum(axis=1) > 0).all()
