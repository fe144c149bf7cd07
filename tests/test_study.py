"""Studies as data: what loads, what is selected, and one clear line for everything wrong."""

import shutil
from itertools import chain
from pathlib import Path

import pandas as pd
import pytest
import yaml

from nmfbench.errors import InputError, nearest
from nmfbench.study import chunks, load_study

PROJECT = Path(__file__).parents[1]
CONFIG = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))
STYLE = CONFIG["figure_style"]


def load(study="demo", root=PROJECT, **config):
    return load_study(CONFIG | {"study": study} | config, root)


@pytest.fixture
def project(tmp_path):
    """A project whose studies may be edited; its resources are the real ones."""
    (tmp_path / "resources").symlink_to(PROJECT / "resources")
    shutil.copytree(PROJECT / "workflow" / "studies", tmp_path / "workflow" / "studies")
    return tmp_path


def edit(project, change, study="demo"):
    """Change a study of the project; `change` gets it as a dict."""
    path = project / "workflow" / "studies" / f"{study}.yaml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(entries)
    path.write_text(yaml.safe_dump(entries, sort_keys=False), encoding="utf-8")


def edit_resource(project, name, old, new):
    """Change the first of something in a resource of the project, which gets its own for that."""
    (project / "resources").unlink()
    ignore = shutil.ignore_patterns("downloads")
    shutil.copytree(PROJECT / "resources", project / "resources", ignore=ignore)
    path = project / "resources" / name
    path.chmod(0o644)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")


def cohort(**entries):
    return lambda study: study["cohorts"]["breast21"].update(entries)


def without(key):
    return lambda study: study["cohorts"]["breast21"].pop(key)


def settings(model, **entries):
    return lambda study: study["models"][model].update(settings=entries)


def renamed(kind, name):
    return lambda study: study[kind].update({name: dict(next(iter(study[kind].values())))})


def measured(**entries):
    grid = {"models": ["nmf", "dnmf"], "samples": [300, 1000], "rank": 5}
    grid |= {"ranks": [2, 4], "n_samples": 1000}
    return lambda study: study.update(complexity=grid | entries)


def refused(*args, **kwargs):
    """The message of a study that is refused: always one line."""
    with pytest.raises(InputError) as caught:
        load(*args, **kwargs)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert len(message) < 400
    return message


def test_the_demo_needs_no_source_and_knows_its_truth():
    study = load()
    assert study["name"] == "demo"
    assert list(study["cohorts"]) == ["simulated", "breast21"]
    assert [cohort["rank"] for cohort in study["cohorts"].values()] == [3, 4]
    assert {cohort["scheme"] for cohort in study["cohorts"].values()} == {"holdout"}
    assert {cohort["n_splits"] for cohort in study["cohorts"].values()} == {5}
    assert study["cohorts"]["simulated"]["simulate"]["signatures"] == ["SBS3", "SBS5", "SBS40a"]
    assert list(study["models"]) == ["nmf", "c-nmf", "ae-nmf", "dnmf"]
    assert study["losses"] == ["mse", "kld"]
    assert "'source'" not in str(study)


def test_the_paper_has_its_cohorts_ranks_and_published_splits():
    study = load("egendal2025")
    ranks = {name: cohort["rank"] for name, cohort in study["cohorts"].items()}
    assert ranks == {"scenario8": 3, "ovary": 4, "prostate": 5, "uterus": 8}
    schemes = {name: cohort["scheme"] for name, cohort in study["cohorts"].items()}
    published = dict.fromkeys(("ovary", "prostate", "uterus"), "published")
    assert schemes == published | {"scenario8": "holdout"}
    assert {cohort["n_splits"] for cohort in study["cohorts"].values()} == {30}
    plain = ["nmf", "c-nmf", "ae-nmf"]
    assert list(study["models"]) == [*plain, *(f"{m}-converged" for m in plain), "dnmf"]
    for name in plain:
        assert study["models"][f"{name}-converged"]["converges"] == name
    assert study["losses"] == ["mse", "kld"]
    assert study["baseline"] == "nmf"


def test_the_variants_differ_from_the_paper_in_nothing_but_non_negativity():
    study, published = load("egendal2025-variants"), load("egendal2025")
    models = study["models"].items()
    settings = [model["settings"] for name, model in models if not name.endswith("converged")]
    ways = [(one["nonnegativity"], one["enforced"]) for one in settings]
    assert ways == [(n, e) for n in ("abs", "projection") for e in ("forward", "step")]
    assert (
        study["models"][study["baseline"]]["settings"] == published["models"]["ae-nmf"]["settings"]
    )
    own = {"nonnegativity", "enforced"}
    assert len({str({k: v for k, v in one.items() if k not in own}) for one in settings}) == 1
    for name, cohort in study["cohorts"].items():
        of_study = {"models", "losses", "settings"}
        assert {k: v for k, v in cohort.items() if k not in of_study} == {
            k: v for k, v in published["cohorts"][name].items() if k not in of_study
        }
    assert list(study["cohorts"]) == ["ovary", "prostate", "uterus"]
    assert (study["seed"], study["losses"]) == (published["seed"], ["mse"])


def test_a_model_gets_all_its_settings():
    models = load("egendal2025")["models"]
    defaults = {"max_iterations": 1_000_000, "floor": 1e-30, "solver": "multiplicative"}
    defaults |= {"starts": 10, "l1": 0, "l2": 0, "start": "random", "inference": 0}
    defaults |= {"supervised": False, "dispersion": "one"}
    defaults |= {"signatures_first": False, "inference_penalised": True}
    assert models["nmf"]["settings"] == defaults | {"tolerance": 1e-10, "floor": 0}
    assert models["ae-nmf"]["settings"]["learning_rate"] == 1e-4
    assert load()["models"]["nmf"]["settings"] == defaults | {"tolerance": 1e-8}
    assert models["dnmf"]["settings"]["spread"] == 0  # a default that the study does not name


