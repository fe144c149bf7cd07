"""No run mixes with another; what was changed by hand is not believed."""

import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from nmfbench.cli import script
from nmfbench.errors import InputError
from nmfbench.files import sha256, whole
from nmfbench.present.methods_text import made_from
from nmfbench.provenance import (
    check_same_catalogue,
    check_seal,
    describe_run,
    left_over,
    seal,
    what_changed,
    who_locks,
)

STUDY = {"name": "own-mine", "seed": 1, "models": {"nmf": {"settings": {"starts": 3}}}}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty project."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def work(log="results/demo/logs/x.log", **files):
    """What Snakemake gives to a script."""
    return SimpleNamespace(**{"input": [], "output": []} | files, log=[log])


def test_a_sealed_result_that_was_changed_is_named(here):
    path = write(here / "results/demo/tables/errors.tsv", "a\n1\n").relative_to(here)
    seal(path)
    check_seal(path)
    kept = here / "results/demo/checksums/tables/errors.tsv.sha256"
    assert kept.read_text() == f"{sha256(path)}  {path}\n"
    write(here / path, "a\n2\n")
    with pytest.raises(InputError, match=f"^{path}: it was changed .*: delete it and run again"):
        check_seal(path)


@pytest.mark.parametrize("name", ["resources/breast21.tsv", "/tmp/mine.tsv", "results/report.log"])
def test_what_no_rule_wrote_has_no_seal(here, name):
    if not os.path.isabs(name):
        write(here / name, "a\n")
        seal(name)
    check_seal(name)
    assert not list(here.rglob("*.sha256"))


def test_a_script_checks_its_input_and_seals_its_output(here, capsys):
    for name in ("logs/x.log", "scores.tsv", "claims.tsv"):
        write(here / "results/demo" / name, "a\n1\n")
    job = work(input=["results/demo/scores.tsv"], output=["results/demo/claims.tsv"])
    seal("results/demo/scores.tsv")
    with script(job):
        print("in the log")
    check_seal("results/demo/claims.tsv")
    assert (here / job.log[0]).read_text() == "in the log\n"
    write(here / "results/demo/scores.tsv", "a\n2\n")
    with pytest.raises(SystemExit), script(job):
        raise AssertionError("it must not begin")
    line = "error: results/demo/scores.tsv: it was changed after it was written"
    assert line in capsys.readouterr().err


def test_a_script_that_is_asked_to_end_leaves_nothing_half_written(tmp_path):
    lines = """
import time
from types import SimpleNamespace
from nmfbench.cli import script
from nmfbench.files import whole
with script(SimpleNamespace(input=[], output=[], log=["x.log"])), whole("made.tsv") as part:
    part.write_text("half")
    open("begun", "w").close()
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", lines], cwd=tmp_path)
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    assert {path.name for path in tmp_path.iterdir()} == {"x.log", "begun"}


def test_a_file_has_the_rights_that_the_umask_gives(tmp_path):
    before = os.umask(0o027)
    try:
        with whole(tmp_path / "made.tsv") as part:
            part.write_text("a\n")
    finally:
        os.umask(before)
    assert (tmp_path / "made.tsv").stat().st_mode & 0o777 == 0o640


def run_of(catalogue, study=STUDY):
    return describe_run(study, {"catalogue": catalogue and str(catalogue)})


def test_a_run_is_described_by_its_files_its_study_and_its_versions(here):
    mine = write(here / "mine.tsv", "a\n1\n")
    run = run_of(mine)
    assert run["files"] == {str(mine): sha256(mine)}
    assert run["seed"] == 1
    assert {"python", "nmfbench", "numpy", "torch"} <= set(run["versions"])
    assert run == run_of(mine)
    other = STUDY | {"models": {"nmf": {"settings": {"starts": 4}}}}
    assert run_of(mine, other)["study_sha256"] != run["study_sha256"]


def test_two_files_of_one_name_are_not_mixed(here):
    one, other = write(here / "x/mine.tsv", "a\n1\n"), write(here / "y/mine.tsv", "a\n2\n")
    record = here / "results/own-mine/run.json"
    check_same_catalogue(record, run_of(one))
    write(record, json.dumps(run_of(one)))
    check_same_catalogue(record, run_of(one))
    with pytest.raises(InputError, match=r"y/mine\.tsv: .*own-mine has the results of .*x/mine"):
        check_same_catalogue(record, run_of(other))
    write(one, "a\n3\n")  # the same file, mended: it is fitted again
    check_same_catalogue(record, run_of(one))
    write(other, "a\n1\n")  # another place, but what was fitted
    check_same_catalogue(record, run_of(other))
    check_same_catalogue(record, run_of(None))
    write(record, "{")
    with pytest.raises(InputError, match="damaged: delete it"):
        check_same_catalogue(record, run_of(one))


def test_a_part_of_a_study_after_the_whole_is_said(here):
    record = here / "results/own-mine/run.json"
    assert what_changed(record, run_of(None)) == ""
    write(record, json.dumps(run_of(None)))
    assert what_changed(record, run_of(None)) == ""
    part = run_of(None, STUDY | {"losses": ["mse"]})
    assert "own-mine was made from another selection, or other counts" in what_changed(record, part)


def test_whoever_holds_the_lock_is_named(here):
    assert who_locks() == ""
    write(here / ".snakemake/locks/0.input.lock", "results/x\n")
    assert who_locks().startswith(f"a run was killed in {here}: snakemake --unlock")
    command = [sys.executable, "-c", "import time; time.sleep(60)", "/usr/bin/snakemake"]
    process = subprocess.Popen(command, cwd=here)
    try:
        while f"process {process.pid}: wait for it" not in who_locks():
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    assert who_locks(here / "elsewhere") == ""


def test_the_page_says_what_it_is_made_from_and_what_is_not_of_it(here):
    mine = write(here / "mine.tsv", "a\n1\n")
    made = [here / f"results/own-mine/figures/mine/errors.{kind}" for kind in ("svg", "pdf")]
    old = [here / f"results/own-mine/tables/old{n}.tsv" for n in range(6)]
    for path in [*made, *old, here / "results/own-mine/scores.tsv"]:
        write(path, "a\n")
    found = left_over(here / "results/own-mine", made)
    assert found == [f"tables/old{n}.tsv" for n in range(6)]
    (said,) = made_from(run_of(mine), [])
    assert f"mine.tsv (sha256 {sha256(mine)[:12]}) and the study own-mine" in said
    _, others = made_from(run_of(mine), found)
    assert "6 figures and tables beside it are of another run" in others
    assert "tables/old4.tsv, ..." in others
    assert "old5" not in others
