"""How a script of the workflow runs: output to its log, bad input as one line, files as written."""

import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Protocol

from nmfbench.errors import InputError
from nmfbench.provenance import check_seal, seal


class Work(Protocol):
    """What Snakemake gives to a script, as far as it is used here: paths."""

    input: Iterable[str]
    output: Iterable[str]
    log: list[str]


@contextmanager
def script(work: Work) -> Iterator[None]:
    """Run a script: check its input, send what is printed to its log, seal its output.

    An `InputError` ends it with one line instead of a traceback.

    Raises
    ------
    SystemExit
        After an InputError, with its line on the terminal and in the log. Where a scheduler or
        Snakemake asks for the end (SIGTERM): half-written files are removed on the way.
    """
    terminal = sys.stderr
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with (
        open(work.log[0], "w", encoding="utf-8") as file,
        redirect_stdout(file),
        redirect_stderr(file),
    ):
        try:
            for path in work.input:
                check_seal(path)
            yield
            for path in work.output:
                seal(path)
        except InputError as error:
            print(f"error: {error}", file=file)
            print(f"error: {error}", file=terminal)
            raise SystemExit(1) from None
