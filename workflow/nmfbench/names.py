"""Names of a user's cohort and of directories of results; make asks here where these are."""

import re
import sys
import unicodedata
from pathlib import Path

#: What the names of catalogues end in.
SUFFIXES = (".gz", ".tsv", ".csv", ".txt", ".tab", ".npy", ".all", ".sbs96")


def own_name(file: str) -> str:
    """Name the cohort of a user's catalogue: that of its file, in letters, digits, - and _."""
    plain = unicodedata.normalize("NFKD", without_suffixes(file)).encode("ascii", "ignore")
    return re.sub("[^A-Za-z0-9_-]+", "-", plain.decode()).strip("-_") or "cohort"


def results_directory(study: str, catalogue: str | None) -> str:
    """Say where the results of a study are, from the project's directory."""
    return "results/" + "-".join([study, own_name(catalogue)] if catalogue else [study])


def without_suffixes(file: str) -> str:
    """Name of a file less what says how it is written: ``mine`` of ``x/mine.SBS96.tsv.gz``."""
    name = Path(file)
    while name.suffix.lower() in SUFFIXES:
        name = name.with_suffix("")
    return name.name


if __name__ == "__main__":  # STUDY CATALOGUE
    print(results_directory(*sys.argv[1:]))
