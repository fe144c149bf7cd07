"""The rules of the supplement, small, and studies that do not have it."""

import os
import platform
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from nmfbench.factorize.run import blas_kernels

pytestmark = pytest.mark.slow

GRID = {"models": ["nmf"], "samples": [60, 120], "rank": 2, "ranks": [2, 3], "n_samples": 60}
GRID |= {"cohorts": ["breast21"]}
FLOOR = {"cohort": "breast21", "splits": 1, "seeds": 2, "kernels": ["Nehalem"]}
MADE = [
    "concept.tsv",
    "complexity.tsv",
    *(
        f"figures/all/{name}.{kind}"
        for name in ("concept", "complexity")
        for kind in ("pdf", "svg")
    ),
    *(
        f"tables/{name}.{kind}"
        for name in ("complexity", "floor")
        for kind in ("html", "tex", "tsv")
    ),
]


def test_the_supplement_is_made_by_its_targets_alone(make_copy):
    copy = make_copy()
    path = copy / "workflow/studies/demo.yaml"
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    study |= {"concept": {"samples": 12}, "complexity": GRID, "noise_floor": FLOOR}
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    only = ("--config", "losses=mse", "models=nmf")
    copy.succeed(*only, "--", "concept", "complexity", "noise_floor")
    results = copy / "results/demo"
    assert all((results / name).stat().st_size > 100 for name in MADE)
    assert not (results / "fits").exists()
    rows = pd.read_csv(results / "complexity.tsv", sep="\t")
    grid = rows[rows["cohort"] == "-"]
    assert len(grid) == 2 * 4  # NMF and C-NMF as printed, at four points
    (cohort,) = rows[rows["cohort"] != "-"].to_dict("records")
    assert [cohort[key] for key in ("cohort", "model", "varied")] == [
        *("breast21", "c-nmf as printed", "cohort"),
    ]
    assert 10 < cohort["samples"] < 21  # its training samples
    floor = pd.read_csv(results / "floor.tsv", sep="\t")
    assert list(floor["variant"].unique()) == ["seed0", "seed1", "Nehalem"]
    used = floor.drop_duplicates("variant")["kernel"].tolist()
    assert used[0] == used[1]
    if platform.machine() == "x86_64" and any("openblas" in name for name in blas_kernels()):
        assert "Nehalem" in used[2]  # it was switched before numpy was loaded
    factors = pd.read_csv(results / "concept.tsv", sep="\t")
    assert list(factors["model"].unique()) == ["truth", "nmf", "c-nmf", "ae-nmf"]
    assert len(factors) == 2 * 4 * 2 * (6 + 12)


def test_a_study_without_a_supplement_makes_none(make_copy):
    copy = make_copy()
    said = copy.succeed("--dry-run", "--", "concept", "complexity")
    assert "fit_concept" not in said
    assert "measure_complexity" not in said
    assert "measure_complexity" in copy.succeed("--dry-run", "--config", "study=egendal2025")


def test_the_rules_can_be_read_without_a_number_of_cores(make_copy):
    """A report and a cluster give none; the rule that wants the whole machine must not stumble."""
    copy = make_copy()
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--config", "study=egendal2025", "--report", "x.html"],
        cwd=copy.root,
        env=os.environ | {"PYTHONPATH": str(copy / "workflow")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "number of cores" not in done.stderr
    assert "does not exist" in done.stderr  # nothing has been run
