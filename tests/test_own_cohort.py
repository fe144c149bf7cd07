"""A user's own catalogue and reference set in the place of a study's; what is wrong with them."""

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from nmfbench.data.catalogue import read_catalogue
from nmfbench.errors import InputError
from nmfbench.study import load_study

PROJECT = Path(__file__).parents[1]
CONFIG = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))
GENOMES = PROJECT / "resources" / "breast21.tsv"
LINES = GENOMES.read_text(encoding="utf-8").splitlines()


def load(**config):
    return load_study(CONFIG | config, PROJECT)


@pytest.fixture
def mine(tmp_path):
    """A catalogue somewhere else on the machine."""
    path = tmp_path / "mine.SBS96.all"
    path.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return str(path)


def test_a_catalogue_takes_the_place_of_the_cohorts(mine):
    study = load(catalogue=mine, rank=5)
    assert study["name"] == "own-mine"
    assert study["title"] == "A cohort of your own: mine"
    assert list(study["cohorts"]) == ["mine"]
    cohort = study["cohorts"]["mine"]
    assert (cohort["file"], cohort["ranks"], cohort["label"]) == (mine, [5], "mine")
    assert (cohort["scheme"], cohort["n_splits"]) == ("holdout", 10)


def test_the_models_are_those_of_the_paper_as_published_and_converged(mine):
    assert load(catalogue=mine, rank=5)["models"] == load(study="egendal2025")["models"]


def test_a_catalogue_goes_into_any_study_without_what_is_about_the_paper(mine):
    study = load(study="egendal2025", scheme="holdout", catalogue=mine, rank=[2, 4])
    assert study["name"] == "egendal2025-mine"
    assert study["cohorts"]["mine"]["ranks"] == [2, 4]
    assert not {"claims", "concept", "complexity"} & study.keys()


@pytest.mark.parametrize(
    ("file", "name", "label"),
    [
        ("x/mine.SBS96.tsv.gz", "mine", "mine"),
        ("mine.v2.tsv", "mine-v2", "mine.v2"),
        ("dätä/Zoë's 3 tumours.csv", "Zoe-s-3-tumours", "Zoë's 3 tumours"),
        ("数据.txt", "cohort", "数据"),
    ],
)
def test_a_cohort_has_the_name_of_its_file(tmp_path, file, name, label):
    path = tmp_path / file.removesuffix(".gz")
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    study = load(catalogue=str(path), rank=5)
    assert study["name"] == f"own-{name}"
    assert study["cohorts"][name]["label"] == label
    assert study["title"] == f"A cohort of your own: {label}"


def test_ranks_are_tried_up_to_a_third_of_the_samples(mine, tmp_path):
    study = load(catalogue=mine, rank="auto")
    assert study["name"] == "own-ranks-mine"
    assert study["cohorts"]["mine"]["ranks"] == [2, 3, 4, 5, 6, 7]
    assert study["cohorts"]["mine"]["scheme"] == "thinning"
    table = read_catalogue(mine)
    for n_samples, last in ((9, 3), (200, 12)):
        path = tmp_path / "other.tsv"
        many = pd.concat([table] * 10, axis=1).set_axis([f"s{i}" for i in range(210)], axis=1)
        many.iloc[:, :n_samples].clip(lower=1).to_csv(path, sep="\t")
        assert load(catalogue=str(path), rank="auto")["cohorts"]["other"]["ranks"][-1] == last


def test_three_lines_of_a_study_are_a_cohort():
    study = yaml.safe_load((PROJECT / "workflow/studies/own.yaml").read_text(encoding="utf-8"))
    assert study["cohorts"] == {"breast21": {"file": "resources/breast21.tsv", "rank": 4}}
    assert load(study="own")["name"] == "own"
    assert load(study="own-ranks")["cohorts"]["breast21"]["ranks"] == [2, 3, 4, 5, 6, 7]


def test_without_a_catalogue_the_study_is_the_demonstration():
    assert load()["name"] == "demo"


def test_a_reference_set_is_added_to_that_of_cosmic():
    references = load(reference="resources/COSMIC_v3.4_SBS_GRCh37.txt")["references"]
    assert references["own"] == references["cosmic"]


def replaced(row, column, value):
    """The catalogue with another cell; row 0 and column 0 hold the names."""
    cells = [line.split("\t") for line in LINES]
    cells[row][column] = value
    return "\n".join("\t".join(line) for line in cells) + "\n"


def some(n_samples):
    return "\n".join("\t".join(line.split("\t")[: n_samples + 1]) for line in LINES) + "\n"


def array(shape, dtype=float):
    file = io.BytesIO()
    np.save(file, np.ones(shape, dtype))
    return file.getvalue()


def promised(shape):
    """An array whose header says more than the file has."""
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(8)


VCF = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n1\t100\t.\tC\tA\n"