def test_a_cohort_says_otherwise_for_a_model(project):
    edit(project, cohort(settings={"c-nmf": {"max_iterations": 1e3, "tolerance": "1e-5"}}))
    cohorts = load(root=project, models="nmf")["cohorts"]  # of a model that is not selected, too
    settings = cohorts["breast21"]["settings"]["c-nmf"]
    assert settings == {"max_iterations": 1000, "tolerance": 1e-5}
    assert isinstance(settings["max_iterations"], int)
    assert cohorts["simulated"]["settings"] == {}


@pytest.mark.parametrize("wanted", [["uterus", "ovary"], "uterus,ovary", " uterus , ovary"])
def test_cohorts_are_selected_in_the_order_of_the_study(wanted):
    assert list(load("egendal2025", cohorts=wanted)["cohorts"]) == ["ovary", "uterus"]


def test_models_and_losses_are_selected():
    study = load(models="dnmf,nmf", losses=["kld"])
    assert list(study["models"]) == ["nmf", "dnmf"]
    assert study["losses"] == ["kld"]


def test_a_model_that_is_not_selected_is_not_looked_at(project):
    edit(project, lambda study: study["models"]["dnmf"].update(method="no-such-method"))
    assert list(load(root=project, models="nmf")["models"]) == ["nmf"]


def test_another_scheme_replaces_that_of_the_study_but_not_that_of_a_cohort():
    cohorts = load("egendal2025", scheme="holdout")["cohorts"]
    assert {cohort["scheme"] for cohort in cohorts.values()} == {"holdout"}
    cohorts = load("egendal2025", scheme="published")["cohorts"]
    assert cohorts["scenario8"]["scheme"] == "holdout"


def test_published_splits_can_be_fewer_but_not_more():
    few = load("egendal2025", n_splits=4)["cohorts"]
    assert {cohort["n_splits"] for cohort in few.values()} == {4}
    many = load("egendal2025", n_splits=50)["cohorts"]
    assert {name: cohort["n_splits"] for name, cohort in many.items()} == {
        "scenario8": 50,
        "ovary": 30,
        "prostate": 30,
        "uterus": 30,
    }


def test_folds_can_be_fewer_but_not_more(project):
    def folded(study):
        study["schemes"]["kfold"] = {"folds": 5, "fold_seed": 1}

    edit(project, folded)
    for asked, given in ((None, 5), (3, 3), (9, 5)):
        cohorts = load(root=project, scheme="kfold", n_splits=asked)["cohorts"]
        assert {cohort["n_splits"] for cohort in cohorts.values()} == {given}


def test_complexity_is_measured_of_the_selected_models(project):
    edit(project, measured())
    assert load(root=project)["complexity"]["models"] == ["nmf", "dnmf"]
    assert load(root=project, models="nmf,ae-nmf")["complexity"]["models"] == ["nmf"]


def test_as_printed_is_timed_on_the_selected_cohorts(project):
    edit(project, measured(cohorts=["breast21", "simulated"]))
    assert load(root=project)["complexity"]["cohorts"] == ["breast21", "simulated"]
    assert load(root=project, cohorts="simulated")["complexity"]["cohorts"] == ["simulated"]
    edit(project, measured())
    assert load(root=project)["complexity"]["cohorts"] == []


def test_a_cohort_is_called_by_its_name_where_it_has_no_label(project):
    edit(project, lambda study: study["cohorts"]["breast21"].pop("label"))
    assert load(root=project)["cohorts"]["breast21"]["label"] == "breast21"


def test_ranks_are_a_sorted_list_whatever_is_given(project):
    edit(project, cohort(rank=[8, 2, 12]))
    cohorts = load(root=project)["cohorts"]
    assert cohorts["breast21"]["ranks"] == [2, 8, 12]
    assert cohorts["simulated"]["ranks"] == [3]


def test_the_study_of_ranks_has_the_cohorts_of_the_paper():
    study, paper = load("egendal2025-ranks"), load("egendal2025")
    assert list(study["cohorts"]) == ["ovary", "prostate", "uterus"]
    for name, entry in study["cohorts"].items():
        assert entry["ranks"] == list(range(2, 13))
        assert (entry["scheme"], entry["n_splits"]) == ("thinning", 5)
        for key in ("label", "source", "signal"):
            assert entry[key] == paper["cohorts"][name][key]
    assert study["losses"] == ["mse"]
    assert [model["label"] for model in study["models"].values()] == ["NMF", "C-NMF", "AE-NMF"]
    for model in study["models"].values():
        settings = {"solver": "l-bfgs", "starts": 10, "tolerance": 1e-4, "max_iterations": 1500}
        assert model["settings"].items() >= settings.items()


