import hashlib
import re

import numpy as np
import pandas as pd
import pytest

from nmfbench.data.catalogue import CHANNELS, read_catalogue, read_signatures
from nmfbench.data.reference import is_observed, previously_observed
from nmfbench.data.sources import load_sources

SUMS = {
    "COSMIC_v3.4_SBS_GRCh37.txt":
        "23fd5f7a0bd63c61e8fc4410721560ef34c024de73434dbea6021da37c04a9dd",
    "breast21.tsv": "8de3e21407dd2199115bc814cce659d44bb8f1ad19b0faa1bb8687ade0ae6016",
    "egendal2025_deposited.tsv":
        "c03cf64fa822073814deb13fb60140216374103fb8263e1cf4f999d939e22fde",
    "egendal2025_reference.tsv": "0291a3316a543610ba4e7255afe65d37a9663ebdc5876ba461f8570333a49487",
    "egendal2025_test_samples.tsv":
        "88744f3247d5e5f47dab0a35352141fd32d6cf5c187a6ade2b66aa609978313d",
    "tablesort.min.js": "ee99f17ebc985170899a004e9f6bf09e7f60eb4b459b6bfe6683cf0140352c63",
}  # fmt: skip


@pytest.mark.parametrize("name", SUMS)
def test_sums(resources, name):
    assert hashlib.sha256((resources / name).read_bytes()).hexdigest() == SUMS[name]


def test_every_file_is_described_and_nothing_else_is_shipped(resources):
    described = set(re.findall(r"^\| `([\w.]+)` \|", (resources / "README.md").read_text(), re.M))
    # The directory may hold git-ignored downloads.
    shipped = {x.name for x in resources.iterdir() if x.is_file()}
    assert shipped == described | {"README.md"}


def test_cosmic(resources):
    raw = pd.read_csv(resources / "COSMIC_v3.4_SBS_GRCh37.txt", sep="\t", index_col=0)
    cosmic = read_signatures(resources / "COSMIC_v3.4_SBS_GRCh37.txt")
    assert cosmic.shape == (96, 86)
    assert {"SBS1", "SBS3", "SBS5", "SBS40a", "SBS99"} <= set(cosmic.columns)
    np.testing.assert_allclose(cosmic.sum(), 1, rtol=1e-12)
    np.testing.assert_allclose(cosmic, raw.loc[list(CHANNELS)], rtol=1e-6)
    # Deamination of methylated cytosine: SBS1 is C>T at NCG.
    assert set(cosmic["SBS1"].nlargest(4).index) == {f"{x}[C>T]G" for x in "ACGT"}


def test_breast21(resources):
    catalogue = read_catalogue(resources / "breast21.tsv")
    assert catalogue.shape == (96, 21)
    assert (resources / "breast21.tsv").read_text().startswith("MutationType\tPD3851a\t")
    assert catalogue.sum().sum() == 183_916
    # PD4120a has most mutations by far, those of APOBEC (C>T and C>G at TCA, TCT).
    assert catalogue.sum().idxmax() == "PD4120a"
    assert set(catalogue["PD4120a"].nlargest(4).index) == {
        "T[C>T]A", "T[C>G]T", "T[C>T]T", "T[C>G]A",
    }  # fmt: skip


def test_published_splits(resources):
    table = pd.read_csv(resources / "egendal2025_test_samples.tsv", sep="\t")
    assert list(table.columns) == ["cohort", "split", "test_sample"]
    assert not table.duplicated().any()
    sizes = table.groupby(["cohort", "split"]).size().unstack("cohort")
    assert sizes.index.tolist() == list(range(30))
    for cohort, n in {"ovary": 105, "prostate": 63, "uterus": 143}.items():
        assert (sizes[cohort] == n).all()


def test_reference_numbers(resources):
    table = pd.read_csv(resources / "egendal2025_reference.tsv", sep="\t")
    key = ["item", "cohort", "method", "loss", "metric"]
    assert list(table.columns) == [*key, "value", "source"]
    assert not table.duplicated(key).any()
    assert (table["value"] >= 0).all()


def test_previously_observed(resources):
    path = resources / "previously_observed.tsv"
    table = pd.read_csv(path, sep="\t")
    assert not table.isna().any().any()
    assert not table.duplicated(["cohort", "signature"]).any()
    assert table["cohort"].value_counts().to_dict() == {"ovary": 12, "prostate": 14, "uterus": 14}
    cosmic = pd.read_csv(resources / "COSMIC_v3.4_SBS_GRCh37.txt", sep="\t", index_col=0)
    known = set(cosmic.columns) | {re.sub("[a-z]$", "", x) for x in cosmic.columns}
    assert set(table["signature"]) <= known
    for cohort in ("ovary", "prostate", "uterus"):
        assert is_observed("SBS40b", previously_observed(path, cohort))


def test_sources(resources):
    sources = load_sources(resources / "sources.yaml")
    assert len(sources) == 48
    for name, source in sources.items():
        assert re.fullmatch(r"[\w.]+(/[\w.]+)+", name)
        assert source.url.startswith("https://")
        assert re.fullmatch("[0-9a-f]{64}", source.sha256)
        assert source.bytes > 0
        assert source.citation
        assert source.licence
    cosmic = sources["reference/COSMIC_v3.4_SBS_GRCh37.txt"]
    assert cosmic.sha256 == SUMS["COSMIC_v3.4_SBS_GRCh37.txt"]


def test_mirror_holds_what_the_sources_say(resources, mirror):
    for name, source in load_sources(resources / "sources.yaml").items():
        content = (mirror / name).read_bytes()
        assert len(content) == source.bytes, name
        assert hashlib.sha256(content).hexdigest() == source.sha256, name
