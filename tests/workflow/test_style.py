"""The house rules: formatters and linters are content, and rooms keep their order."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from nmfbench import __version__, imports

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "workflow" / "nmfbench"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = ("data", "factorize", "compare", "present")
FOR_ALL = {"errors", "files"}


def imported(path):
    """Full names of what a module of the package imports."""
    return [name for name in imports.imported(path, PACKAGE.parent) if name != "nmfbench"]


def run(*command):
    """Run a Python program in the project; its output is the message where it fails."""
    command = [sys.executable, "-m", *command]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_has_nothing_to_say():
    run("ruff", "check", "--no-cache", ".")


def test_python_files_are_formatted():
    run("ruff", "format", "--no-cache", "--check", ".")


def test_rule_files_are_formatted():
    # Without shfmt, which is no Python package; there are no shell directives.
    run("snakefmt", "--check", "--no-format-shell", "Snakefile", "workflow/rules")


# All studies have the same rules; these differ most in what the rules find.
@pytest.mark.parametrize("study", ["egendal2025", "james2026", "nasser2021", "own-ranks"])
def test_snakemake_lint_has_nothing_to_say(make_copy, study):
    said = make_copy().succeed("--lint", "--config", f"study={study}")
    assert "your workflow is in a good condition" in said


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_package_knows_nothing_of_snakemake(path):
    assert not [name for name in imported(path) if name.split(".")[0] == "snakemake"]


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in ROOMS],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_a_room_imports_only_from_the_rooms_before_it(path):
    room = path.relative_to(PACKAGE).parts[0]
    allowed = {*ROOMS[: ROOMS.index(room) + 1]} | FOR_ALL
    own = [name.split(".") for name in imported(path) if name.split(".")[0] == "nmfbench"]
    assert {name[1] for name in own} <= allowed


@pytest.mark.parametrize("name", sorted(FOR_ALL))
def test_what_is_for_all_imports_no_room(name):
    own = {name for name in imported(PACKAGE / f"{name}.py") if name.startswith("nmfbench")}
    assert not own


def test_every_module_is_of_a_room_or_known_here():
    first = {path.relative_to(PACKAGE).parts[0] for path in MODULES}
    for_rules = {"cli.py", "imports.py", "names.py", "provenance.py", "study.py"}
    assert first == {*ROOMS, "__init__.py", "errors.py", "files.py"} | for_rules


@pytest.mark.parametrize("name", ["nmfbench", "nmfbench-gpu"])
def test_the_pins_are_the_same_everywhere(name):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    conda = yaml.safe_load((PROJECT / "envs" / f"{name}.yaml").read_text(encoding="utf-8"))
    pip = next(entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict))
    assert [pin for pin in pip if not pin.startswith("--")] == project["dependencies"]
    constraints = (PROJECT / "envs" / "constraints.txt").read_text(encoding="utf-8").lower()
    extras = [pin for extra in project["optional-dependencies"].values() for pin in extra]
    for pin in project["dependencies"] + extras:
        assert re.search(rf"^{re.escape(pin.lower())}$", constraints, re.MULTILINE), pin


def test_the_version_is_the_same_everywhere():
    cited = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == __version__
    changes = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[0] == __version__


def test_no_file_tells_where_the_project_was_built():
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    place = re.compile(rb"\.\./share[d]|/wor[k]/")
    paths = [PROJECT / name for name in listed.stdout.splitlines() if not name.startswith(".ci/")]
    assert paths
    assert not [
        path for path in paths if path.is_file() and place.search(path.read_bytes()) is not None
    ]
