"""The noise floor: how far errors move from seed to seed and from kernel to kernel."""

import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.floor import floors, ratios_of_seeds
from nmfbench.present.tables.floor import make

STUDY = {"title": "Example", "losses": ["mse"], "models": {"nmf": {"label": "NMF"}}}
STUDY |= {"cohorts": {"toy": {"label": "Toy"}}}


def made(errors, haswell="Haswell"):
    """Errors of two splits by variant; the kernel is what the BLAS says it used."""
    rows = [
        {"variant": variant, "kernel": haswell if variant == "Haswell" else "Zen", "model": "nmf"}
        | {
            "cohort": "toy",
            "scheme": "holdout",
            "loss": "mse",
            "k": 3,
            "set": set_,
            "split": split,
            "error": error,
        }
        for variant, of_splits in errors.items()
        for set_ in ("train", "test")
        for split, error in enumerate(of_splits)
    ]
    return pd.DataFrame(rows)


ERRORS = {"seed0": [10.0, 20.0], "seed1": [11.0, 20.0], "seed2": [10.0, 25.0], "Haswell": [8, 20.0]}


def test_the_floor_is_the_largest_move_over_the_splits():
    found = floors(made(ERRORS)).set_index("set").loc["train"]
    assert found["error"] == 15
    assert found["seeds"] == pytest.approx(0.25)  # 25 over 20
    assert found["kernels"] == pytest.approx(0.25)  # 10 over 8


def test_the_order_of_rows_changes_nothing():
    shuffled = made(ERRORS).sample(frac=1, random_state=1)
    both = [floors(rows).sort_values("set", ignore_index=True) for rows in (made(ERRORS), shuffled)]
    pd.testing.assert_frame_equal(*both)


def test_a_failed_fit_leaves_no_floor():
    found = floors(made(ERRORS | {"seed1": [np.nan, 20.0]}))
    assert found["seeds"].isna().all()
    assert (found["kernels"] > 0).all()
    assert floors(made(ERRORS | {"seed0": [np.nan, 20.0]}))["error"].isna().all()


def test_the_ratio_of_two_models_moves_with_the_seed():
    other = {"seed0": [20.0, 40.0], "seed1": [10.0, 20.0], "seed2": [10.0, 25.0], "Haswell": [1, 1]}
    rows = pd.concat([made(ERRORS), made(other).assign(model="c-nmf")], ignore_index=True)
    rows = rows[rows["set"] == "test"]
    # 30 / 60, 31 / 30 and 35 / 35; another kernel is no seed.
    assert ratios_of_seeds(rows, "nmf", "c-nmf") == pytest.approx((0.5, 31 / 30))
    assert np.isnan(ratios_of_seeds(rows, "nmf", "ae-nmf")).all()
    failed = rows.assign(error=rows["error"].where(rows["split"] == 0))
    assert np.isnan(ratios_of_seeds(failed, "nmf", "c-nmf")).all()


def test_a_kernel_that_cannot_be_had_is_said_and_no_floor():
    rows = made(ERRORS, haswell="Zen")
    assert floors(rows)["kernels"].isna().all()
    table = make(rows, STUDY)
    assert "It could not be switched to Haswell on this machine." in table.notes[1]
    assert [cell.text for cell in table.blocks[0].rows[0]][3] == "–"


def test_the_table_has_a_row_per_model():
    table = make(made(ERRORS), STUDY)
    assert [cell.text for cell in table.blocks[0].rows[0]] == [
        *("NMF", "15.00", "25 %", "25 %"),
        *("15.00", "25 %", "25 %"),
    ]
    assert len(table.columns) == 7
    assert table.blocks[0].heading == "Toy, K = 3: MSE"
    assert "3 seeds" in table.notes[0]
    assert "Zen here; Haswell" in table.notes[1]
    far = make(made(ERRORS | {"seed1": [30.0, 20.0]}), STUDY)
    assert far.blocks[0].rows[0][2].text == "200 %"
    same = make(made({variant: [1.0, 2.0] for variant in ERRORS}), STUDY)
    assert same.blocks[0].rows[0][2].text == "< 0.001 %"
