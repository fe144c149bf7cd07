"""The measured tables of the docs say what was measured."""

import re
from pathlib import Path

import coverage
import numpy as np
import pandas as pd
import pytest
import rank_rules

DOCS = Path("docs")


def test_the_page_of_intervals_is_that_of_its_table():
    text = (DOCS / "intervals.md").read_text(encoding="utf-8")
    minutes = float(re.search(r"\((\d+) CPU minutes\)", text)[1])
    assert text == coverage.page(pd.read_csv(DOCS / "intervals.tsv", sep="\t"), minutes)


def test_the_page_of_rank_rules_is_that_of_its_table():
    table = pd.read_csv(DOCS / "rank-rules.tsv", sep="\t")
    assert (DOCS / "rank-rules.md").read_text(encoding="utf-8") == rank_rules.document(table)


@pytest.mark.parametrize("kind", ["difference", "ratio"])
def test_coverage_and_width_are_as_by_hand(kind):
    """The effects are 1 to 5, their mean is 3: the intervals of 1, 3 and 5 hold it."""
    effects, half = np.arange(1, 6.0), np.array([2.5, 0.5, 0.5, 0.5, 2.5])
    back = np.exp if kind == "ratio" else np.asarray
    bounds = {"effect": effects, "like_low": effects - half, "like_high": effects + half}
    rows = pd.DataFrame({name: back(values) for name, values in bounds.items()})
    rows = rows.assign(kind=kind, models="made", metric="error", set="test")
    (found,) = coverage.judge(rows, "like_").to_dict("records")
    assert found["n"] == 5
    assert found["truth"] == pytest.approx(3)
    assert found["coverage"] == pytest.approx(3 / 5)
    assert found["width"] == pytest.approx(2 * half.mean() / (2 * 1.96 * np.sqrt(2.5)))


def test_the_shares_of_a_rule_are_as_by_hand():
    rules = {rule: [5, 4, 8, 5] for rule in rank_rules.RULES}
    table = pd.DataFrame({**rules, "k": 5, "low": [5, 4, 6, 5], "high": [5, 6, 8, 6]})
    *found, holds = rank_rules.shares(table)
    assert set(found) == {"50 / 75"}
    assert holds == "75, 2.2"
