import gzip
import io

import numpy as np
import pandas as pd
import pytest

from nmfbench.data.catalogue import (
    CHANNELS,
    align_exposures,
    check_rank,
    read_catalogue,
    read_exposures,
    read_signatures,
)
from nmfbench.errors import InputError
from nmfbench.files import write_tsv


def counts(samples=("s1", "s2")):
    values = np.random.default_rng(1).integers(1, 1000, (96, len(samples)))
    return pd.DataFrame(
        values.astype(float), index=pd.Index(CHANNELS, name="MutationType"), columns=list(samples)
    )


def text(table, sep="\t", label="MutationType", eol="\n"):
    """The table in SigProfiler's format (or COSMIC's, with label "Type")."""
    rows = [sep.join([label, *table.columns])]
    rows += [sep.join([name, *(f"{x:g}" for x in row)]) for name, row in table.iterrows()]
    return eol.join(rows) + eol


def pcawg(table):
    lines = text(table, ",").splitlines()
    body = [f"{x[2:5]},{x[0]}{x[2]}{x[6]}{x[7:]}" for x in lines[1:]]
    return "\n".join(["Mutation type,Trinucleotide," + ",".join(table.columns), *body]) + "\n"


def gel(table):
    header, body = text(table).split("\n", 1)
    return header.split("\t", 1)[1] + "\n" + body


def transposed(content, sep="\t"):
    rows = [line.split(sep) for line in content.splitlines()]
    return "\n".join(sep.join(row) for row in zip(*rows, strict=True)) + "\n"


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def cells(content):
    """The table as an array of text."""
    return np.array([line.split("\t") for line in content.splitlines()])


def records(table):
    return table.to_records(index_dtypes="U50")


def edit(row, column, value):
    """SigProfiler text in which one cell (channel row, sample column) is replaced."""
    lines = [line.split("\t") for line in text(counts()).splitlines()]
    lines[row + 1][column + 1] = value
    return "\n".join("\t".join(line) for line in lines) + "\n"


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_channels():
    assert len(set(CHANNELS)) == 96
    assert CHANNELS[:6] == ("A[C>A]A", "A[C>A]C", "A[C>A]G", "A[C>A]T", "C[C>A]A", "C[C>A]C")
    assert CHANNELS[16] == "A[C>G]A"
    assert CHANNELS[-1] == "T[T>G]T"


SIGPROFILER, COSMIC = "SigProfiler matrix", "COSMIC or GEL form (A[C>A]A)"
PCAWG = "PCAWG form (C>A and ACA)"


def formats(V):
    """A table in every format, and what that is called."""
    quoted = "\n".join(f'"{x}"' for x in gel(V).strip().replace("\t", '"\t"').split("\n"))
    shuffled = V.sample(frac=1, random_state=1)
    return {
        "sigprofiler": (text(V), f"{SIGPROFILER}, tab-separated"),
        "mutation types": (text(V, label="Mutation Types"), f"{SIGPROFILER}, tab-separated"),
        "cosmic": (text(V, label="Type"), f"{COSMIC}, tab-separated"),
        "no label": (text(V, label=""), f"{COSMIC}, tab-separated"),
        "csv": (text(V, sep=","), f"{SIGPROFILER}, comma-separated"),
        "gel": (gel(V), f"{COSMIC}, tab-separated"),
        "pcawg": (pcawg(V), f"{PCAWG}, comma-separated"),
        "crlf": (text(V, eol="\r\n"), f"{SIGPROFILER}, tab-separated"),
        "bom": (text(V, eol="\r\n").encode("utf-8-sig"), f"{SIGPROFILER}, tab-separated"),
        "gz": (gzip.compress(text(V).encode()), f"{SIGPROFILER}, tab-separated, gzipped"),
        "blank": (text(V) + "\n\n", f"{SIGPROFILER}, tab-separated"),
        "quoted": (quoted, f"{COSMIC}, tab-separated"),
        "reordered": (text(shuffled), f"{SIGPROFILER}, tab-separated"),
        "pcawg reordered": (pcawg(V.iloc[::-1]), f"{PCAWG}, comma-separated"),
        "transposed": (transposed(text(V)), f"{SIGPROFILER}, tab-separated, transposed"),
        "gel transposed": (gel(V.T), f"{COSMIC}, tab-separated, transposed"),
        "pcawg transposed gz": (
            gzip.compress(transposed(pcawg(V), ",").encode()),
            f"{PCAWG}, comma-separated, gzipped, transposed",
        ),
        "npy of text": (npy(cells(text(V))), f"{SIGPROFILER}, array of text"),
        "npy of records": (npy(records(V)), f"{SIGPROFILER}, array of records"),
        "npy of records transposed gz": (
            gzip.compress(npy(records(V.T))),
            f"{COSMIC}, array of records, gzipped, transposed",
        ),
    }


