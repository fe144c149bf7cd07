"""What results were made from, and whether they are still what was made."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from nmfbench.errors import InputError
from nmfbench.files import sha256, whole

#: What the numbers depend on.
PACKAGES = ("nmfbench", "numpy", "scipy", "torch", "snakemake")

#: Keys of the config that name files of the user's.
FILES = ("catalogue", "reference")

#: Directories of a study in which files of several runs may lie beside each other.
SHOWN = ("figures", "tables")


def seal(path: str | Path) -> None:
    """Keep the checksum of a result, in ``results/{study}/checksums/`` as sha256sum writes it."""
    if (kept := _seal_of(path)) is not None:
        with whole(kept) as part:
            part.write_text(f"{sha256(path)}  {path}\n", encoding="utf-8")


def check_seal(path: str | Path) -> None:
    """Refuse a result that is not what its rule wrote; what has no checksum is let through.

    Raises
    ------
    InputError
        Naming the file.
    """
    kept = _seal_of(path)
    if kept is None or not kept.is_file():
        return
    if kept.read_text(encoding="utf-8").split()[:1] != [sha256(path)]:
        raise InputError(f"{path}: it was changed after it was written: delete it and run again")


def _seal_of(path: str | Path) -> Path | None:
    """Where the checksum of a file of ``results/{study}/`` is kept."""
    results, *below = Path(path).parts
    if results != "results" or len(below) < 2:
        return None
    return Path(results, below[0], "checksums", *below[1:-1], f"{below[-1]}.sha256")


def describe_run(study: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a run is made from.

    Parameters
    ----------
    study : the completed study
    config : the user's config

    Returns
    -------
    dict
        ``study``, ``study_sha256`` (of the completed study), ``seed``, ``files`` (sha256 of those
        of the user, by path) and ``versions``.
    """
    written = json.dumps(study, sort_keys=True, default=str)
    files = [config[key] for key in FILES if config.get(key)]
    return {
        "study": study["name"],
        "study_sha256": hashlib.sha256(written.encode()).hexdigest(),
        "seed": study["seed"],
        "catalogue": config.get("catalogue"),
        "files": {path: sha256(path) for path in files},
        "versions": {"python": python_version()} | {name: version(name) for name in PACKAGES},
    }


def check_same_catalogue(record: str | Path, run: Mapping[str, Any]) -> None:
    """Refuse to mix results of two catalogues that have one name.

    The same file with other counts is fitted again; another file with the same counts is the same.

    Parameters
    ----------
    record : path of ``run.json``, which may not be there yet
    run : what `describe_run` says of the run that begins

    Raises
    ------
    InputError
        Naming both files and the directory.
    """
    before, catalogue = _read_record(record), run["catalogue"]
    if catalogue is None or before is None:
        return
    old = before["catalogue"]
    if old not in (None, catalogue) and before["files"].get(old) != run["files"][catalogue]:
        raise InputError(
            f"{catalogue}: {Path(record).parent} has the results of another file, {old}: rename "
            "one of them, or move that directory away"
        )


def what_changed(record: str | Path, run: Mapping[str, Any]) -> str:
    """Say in one line that a directory was made from something else; nothing where it was not.

    Parameters and errors are those of `check_same_catalogue`.
    """
    before = _read_record(record)
    keys = ("study_sha256", "files")
    if before is None or all(before[key] == run[key] for key in keys):
        return ""
    return (
        f"{Path(record).parent} was made from another selection, or other counts: what depends on "
        "it is made again; figures and tables that are not of this run stay, and the page names "
        "them"
    )


def _read_record(record: str | Path) -> dict[str, Any] | None:
    """Read ``run.json``, if it is there."""
    try:
        before = json.loads(Path(record).read_text(encoding="utf-8"))
        return {key: before[key] for key in ("study_sha256", "catalogue", "files")}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        raise InputError(f"{record}: damaged: delete it and run again") from None


def who_locks(project: str | Path = ".") -> str:
    """Say in one line that another run works in a directory, or was killed there; else nothing."""
    project = Path(project).resolve()
    if not any((project / ".snakemake/locks").glob("*")):
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is somebody else's
            words = (process / "cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
            runs = any(Path(word).name == "snakemake" for word in words)
            if runs and int(process.name) != os.getpid() and (process / "cwd").resolve() == project:
                return f"another run is going on in {project}, process {process.name}: wait for it"
    return f"a run was killed in {project}: snakemake --unlock --cores 1, then the same command"


def left_over(results: str | Path, made: Iterable[str | Path]) -> list[str]:
    """List figures and tables of other runs: files in a study's directories that are not made.

    Returns
    -------
    list of str
        Paths below `results`, sorted.
    """
    results, expected = Path(results), {Path(path) for path in made}
    found = [path for name in SHOWN for path in (results / name).rglob("*") if path.is_file()]
    return sorted(path.relative_to(results).as_posix() for path in found if path not in expected)
