"""What is typed after make reaches Snakemake as it is, and nothing of it is executed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def run(tmp_path):
    """Run make where Snakemake writes down what it is asked for; returns make's end and that."""
    (tmp_path / "envs").mkdir()
    for name in ("Makefile", "pyproject.toml", "envs/constraints.txt"):
        shutil.copy(PROJECT / name, tmp_path / name)
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    for name, line in {
        "snakemake": "printf '%s\\0' \"$@\" end >>asked",
        "python": f'exec {sys.executable} "$@"',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    (tmp_path / ".venv/.ready").touch()

    def run(*wish, results="demo"):
        made = tmp_path / "results" / results
        made.mkdir(parents=True)
        (made / "answer.txt").write_text("What came out.\n", encoding="utf-8")
        env = os.environ | {"PYTHONPATH": str(PROJECT / "workflow")}
        command = ["make", "run", *wish]
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        asked = tmp_path / "asked"
        calls = asked.read_text(encoding="utf-8").split("end\0") if asked.is_file() else []
        return done, [call.split("\0")[:-1] for call in calls if call]

    return run


@pytest.mark.parametrize(
    ("wish", "settings", "results"),
    [
        ([], ["study=demo"], "demo"),
        (
            ["CATALOGUE=x/mine.SBS96.tsv.gz", "RANK=5"],
            ["study=own", "catalogue=x/mine.SBS96.tsv.gz", "rank=5"],
            "own-mine",
        ),
        (
            ["CATALOGUE=mine.tsv", "RANK=auto", "REFERENCE=s.tsv", "CONFIG=losses=mse n_splits=3"],
            [
                *("study=own-ranks", "catalogue=mine.tsv", "rank=auto", "reference=s.tsv"),
                *("losses=mse", "n_splits=3"),
            ],
            "own-ranks-mine",
        ),
        (
            ["STUDY=egendal2025", "CATALOGUE=mine.tsv", "RANK=5"],
            ["study=egendal2025", "catalogue=mine.tsv", "rank=5"],
            "egendal2025-mine",
        ),
        (
            ['CATALOGUE=Zoë\'s "dätä"/3 tumours.tsv', "RANK=5"],
            ["study=own", 'catalogue=Zoë\'s "dätä"/3 tumours.tsv', "rank=5"],
            "own-3-tumours",
        ),
    ],
)
def test_snakemake_is_asked_for_what_was_typed(run, wish, settings, results):
    done, calls = run(*wish, results=results)
    assert done.returncode == 0, done.stderr
    for call in calls:
        start = call.index("--config") + 1
        assert call[start : start + len(settings)] == settings
    assert [call[-1] for call in calls] == [
        settings[-1],
        "report",
        f"results/{results}/provenance.html",
    ]
    assert "What came out." in done.stdout
    assert f"report: results/{results}/report.html" in done.stdout


@pytest.mark.parametrize("name", ["CATALOGUE", "RANK", "REFERENCE", "STUDY", "CONFIG", "CORES"])
@pytest.mark.parametrize(
    "text",
    [
        "x;touch hacked",
        "$(shell touch hacked)",
        "$$(touch hacked)",
        "`touch hacked`",
        "x' & touch hacked '",
    ],
)
def test_nothing_that_is_typed_is_executed(run, tmp_path, name, text):
    wish = {"CATALOGUE": "mine.tsv", "RANK": "5"} | {name: text}
    _, calls = run(*(f"{key}={value}" for key, value in wish.items()), results="own-mine")
    assert not (tmp_path / "hacked").exists()
    assert any(word in " ".join(calls[0]) for word in (text, text.split()[0]))


def test_a_line_break_is_refused(run):
    done, calls = run("CATALOGUE=x\ntouch hacked", "RANK=5")
    assert done.returncode
    assert "CATALOGUE has a line break in it" in done.stderr
    assert not calls