BAD_CONFIG = {
    "study": ({"study": "egendal25"}, "config.yaml: unknown study 'egendal25'", "'egendal2025'"),
    "cohort": (
        {"cohorts": "breast12"},
        "config.yaml: cohorts: unknown cohort 'breast12'",
        "'breast21'",
    ),
    "model": ({"models": ["nmf", "aenmf"]}, "config.yaml: models: unknown model 'aenmf'", "ae-nmf"),
    "loss": ({"losses": "msee"}, "config.yaml: losses: unknown loss 'msee'", "'mse'"),
    "loss in capitals": ({"losses": "MSE"}, "unknown loss 'MSE'", "'mse'"),
    "loss far off": ({"losses": "huber"}, "unknown loss 'huber'", "known: kld, mse"),
    "scheme": ({"scheme": "holdot"}, "config.yaml: unknown scheme 'holdot'", "'holdout'"),
    "key": ({"n_split": 3}, "config.yaml: unknown key 'n_split'", "did you mean 'n_splits'"),
    "too few splits": ({"n_splits": 1}, "config.yaml: n_splits: 1", "minimum of 2"),
    "splits as text": ({"n_splits": "x"}, "config.yaml: n_splits: 'x'", "a whole number or null"),
    "no splits per job": ({"splits_per_job": 0}, "config.yaml: splits_per_job: 0", "minimum of 1"),
    "font": (
        {"figure_style": STYLE | {"font": "DejaVu Sens"}},
        "config.yaml: figure_style: font 'DejaVu Sens' not installed",
        "'DejaVu Sans'",
    ),
    "column": (
        {"figure_style": STYLE | {"double_mm": 17.4}},
        "config.yaml: figure_style.double_mm: 17.4",
        "minimum of 160",
    ),
    "no model left": ({"models": []}, "config.yaml: models:", "non-empty"),
    "cohort as number": ({"cohorts": [21]}, "config.yaml: cohorts.0: 21", "a text"),
    "no baseline": ({"models": "ae-nmf,c-nmf"}, "the baseline 'nmf' has to be among", "add it"),
}


@pytest.mark.parametrize(("change", "place", "remedy"), BAD_CONFIG.values(), ids=BAD_CONFIG)
def test_a_wrong_config_is_told_in_one_line(change, place, remedy):
    message = refused(**change)
    assert place in message
    assert remedy in message


@pytest.mark.parametrize("key", ["study", "splits_per_job", "figure_style"])
def test_a_config_without_a_key_is_told_so(key):
    with pytest.raises(InputError, match=rf"^config\.yaml: key '{key}' is missing$"):
        load_study({name: value for name, value in CONFIG.items() if name != key}, PROJECT)


