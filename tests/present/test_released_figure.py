"""A paper's figure drawn again: its own values, ours, and those of the samples held out."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from nmfbench.present import style
from nmfbench.present.figures import released

MODELS = ("net", "mu", "mu-1", "nnls")
STUDY = {
    "losses": ["mse", "kld"],
    "models": {name: {"label": f"Model {name}", "method": name} for name in MODELS},
    "cohorts": {f"set{i}": {"label": f"Set {i} (many types, SP)"} for i in range(1, 13)},
    "released": {
        "fig_5": {
            "title": "Figure 5",
            "metric": "exposure_error",
            "models": ["net", "mu", "mu-1"],
            "against": ["nnls"],
        }
    },
}


@pytest.fixture(scope="module")
def table():
    rng, rows = np.random.default_rng(0), []
    for (i, model), cohort, set_ in product(
        enumerate(MODELS), STUDY["cohorts"], ("released", "test")
    ):
        if model == "nnls" and set_ == "released":
            continue
        values = 10.0 ** (6 + i) * rng.lognormal(0, 0.3, 5)
        row = {"figure": "fig_5", "cohort": cohort, "model": model, "loss": "mse", "set": set_}
        row |= {"metric": "exposure_error", "status": "ok"}
        own = values * 1.3 if set_ == "released" else np.full(5, np.nan)
        rows += [row | {"split": s, "here": values[s], "released": own[s]} for s in range(5)]
        rows.append(row | {"split": None, "here": values.mean(), "released": np.nan})
    return pd.DataFrame(rows)


def test_open_markers_are_released_and_referees_are_held_out(table):
    figure = released.draw(table, STUDY, "fig_5")
    above, below = figure.axes
    drawn = {
        ax: [line for line in ax.lines if line.get_marker() != "None"] for ax in (above, below)
    }
    for ax, n_models in ((above, 3), (below, 4)):
        full = [line for line in drawn[ax] if line.get_fillstyle() == "full"]
        assert sum(np.isfinite(line.get_ydata()[0]) for line in full) == 12 * n_models
    opened = [line for line in drawn[above] if line.get_fillstyle() == "none"]
    means = table[table["set"] == "released"].groupby(["model", "cohort"])["released"].mean()
    assert sorted(line.get_ydata()[0] for line in opened) == pytest.approx(sorted(means))
    assert above.get_ylim() == below.get_ylim()
    assert above.get_yscale() == below.get_yscale() == "log"
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:4] == [f"Model {name}" for name in MODELS]


def test_a_value_that_is_a_mean_over_the_folds_is_drawn(table):
    of_mean = table.copy()
    at_mean = of_mean["split"].isna() & (of_mean["set"] == "released")
    of_mean["released"] = of_mean["here"].where(at_mean) * 2
    above = released.draw(of_mean, STUDY, "fig_5").axes[0]
    opened = [line for line in above.lines if line.get_fillstyle() == "none"]
    expected = of_mean["released"].dropna()
    assert sorted(line.get_ydata()[0] for line in opened) == pytest.approx(sorted(expected))


def test_it_can_be_saved_and_nothing_is_no_crash(table, tmp_path):
    style.save(released.draw(table, STUDY, "fig_5"), tmp_path / "released")
    style.save(released.draw(table.iloc[:0], STUDY, "fig_5"), tmp_path / "nothing")
