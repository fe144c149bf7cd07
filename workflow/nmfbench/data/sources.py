"""Sources: files that are fetched, from a mirror or from their url, and checked."""

import os
import shutil
import time
from dataclasses import dataclass, fields
from pathlib import Path

import requests
import yaml

from nmfbench.errors import InputError, nearest
from nmfbench.files import sha256, whole

MIRROR_VARIABLE = "NMFBENCH_MIRROR"
TIMEOUT_S = 60  # without an answer or without a further byte
FIRST_WAIT_S = 1.0  # before the first retry; doubled before each further one


@dataclass(frozen=True)
class Source:
    """Where a file comes from, what it must be, and on which terms it may be used."""

    url: str
    sha256: str
    bytes: int
    citation: str
    licence: str


class _BadFileError(Exception):
    """A file that is not what its source says."""


def load_sources(path: str | Path) -> dict[str, Source]:
    """Read the list of sources.

    Parameters
    ----------
    path : str or Path
        YAML, ``id: {url, sha256, bytes, citation, licence}``; the id is the file's path below a
        mirror.

    Returns
    -------
    dict of str to Source
        By id, in the file's order.

    Raises
    ------
    InputError
        On a file that is no such list, or an entry with missing or unknown keys.
    """
    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file: check the path") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(entries, dict):
        raise InputError(f"{path}: expected a mapping of ids to sources")
    return {str(source_id): _source(source_id, entry, path) for source_id, entry in entries.items()}


def pick(sources: dict[str, Source], source_id: str) -> Source:
    """Look up a source.

    Raises
    ------
    InputError
        On an unknown id, with the nearest known one.
    """
    if source_id not in sources:
        raise InputError(f"unknown source '{source_id}': {nearest(source_id, sources)}")
    return sources[source_id]


def mirror_directory(configured: str | None = None) -> Path | None:
    """Find the mirror: the configured directory, else that of NMFBENCH_MIRROR, else none.

    Raises
    ------
    InputError
        Where the directory does not exist.
    """
    name = configured or os.environ.get(MIRROR_VARIABLE)
    if not name:
        return None
    if not Path(name).is_dir():
        raise InputError(
            f"mirror '{name}' is no directory: correct the config key mirror or the variable "
            f"{MIRROR_VARIABLE}"
        )
    return Path(name)


def fetch(
    source_id: str,
    source: Source,
    destination: str | Path,
    mirror: str | Path | None = None,
    retries: int = 3,
) -> None:
    """Put a source's file in its place, whole and checked, or nothing at all.

    Parameters
    ----------
    source_id : str
        Its path below the mirror.
    source : Source
        Its url and what it must be.
    destination : str or Path
        Where to put it.
    mirror : str or Path, optional
        Directory that is looked in first.
    retries : int
        Further attempts after a failed download.

    Raises
    ------
    InputError
        Where the mirror's file is wrong, or there is none and every download fails.
    """
    with whole(destination) as part:
        copy = Path(mirror) / source_id if mirror else None
        if copy is not None and copy.is_file():
            _copy(source_id, source, copy, part)
        else:
            _download(source_id, source, part, mirror, retries)


def _source(source_id: object, entry: object, path: str | Path) -> Source:
    """Check one entry of the list."""
    known = {field.name: field.type for field in fields(Source)}
    keys = set(entry) if isinstance(entry, dict) else set()
    for key in sorted(keys - set(known), key=str):
        raise InputError(
            f"{path}: source '{source_id}': unknown key '{key}', {nearest(key, known)}"
        )
    for key, kind in known.items():
        if key not in keys or not isinstance(entry[key], kind):
            raise InputError(
                f"{path}: source '{source_id}': '{key}' must be given ({kind.__name__})"
            )
    return Source(**entry)


def _copy(source_id: str, source: Source, copy: Path, part: Path) -> None:
    """Take the file from the mirror."""
    try:
        _check_size(copy, source)
        shutil.copyfile(copy, part)
        _check(part, source)
    except (OSError, _BadFileError) as error:
        raise InputError(
            f"{source_id}: the mirror's file {copy} is wrong: {error}; "
            f"replace it by {source.url}, or delete it to have it downloaded"
        ) from None


def _download(
    source_id: str, source: Source, part: Path, mirror: str | Path | None, retries: int
) -> None:
    """Download the file; after a failure wait, each time longer, and try again."""
    reason = ""
    for attempt in range(retries + 1):
        if attempt:
            time.sleep(FIRST_WAIT_S * 2 ** (attempt - 1))
        try:
            _download_once(source, part)
            _check(part, source)
            return
        except (requests.RequestException, _BadFileError) as error:
            reason = _reason(error)
    absent = f"is not in the mirror {mirror} and " if mirror else ""
    raise InputError(
        f"{source_id}: {absent}could not be downloaded from {source.url} in {retries + 1} "
        f"attempt(s): {reason}; check the network, or put the file at <mirror>/{source_id} and "
        f"name that directory in the config key mirror or the variable {MIRROR_VARIABLE}"
    )


def _download_once(source: Source, part: Path) -> None:
    """Download a file, and no more of it than it should have."""
    with (
        requests.get(source.url, stream=True, timeout=TIMEOUT_S) as answer,
        part.open("wb") as file,
    ):
        answer.raise_for_status()
        for block in answer.iter_content(chunk_size=1 << 16):
            file.write(block)
            if file.tell() > source.bytes:
                raise _BadFileError(f"it has more than the {source.bytes} bytes that are expected")


def _check(path: Path, source: Source) -> None:
    """Compare size and sum with what the source says."""
    _check_size(path, source)
    found = sha256(path)
    if found != source.sha256:
        raise _BadFileError(f"its sha256 is {found} where {source.sha256} is expected")


def _check_size(path: Path, source: Source) -> None:
    size = path.stat().st_size
    if size != source.bytes:
        raise _BadFileError(f"{size} bytes where {source.bytes} are expected")


def _reason(error: Exception) -> str:
    """Say in one line why a download failed."""
    match error:
        case requests.HTTPError(response=answer):
            return f"HTTP {answer.status_code} {answer.reason}"
        case requests.exceptions.SSLError():
            return f"its certificate was refused ({_one_line(error)})"
        case requests.Timeout():
            return f"no answer within {TIMEOUT_S} s"
        case requests.exceptions.ChunkedEncodingError():
            return "the connection broke off"
        case requests.ConnectionError():
            return "no connection"
        case _:
            return _one_line(error)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