BAD_STUDY = {
    "key": (lambda s: s.update(sede=2), "demo.yaml: unknown key 'sede'", "'seed'"),
    "missing key": (lambda s: s.pop("seed"), "demo.yaml: key 'seed'", "is missing"),
    "cohort's key": (cohort(rnak=3), "demo.yaml: cohorts.breast21: unknown key 'rnak'", "'rank'"),
    "cohort's missing key": (without("rank"), "demo.yaml: cohorts.breast21: key 'rank'", "missing"),
    "rank as text": (cohort(rank="four"), "cohorts.breast21.rank: 'four'", "a whole number"),
    "no ranks": (cohort(rank=[]), "demo.yaml: cohorts.breast21.rank: []", "give at least one"),
    "a rank twice": (
        cohort(rank=[2, 3, 2]),
        "demo.yaml: cohorts.breast21.rank: [2, 3, 2]",
        "give each only once",
    ),
    "ranks from nothing": (
        cohort(rank=[0, 1]),
        "demo.yaml: cohorts.breast21.rank.0: 0",
        "minimum of 1",
    ),
    "more ranks than channels": (
        cohort(rank=[94, 95, 96]),
        "demo.yaml: cohorts.breast21.rank.2: 96",
        "maximum of 95",
    ),
    "a rank as all channels": (cohort(rank=96), "cohorts.breast21.rank: 96", "maximum of 95"),
    "ranks as text": (cohort(rank="2-12"), "rank: '2-12'", "a whole number or a list"),
    "half a rank": (cohort(rank=[2, 2.5]), "cohorts.breast21.rank.1: 2.5", "a whole number"),
    "a bootstrap with a test fraction": (
        lambda s: s["schemes"]["holdout"].update(bootstrap=True),
        "demo.yaml: schemes.holdout:",
        "or n_splits and bootstrap",
    ),
    "folds without a seed": (
        lambda s: s["schemes"].update(kfold={"folds": 5}),
        "demo.yaml: schemes.kfold:",
        "or folds and fold_seed",
    ),
    "too large a share": (
        lambda s: s.update(dead_share=0.1),
        "demo.yaml: dead_share: 0.1",
        "maximum of 0.01",
    ),
    "a share below nothing": (
        lambda s: s.update(dead_share=-1),
        "demo.yaml: dead_share: -1",
        "minimum of 0",
    ),
    "thinning of samples": (
        lambda s: s["schemes"].update(thinning={"folds": 5, "fold_seed": 1}),
        "demo.yaml: schemes.thinning: unknown key 'fold_seed'",
        "'folds'",
    ),
    "one fold of counts": (
        lambda s: s["schemes"].update(thinning={"folds": 1}),
        "demo.yaml: schemes.thinning.folds: 1",
        "minimum of 2",
    ),
    "rank of nothing": (cohort(rank=0), "demo.yaml: cohorts.breast21.rank: 0", "minimum of 1"),
    "method": (
        lambda s: s["models"]["ae-nmf"].update(method="aenmf"),
        "demo.yaml: model 'ae-nmf': unknown method 'aenmf'",
        "'ae-nmf'",
    ),
    "setting": (
        settings("nmf", tolerence=1e-5),
        "demo.yaml: model 'nmf': unknown setting 'tolerence'",
        "'tolerance'",
    ),
    "setting's type": (
        settings("nmf", max_iterations="many"),
        "demo.yaml: model 'nmf': max_iterations is 'many'",
        "type int",
    ),
    "setting's half number": (settings("dnmf", layers=2.5), "'dnmf': layers is 2.5", "type int"),
    "cohort's settings of no model": (
        cohort(settings={"nnf": {"tolerance": 1e-5}}),
        "demo.yaml: cohort 'breast21': settings: unknown model 'nnf'",
        "'nmf'",
    ),
    "cohort's setting": (
        cohort(settings={"nmf": {"tolerence": 1e-5}}),
        "demo.yaml: cohort 'breast21': settings: unknown setting 'tolerence'",
        "'tolerance'",
    ),
    "settings as a list": (
        lambda s: s["models"]["nmf"].update(settings=["tolerance"]),
        "demo.yaml: models.nmf.settings:",
        "a mapping",
    ),
    "file": (
        cohort(file="resources/breast12.tsv"),
        "demo.yaml: cohort 'breast21': no such file: resources/breast12.tsv",
        "paths start at",
    ),
    "reference": (
        lambda s: s["references"]["cosmic"].update(file="resources/COSMIC.txt"),
        "demo.yaml: no such file: resources/COSMIC.txt",
        "paths start at",
    ),
    "two origins": (
        cohort(source="gel/catalogues_Ovary_SBS.tsv"),
        "demo.yaml: cohorts.breast21:",
        "give either source or file or simulate",
    ),
    "no origin": (
        without("file"),
        "demo.yaml: cohorts.breast21:",
        "give either source or file or simulate",
    ),
    "baseline": (
        lambda s: s.update(baseline="nnf"),
        "demo.yaml: baseline: unknown model 'nnf'",
        "'nmf'",
    ),
    "loss": (lambda s: s.update(losses=["mse", "kl"]), "losses.1: unknown value 'kl'", "'kld'"),
    "loss twice": (lambda s: s.update(losses=["mse", "mse"]), "demo.yaml: losses:", "non-unique"),
    "study's scheme": (lambda s: s.update(scheme="hold"), "unknown scheme 'hold'", "'holdout'"),
    "cohort's scheme": (
        cohort(scheme="published"),
        "demo.yaml: cohort 'breast21': unknown scheme 'published'",
        "known: holdout",
    ),
    "half a scheme": (
        lambda s: s["schemes"]["holdout"].pop("test_fraction"),
        "demo.yaml: schemes.holdout:",
        "give either table or n_splits and test_fraction",
    ),
    "one split": (
        lambda s: s["schemes"]["holdout"].update(n_splits=1),
        "demo.yaml: schemes.holdout.n_splits: 1",
        "minimum of 2",
    ),
    "all samples left out": (
        lambda s: s["schemes"]["holdout"].update(test_fraction=1.0),
        "demo.yaml: schemes.holdout.test_fraction: 1.0",
        "maximum of 1",
    ),
    "a name with a space": (renamed("cohorts", "my cohort"), "demo.yaml: cohorts:", "'my cohort'"),
    "the name of all cohorts": (renamed("cohorts", "all"), "demo.yaml: cohorts: 'all'", "no name"),
    "a number as a name": (renamed("models", 7), "demo.yaml: models: 7", "a text"),
    "signal without its library": (
        cohort(signal="GEL-Breast_"),
        "demo.yaml: cohort 'breast21': signal",
        "add references.signal",
    ),
    "truth of a simulation": (
        lambda s: s["cohorts"]["simulated"].update(truth={"file": "resources/breast21.tsv"}),
        "demo.yaml: cohort 'simulated': truth and simulate",
        "drop one",
    ),
    "two models of one label": (
        lambda s: s["models"]["c-nmf"].update(label="NMF"),
        "demo.yaml: models: 'nmf' and 'c-nmf' have the same label 'NMF'",
        "give one of them another",
    ),
    "endless": (
        settings("nmf", max_iterations=float("inf")),
        "demo.yaml: model 'nmf': max_iterations is inf",
        "of type int",
    ),
    "below zero": (
        settings("nmf", tolerance=-1e-8),
        "demo.yaml: model 'nmf': tolerance is -1e-08",
        "0 or more",
    ),
    "a precision that does not exist": (
        settings("ae-nmf", dtype="float16"),
        "demo.yaml: model 'ae-nmf': dtype is 'float16'",
        "float32 or float64",
    ),
    "a cohort's setting of an unknown method": (
        lambda s: (
            s["models"].update({"mine": {"method": "nnf"}}),
            s["cohorts"]["breast21"].update(settings={"mine": {"steps": 1}}),
        ),
        "demo.yaml: cohort 'breast21': settings: unknown method 'nnf'",
        "'nmf'",
    ),
    "the convergence of an unknown model": (
        lambda s: s["models"]["c-nmf"].update(converges="nnf"),
        "demo.yaml: model 'c-nmf': converges: unknown model 'nnf'",
        "'nmf'",
    ),
    "the same optimum as an unknown model": (
        lambda s: s["models"]["c-nmf"].update(same_optimum="ae-nmv"),
        "demo.yaml: model 'c-nmf': same_optimum: unknown model 'ae-nmv'",
        "'ae-nmf'",
    ),
    "nothing": (lambda s: s.clear(), "demo.yaml: key 'title'", "is missing"),
    "a toy of few samples": (
        lambda s: s.update(concept={"samples": 9}),
        "demo.yaml: concept.samples: 9",
        "minimum of 12",
    ),
    "a rank beyond the channels": (
        measured(ranks=[2, 96]),
        "demo.yaml: complexity: ranks: 96 does not fit 96 channels and 1000 samples",
        "choose less than 96",
    ),
    "a rank beyond the samples": (
        measured(samples=[5, 300]),
        "demo.yaml: complexity: rank: 5 does not fit 96 channels and 5 samples",
        "choose less than 5",
    ),
    "a slope of one point": (
        measured(ranks=[2]),
        "demo.yaml: complexity.ranks: [2]",
        "too short",
    ),
    "complexity of no model": (
        measured(models=["nnf"]),
        "demo.yaml: complexity: models: unknown model 'nnf'",
        "'nmf'",
    ),
    "complexity of a model without updates": (
        lambda s: (
            settings("nmf", solver="l-bfgs")(s),
            measured()(s),
        ),
        "demo.yaml: complexity: models: 'nmf' cannot be run for a number of updates",
        "leave it out",
    ),
    "complexity of an unknown cohort": (
        measured(cohorts=["breast"]),
        "demo.yaml: complexity: cohorts: unknown cohort 'breast'",
        "'breast21'",
    ),
    "as printed without its steps": (
        lambda s: (measured(cohorts=["breast21"])(s), s["models"].pop("c-nmf")),
        "demo.yaml: complexity: cohorts: the iterations of c-nmf as printed",
        "add it to the models",
    ),
    "as printed with the steps of another method": (
        lambda s: (measured(cohorts=["breast21"])(s), s["models"]["c-nmf"].update(method="nmf")),
        "demo.yaml: complexity: cohorts: the iterations of c-nmf as printed",
        "leave cohorts out",
    ),
    "complexity without a key": (
        lambda s: (measured()(s), s["complexity"].pop("rank")),
        "demo.yaml: complexity: key 'rank'",
        "is missing",
    ),
}


