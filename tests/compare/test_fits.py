import json
from functools import partial

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

import nmfbench.compare.fits as module
from nmfbench.compare.fits import check_comparable
from nmfbench.compare.scores import score
from nmfbench.errors import InputError
from nmfbench.files import sha256, write_tsv

COPIES = {split: np.ones(6) for split in range(4)}
load_fits = partial(module.load_fits, copies=COPIES, dead_share=0.001)
load_models = partial(module.load_models, copies=COPIES, dead_share=0.001)


def write_chunks(fit, folder, chunks):
    paths = []
    for i, splits in enumerate(chunks):
        stem = folder / f"chunk{i}"
        keep = np.isin(fit.splits, splits)
        arrays = {"signatures": fit.signatures, "exposures": fit.exposures, "split": fit.splits}
        np.savez(stem.with_suffix(".npz"), **{name: a[keep] for name, a in arrays.items()})
        write_tsv(fit.rows[fit.rows["split"].isin(splits)], stem.with_suffix(".tsv"))
        record(stem)
        paths.append(stem.with_suffix(".npz"))
    return paths


def record(stem):
    files = [stem.with_suffix(suffix) for suffix in (".npz", ".tsv")]
    said = {"job": {"model": "dnmf"}, "sha256": {file.name: sha256(file) for file in files}}
    stem.with_suffix(".json").write_text(json.dumps(said))


@pytest.fixture
def fit(truth, make_fits):
    return make_fits(truth.to_numpy(), "dnmf", failed=[2], sets=("train", "test", "refit"))


def test_chunks_come_together_in_order_of_split(fit, tmp_path):
    loaded = load_fits(write_chunks(fit, tmp_path, [[2, 3], [0, 1]]))
    np.testing.assert_array_equal(loaded.splits, fit.splits)
    np.testing.assert_array_equal(loaded.signatures, fit.signatures)
    assert loaded.rows["split"].tolist() == np.repeat(range(4), 3).tolist()
    assert loaded.rows["set"].tolist() == ["train", "test", "refit"] * 4
    assert loaded.ids == dict(cohort="toy", scheme="holdout", model="dnmf", loss="mse", k=3)
    signatures, splits = loaded.valid()
    assert splits.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(signatures, fit.signatures[[0, 1, 3]])


def test_scores_of_files_are_those_of_the_fits(fits, truth, division, tmp_path):
    # No fit failed: the column "reason" of the files is empty.
    loaded = {}
    for name, fit in fits.items():
        (tmp_path / name).mkdir()
        loaded[name] = load_fits(write_chunks(fit, tmp_path / name, [[0, 1], [2, 3]]))
    assert_frame_equal(
        score(loaded, truth, "nmf", *division), score(fits, truth, "nmf", *division), rtol=1e-9
    )


def test_what_a_failed_fit_left_behind_does_not_count(fit, tmp_path):
    left = np.full((1, 96, 3), 1 / 96)
    fit.signatures[2] = left
    loaded = load_fits(write_chunks(fit, tmp_path, [[0, 1, 2, 3]]))
    assert loaded.valid()[1].tolist() == [0, 1, 3]


def test_true_and_false_are_read_as_numbers(fit, tmp_path):
    rows = fit.rows.assign(converged=[True, None, None, False, None, None] * 2)
    loaded = load_fits(write_chunks(fit._replace(rows=rows), tmp_path, [[0, 1, 2, 3]]))
    assert loaded.rows["converged"].dropna().tolist() == [1, 0, 1, 0]


def test_a_missing_column_is_named(fit, tmp_path):
    short = fit._replace(rows=fit.rows.drop(columns="error"))
    with pytest.raises(InputError, match=r"chunk0\.tsv: no column 'error'"):
        load_fits(write_chunks(short, tmp_path, [[0, 1, 2, 3]]))


def test_a_doubled_split_is_refused(fit, tmp_path):
    with pytest.raises(InputError, match="a split is there twice"):
        load_fits(write_chunks(fit, tmp_path, [[0, 1, 2], [2, 3]]))


def test_rows_of_other_splits_are_refused(fit, tmp_path):
    paths = write_chunks(fit, tmp_path, [[0, 1], [2, 3]])
    write_tsv(fit.rows[fit.rows["split"] == 2], paths[1].with_suffix(".tsv"))
    record(paths[1].with_suffix(""))
    with pytest.raises(InputError, match=r"splits differ from the \.npz"):
        load_fits(paths)


def test_chunks_of_two_models_are_refused(fit, tmp_path):
    paths = write_chunks(fit, tmp_path, [[0, 1], [2, 3]])
    other = paths[1].with_suffix(".tsv")
    other.write_text(other.read_text().replace("dnmf", "c-nmf"))
    record(paths[1].with_suffix(""))
    with pytest.raises(InputError, match="more than one model"):
        load_fits(paths)


@pytest.mark.parametrize("suffix", [".npz", ".tsv", ".json"])
@pytest.mark.parametrize("harm", ["cut", "flipped", "gone", "empty"])
def test_a_damaged_chunk_is_named(fit, tmp_path, suffix, harm):
    paths = write_chunks(fit, tmp_path, [[0, 1], [2, 3]])
    file = paths[1].with_suffix(suffix)
    content = file.read_bytes()
    match harm:
        case "cut":  # at the end of a line, where there are any
            file.write_bytes(content[: content.rfind(b"\n", 0, -1) + 1] or content[:-1])
        case "flipped":
            half = len(content) // 2
            file.write_bytes(content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :])
        case "gone":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
    with pytest.raises(InputError, match=r"chunk1\.\w+: .*: delete it and run again"):
        load_models(["dnmf"], paths)


def test_models_must_share_splits_rank_and_name(fits, cosmic, make_fits):
    check_comparable(fits)
    five = make_fits(cosmic.iloc[:, :5].to_numpy(), "c-nmf")
    with pytest.raises(InputError, match=r"'c-nmf' are of .*'k': 5"):
        check_comparable({**fits, "c-nmf": five})
    fewer = make_fits(cosmic.iloc[:, :3].to_numpy(), "c-nmf", n=3)
    with pytest.raises(InputError, match="'c-nmf' have other splits than 'nmf'"):
        check_comparable({**fits, "c-nmf": fewer})
    with pytest.raises(InputError, match="no fits"):
        check_comparable({})
