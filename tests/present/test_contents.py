"""The contract of tables and figures: what each declares, and that nothing is left out."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

from nmfbench.errors import InputError
from nmfbench.present.contents import CONDITIONS, ROOM, contents, read_item, results_of
from nmfbench.present.panels import about_path

ITEMS = {f"{item.kind} {item.name}": item for item in contents()}
CAPTIONS = Path(__file__).parents[2] / "workflow/report"
STUDY = {
    "losses": ["mse", "kld"],
    "models": {"nmf": {}, "nmf-converged": {"converges": "nmf"}},
    "cohorts": {name: {"ranks": [3], "scheme": "holdout"} for name in ("ovary", "uterus")},
}
SEVERAL = STUDY | {"cohorts": {"ovary": {"ranks": [3, 4], "scheme": "thinning"}, "uterus": {}}}
SEVERAL["cohorts"]["uterus"] = SEVERAL["cohorts"]["ovary"]


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS)
def test_a_module_takes_what_it_declares(item):
    module = import_module(f"nmfbench.present.{item.kind}s.{item.name}")
    function = module.make if item.kind == "table" else module.draw
    wanted = len(item.reads) + 1 + bool({"loss", "figure"} & {*item.per})
    assert len(inspect.signature(function).parameters) == wanted
    assert item.title == module.TITLE
    caption = (CAPTIONS / f"{item.kind}-{item.name}.rst").read_text(encoding="utf-8")
    assert len(caption.split()) > 9


def test_no_module_is_left_out():
    declared = {
        f"{path.parent.name[:-1]} {path.stem}"
        for kind in ("tables", "figures")
        for path in (ROOM / kind).glob("*.py")
        if "\nTITLE = " in path.read_text(encoding="utf-8")
    }
    assert declared == {*ITEMS}
    captions = {path.stem.replace("-", " ", 1) for path in CAPTIONS.glob("*-*.rst")}
    assert captions == {*ITEMS}


def test_every_condition_has_studies_with_and_without():
    parts = ("claims", "released", "concept", "complexity", "trace", "inference", "noise_floor")
    noisy = STUDY | {"losses": ["kld", "nb"]} | {key: {} for key in parts}
    noisy["cohorts"] = {"toy": {"ranks": [3], "scheme": "holdout", "truth": {}}}
    for name, condition in CONDITIONS.items():
        if name != "always":
            assert {condition(study) for study in (STUDY, SEVERAL, noisy)} == {True, False}, name
    assert results_of(STUDY) == ["scores", "paired", "points", "signatures", "matches"]


def test_files_are_per_what_is_declared():
    errors, profiles, ranks, matches = (
        ITEMS[name]
        for name in ("figure errors", "figure profiles", "figure ranks", "table matches")
    )
    assert errors.paths(STUDY) == [
        f"figures/all/errors.{of}" for of in ("mse", "mse.converged", "kld", "kld.converged")
    ]
    assert len(errors.paths(SEVERAL)) == len(profiles.paths(STUDY)) == 8  # of each cohort
    assert ranks.paths(SEVERAL) == ["figures/all/ranks.mse", "figures/all/ranks.kld"]
    assert matches.paths(STUDY) == ["tables/matches.mse", "tables/matches.kld"]
    published = STUDY | {"models": {"nmf": {}}}
    assert errors.paths(published) == ["figures/all/errors.mse", "figures/all/errors.kld"]
    plan = STUDY | {"released": {"fig_3": {}, "fig_4": {}}}
    assert ITEMS["figure released"].paths(plan)[1] == "figures/all/released.fig_4"


def test_a_file_is_of_a_part_of_the_study():
    item = ITEMS["figure profiles"]
    part = item.part(about_path("figures/ovary/profiles.mse.converged.svg"), STUDY)
    assert [*part["models"]] == ["nmf-converged"]
    assert [*part["cohorts"]] == ["ovary"]
    whole = ITEMS["table errors"].part(about_path("tables/errors.html"), STUDY)
    assert whole == STUDY


GOOD = 'TITLE = "Mine"\nREADS = ("scores",)\nPER = ()\nWHEN = "always"\n\n\ndef draw():\n    pass\n'
WRONG = {
    "no function": (("def draw", "def paint"), "it has no function draw"),
    "no title": (('TITLE = "Mine"', ""), "TITLE is missing"),
    "unknown table": (("scores", "scorse"), "READS has 'scorse': did you mean 'scores'?"),
    "unknown condition": (("always", "alway"), "WHEN has 'alway': did you mean 'always'?"),
    "unknown dimension": (("PER = ()", 'PER = ("los",)'), "PER has 'los': did you mean 'loss'?"),
    "no plain value": (('("scores",)', "tables()"), "READS is no plain value"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_declaration_is_told_in_one_line(tmp_path, change, message):
    path = tmp_path / "figures/mine.py"
    path.parent.mkdir()
    path.write_text(GOOD, encoding="utf-8")
    assert read_item(path, "figure").title == "Mine"
    path.write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_item(path, "figure")
    assert str(caught.value).startswith(f"figures/mine.py: {message}")
    assert "\n" not in str(caught.value)


def test_an_order_that_cannot_be_is_told_in_one_line():
    with pytest.raises(InputError, match=r"figures/mine.py: no such module: write it, or take it"):
        contents(order=("figure mine",))
    with pytest.raises(InputError, match="'table errors' is there twice: leave one out"):
        contents(order=("table errors", "table errors"))
