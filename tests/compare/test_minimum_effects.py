"""The reasons of the smallest effects that matter quote the deposit and COSMIC: counted again."""

import re

import numpy as np
import pandas as pd
import pytest
import yaml

HALVES = 1000  # random ones of the 30 splits


@pytest.fixture(scope="module")
def reasons():
    with open("resources/minimum_effects.yaml", encoding="utf-8") as file:
        return {name: entry["reason"] for name, entry in yaml.safe_load(file).items()}


@pytest.fixture(scope="module")
def deposited():
    return pd.read_csv("resources/egendal2025_deposited.tsv", sep="\t", dtype={"split": str})


def quoted(reason):
    """The numbers of a reason."""
    return [float(number) for number in re.findall(r"\d+\.?\d*", reason.replace(",", ""))]


def of_models(table, **where):
    for column, value in where.items():
        table = table[table[column] == value]
    return [rows for _, rows in table.groupby(["cohort", "model"])]


def halves():
    rng = np.random.default_rng(0)
    for _ in range(HALVES):
        order = rng.permutation(30)
        yield order[:15], order[15:]


def test_training_errors_of_halves(deposited, reasons):
    found = []
    for rows in of_models(deposited, metric="error", set="train"):
        values = rows["value"].to_numpy()
        apart = [abs(np.log(values[a].mean() / values[b].mean())) for a, b in halves()]
        found.append(100 * np.expm1(np.median(apart)))
    assert [min(found), max(found)] == pytest.approx(quoted(reasons["error"])[1:3], abs=1)


def test_consistency_of_halves(deposited, reasons):
    middle, far = [], []
    upper = np.triu_indices(15, 1)
    for rows in of_models(deposited, metric="sc"):
        square = np.zeros((30, 30))
        one, other = rows["split"].astype(int), rows["other_split"].astype(int)
        square[one, other] = square[other, one] = rows["value"]
        means = [[square[np.ix_(half, half)][upper].mean() for half in both] for both in halves()]
        apart = np.abs(np.subtract(*np.transpose(means)))
        middle.append(np.median(apart))
        far.append(np.quantile(apart, 0.95))
    expected = quoted(reasons["sc"])[1:5]
    assert [min(middle), max(middle), min(far), max(far)] == pytest.approx(expected, abs=0.006)


def test_cosines_of_splits_and_consensus(deposited, reasons):
    spread = {}
    for metric in ("cosmic_cosine", "signal_cosine"):
        found = []
        for rows in of_models(deposited, metric=metric):
            consensus = rows["split"] == "consensus"
            values = rows.loc[~consensus, "value"]
            found.append((values.std(), abs(rows.loc[consensus, "value"].item() - values.mean())))
        spread[metric] = np.transpose(found)
    low, high, apart = quoted(reasons["cosmic_cosine"])[:3]
    sd, differences = spread["cosmic_cosine"]
    assert (sd.min(), sd.max()) == pytest.approx((low, high), abs=0.005)
    assert differences.max() == pytest.approx(apart, abs=0.005)
    assert spread["signal_cosine"][0].max() == pytest.approx(
        quoted(reasons["signal_cosine"])[0], abs=0.005
    )


def test_a_signature_drawn_again(cosmic, reasons):
    mutations, low, high = quoted(reasons["acs_truth"])[:3]
    rng, found = np.random.default_rng(0), []
    for p in cosmic.to_numpy().T:
        drawn = rng.multinomial(int(mutations), p / p.sum(), size=20)
        found += list(drawn @ p / np.linalg.norm(drawn, axis=1) / np.linalg.norm(p))
    assert np.quantile(found, [0.05, 0.95]) == pytest.approx([low, high], abs=0.005)
    assert cosmic.shape[1] == 86
