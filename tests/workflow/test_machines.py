"""Machines where not everything may be written: no rights of root, no home, a read-only clone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
#: What lets root write where the permissions say that nobody may.
POWERS = "-dac_override,-dac_read_search"


@pytest.fixture
def read_only(tmp_path):
    """Take away the right to write from a directory and all in it; given back at the end."""
    changed = []

    def protect(folder):
        for path in (folder, *folder.rglob("*")):
            changed.append((path, path.stat().st_mode))
            path.chmod(path.stat().st_mode & ~0o222)

    yield protect
    for path, mode in changed:
        path.chmod(mode)


def without_rights(folder, *command, **environment):
    """Run a command that may write only where the permissions say so."""
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("needs setpriv, as root may write everywhere")
        command = ("setpriv", "--bounding-set", POWERS, *command)
    # Not what `make test` tells a make below it, nor where a mirror is.
    not_here = ("NMFBENCH_MIRROR", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    env = {name: value for name, value in os.environ.items() if name not in not_here}
    env |= {"PYTHONPATH": str(folder / "workflow"), **environment}
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    return done.returncode, done.stdout + done.stderr


def test_without_a_home_that_can_be_written(make_copy, read_only, tmp_path):
    copy, home = make_copy(), tmp_path / "home"
    home.mkdir()
    read_only(home)
    assert without_rights(tmp_path, "touch", str(home / "x"))[0]  # the rights are really gone
    made = "results/own-breast21/cohorts/breast21/catalogue.tsv"
    wish = ["--config", "catalogue=resources/breast21.tsv", "rank=2", "--", made]
    status, said = without_rights(
        copy.root,
        *(sys.executable, "-m", "snakemake", "--cores", "1", *wish),
        HOME=str(home),
        XDG_CACHE_HOME=str(tmp_path / "cache"),
    )
    assert status == 0, said
    assert (copy / made).read_bytes() == (copy / "resources/breast21.tsv").read_bytes()


def test_a_clone_that_cannot_be_written_is_told_in_one_line(make_copy, read_only):
    copy = make_copy()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(PROJECT / name, copy.root)
    before = sorted(copy.root.rglob("*"))
    read_only(copy.root)
    status, said = without_rights(copy.root, "make", "run")
    assert status != 0
    line, of_make = said.strip().splitlines()
    assert line == f"error: {copy.root} cannot be written: clone nmfbench where it can"
    assert of_make.startswith("make: ***")
    assert sorted(copy.root.rglob("*")) == before