FORMATS = list(formats(counts()))


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_told_apart_and_give_the_same_bytes(tmp_path, name):
    content, form = formats(counts())[name]
    read = read_catalogue(write(tmp_path / "catalogue.any", content))
    pd.testing.assert_frame_equal(read, counts())
    assert read.attrs["format"] == form
    for file, table in (("read", read), ("expected", counts())):
        write_tsv(table, tmp_path / file, index=True)
    assert (tmp_path / "read").read_bytes() == (tmp_path / "expected").read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_signatures_come_in_the_formats_of_a_catalogue(tmp_path, name):
    table = (counts() / counts().sum()).map(lambda share: float(f"{share:g}"))
    content, form = formats(table)[name]
    read = read_signatures(write(tmp_path / "signatures.any", content))
    pd.testing.assert_frame_equal(read, table / table.sum())
    assert read.attrs["format"] == form


def test_written_catalogue_is_read_back_exactly(tmp_path):
    table = counts(["GEL-1", "a b", "123"]) * 1e6
    write_tsv(table, tmp_path / "v.tsv", index=True)
    pd.testing.assert_frame_equal(read_catalogue(tmp_path / "v.tsv"), table)


def without(*channels):
    return text(counts().drop(list(channels)))


def zero(sample=None, channel=None):
    table = counts()
    if sample:
        table[sample] = 0
    if channel:
        table.loc[channel] = 0
    return text(table)


VCF = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n1\t100\t.\tC\tA\n"
MAF = "#version 2.4\nHugo_Symbol\tChromosome\tTumor_Sample_Barcode\nTP53\t17\ts1\n"


def npy_of_objects():
    """What numpy makes of a data frame with text and numbers; it takes pickle to be read."""
    file = io.BytesIO()
    np.save(file, counts().reset_index().to_numpy(), allow_pickle=True)
    return file.getvalue()