@pytest.mark.parametrize(("change", "place", "remedy"), BAD_STUDY.values(), ids=BAD_STUDY)
def test_a_wrong_study_is_told_in_one_line(project, change, place, remedy):
    edit(project, change)
    message = refused(root=project)
    assert place in message
    assert remedy in message


CLAIM = {
    "id": "X1",
    "sentence": "NMF is better.",
    "place": "section 1",
    "metric": "error",
    "set": "train",
    "models": ["nmf", "ae-nmf"],
    "relation": "below",
    "cohorts": ["breast21"],
    "losses": ["mse"],
}
VALUES = "cohort\tmethod\tloss\tmetric\tvalue\tsource\n"


def claims(project, values=VALUES, **change):
    """Give the demo a claim and the values of a paper."""
    (project / "claims.yaml").write_text(yaml.safe_dump([CLAIM | change]), encoding="utf-8")
    (project / "values.tsv").write_text(values, encoding="utf-8")
    files = {"file": "claims.yaml", "reference": "values.tsv"}
    edit(project, lambda study: study.update(claims=files))


def test_claims_may_be_about_what_is_not_selected(project):
    claims(project, VALUES + "breast21\tnmf\tmse\tsc_mean\t0.9\tmade up\n")
    assert load(root=project, cohorts="simulated", models="nmf")["claims"]["file"] == "claims.yaml"


@pytest.mark.parametrize(
    ("change", "place", "remedy"),
    [
        ({"models": ["nmf", "aenmf"]}, "claims.yaml: X1: unknown model 'aenmf'", "'ae-nmf'"),
        ({"cohorts": ["breast"]}, "claims.yaml: X1: unknown cohort 'breast'", "'breast21'"),
        ({"losses": ["kl"]}, "claims.yaml: X1: unknown loss 'kl'", "'kld'"),
        ({"metric": "eror"}, "claims.yaml: 0.metric: unknown value 'eror'", "'error'"),
        ({"margin": 0.1}, "claims.yaml: 0: unknown key 'margin'", "known"),
        (
            {"values": VALUES + "breast\tnmf\tmse\tsc_mean\t1\tx\n"},
            "values.tsv: line 2: unknown cohort 'breast'",
            "'breast21'",
        ),
        (
            {"values": VALUES + "breast21\tnmf\tmse\tsc_meen\t1\tx\n"},
            "values.tsv: line 2: unknown metric 'sc_meen'",
            "'sc_mean'",
        ),
        ({"values": "cohort\tmethod\n"}, "values.tsv: no column 'loss'", "known"),
    ],
)
def test_wrong_claims_are_told_in_one_line(project, change, place, remedy):
    claims(project, **change)
    message = refused(root=project)
    assert place in message
    assert remedy in message


SLOPE = {
    **{"metric": "slope", "set": "samples", "models": ["nmf"], "exponent": 1},
    **{"relation": "similar", "cohorts": ["simulated sizes"]},
}
AS_PRINTED = {"metric": "seconds", "models": ["nmf", "c-nmf as printed"]}


@pytest.mark.parametrize(
    "change", [SLOPE, SLOPE | {"models": ["c-nmf as printed"], "set": "ranks"}, AS_PRINTED]
)
def test_claims_may_be_about_complexity(project, change):
    edit(project, measured(cohorts=["breast21"]))
    claims(project, **change)
    assert load(root=project)["claims"]["file"] == "claims.yaml"


