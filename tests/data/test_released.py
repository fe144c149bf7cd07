"""The released outputs of Nasser et al. 2021: what their columns are."""

import pandas as pd
import pytest

from nmfbench.data.released import COLUMNS, UNITS, read_released
from nmfbench.errors import InputError

FIGURES = ("fig_3", "fig_4", "fig_5", "fig_6", "fig_7a_euclidean", "fig_7b_kl")


def test_columns_become_cohorts_and_models(tmp_path):
    pd.DataFrame({"dnmf_2": [1.0, 2.0], "mu_0_2": [3.0, 4.0], "mu_1_12": [5.0, 6.0]}).to_csv(
        tmp_path / "fig_5.csv", index=False
    )
    pd.DataFrame({"super_5": [7.0], "unsuper_10": [8.0]}).to_csv(
        tmp_path / "fig_4.csv", index=False
    )
    pd.DataFrame({"mu_2_1": [9.0]}).to_csv(tmp_path / "fig_7b_kl.csv", index=False)
    table = read_released({f: tmp_path / f"{f}.csv" for f in ("fig_5", "fig_4", "fig_7b_kl")})
    assert tuple(table.columns) == COLUMNS
    found = table.astype({"split": "Int64"}).astype("object").where(table.notna(), None)
    assert found.to_numpy().tolist() == [
        ["fig_5", "set2", "dnmf-supervised", "mse", 0, "exposures, mean", 1],
        ["fig_5", "set2", "dnmf-supervised", "mse", 1, "exposures, mean", 2],
        ["fig_5", "set2", "mu-supervised", "mse", 0, "exposures, sum", 3],
        ["fig_5", "set2", "mu-supervised", "mse", 1, "exposures, sum", 4],
        ["fig_5", "set12", "mu-supervised-1", "mse", 0, "exposures, sum", 5],
        ["fig_5", "set12", "mu-supervised-1", "mse", 1, "exposures, sum", 6],
        ["fig_4", "set1", "dnmf-supervised-5-layers", "mse", None, "exposures, mean", 7],
        ["fig_4", "set1", "dnmf", "mse", None, "half squares, mean", 8],
        ["fig_7b_kl", "brca560", "mu-2", "kld", 0, "kld, sum", 9],
    ]


@pytest.mark.parametrize(
    ("figure", "content", "message"),
    [
        ("fig_9", "dnmf_1\n1\n", "unknown figure 'fig_9'"),
        ("fig_5", "dnmf_one\n1\n", "unknown column 'dnmf_one'"),
        ("fig_4", "super_ten\n1\n", "unknown column 'super_ten'"),
        ("fig_5", "dnmf_1\nmany\n", "a value is no number"),
    ],
)
def test_other_files_are_refused(tmp_path, figure, content, message):
    (tmp_path / "f.csv").write_text(content)
    with pytest.raises(InputError, match=f"f.csv: {message}"):
        read_released({figure: tmp_path / "f.csv"})


def test_the_released_files(mirror):
    table = read_released({f: mirror / f"nasser2021/{f}.csv" for f in FIGURES})
    assert set(table["unit"]) == set(UNITS)
    assert table["value"].astype(float).gt(0).all()
    # Figure 4 has the means over the folds of figures 3 and 6, in whole numbers.
    folds = table[table["split"].notna() & table["figure"].isin(["fig_3", "fig_6"])]
    means = folds.groupby(["cohort", "model"])["value"].apply(lambda v: v.astype(float).mean())
    fourth = table[table["figure"] == "fig_4"].set_index(["cohort", "model"])["value"]
    for model in ("dnmf-supervised", "dnmf"):
        for i in range(1, 13):
            assert abs(fourth[f"set{i}", model] - means[f"set{i}", model]) <= 1
