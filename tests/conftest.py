"""A small catalogue, and a copy of the project in which a workflow may run."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

# Before numpy is loaded: for small matrices, threads take more time than they save.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd
import pytest

PROJECT = Path(__file__).parents[1]
PARTS = ("Snakefile", "config.yaml", "CITATION.cff", "profiles", "envs", "resources", "workflow")


class Copy:
    """The project as somebody has it who has just cloned it."""

    def __init__(self, root):
        self.root = root
        root.mkdir()
        # What is compiled comes along, or every copy compiles it again; not what is half written.
        made = shutil.ignore_patterns("downloads", "*.egg-info", "*.pyc.*")
        for part in PARTS:
            if (PROJECT / part).is_dir():
                shutil.copytree(PROJECT / part, root / part, ignore=made)
            else:
                shutil.copy(PROJECT / part, root / part)

    def __truediv__(self, path):
        return self.root / path

    def twin(self, root):
        """The same once more, with its results."""
        other = object.__new__(type(self))
        other.root = Path(shutil.copytree(self.root, root, symlinks=True))
        return other

    def scores(self):
        """The long table of the demonstration, without the timings."""
        table = pd.read_csv(self / "results/demo/scores.tsv", sep="\t")
        return table[table["metric"] != "seconds"]

    def insert(self, script, lines):
        """Put lines before what a script does."""
        path = self / f"workflow/scripts/{script}.py"
        text = path.read_text(encoding="utf-8")
        assert text.count("\nwith script(") == 1
        path.write_text(text.replace("\nwith script(", f"\n{lines}\nwith script("), "utf-8")

    def start(self, *arguments, cores=("--cores", "2"), **environment):
        """Start Snakemake; the package is that of the copy, and there is no mirror."""
        env = {name: value for name, value in os.environ.items() if name != "NMFBENCH_MIRROR"}
        env |= {"PYTHONPATH": str(self.root / "workflow")}
        at_end = ("--max-jobs-per-timespan", "100/1s")  # how long it waits at the end
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *at_end, *cores, *arguments],
            cwd=self.root,
            env=env | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell's background jobs ignore Ctrl-C, and all that they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
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


@pytest.fixture(scope="module")
def chromium():
    """A real browser, Debian's: none is downloaded."""
    reason = "needs pip install -e '.[test]'"
    sync_api = pytest.importorskip("playwright.sync_api", reason=reason)
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        # As root it refuses to start with its sandbox.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def counts():
    """A small catalogue of Poisson counts from three overlapping signatures, 96 x 30."""
    rng = np.random.default_rng(7)
    S = rng.dirichlet(np.full(96, 0.3), size=3).T
    E = rng.gamma(1.0, 400.0, size=(3, 30))
    V = rng.poisson(S @ E).astype(float)
    return V + (V.sum(axis=1, keepdims=True) == 0)


@pytest.fixture
def mirror() -> Path:
    """The directory of files that may not be shipped."""
    name = os.environ.get("NMFBENCH_MIRROR")
    if not name:
        pytest.skip("needs files that may not be shipped: set NMFBENCH_MIRROR to their directory")
    return Path(name)