BAD_CATALOGUES = {
    "missing": (without("A[C>A]A", "T[T>G]T"), r"2 of 96 channels missing.*'A\[C>A\]A'"),
    "unknown": (text(counts()).replace("A[C>A]A", "A[C>A]N"), r"'A\[C>A\]N'.*did you mean 'A\[C>A"),
    "extra": (text(counts()) + "N[C>A]N\t1\t2\n", r"'N\[C>A\]N': remove"),
    "doubled channel": (text(counts()) + "A[C>A]A\t1\t2\n", r"channel 'A\[C>A\]A' occurs more"),
    "purine": (pcawg(counts()).replace("C>A,ACA", "C>A,AGA"), "'C>A,AGA'"),
    "no channels": ("sample\tx\ty\ns1\t1\t2\n", "'s1' is no channel: rows are"),
    "no header": (text(counts()).split("\n", 1)[1], r"'A\[C>A\]A', over rows of 3: expected"),
    "missing, transposed": (
        transposed(without("A[C>A]A")),
        r"1 of 96 channels missing.*'A\[C>A\]A'",
    ),
    "negative, transposed": (
        transposed(edit(1, 1, "-3")),
        r"sample 's2', channel 'A\[C>A\]C': '-3' is not",
    ),
    "ragged, transposed": (transposed(text(counts())).rsplit("\t", 1)[0], "row 's2' has 96 cells"),
    "vcf": (VCF, "VCF or MAF.*`SigProfilerMatrixGenerator matrix_generator bad GRCh37 DIR`"),
    "vcf.gz": (gzip.compress(VCF.encode()), "take DIR/output/SBS/bad.SBS96.all"),
    "maf": (MAF, "`pip install SigProfilerMatrixGenerator`"),
    "npy of objects": (npy_of_objects(), "Object arrays cannot be loaded.*to_records"),
    "broken npy": (npy(counts().to_numpy())[:-20], "cannot be read as an array"),
    "npy, negative": (npy(cells(edit(1, 1, "-3"))), r"channel 'A\[C>A\]C': '-3' is not"),
    "npy of one row": (npy(np.ones(96)), r"without labels, of shape \(96,\): expected 96 channels"),
    "doubled sample": (text(counts(["s1", "s1"])), "sample 's1' occurs more than once"),
    "unnamed sample": (text(counts(["s1", ""])), "sample number 2 has no name"),
    "negative": (edit(1, 1, "-3"), r"sample 's2', channel 'A\[C>A\]C': '-3' is not"),
    "nan": (edit(95, 0, "NaN"), r"sample 's1', channel 'T\[T>G\]T': 'NaN' is not"),
    "NA": (edit(95, 0, "NA"), "sample 's1'.*'NA' is not"),
    "blank cell": (edit(2, 0, ""), r"sample 's1', channel 'A\[C>A\]G': '' is not"),
    "text": (edit(2, 0, "many"), r"sample 's1', channel 'A\[C>A\]G': 'many' is not"),
    "infinite": (edit(2, 0, "inf"), "'inf' is not"),
    "fraction": (edit(2, 1, "1.5"), r"sample 's2', channel 'A\[C>A\]G': 1.5 is no whole number"),
    "zero sample": (zero(sample="s2"), "1 sample.* without any mutation, the first is 's2'"),
    "zero channel": (zero(channel="G[C>G]G"), r"1 channel.* without any.* 'G\[C>G\]G'"),
    "ragged": (text(counts()).rsplit("\t", 1)[0], r"'T\[T>G\]T' has 2 cells where the first has 3"),
    "header": (text(counts()).replace("MutationType\ts1", "s1\tx\ty"), "a header of 4 cells"),
    "empty": ("", "holds no table"),
    "only header": ("MutationType\ts1\n", "holds no table"),
    "no samples": ("\n".join(["MutationType", *CHANNELS]), "holds no table"),
    "no samples, pcawg": (pcawg(counts([])).replace("ide,", "ide"), "there are no samples"),
    "binary": (b"\x89PNG\xff\xfe\x00", "cannot be read as a table"),
    "broken gz": (gzip.compress(text(counts()).encode())[:-20], "cannot be read as a table"),
}


@pytest.mark.parametrize(("content", "message"), BAD_CATALOGUES.values(), ids=BAD_CATALOGUES)
def test_bad_catalogue_is_refused_in_one_line(tmp_path, content, message):
    path = write(tmp_path / "bad.tsv", content)
    with pytest.raises(InputError, match=message) as caught:
        read_catalogue(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_catalogue(tmp_path / "none.tsv")
    with pytest.raises(InputError, match="cannot be read"):
        read_catalogue(tmp_path)


def test_signatures_are_scaled_to_sum_to_one(tmp_path):
    table = counts(["A", "B"])
    table = table / table.sum() * [1.004, 0.996]
    write_tsv(table, tmp_path / "s.tsv", index=True)
    read = read_signatures(tmp_path / "s.tsv")
    np.testing.assert_allclose(read.sum(), 1, rtol=1e-12)
    np.testing.assert_allclose(read, table / table.sum(), rtol=1e-9)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (np.full(96, 1 / 50), "signature 'B' sums to 1.92, not to 1"),
        (np.zeros(96), "signature 'B' sums to 0, not to 1"),
        (np.r_[-0.5, np.full(95, 1.5 / 95)], r"signature 'B', channel 'A\[C>A\]A': '-0.5' is not"),
    ],
)
def test_bad_signatures_are_refused(tmp_path, column, message):
    table = pd.DataFrame({"A": np.full(96, 1 / 96), "B": column}, index=CHANNELS)
    write_tsv(table, tmp_path / "s.tsv", index=True)
    with pytest.raises(InputError, match=message):
        read_signatures(tmp_path / "s.tsv")


def test_exposures(tmp_path):
    path = write(tmp_path / "e.csv", '"","a","b"\n"SBS5",1.5,0\n"SBS3",2,4\n')
    expected = pd.DataFrame({"a": [1.5, 2.0], "b": [0.0, 4.0]}, index=["SBS5", "SBS3"])
    pd.testing.assert_frame_equal(read_exposures(path), expected)
    write(path, '"","a","b"\n"SBS5",1.5,-1\n')
    with pytest.raises(InputError, match="sample 'b', signature 'SBS5': '-1'"):
        read_exposures(path)