@pytest.mark.parametrize(
    ("change", "place", "remedy"),
    [
        ({"exponent": 2}, "metric slope and key 'exponent' belong together", "leave both out"),
        (SLOPE | {"exponent": "2"}, "0.exponent: '2' has to be a number", ""),
        ({**SLOPE, "exponent": None}, "exponent: None has to be a number", ""),
        ({"metric": "slope"}, "X1: metric slope and key 'exponent' belong together", "give both"),
        ({"set": "ranks"}, "X1: metric error has no set 'ranks'", "give another"),
        (SLOPE | {"set": "train"}, "X1: metric slope has no set 'train'", "samples and ranks"),
        ({"models": ["nmf"]}, "X1: models: give two", "of a slope one"),
        (SLOPE | {"models": ["nmf", "dnmf"]}, "X1: models: give two", "of a slope one"),
        (SLOPE | {"models": ["ae-nmf"]}, "X1: unknown model 'ae-nmf'", "'nmf'"),
        (SLOPE | {"cohorts": ["breast21"]}, "X1: unknown cohort 'breast21'", "simulated sizes"),
        ({"cohorts": ["simulated sizes"]}, "X1: unknown cohort 'simulated sizes'", "'simulated'"),
        (
            SLOPE | {"refereed": {"set": "train", "models": ["nmf", "nmf"]}},
            "X1: refereed: nothing referees a slope",
            "leave it out",
        ),
        ({"models": AS_PRINTED["models"]}, "X1: models: 'c-nmf as printed' is only", "another"),
        (AS_PRINTED | {"set": "test"}, "X1: models: 'c-nmf as printed' is only", "another"),
    ],
)
def test_a_wrong_claim_about_complexity_is_told_in_one_line(project, change, place, remedy):
    edit(project, measured(cohorts=["breast21"]))
    claims(project, **change)
    message = refused(root=project)
    assert place in message
    assert remedy in message


def test_claims_about_complexity_need_that_part_of_the_study(project):
    claims(project, **SLOPE)
    message = refused(root=project)
    assert "claims.yaml: X1: metric slope: the study has no part on complexity" in message
    assert "add the key complexity" in message
    edit(project, measured())  # no cohorts
    claims(project, **AS_PRINTED)
    assert "X1: models: 'c-nmf as printed' is only timed" in refused(root=project)


def test_claims_need_their_files(project):
    edit(project, lambda s: s.update(claims={"file": "claim.yaml", "reference": "values.tsv"}))
    assert "demo.yaml: claims: no such file: claim.yaml" in refused(root=project)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("minimum: 0.05", "minimum: 0"), "error.minimum: 0 has to be above 0"),
        (("minimum: 0.05", "minimum: -0.1"), "error.minimum: -0.1 has to be above 0"),
        (("of: ratio", "of: ration"), "error.of: unknown value 'ration': did you mean 'ratio'"),
        (
            ("\nerror:", "\neror:"),
            "which every metric of a claim has to be in: unknown metric 'error'",
        ),
    ],
)
def test_a_wrong_minimum_effect_is_told_in_one_line(project, change, message):
    claims(project)
    edit_resource(project, "minimum_effects.yaml", *change)
    told = refused(root=project)
    assert "resources/minimum_effects.yaml" in told
    assert message in told


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\tnmf\t", "\tnmff\t", "line 2: unknown model 'nmff': did you mean 'nmf'"),
        ("ovary\t", "ovaries\t", "line 2: unknown cohort 'ovaries': did you mean 'ovary'"),
        ("\tmse\t", "\tms\t", "line 2: unknown loss 'ms': did you mean 'mse'"),
        ("\t0\ttrain", "\t30\ttrain", "split 30 of cohort 'ovary' is none of the 30 published"),
        ("\t0\ttrain", "\tx\ttrain", "line 2: split 'x': give a number, or consensus"),
        ("other_split", "second", "no column 'other_split'"),
        ("\t1\ttrain", "\t0\ttrain", "a value that is given before: delete one"),
    ],
)
def test_a_deposit_of_something_else_is_told_in_one_line(project, old, new, message):
    edit_resource(project, "egendal2025_deposited.tsv", old, new)
    told = refused("egendal2025", project)
    assert told.startswith("resources/egendal2025_deposited.tsv: ")
    assert message in told


def test_a_deposit_needs_the_published_splits(project):
    def change(study):
        study["cohorts"]["ovary"]["scheme"] = "holdout"

    edit(project, change, "egendal2025")
    told = refused("egendal2025", project)
    assert "of cohort 'ovary' is none of the 0 published ones of its scheme 'holdout'" in told


def test_fewer_splits_than_were_deposited_are_fine(project):
    assert load("egendal2025", project, n_splits=3)["cohorts"]["ovary"]["n_splits"] == 3


def test_an_unknown_source_is_told_with_the_nearest(project):
    def change(study):
        study["cohorts"]["ovary"]["source"] = "gel/catalogues_Ovarian_SBS.tsv"

    edit(project, change, "egendal2025")
    message = refused("egendal2025", project)
    assert "egendal2025.yaml: cohort 'ovary': unknown source" in message
    assert "'gel/catalogues_Ovary_SBS.tsv'" in message


def test_a_cohort_without_published_splits_is_told_what_to_do(project):
    edit(project, lambda study: study["cohorts"]["scenario8"].pop("scheme"), "egendal2025")
    message = refused("egendal2025", project)
    assert "egendal2025.yaml: cohort 'scenario8'" in message
    assert "egendal2025_test_samples.tsv has no splits for it" in message
    assert "give the cohort another scheme" in message


@pytest.mark.parametrize("table", ["resources/no_such_table.tsv", "resources/breast21.tsv"])
def test_a_missing_or_wrong_table_of_splits_is_told(project, table):
    edit(project, lambda study: study["schemes"]["published"].update(table=table), "egendal2025")
    message = refused("egendal2025", project)
    assert "egendal2025.yaml: cohort 'ovary': no table of splits:" in message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title: demo\nlosses: [mse, kld\nseed: 1\n", 3),
        ("title: demo\n\tseed: 1\n", 2),
        ("models:\n  nmf: {method: nmf}\n  nmf: {method: nmf, settings: {}}\n", 3),
        ("title: {{ title }}: 1\n", 1),
    ],
    ids=["open bracket", "tab", "key given twice", "template"],
)
def test_broken_yaml_is_told_with_its_line(project, text, line):
    (project / "workflow" / "studies" / "demo.yaml").write_text(text, encoding="utf-8")
    assert refused(root=project).startswith(f"demo.yaml: line {line}: not valid YAML: ")


