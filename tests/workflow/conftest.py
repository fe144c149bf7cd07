"""A copy of the project in which a workflow may run, and how to run it there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config.yaml", "CITATION.cff", "profiles", "envs", "resources", "workflow")


class Copy:
    """The project as somebody has it who has just cloned it."""

    def __init__(self, root):
        self.root = root
        root.mkdir()
        made = shutil.ignore_patterns("downloads", "__pycache__", "*.egg-info")
        for part in PARTS:
            if (PROJECT / part).is_dir():
                shutil.copytree(PROJECT / part, root / part, ignore=made)
            else:
                shutil.copy(PROJECT / part, root / part)

    def __truediv__(self, path):
        return self.root / path

    def start(self, *arguments, **environment):
        """Start Snakemake; the package is that of the copy, and there is no mirror."""
        env = {name: value for name, value in os.environ.items() if name != "NMFBENCH_MIRROR"}
        env |= {"PYTHONPATH": str(self.root / "workflow")}
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=self.root,
            env=env | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments, **environment):
        """Run Snakemake to its end; returns the exit status and all that it said."""
        process = self.start(*arguments, **environment)
        said, _ = process.communicate(timeout=600)
        return process.returncode, said

    def succeed(self, *arguments, **environment):
        """Run Snakemake, which has to succeed; returns what it said."""
        status, said = self.run(*arguments, **environment)
        assert status == 0, said
        return said


@pytest.fixture(scope="session")
def make_copy(tmp_path_factory):
    """A function that makes a new copy of the project."""
    return lambda: Copy(tmp_path_factory.mktemp("run") / "project")
