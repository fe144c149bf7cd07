"""How a script of the workflow runs: output to its log, bad input as one line."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from nmfbench.errors import InputError


@contextmanager
def script(log: str | Path) -> Iterator[None]:
    """Send what is printed to `log`; end an `InputError` with its one line instead of a traceback.

    Raises
    ------
    SystemExit
        After an InputError, with its line on the terminal and in the log. Where a scheduler or
        Snakemake asks for the end (SIGTERM): half-written files are removed on the way.
    """
    terminal = sys.stderr
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with open(log, "w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        try:
            yield
        except InputError as error:
            print(f"error: {error}", file=file)
            print(f"error: {error}", file=terminal)
            raise SystemExit(1) from None