def test_an_empty_or_unreadable_study_is_told(project):
    path = project / "workflow" / "studies" / "demo.yaml"
    path.write_text("", encoding="utf-8")
    assert refused(root=project) == "demo.yaml: None has to be a mapping"
    path.write_bytes(b"title: \xff\xfe\n")
    assert refused(root=project).startswith("demo.yaml: not valid YAML: ")


def test_a_cohort_may_name_its_models_and_losses(project):
    edit(project, cohort(models=["dnmf", "nmf"], losses=["kld"]))
    study = load(root=project)
    assert study["cohorts"]["breast21"]["models"] == ["nmf", "dnmf"]  # in the study's order
    assert study["cohorts"]["breast21"]["losses"] == ["kld"]
    assert study["cohorts"]["simulated"]["models"] == list(study["models"])
    assert load(root=project, models="nmf")["cohorts"]["breast21"]["models"] == ["nmf"]
    edit(project, cohort(models=["nmff"]))
    message = refused(root=project)
    assert message.startswith("demo.yaml: cohort 'breast21': models: unknown model 'nmff'")


def test_a_supervised_model_needs_true_exposures_and_the_squared_error(project):
    edit(project, settings("nmf", supervised=True))
    message = refused(root=project)
    assert message.startswith("demo.yaml: cohort 'simulated': model 'nmf' is supervised, which has")
    edit(project, lambda study: study["cohorts"]["simulated"].update(losses=["mse"]))
    message = refused(root=project)
    assert message.startswith("demo.yaml: cohort 'breast21': model 'nmf' is supervised and needs")
    edit(project, cohort(models=["dnmf"]))
    assert load(root=project)["models"]["nmf"]["settings"]["supervised"] is True


@pytest.mark.parametrize("n_splits", [2, 9, 10, 11, 30, 100])
@pytest.mark.parametrize("per_job", [1, 2, 3, 7, 10, 1000])
def test_chunks_hold_every_split_once_and_in_order(n_splits, per_job):
    groups = chunks(n_splits, per_job)
    assert list(chain.from_iterable(groups.values())) == list(range(n_splits))
    sizes = [len(group) for group in groups.values()]
    assert sizes[:-1] == [per_job] * (len(sizes) - 1)
    assert 1 <= sizes[-1] <= per_job
    assert list(groups) == sorted(groups)


def test_chunks_are_named_by_their_first_and_last_split():
    assert list(chunks(30, 10)) == ["splits00-09", "splits10-19", "splits20-29"]
    assert list(chunks(5, 2)) == ["splits0-1", "splits2-3", "splits4-4"]
    assert chunks(3, 10) == {"splits0-2": [0, 1, 2]}


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("trace", {"cohort": "brca"}, "trace: unknown cohort 'brca': did you mean 'brca560'"),
        ("trace", {"models": {"nm": 1}}, "trace: models: unknown model 'nm'"),
        (
            "trace",
            {"models": {"nmf-converged": 1}},
            "trace: models: 'nmf-converged' cannot be run for a number of updates: leave it out",
        ),
        (
            "trace",
            {"settings": {"learning_rte": 1.0}},
            "trace: settings: unknown setting 'learning_rte': did you mean 'learning_rate'?",
        ),
        ("inference", {"networks": ["dnnf"]}, "inference: networks: unknown model 'dnnf'"),
        ("inference", {"signatures": "nmff"}, "inference: signatures: unknown model 'nmff'"),
    ],
)
def test_models_of_the_supplement_are_checked(project, key, change, message):
    edit(project, lambda study: study[key].update(change), "nasser2021")
    assert refused("nasser2021", project).startswith(f"nasser2021.yaml: {message}")


@pytest.mark.parametrize("key", ["models", "against"])
def test_models_of_a_released_figure_are_checked(project, key):
    edit(project, lambda study: study["released"]["fig_6"].update({key: ["mux"]}), "nasser2021")
    place = f"nasser2021.yaml: released: fig_6: {key}: unknown model 'mux'"
    assert refused("nasser2021", project).startswith(place)


def test_what_is_not_selected_is_left_out_of_the_supplement():
    study = load("nasser2021", cohorts="set7,set12", models="mu,dnmf,nmf-converged")
    assert "trace" not in study
    assert "inference" not in study
    assert study["released"]["fig_6"]["models"] == ["dnmf", "mu"]
    assert study["released"]["fig_6"]["against"] == ["nmf-converged"]
    study = load("nasser2021", cohorts="brca560", models="mu,dnmf,nmf-converged")
    assert study["trace"]["models"] == {"dnmf": 1, "mu": 1}
    assert study["inference"]["models"] == ["dnmf", "nmf-converged"]
    # Its setting is that of networks, of which there is none.
    assert load("nasser2021", cohorts="brca560", models="mu")["trace"]["models"] == {"mu": 1}


def test_the_referees_of_a_claim_are_checked(project):
    path = project / "resources/nasser2021_claims.yaml"
    text = path.read_text(encoding="utf-8")
    (project / "claims.yaml").write_text(text.replace("nnls-supervised", "nnls"), encoding="utf-8")
    edit(project, lambda study: study["claims"].update(file="claims.yaml"), "nasser2021")
    assert refused("nasser2021", project).startswith(
        "claims.yaml: D4: refereed: unknown model 'nnls'"
    )


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        ({"alpha": 0}, "noise: alpha: the dispersion alpha of nb is 0, but has to be above 0"),
        ({"alpha": -1}, "noise: alpha: the dispersion alpha of nb is -1"),
        ({"power": 0.5}, "noise: power: the power of tweedie is 0.5, but has to be 0 or between"),
        ({"powr": 1.5}, "noise: unknown key 'powr': did you mean 'power'"),
    ],
)
def test_parameters_of_noise_models_are_checked(project, noise, message):
    edit(project, lambda study: study.update(noise=noise), "james2026")
    assert refused("james2026", project).startswith(f"james2026.yaml: {message}")


