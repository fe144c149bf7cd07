"""The figures and the table of noise models, from made tables."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from nmfbench.present import style
from nmfbench.present.figures import features, likelihood, profile, residuals
from nmfbench.present.tables.noise import make as noise_table
from nmfbench.present.tables.render import to_html

STUDY = {
    "title": "A study",
    "baseline": "nmf",
    "losses": ["kld", "nb", "tweedie"],
    "models": {
        "nmf": {"label": "NMF", "method": "nmf"},
        "c-nmf": {"label": "C-NMF", "method": "c-nmf"},
        "nmf-starts": {"label": "NMF, 10 starts", "method": "nmf"},
    },
    "cohorts": {
        "ovary": {"label": "Ovary"},
        "made": {"label": "Made", "noise": {"power": 1.5, "phi": 2.0}},
    },
}
IDS = {"scheme": "holdout"}
KS = (2, 4, 6)


@pytest.fixture
def scores():
    rows = []
    for cohort, model, loss, k, split in product(
        STUDY["cohorts"], STUDY["models"], STUDY["losses"], KS, range(3)
    ):
        i = STUDY["losses"].index(loss)
        row = {"cohort": cohort, "model": model, "loss": loss, "k": k, "split": split}
        row |= IDS | {"other": None, "other_split": None, "status": "ok"}
        rows.append(row | {"metric": "loglik", "set": "test", "value": -3 + 0.1 * i + 0.01 * k})
        rows.append(row | {"metric": "bic", "set": "train", "value": 1e5 - 1e3 * i + 10 * k})
        rows.append(row | {"metric": "acs", "set": "train", "value": 0.5})
        if loss != "kld":
            rows.append(row | {"metric": "acs_kld", "set": "train", "value": 0.9 - 0.1 * i})
        if cohort == "made":
            rows.append(row | {"metric": "acs_truth", "set": "train", "value": 0.8 + 0.02 * i})
        if model == "nmf":
            twin = {"other": "nmf-starts", "other_split": split}
            rows.append(row | twin | {"metric": "acs", "set": "train", "value": 0.97})
    return pd.DataFrame(rows)


@pytest.fixture
def noise():
    rows = []
    for cohort, k, split in product(STUDY["cohorts"], KS, range(2)):
        of = {"cohort": cohort, "scheme": "holdout", "k": k, "split": split}
        rows.append(of | {"loss": "nb", "parameter": 0.1 + 0.02 * split, "chosen": 1})
        for p in (1.2, 1.4, 1.6, 1.8):
            value = {"loss": "tweedie", "parameter": p, "phi": 4.0, "loglik": -abs(p - 1.4)}
            rows.append(of | value | {"chosen": int(p == 1.4)})
    return pd.DataFrame(rows)


def test_likelihoods_are_drawn_against_the_poisson_baseline(scores):
    figure = likelihood.draw(scores, STUDY)
    above, below = figure.axes[0], figure.axes[2]
    lines = {
        line.get_color(): line.get_ydata() for line in above.lines if len(line.get_xdata()) == 3
    }
    np.testing.assert_allclose(lines[style.LOSSES["tweedie"]], 0.2)
    np.testing.assert_allclose(lines[style.LOSSES["kld"]], 0, atol=1e-12)
    lowest = min(line.get_ydata().min() for line in below.lines)
    assert lowest == 0


def test_signatures_are_compared_with_those_of_the_poisson_model(scores):
    ovary, made = features.draw(scores, STUDY).axes[:2]
    heights = [line.get_ydata()[0] for line in ovary.lines]
    assert heights == pytest.approx([0.8, 0.7, 0.97])  # nb, tweedie, two starts
    assert [line.get_ydata()[0] for line in made.lines[3:]] == pytest.approx([0.8, 0.82, 0.84])


def test_a_profile_ends_at_its_maximum(noise):
    ovary, made = profile.draw(noise, STUDY).axes[:2]
    curve, dot = ovary.lines[:2]
    np.testing.assert_allclose(curve.get_ydata(), [-0.2, 0, -0.2, -0.4], atol=1e-12)
    assert dot.get_xdata()[0] == 1.4
    assert len(made.lines) == len(ovary.lines) + 1  # the power it was simulated with


def test_residuals_are_dots_and_laws_are_lines():
    m = np.geomspace(0.1, 100, 25)
    laws = {
        "mean": m,
        "variance": m + 0.1 * m**2,
        "kld": m,
        "nb": m + 0.1 * m**2,
        "tweedie": m**1.5,
    }
    table = pd.DataFrame(laws).assign(cohort="ovary", scheme="holdout", k=6, n=100)
    (ax,) = residuals.draw(table, STUDY).axes
    dots, *lines = ax.lines
    assert dots.get_linestyle() == "None"
    assert [line.get_color() for line in lines] == [
        style.LOSSES[loss] for loss in ("kld", "nb", "tweedie")
    ]
    np.testing.assert_allclose(lines[1].get_ydata(), dots.get_ydata())


def test_the_table_says_what_a_cohort_was_simulated_with(noise):
    table = noise_table(noise, STUDY)
    assert [block.heading for block in table.blocks] == [
        "Ovary",
        "Made: simulated with power = 1.5, phi = 2",
    ]
    first = [cell.text for cell in table.blocks[0].rows[0]]
    assert first == ["2", "0.1100", "0.100 to 0.120", "1.400", "1.40 to 1.40", "4.000"]
    assert "Tweedie" in to_html(table)


def test_nothing_is_drawn_of_nothing(scores, noise, tmp_path):
    nothing = residuals.draw(pd.DataFrame(columns=["cohort", "scheme", "k", "mean"]), STUDY)
    for i, figure in enumerate(
        (nothing, profile.draw(noise.iloc[:0], STUDY), features.draw(scores.iloc[:0], STUDY))
    ):
        style.save(figure, tmp_path / f"{i}")
