import pandas as pd
import pytest

from nmfbench.data.catalogue import read_signatures
from nmfbench.data.reference import (
    is_observed,
    organ_signatures,
    paper_values,
    previously_observed,
)
from nmfbench.errors import InputError

SIGNAL = pd.DataFrame(
    [[1.0, 2, 3, 4, 5, 6, 7]],
    columns=[
        "GEL-Ovary_common_SBS8",
        "GEL-Ovary_common_SBS1+18",
        "GEL-Kidney_common_SBS13",
        "GEL-Kidney_rare_SBS13",
        "GEL-Kidney_rare_SBS2_a",
        "GEL-Oral_Oropharyngeal_rare_SBS4",
        "GEL-Ovary_rare_SBS44",
    ],
)


def test_one_organ():
    ovary = organ_signatures(SIGNAL, "GEL-Ovary_")
    assert ovary.loc[0].to_dict() == {"SBS8": 1, "SBS1+18": 2, "SBS44": 7}
    assert list(organ_signatures(SIGNAL, "GEL-Oral_Oropharyngeal_")) == ["SBS4"]


def test_names_stay_unique():
    kidney = organ_signatures(SIGNAL, "GEL-Kidney_")
    assert kidney.loc[0].to_dict() == {"common_SBS13": 3, "rare_SBS13": 4, "SBS2_a": 5}


@pytest.mark.parametrize("prefix", ["GEL-Ovaries_", ""])
def test_unknown_organ(prefix):
    with pytest.raises(InputError, match=rf"organ '{prefix}': .*GEL-Ovary_"):
        organ_signatures(SIGNAL, prefix)


@pytest.mark.parametrize(("organ", "n"), [("Ovary", 19), ("Prostate", 12), ("Uterus", 18)])
def test_signal_file(mirror, organ, n):
    signal = read_signatures(mirror / "reference/OrganSpecificSigs_GEL_SBS_v2.03.tsv")
    assert signal.shape == (96, 315)
    selected = organ_signatures(signal, f"GEL-{organ}_")
    assert selected.shape == (96, n)
    assert selected.columns.is_unique
    assert selected.columns.str.startswith("SBS").all()


def test_previously_observed(resources, tmp_path):
    path = resources / "previously_observed.tsv"
    ovary = previously_observed(path, "ovary")
    assert ovary == {f"SBS{x}" for x in (1, 2, 3, 5, 8, 13, 18, 26, 35, 39, 40, 41)}
    assert previously_observed(path, "breast21") == set()
    with pytest.raises(InputError, match="no such file"):
        previously_observed(tmp_path / "x.tsv", "ovary")
    (tmp_path / "x.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="expected tab-separated columns"):
        previously_observed(tmp_path / "x.tsv", "ovary")


@pytest.mark.parametrize(
    ("name", "observed"),
    [
        ("SBS40a", True),
        ("SBS40c", True),
        ("SBS40", True),
        ("SBS10a", True),
        ("SBS10c", False),
        ("SBS10", False),
        ("SBS4", False),
        ("SBS1", True),
        ("SBS17b", False),
    ],
)
def test_is_observed(name, observed):
    assert is_observed(name, {"SBS1", "SBS40", "SBS10a", "SBS10b"}) is observed


def test_the_values_of_the_paper_are_checked(tmp_path):
    path = tmp_path / "reference.tsv"
    reference = pd.DataFrame(
        {
            "cohort": "toy",
            "method": ["nmf", "ae-nmf"],
            "loss": "mse",
            "metric": "train_error_mean",
            "value": [10.0, 25.0],
            "source": "made up",
        }
    )

    def read(table):
        table.to_csv(path, sep="\t", index=False)
        return paper_values(path, ["toy"], ["nmf", "ae-nmf"])

    assert len(read(reference)) == 2
    for column, wrong, known in (
        ("cohort", "toys", "toy"),
        ("method", "aenmf", "ae-nmf"),
        ("metric", "train_error", "train_error_mean"),
    ):
        changed = reference.assign(**{column: [reference[column].iloc[0], wrong]})
        with pytest.raises(InputError, match=rf"line 3: unknown {column} '{wrong}'.*'{known}'"):
            read(changed)
    with pytest.raises(InputError, match="line 4: a value that is given before"):
        read(pd.concat([reference, reference.iloc[:1]]))
    with pytest.raises(InputError, match="no column 'method'"):
        read(reference.drop(columns="method"))