def test_parameters_of_noise_models_are_estimated_unless_given(project):
    assert load("james2026")["noise"] == {"alpha": "estimate", "power": "estimate"}
    edit(project, lambda study: study.update(noise={"power": 1.5}), "james2026")
    assert load("james2026", project)["noise"] == {"alpha": "estimate", "power": 1.5}


def by_thinning(file="resources/breast21.tsv", **noise):
    """Change the demonstration: counts are held out, of one catalogue."""

    def change(study):
        study["schemes"]["thinning"] = {"folds": 5}
        study["scheme"], study["losses"], study["noise"] = "thinning", ["kld", "nb"], noise
        study["cohorts"] = {"mine": {"file": file, "rank": [2, 3]}}
        study["models"] = {"nmf": study["models"]["nmf"]}

    return change


def few_mutations(project, mutations=1, sample=1, channel=None):
    """Write a catalogue with a sample, or a channel, with mutations in one place only."""
    table = pd.read_csv(project / "resources/breast21.tsv", sep="\t", index_col=0)
    where = table.columns[sample] if channel is None else channel
    cells = (slice(None), where) if channel is None else (where, slice(None))
    table.loc[cells] = 0
    table.loc[table.index[9] if channel is None else channel, table.columns[1]] = mutations
    table.to_csv(project / "few.tsv", sep="\t")
    return "few.tsv"


def test_thinned_counts_are_a_scheme(project):
    edit(project, by_thinning())
    entry = load(root=project)["cohorts"]["mine"]
    assert (entry["scheme"], entry["n_splits"]) == ("thinning", 5)
    assert load(root=project, n_splits=2)["cohorts"]["mine"]["n_splits"] == 2


@pytest.mark.parametrize(
    ("few", "noise", "message"),
    [
        ({}, {}, "one fold has all 1 mutation(s) of sample 'PD3890a' and leaves none for training"),
        ({"channel": "A[C>A]C"}, {}, "has all 1 mutation(s) of channel 'A[C>A]C' and leaves none"),
        ({"mutations": 40}, {"alpha": 900}, "at the dispersion alpha = 900, one fold has all 40"),
    ],
    ids=["sample", "channel", "alpha"],
)
def test_counts_too_few_for_the_folds_end_before_any_job(project, few, noise, message):
    edit(project, by_thinning(few_mutations(project, **few), **noise))
    said = refused(root=project)
    assert message in said
    assert "\n" not in said


def test_a_tweedie_model_has_no_thinned_counts(project):
    edit(project, by_thinning())
    edit(project, lambda study: study.update(losses=["kld", "tweedie"]))
    assert refused(root=project).startswith(
        "demo.yaml: cohort 'mine': scheme thinning has no loss tweedie"
    )


def test_of_many_known_words_twenty_are_shown():
    assert nearest("zzz", ["b", "a"]) == "known: a, b"
    said = nearest("zzz", [f"word{i:02}" for i in range(23)])
    assert said.startswith("known: word00, word01, ")
    assert said.endswith(", word19 and 3 more")


def test_the_draws_of_a_claim_have_to_be_cohorts(project):
    edit(project, lambda study: study["cohorts"].pop("set7-nb"), "nasser2021")
    assert refused("nasser2021", project).startswith(
        "resources/nasser2021_claims.yaml: D1: refereed: draws: nb: unknown cohort 'set7-nb': did"
    )


def test_counts_are_drawn_around_a_truth(project):
    edit(project, lambda study: study["cohorts"]["breast21"].update(draw={"dispersion": 0}))
    message = "demo.yaml: cohort 'breast21': draw: counts are drawn around the true means: add "
    assert refused(root=project).startswith(message)
    edit(project, lambda study: study["cohorts"]["breast21"].update(draw={"dispersion": -1}))
    assert "-1" in refused(root=project)


def test_drawn_cohorts_have_the_first_folds_and_the_truth_of_their_sets():
    study = load("nasser2021")
    drawn = {name: cohort for name, cohort in study["cohorts"].items() if "draw" in cohort}
    assert len(drawn) == 2 * 12
    for name, cohort in drawn.items():
        of = study["cohorts"][name.split("-")[0]]
        assert (cohort["truth"], cohort["ranks"], cohort["n_splits"]) == (
            of["truth"],
            of["ranks"],
            3,
        )
        assert (cohort["n_splits"], of["n_splits"]) == (3, 5)


def test_the_noise_floor_is_of_a_cohort_that_is_selected(project):
    assert load("egendal2025")["noise_floor"]["cohort"] == "prostate"
    assert "noise_floor" not in load("egendal2025", cohorts="ovary")
    edit(project, lambda study: study["noise_floor"].update(cohort="prostat"), "egendal2025")
    message = "egendal2025.yaml: noise_floor: unknown cohort 'prostat': did you mean 'prostate'?"
    assert refused("egendal2025", project) == message


def test_what_an_error_quotes_does_not_break_its_line():
    said = str(InputError("two\nlines, \u2028 a third, \x1b[2J and Zoë's dätä"))
    assert said == r"two\nlines, \u2028 a third, \x1b[2J and Zoë's dätä"