BROKEN = {
    "a channel missing": ("\n".join(LINES[:-1]), "1 of 96 channels missing.*add them"),
    "a channel twice": ("\n".join([*LINES, LINES[1]]), "occurs more than once: keep one"),
    "a channel unknown": (replaced(1, 0, "A[C>A]N"), r"unknown channel.*did you mean 'A\[C>A"),
    "below zero": (replaced(2, 1, "-1"), r"sample 'PD3851a', channel 'A\[C>A\]C': '-1' is not"),
    "no number": (replaced(2, 1, "many"), "'many' is not a finite number >= 0"),
    "not a number": (replaced(2, 1, "NaN"), "'NaN' is not a finite number >= 0"),
    "an underscore": (replaced(2, 1, "1_000"), "'1_000' is not a finite number >= 0"),
    "eleven digits": (replaced(2, 1, "12345678901"), "12345678901 is no number of mutations"),
    "a sum without end": (replaced(2, 1, "1e308"), r"1e\+308 is no number of mutations"),
    "complex numbers": (array((96, 21), complex), "cannot be read as an array .*complex128"),
    "more than there is": (promised((96, 10**13)), "cannot be read as an array"),
    "one sample": (some(1), "cohort 'broken': 1 sample is too few for any number of signatures"),
    "a proportion": (replaced(2, 1, "0.5"), "0.5 is no whole number.*not proportions"),
    "empty": ("", "holds no table: expected a header and rows"),
    "no samples": (some(0), "holds no table"),
    "a sample twice": (replaced(0, 2, "PD3851a"), "sample 'PD3851a' occurs more than once"),
    "a sample without mutations": (
        "\n".join(f"{line}\t{'s22' if row == 0 else 0}" for row, line in enumerate(LINES)),
        "1 sample.* without any mutation, the first is 's22': remove",
    ),
    "cut off": ("\n".join(LINES).rsplit("\t", 3)[0], "cells where the first has 22: was the file"),
    "a gzip cut off": (gzip.compress("\n".join(LINES).encode())[:-99], "cannot be read as a table"),
    "VCF": (VCF, r"mutations.*`SigProfilerMatrixGenerator matrix_generator broken GRCh37 DIR`"),
    "an array of 95": (array((21, 95)), r"array without labels, of shape \(21, 95\): expected 96"),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_catalogue_is_told_in_one_line_before_any_job(tmp_path, content, message):
    path = tmp_path / "broken.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message) as caught:
        load(catalogue=str(path), rank=5)
    said = str(caught.value)
    assert said.startswith((f"{path}: ", "cohort 'broken': "))
    assert "\n" not in said
    assert len(said) < 400 + len(str(path))


WRONG = {
    "no rank": ({"rank": None}, "config.yaml: catalogue and rank belong together: give both"),
    "no such rank": ({"rank": "many"}, "rank: 'many' has to be a whole number or a list.* or auto"),
    "a rank above the channels": ({"rank": 96}, "rank: 96 is greater than the maximum of 95"),
    "a rank above the samples": (
        {"rank": 30},
        "cohort 'mine': rank 30 does not fit 96 channels and 21 samples: choose .* below 21",
    ),
    "no file": ({"catalogue": "data/nine.tsv"}, "no such file: data/nine.tsv; paths start at"),
    "a command as a path": ({"catalogue": "x;touch y"}, "catalogue: 'x;touch y' is no path"),
    "a line break in a path": ({"reference": "x\n"}, r"reference: 'x\\n' is no path"),
    "a way out": ({"study": "../../config"}, "study: '../../config' is no name of a study"),
    "splits without end": (
        {"n_splits": 10**24},
        "n_splits: 10+ is greater than the maximum of 1000",
    ),
    "the name of all": ({"catalogue": "all.tsv"}, r"'all' is no name: .*\(not 'all'\)"),
    "a rank without a catalogue": ({"catalogue": None}, "catalogue and rank belong together"),
    "the study's splits": ({"study": "egendal2025"}, "no splits for it .* give .* another scheme"),
    "no reference": ({"reference": "mine.csv"}, "no such file: mine.csv; paths start at"),
    "counts as a reference": (
        {"reference": "resources/breast21.tsv"},
        "resources/breast21.tsv: signature 'PD3851a' sums to .*, not to 1",
    ),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_wish_is_told_in_one_line(mine, change, message):
    with pytest.raises(InputError, match=message) as caught:
        load(**{"catalogue": mine, "rank": 5} | change)
    assert "\n" not in str(caught.value)


def test_too_few_samples_for_a_choice_of_ranks(tmp_path):
    path = tmp_path / "few.tsv"
    read_catalogue(GENOMES).iloc[:, :8].clip(lower=1).to_csv(path, sep="\t")
    with pytest.raises(InputError, match=r"rank auto: 8 samples are too few .*at least 9"):
        load(catalogue=str(path), rank="auto")


def test_fewer_references_than_signatures_are_refused(mine, tmp_path):
    path = tmp_path / "few.tsv"
    cosmic = pd.read_csv(PROJECT / "resources/COSMIC_v3.4_SBS_GRCh37.txt", sep="\t", index_col=0)
    cosmic.iloc[:, :4].to_csv(path, sep="\t")
    with pytest.raises(InputError, match=r"few\.tsv: 4 reference signature.* to 5: add"):
        load(catalogue=mine, rank=5, reference=str(path))


def test_no_more_is_unpacked_than_a_table_has(tmp_path, monkeypatch):
    monkeypatch.setattr("nmfbench.data.catalogue.MOST_BYTES", 1 << 20)
    path = tmp_path / "large.tsv.gz"
    path.write_bytes(gzip.compress(bytes(1 << 21)))
    with pytest.raises(InputError, match="more than 1 MB when unpacked"):
        read_catalogue(path)


@pytest.mark.parametrize("place", ["title", "citation", "cohort", "model"])
@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "two\nlines", "a\x1b[2Jcleared screen", ""]
)
def test_titles_and_labels_are_plain_text(tmp_path, place, text):
    study = yaml.safe_load((PROJECT / "workflow/studies/demo.yaml").read_text(encoding="utf-8"))
    if place in ("title", "citation"):
        study[place] = text
    else:
        next(iter(study[f"{place}s"].values()))["label"] = text
    path = tmp_path / "workflow/studies/hostile.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(study), encoding="utf-8")
    with pytest.raises(InputError, match="is no plain text") as caught:
        load_study(CONFIG | {"study": "hostile"}, tmp_path)
    assert "\n" not in str(caught.value)
