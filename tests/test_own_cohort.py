"""A user's own catalogue and reference set in the place of a study's; what is wrong with them."""

import gzip
import io
import re
import subprocess
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


def array(shape):
    file = io.BytesIO()
    np.save(file, np.ones(shape))
    return file.getvalue()


VCF = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n1\t100\t.\tC\tA\n"

BROKEN = {
    "a channel missing": ("\n".join(LINES[:-1]), "1 of 96 channels missing.*add them"),
    "a channel twice": ("\n".join([*LINES, LINES[1]]), "occurs more than once: keep one"),
    "a channel unknown": (replaced(1, 0, "A[C>A]N"), r"unknown channel.*did you mean 'A\[C>A"),
    "below zero": (replaced(2, 1, "-1"), r"sample 'PD3851a', channel 'A\[C>A\]C': '-1' is not"),
    "no number": (replaced(2, 1, "many"), "'many' is not a finite number >= 0"),
    "not a number": (replaced(2, 1, "NaN"), "'NaN' is not a finite number >= 0"),
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
    assert said.startswith(f"{path}: ")
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
    "a name with a space": ({"catalogue": "my cohort.tsv"}, "'my cohort' is no name: letters"),
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


@pytest.mark.parametrize(
    ("wish", "settings", "name"),
    [
        ([], "study=demo", "demo"),
        (["CATALOGUE=x/mine.SBS96.tsv.gz", "RANK=5"],
         "study=own catalogue=x/mine.SBS96.tsv.gz rank=5", "own-mine"),
        (["CATALOGUE=mine.tsv", "RANK=auto", "REFERENCE=s.tsv", "CONFIG=losses=mse"],
         "study=own-ranks catalogue=mine.tsv rank=auto reference=s.tsv losses=mse",
         "own-ranks-mine"),
        (["STUDY=egendal2025", "CATALOGUE=mine.tsv", "RANK=5"],
         "study=egendal2025 catalogue=mine.tsv rank=5", "egendal2025-mine"),
    ],
)  # fmt: skip
def test_make_says_the_same_as_the_config(wish, settings, name):
    command = ["make", "--dry-run", "run", *wish]
    said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    given = [" ".join(x.split()) for x in re.findall(r"--config(.*)", said.replace("\\\n", " "))]
    assert given[0] == settings
    assert f"results/{name}/report.html" in said
