"""The 96 channels, and the tables that are indexed by them: catalogues and signatures.

Rows are always put in the order of `CHANNELS` by their label, never by their position.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nmfbench.errors import InputError, nearest

SUBSTITUTIONS = ("C>A", "C>G", "C>T", "T>A", "T>C", "T>G")
CHANNELS = tuple(
    f"{before}[{substitution}]{after}"
    for substitution in SUBSTITUTIONS
    for before in "ACGT"
    for after in "ACGT"
)
INDEX_NAME = "MutationType"
WORDS = "word"  # heads the labels of a catalogue whose rows are no channels but words

#: What the first lines of a list of mutations have: VCF, MAF, SigProfiler's own text.
MUTATION_LISTS = (
    "##fileformat=VCF",
    "#CHROM\t",
    "Hugo_Symbol",
    "Tumor_Sample_Barcode",
    "mut_type\tchrom",
)

# COSMIC and the synthetic PCAWG sets round their signatures to 3 - 8 digits: columns sum to
# 0.999 - 1.0004. A column further away than this is no signature (a catalogue, percentages).
SUM_TOLERANCE = 0.01

MOST_COUNTED = 9_999_999_999  # of one kind in one sample: tables are written with 10 digits
MOST_BYTES = 2**30  # of a table, unpacked


def read_catalogue(path: str | Path) -> pd.DataFrame:
    """Read a catalogue of mutation counts, in any of the formats people have.

    Comma- or tab-separated or an array (``.npy``), gzipped or not, channels x samples or the other
    way round. The channel is either one column (``A[C>A]A``, any or no header) or two (``C>A`` and
    ``ACA``). An array is one of text, that is the table as it stands, or of records with named
    fields; one of numbers has no labels: its channels have to be in the order of `CHANNELS`, and
    its samples are numbered. A table whose first cell is ``word`` counts words in documents: its
    rows may have any name.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    DataFrame
        Counts, 96 x N: index `CHANNELS`, one float64 column per sample, in the file's order. Its
        ``attrs["format"]`` says in words which format the file has.

    Raises
    ------
    InputError
        On a channel that is missing, unknown or doubled; a doubled sample; a value that is no
        whole number from 0 to `MOST_COUNTED`; a sample or a channel without any mutation; an empty
        file; a list of mutations that are not counted yet.
    """
    path = Path(path)
    table = _read_table(path, "channel", "sample")
    table = table if table.index.name == WORDS else _by_channel(table, path)
    counts = table.to_numpy()
    fractions = counts != np.round(counts)
    if fractions.any():
        raise InputError(
            f"{path}: {_place(table, fractions, 'channel', 'sample')}: {counts[fractions][0]:.10g} "
            "is no whole number: a catalogue holds counts, not proportions"
        )
    if (counts > MOST_COUNTED).any():
        place = _place(table, counts > MOST_COUNTED, "channel", "sample")
        raise InputError(
            f"{path}: {place}: {counts.max():.15g} is no number of mutations: at most "
            f"{MOST_COUNTED:,} can be"
        )
    check_not_empty(table, str(path))
    return table


def read_signatures(path: str | Path) -> pd.DataFrame:
    """Read signatures, in the same formats as a catalogue.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    DataFrame
        Signatures, 96 x K: index `CHANNELS`, one column per signature, each scaled to sum to 1
        (published tables are rounded). ``attrs`` as of a catalogue.

    Raises
    ------
    InputError
        As `read_catalogue`; also on a column whose sum is more than 0.01 away from 1.
    """
    path = Path(path)
    table = _by_channel(_read_table(path, "channel", "signature"), path)
    sums = table.sum()
    off = (sums - 1).abs() > SUM_TOLERANCE
    if off.any():
        raise InputError(
            f"{path}: signature '{sums.index[off][0]}' sums to {sums[off].iloc[0]:.6g}, not to 1: "
            "divide each signature by its sum"
        )
    return table / sums


def read_exposures(path: str | Path) -> pd.DataFrame:
    """Read exposures: mutations per signature and sample.

    Parameters
    ----------
    path : str or Path
        The file: first column the signatures' names, one column per sample.

    Returns
    -------
    DataFrame
        Exposures, K x N: index the signatures' names, one float64 column per sample.

    Raises
    ------
    InputError
        On a doubled name, a value that is no number >= 0, an empty file.
    """
    return _read_table(Path(path), "signature", "sample")


def align_exposures(
    exposures: pd.DataFrame, signatures: Sequence[str], samples: Sequence[str], place: str
) -> pd.DataFrame:
    """Put true exposures (K x N) into the order of the signatures and of the catalogue.

    Raises
    ------
    InputError
        If they are not about these signatures and samples: names one that is missing.
    """
    for have, names, word, of in (
        (exposures.index, signatures, "signature", "true signatures"),
        (exposures.columns, samples, "sample", "catalogue"),
    ):
        for name in names:
            if name not in have:
                raise InputError(
                    f"{place}: no exposures of {word} '{name}', which is in the {of}: "
                    f"{nearest(name, have)}"
                )
        for name in have.difference(pd.Index(names), sort=False):
            raise InputError(
                f"{place}: exposures of {word} '{name}', which is not in the {of}: "
                f"{nearest(name, names)}"
            )
    return exposures.loc[list(signatures), list(samples)]


def check_not_empty(catalogue: pd.DataFrame, place: str) -> None:
    """Refuse a catalogue (96 x N) with a sample or a channel that holds no mutation at all.

    Raises
    ------
    InputError
        Naming the first such sample or channel, after `place`.
    """
    for word, sums in (("sample", catalogue.sum()), ("channel", catalogue.sum(axis=1))):
        empty = sums.index[sums == 0]
        if len(empty):
            raise InputError(
                f"{place}: {len(empty)} {word}(s) without any mutation, the first is "
                f"'{empty[0]}': remove the empty samples, or add samples until no channel is empty"
            )


def check_rank(
    catalogue: pd.DataFrame, rank: int, n_train: int | None = None, cohort: str = "catalogue"
) -> None:
    """Refuse a rank that is no compression of the catalogue.

    Parameters
    ----------
    catalogue : DataFrame
        Counts, 96 x N.
    rank : int
        The number of signatures, K.
    n_train : int, optional
        Different samples in the smallest training set; all N where not given.
    cohort : str
        The name used in the message.

    Raises
    ------
    InputError
        Unless ``1 <= K < min(96, n_train)``.
    """
    samples = "samples" if n_train is None else "different training samples"
    n_train = catalogue.shape[1] if n_train is None else n_train
    limit = min(len(catalogue), n_train)
    if limit < 2:
        raise InputError(
            f"cohort '{cohort}': {n_train} {samples.rstrip('s')} is too few for any number of "
            "signatures: add samples"
        )
    if not 1 <= rank < limit:
        raise InputError(
            f"cohort '{cohort}': rank {rank} does not fit {len(catalogue)} channels and {n_train} "
            f"{samples}: choose a rank of at least 1 and below {limit}"
        )


def _read_table(path: Path, row_word: str, column_word: str) -> pd.DataFrame:
    """Read a labelled table of finite numbers >= 0; the words name rows and columns in errors."""
    cells, container = _read_cells(path, column_word)
    cells, turned = _upright(cells, path, column_word)
    header, *rows = cells
    n_labels = _label_columns(rows[0])
    names = header[n_labels:]
    if not names:
        raise InputError(f"{path}: there are no {column_word}s: expected a column for each")
    labels = [_label(row[:n_labels]) for row in rows]
    _refuse_doubled(labels, row_word, path)
    _refuse_doubled(names, column_word, path)
    numbers = [row[n_labels:] for row in rows]
    index = pd.Index(labels, name=WORDS if header[0] == WORDS else None)
    table = pd.DataFrame(_numbers(numbers), index=index, columns=names)
    _check_numbers(table, numbers, path, row_word, column_word)
    table.attrs["format"] = f"{_form(header, n_labels)}, {container}{', transposed' * turned}"
    return table


def _upright(cells: list[list[str]], path: Path, column_word: str) -> tuple[list[list[str]], bool]:
    """Check that cells are a table, header first; turn one whose columns are the channels."""
    header, first, *_ = cells
    width = len(first)
    # R's write.table gives the column of row names no header.
    if len(header) == width - 1 and _label_columns(first) == 1:
        header = ["", *header]
    ragged = next((row for row in cells[1:] if len(row) != width), None)
    if ragged is not None:
        raise InputError(
            f"{path}: row '{ragged[0]}' has {len(ragged)} cells where the first has {width}: was "
            "the file cut off?"
        )
    known = {*CHANNELS, *SUBSTITUTIONS}
    if len(header) != width or header[0] in known:
        raise InputError(
            f"{path}: a header of {len(header)} cells, the first '{header[0]}', over rows of "
            f"{width}: expected the {column_word}s' names, one per column"
        )
    turned = len(known & set(header)) > 1
    cells = [header, *cells[1:]]
    return ([list(row) for row in zip(*cells, strict=True)] if turned else cells), turned


def _form(header: list[str], n_labels: int) -> str:
    """Name the format whose labels a table has."""
    if header[0] == WORDS:
        return "counts of words"
    if n_labels == 2:
        return "PCAWG form (C>A and ACA)"
    # MutationType, Mutation Types, MutationsType
    sigprofiler = re.fullmatch("mutations? ?types?", header[0].lower())
    return "SigProfiler matrix" if sigprofiler else "COSMIC or GEL form (A[C>A]A)"


def _check_numbers(
    table: pd.DataFrame, cells: Any, path: Path, row_word: str, column_word: str
) -> None:
    """Refuse what is not finite or below zero; `cells` is what stands in the file."""
    bad = ~(np.isfinite(table.to_numpy()) & (table.to_numpy() >= 0))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise InputError(
            f"{path}: {_place(table, bad, row_word, column_word)}: '{cells[row][column]}' is not "
            "a finite number >= 0"
        )


def _read_cells(path: Path, column_word: str) -> tuple[list[list[str]], str]:
    """Split a file into rows of stripped cells, at least two; say what it is a file of."""
    try:
        raw = path.read_bytes()
        zipped = raw[:2] == b"\x1f\x8b"
        raw = _unpack(raw) if zipped else raw
        if raw[:6] == b"\x93NUMPY":
            cells, container = _array_cells(raw, path, column_word)
        else:
            lines = raw.decode("utf-8-sig").splitlines()
            _refuse_mutations(lines, path)
            tabs = "\t" in next((x for x in lines if x.strip()), "")
            cells = list(csv.reader(lines, delimiter="\t" if tabs else ","))
            container = "tab-separated" if tabs else "comma-separated"
    except FileNotFoundError:
        raise InputError(f"{path}: no such file: check the path") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path}: cannot be read as a table ({error}): expected UTF-8 text, "
            "tab- or comma-separated, gzipped or not"
        ) from None
    cells = [row for row in ([cell.strip() for cell in row] for row in cells) if any(row)]
    if len(cells) < 2 or len(cells[1]) < 2:
        raise InputError(
            f"{path}: the file holds no table: expected a header and rows of numbers, tab- or "
            "comma-separated"
        )
    return cells, container + ", gzipped" * zipped


def _unpack(raw: bytes) -> bytes:
    """Unpack a gzipped table, and no more of it than a table has."""
    with gzip.open(io.BytesIO(raw)) as file:
        unpacked = file.read(MOST_BYTES + 1)
    if len(unpacked) > MOST_BYTES:
        raise OSError(f"more than {MOST_BYTES >> 20} MB when unpacked")
    return unpacked


def _refuse_mutations(lines: list[str], path: Path) -> None:
    """Refuse a list of mutations, with the command that counts them."""
    if any(word in line for line in lines[:100] for word in MUTATION_LISTS):
        name, tool = path.name.split(".")[0], "SigProfilerMatrixGenerator"
        raise InputError(
            f"{path}: a list of mutations (VCF or MAF), no counts: put those of all samples into a "
            f"directory DIR, count them by `{tool} matrix_generator {name} GRCh37 DIR` (or your "
            f"genome; once before: `pip install {tool}` and `{tool} install GRCh37`) and take "
            f"DIR/output/SBS/{name}.SBS96.all"
        )


def _array_cells(raw: bytes, path: Path, column_word: str) -> tuple[list[list[str]], str]:
    """Write an array as the cells of a table; one without labels gets them."""
    try:
        array = np.load(io.BytesIO(raw), allow_pickle=False)
        if array.dtype.names:
            rows = [list(map(str, row)) for row in array.tolist()]
            return [list(array.dtype.names), *rows], "array of records"
        if array.dtype.kind == "U" and array.ndim == 2:
            return array.tolist(), "array of text"
        if array.dtype.kind not in "biuf":
            raise TypeError(f"its values are {array.dtype}")
        array = array.astype(float)
    except (EOFError, ValueError, TypeError, MemoryError) as error:
        raise InputError(
            f"{path}: cannot be read as an array ({error}): save numbers, or a data frame with its "
            "labels as table.to_records(index_dtypes='U50')"
        ) from None
    if array.ndim != 2 or len(CHANNELS) not in array.shape:
        raise InputError(
            f"{path}: an array without labels, of shape {array.shape}: expected 96 channels x "
            f"{column_word}s"
        )
    array = array if array.shape[0] == len(CHANNELS) else array.T
    names = [f"{column_word}{n + 1:0{len(str(array.shape[1]))}d}" for n in range(array.shape[1])]
    rows = [
        [channel, *map(str, row)] for channel, row in zip(CHANNELS, array.tolist(), strict=True)
    ]
    return [["", *names], *rows], "array without labels, taken to be in COSMIC's order"


def _label_columns(row: list[str]) -> int:
    """Count the label columns: two for the PCAWG form ``C>A,ACA``, else one."""
    return 2 if row[0] in SUBSTITUTIONS else 1


def _label(cells: list[str]) -> str:
    """Join ``C>A`` and ``ACA`` to ``A[C>A]A``; anything else is left as it is, to be refused."""
    if len(cells) == 2 and re.fullmatch(f"[ACGT]{cells[0][:1]}[ACGT]", cells[1]):
        return f"{cells[1][0]}[{cells[0]}]{cells[1][2]}"
    return ",".join(cells)


def _numbers(cells: list[list[str]]) -> np.ndarray:
    """Turn text into float64; whatever is no number becomes NaN, 1_000 as well."""
    text = np.array(cells, dtype=str)
    try:
        numbers = text.astype(float)
    except ValueError:
        found = pd.to_numeric(text.ravel().astype(object), errors="coerce")
        numbers = found.astype(float).reshape(text.shape)
    return np.where(np.char.find(text, "_") < 0, numbers, np.nan)


def _refuse_doubled(names: list[str], word: str, path: Path) -> None:
    """Refuse a name that is empty or occurs twice."""
    if "" in names:
        raise InputError(f"{path}: {word} number {names.index('') + 1} has no name: name it")
    seen = pd.Series(names)
    if seen.duplicated().any():
        raise InputError(
            f"{path}: {word} '{seen[seen.duplicated()].iloc[0]}' occurs more than once: "
            "keep one of them"
        )


def _by_channel(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Put the rows in the order of `CHANNELS`; exactly these 96 must be there."""
    unknown = [label for label in table.index if label not in CHANNELS]
    missing = [channel for channel in CHANNELS if channel not in table.index]
    if unknown:
        hint = nearest(unknown[0], missing) if missing else "remove them"
        raise InputError(
            f"{path}: {len(unknown)} unknown channel(s), the first is '{unknown[0]}': {hint}"
            if len(missing) < 10
            else f"{path}: '{unknown[0]}' is no channel: rows are the 96 channels, such as "
            "'A[C>A]A' (or the columns 'C>A' and 'ACA'), columns are samples or signatures, or "
            "the other way round"
        )
    if missing:
        raise InputError(
            f"{path}: {len(missing)} of 96 channels missing, the first is '{missing[0]}': "
            "add them (with 0 where nothing was counted)"
        )
    return table.reindex(pd.Index(CHANNELS, name=INDEX_NAME))


def _place(table: pd.DataFrame, bad: np.ndarray, row_word: str, column_word: str) -> str:
    """Name the first bad cell of a table."""
    row, column = np.argwhere(bad)[0]
    return f"{column_word} '{table.columns[column]}', {row_word} '{table.index[row]}'"
