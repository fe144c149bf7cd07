"""Files are written whole: to a temporary name beside the target, then renamed."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pandas as pd


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary path; rename it to `path` when the block ends without an error.

    The temporary name keeps the suffix, so that writers which choose the format by suffix work.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.{token_hex(4)}{path.suffix}")
    part.touch(exist_ok=False)  # as the umask has it
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def sha256(path: str | Path) -> str:
    """Checksum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_tsv(table: pd.DataFrame, path: str | Path, *, index: bool = False) -> None:
    """Write a table as TSV: 10 significant digits, ``NA`` for missing values."""
    with whole(path) as part:
        table.to_csv(part, sep="\t", index=index, float_format="%.10g", na_rep="NA")
