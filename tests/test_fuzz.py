"""Whatever a catalogue, a config or a study has in it: it is read, or refused in one line.

`make fuzz` looks for minutes; the suite for seconds, at the same places every time.
"""

import copy
import gzip
import os
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmfbench.data.catalogue import MOST_COUNTED, read_catalogue
from nmfbench.errors import InputError
from nmfbench.study import load_study, read_yaml

PROJECT = Path(__file__).parents[1]
CONFIG = read_yaml(PROJECT / "config.yaml")
STUDIES = [read_yaml(path) for path in sorted((PROJECT / "workflow/studies").glob("*.yaml"))]
TABLE = [
    line.split("\t")
    for line in (PROJECT / "resources/breast21.tsv").read_text(encoding="utf-8").splitlines()
]
FUZZ = int(os.environ.get("FUZZ", "0"))  # examples of each kind, of `make fuzz`
few = settings(
    max_examples=FUZZ or 40,
    deadline=None,
    derandomize=not FUZZ,
    suppress_health_check=list(HealthCheck),
    database=None,
)

WORDS = st.sampled_from(
    [
        *(
            "",
            "0",
            "-1",
            "1e308",
            "1e-320",
            "NaN",
            "inf",
            "1_000",
            "1,5",
            "0x10",
            "½",
            "null",
            "true",
        ),
        *("A[C>A]A", "C>A", "ACA", "word", "all", "auto", "../..", "a b", "$x$", "</script>", "'"),
    ]
)
TEXT = WORDS | st.text(max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def refused(read):
    """Whether something is refused, in one line; any other error is a finding."""
    try:
        read()
    except InputError as error:
        said = str(error)
        assert said
        assert len(said.splitlines()) == 1, said
        assert len(said) < 2000
        return True
    return False


@st.composite
def tables(draw):
    """A catalogue with cells, rows and columns that are changed, left out or doubled."""
    cells = [list(row) for row in TABLE]
    for _ in range(draw(st.integers(0, 4))):
        if not cells:
            break
        row = draw(st.integers(0, len(cells) - 1))
        match draw(st.sampled_from(["cell", "drop", "double", "cut", "column", "narrow"])):
            case "cell" if cells[row]:
                cells[row][draw(st.integers(0, len(cells[row]) - 1))] = draw(TEXT)
            case "drop":
                del cells[row]
            case "double":
                cells.insert(row, list(cells[row]))
            case "cut" if cells[row]:
                del cells[row][draw(st.integers(0, len(cells[row]) - 1)) :]
            case "column":
                cells = [[*line, draw(TEXT)] for line in cells]
            case "narrow":
                keep = draw(st.integers(0, 3))
                cells = [line[:keep] for line in cells]
    separator, end = draw(st.sampled_from("\t,; ")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    raw = end.join(separator.join(line) for line in cells).encode("utf-8", "surrogatepass")
    if draw(st.booleans()):
        raw = gzip.compress(raw)
    if draw(st.booleans()):
        raw = raw[: draw(st.integers(0, len(raw)))]
    return raw


@few
@given(raw=tables() | st.binary(max_size=200) | st.binary(max_size=80).map(b"\x93NUMPY".__add__))
def test_a_catalogue_is_read_or_refused_in_one_line(tmp_path_factory, raw):
    path = tmp_path_factory.getbasetemp() / "fuzzed.tsv"
    path.write_bytes(raw)
    found = []
    if refused(lambda: found.append(read_catalogue(path))):
        return
    counts = found[0].to_numpy()
    assert ((counts >= 0) & (counts <= MOST_COUNTED) & (counts == np.round(counts))).all()
    assert found[0].columns.is_unique
    assert counts.sum(axis=0).all()


@few
@given(changes=st.dictionaries(st.sampled_from([*CONFIG, "n_split"]), VALUES, max_size=3))
def test_a_config_is_read_or_refused_in_one_line(changes):
    refused(lambda: load_study(copy.deepcopy(CONFIG) | changes, PROJECT))


def places(value, at=()):
    """The places of a nested mapping or list."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*at, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*at, key))


@st.composite
def studies(draw):
    """A study with values that are changed, left out or new."""
    study = copy.deepcopy(draw(st.sampled_from(STUDIES)))
    for _ in range(draw(st.integers(1, 2))):
        *at, key = draw(st.sampled_from(list(places(study))))
        inner = study
        for step in at:
            inner = inner[step]
        match draw(st.sampled_from(["change", "drop", "add"])):
            case "change":
                inner[key] = draw(VALUES)
            case "drop":
                del inner[key]
            case "add" if isinstance(inner, dict):
                inner[draw(TEXT)] = draw(VALUES)
    return study


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose study can be written over."""
    root = tmp_path_factory.mktemp("fuzzed")
    (root / "workflow/studies").mkdir(parents=True)
    (root / "resources").symlink_to(PROJECT / "resources")
    return root


@few
@given(study=studies())
def test_a_study_is_read_or_refused_in_one_line(project, study):
    path = project / "workflow/studies/fuzzed.yaml"
    path.write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8", errors="replace")
    refused(lambda: load_study(copy.deepcopy(CONFIG) | {"study": "fuzzed"}, project))