def test_true_exposures_are_put_in_order_or_refused():
    table = pd.DataFrame({"b": [1.0, 2.0], "a": [3.0, 4.0]}, index=["SBS5", "SBS3"])
    aligned = align_exposures(table, ["SBS3", "SBS5"], ["a", "b"], "e.csv")
    assert aligned.to_numpy().tolist() == [[4.0, 2.0], [3.0, 1.0]]
    for signatures, samples, message in (
        (
            ["SBS3", "SBS5", "SBS8"],
            ["a", "b"],
            "no exposures of signature 'SBS8', which is in the true",
        ),
        (
            ["SBS3"],
            ["a", "b"],
            "exposures of signature 'SBS5', which is not in the true signatures",
        ),
        (
            ["SBS3", "SBS5"],
            ["a", "b", "c"],
            "no exposures of sample 'c', which is in the catalogue",
        ),
        (["SBS3", "SBS5"], ["a"], "exposures of sample 'b', which is not in the catalogue"),
    ):
        with pytest.raises(InputError, match=f"e.csv: {message}"):
            align_exposures(table, signatures, samples, "e.csv")


def test_an_array_has_channels_in_order_and_numbered_samples(tmp_path):
    values = counts([f"s{i}" for i in range(12)]).to_numpy()
    for name, array in (("a", values), ("b", values.T)):
        np.save(tmp_path / f"{name}.npy", array)
        read = read_catalogue(tmp_path / f"{name}.npy")
        assert list(read.columns) == [f"sample{i:02d}" for i in range(1, 13)]
        assert read.index.equals(pd.Index(CHANNELS, name="MutationType"))
        assert (read.to_numpy() == values).all()
        assert "array without labels, taken to be in COSMIC's order" in read.attrs["format"]
    bad = values.copy()
    bad[2, 3] = -1
    for array, message in (
        (bad, r"sample 'sample04', channel 'A\[C>A\]G': '-1.0' is not"),
        (values[:95], r"without labels, of shape \(95, 12\): expected 96 channels x samples"),
        (np.array([["a"]]), "holds no table"),
    ):
        np.save(tmp_path / "bad.npy", array)
        with pytest.raises(InputError, match=message):
            read_catalogue(tmp_path / "bad.npy")
    with pytest.raises(InputError, match="no such file"):
        read_catalogue(tmp_path / "none.npy")


@pytest.mark.parametrize(
    ("rank", "n_train", "good"),
    [(1, None, True), (20, None, True), (21, None, False), (0, None, False), (16, 16, False),
     (15, 16, True)],
)  # fmt: skip
def test_rank_below_channels_and_training_samples(rank, n_train, good):
    table = counts([f"s{i}" for i in range(21)])
    if good:
        check_rank(table, rank, n_train, "mine")
    else:
        with pytest.raises(InputError, match=f"cohort 'mine': rank {rank} does not fit"):
            check_rank(table, rank, n_train, "mine")


def test_rank_below_96():
    table = counts([f"s{i}" for i in range(200)])
    check_rank(table, 95)
    with pytest.raises(InputError, match="below 96"):
        check_rank(table, 96)


@pytest.mark.parametrize(("name", "n"), [("Ovary", 523), ("Prostate", 311), ("Uterus", 713)])
def test_gel_catalogues(mirror, name, n):
    path = mirror / f"gel/catalogues_{name}_SBS.tsv"
    read = read_catalogue(path)
    plain = pd.read_csv(path, sep="\t")
    assert read.shape == (96, n)
    assert list(read.columns) == list(plain.columns)
    assert (read.to_numpy() == plain.loc[list(CHANNELS)].to_numpy()).all()


def test_scenario_8_is_the_rounded_product_of_its_truth(mirror):
    folder = mirror / "simulated/syn.3.5.40.abst_sp.sp"
    catalogue = read_catalogue(folder / "catalog.csv")
    signatures = read_signatures(folder / "sigs.csv")
    exposures = read_exposures(folder / "exposures.csv")
    assert list(signatures.columns) == list(exposures.index) == ["SBS5", "SBS40", "SBS3"]
    assert list(catalogue.columns) == list(exposures.columns)
    # 0.5 for the rounding, the rest for signatures that summed to 0.9996 - 1.0002
    assert (catalogue - signatures @ exposures).abs().to_numpy().max() < 0.76
