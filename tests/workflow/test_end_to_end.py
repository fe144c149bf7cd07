"""The workflow end to end, small: 21 genomes, two models, three splits, one loss."""

import base64
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from nmfbench.factorize.run import blas_kernels

pytestmark = pytest.mark.slow

CONFIG = ("cohorts=breast21", "losses=mse", "n_splits=3")
MODELS = "models=nmf,ae-nmf"

#: What is wanted of a run: the report's files and the tables they are drawn from.
TABLES = [
    f"tables/{name}.{kind}" for name in ("errors", "matches.mse") for kind in ("html", "tex", "tsv")
]
DRAWN = ("errors", "pca", "agreement", "consistency", "splitmatches", "profiles")
KINDS = ("pdf", "png", "svg")
FIGURES = [f"figures/breast21/{name}.mse.{kind}" for name in DRAWN for kind in KINDS]
#: Shows seconds, which are never the same twice.
TIMED = [f"figures/breast21/convergence.mse.{kind}" for kind in KINDS]
LONG = ["points.tsv", "signatures.tsv", "matches.tsv"]
FILES = [*TABLES, *FIGURES, *LONG, "front_page.rst"]
#: What all tables and figures are drawn from, as targets.
RESULTS = ["--", *(f"results/demo/{name}" for name in ("scores.tsv", *LONG))]

ADDING = (Path(__file__).parents[2] / "docs/add-a-method.md").read_text(encoding="utf-8")
ADDING_A_FIGURE = (Path(__file__).parents[2] / "docs/add-a-figure.md").read_text(encoding="utf-8")
NEW_FIGURE, NEW_CAPTION, NEW_ENTRY = (
    text for _, text in re.findall(r"```(python|rst|text)\n(.*?)```", ADDING_A_FIGURE, re.DOTALL)
)
#: What the page tells whoever adds a method to write, to the letter.
NEW_METHOD, NEW_MODEL = (
    re.search(rf"```{kind}\n(.*?)```", ADDING, re.DOTALL)[1] for kind in ("python", "yaml")
)
NEW_MODELS = f"{NEW_MODEL}  wild: {{label: Wild AE-NMF, method: ae-nmf}}\n"
WILD = "    settings: {wild: {learning_rate: 1.0e+30}}\n"  # for one cohort alone


def config(models=MODELS, splits_per_job=2):
    return ["--config", *CONFIG, models, f"splits_per_job={splits_per_job}"]


def results(copy, files=LONG):
    """What must not depend on when, where and in which portions it was computed."""
    made = {name: (copy / "results/demo" / name).read_bytes() for name in files}
    return made | {"scores": copy.scores().to_csv()}


def assert_same(one, other):
    assert one
    assert [name for name in one if one[name] != other[name]] == []


def errors(said):
    """The different lines that tell of an error of ours."""
    return {line for line in said.splitlines() if line.startswith("error: ")}


@pytest.fixture(scope="module")
def finished(make_copy):
    """A finished run, not to be changed, and what came out."""
    copy = make_copy()
    said = copy.succeed(*config())
    return copy, results(copy, FILES), said


@pytest.fixture
def finished_copy(finished, tmp_path):
    """The finished run once more, with its results, to be changed."""
    return finished[0].twin(tmp_path / "project")


def test_a_run_makes_every_file_of_the_report(finished):
    copy, made, _ = finished
    assert all(len(content) > 100 for content in made.values())
    assert all((copy / "results/demo" / name).stat().st_size > 100 for name in TIMED)
    assert {path.suffix for path in (copy / "results/demo/tables").iterdir()} == {
        ".html",
        ".tex",
        ".tsv",
    }
    table = copy.scores()
    assert set(table["model"]) == {"nmf", "ae-nmf"}
    assert set(table["split"]) == {0, 1, 2}
    errors = {"error", "error_relative", "error_typical", "sample_cosine"}
    of_signatures = {"sc", "acs", "silhouette", "effective_k"}
    assert errors | of_signatures | {"ratio", "iterations", "converged"} == set(table["metric"])
    assert set(table["status"]) == {"ok"}
    assert table["value"].notna().all()


def test_a_run_ends_with_what_came_out_and_where_the_report_is(finished):
    copy, _, said = finished
    lines = (copy / "results/demo/answer.txt").read_text().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("Lowest mean test error, of 1 combination of cohort and loss: ")
    assert "\n".join([*lines, "report: results/demo/report.html"]) in said


def test_another_style_of_figures_fits_nothing_again(finished):
    style = "figure_style={font: DejaVu Serif, single_mm: 89, double_mm: 183}"
    planned = finished[0].succeed("--dry-run", *config(), style, "--", "figures")
    rules = set(re.findall(r"^(?:local)?rule (\w+):", planned, re.MULTILINE))
    assert {f"figure_{name}" for name in (*DRAWN, "convergence")} <= rules
    assert all(rule == "figures" or rule.startswith("figure_") for rule in rules)


def test_beside_each_fit_is_how_it_came_about(finished):
    fits = sorted((finished[0] / "results/demo/fits").rglob("*.npz"))
    assert len(fits) == 4
    for fit in fits:
        record = fit.with_suffix(".json").read_text()
        assert '"seed": 1' in record
        assert '"versions"' in record
        assert '"peak_memory_mb"' in record
        assert json.loads(record)["blas"] == blas_kernels()


def test_nothing_half_written_stays(finished):
    kept = [path for path in (finished[0] / "results").rglob("*") if path.is_file()]
    assert not [path for path in kept if path.name.startswith(".")]


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in finished[0].succeed(*config())


def test_every_file_is_asked_for(finished):
    made = finished[0] / "results/demo"
    files = {
        path.relative_to(finished[0].root).as_posix()
        for path in made.rglob("*")
        if path.is_file() and path.relative_to(made).parts[0] not in ("logs", "checksums")
    }
    said = finished[0].succeed("--dry-run", "--force", *config())
    (asked,) = re.findall(r"rule all:\n    input: (.*)\n", said)
    assert files == set(asked.split(", "))


def test_what_was_changed_is_not_believed_and_what_was_deleted_is_made_again(finished_copy):
    made = finished_copy / "results/demo"
    table = made / "scores.tsv"
    table.write_text(table.read_text().replace("ae-nmf", "best"), encoding="utf-8")
    status, said = finished_copy.run(*config())
    assert status != 0
    assert errors(said) == {
        "error: results/demo/scores.tsv: it was changed after it was written: delete it and run "
        "again"
    }
    for path in (
        table,
        next((made / "fits").rglob("*.npz")),
        made / "figures/breast21/pca.mse.pdf",
    ):
        path.unlink()
    jobs = planned(finished_copy.succeed("--dry-run", *config()))
    assert {"fit": 1, "collect": 1, "figure_pca": 1}.items() <= jobs.items()


@pytest.mark.parametrize(("splits_per_job", "n_fits"), [(1, 6), (3, 2)])
def test_the_size_of_the_jobs_changes_no_byte(make_copy, finished, splits_per_job, n_fits):
    copy = make_copy()
    copy.succeed(*config(splits_per_job=splits_per_job), *RESULTS)
    assert len(list((copy / "results/demo/fits").rglob("*.npz"))) == n_fits
    assert_same(results(copy), finished[1])


def test_figures_tables_and_page_are_made_again_to_the_same_bytes(finished, finished_copy):
    for name in ("figures", "tables", "front_page.rst"):
        path = finished_copy / "results/demo" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    finished_copy.succeed(*config())
    assert_same(results(finished_copy, FILES), finished[1])


@pytest.fixture(scope="module")
def extended(finished, tmp_path_factory):
    """The finished run after a method was added, with a model that diverges."""
    copy = finished[0].twin(tmp_path_factory.mktemp("extended") / "project")
    (copy / "workflow/nmfbench/factorize/methods/my_method.py").write_text(NEW_METHOD)
    study = copy / "workflow/studies/demo.yaml"
    text = study.read_text(encoding="utf-8")
    for place, new in (("references:", NEW_MODELS), ("    rank: 4", WILD)):
        assert f"\n{place}" in text
        text = text.replace(f"\n{place}", f"\n{new}{place}")
    study.write_text(text, encoding="utf-8")
    copy.succeed(*config(f"{MODELS},my-method,wild"))
    return copy


def test_a_new_method_is_one_file_and_one_line(extended):
    made = extended / "results/demo"
    assert "\tmy-method\t" in (made / "tables/errors.tsv").read_text()
    for page in ("tables/errors.html", "report.html"):
        assert "My method" in (made / page).read_text(encoding="utf-8")
    for figure in (*DRAWN, "convergence"):
        # Text is drawn as curves; what it says stands beside them as a comment.
        drawn = (made / f"figures/breast21/{figure}.mse.svg").read_text()
        assert re.search(r"<!-- .*My method.* -->", drawn), figure
    table = extended.scores()
    assert (table.loc[table["model"] == "my-method", "status"] == "ok").all()
    assert "my-method" in set(table.loc[table["metric"] == "acs", "other"])


def test_a_new_method_lets_the_other_fits_be(extended, finished):
    fits = [
        path.relative_to(finished[0].root)
        for path in (finished[0] / "results/demo/fits").rglob("*.npz")
    ]
    assert fits
    for path in fits:
        assert (extended / path).stat().st_mtime_ns == (finished[0] / path).stat().st_mtime_ns


def test_a_fit_that_diverges_is_a_row_with_its_reason_and_the_run_goes_on(extended):
    table = extended.scores()
    wild = table[table["model"] == "wild"]
    of_errors = wild[wild["metric"] == "error"]
    assert sorted(zip(of_errors["split"], of_errors["set"], strict=True)) == [
        (split, name) for split in range(3) for name in ("test", "thinned", "train")
    ]
    assert of_errors["value"].isna().all()
    assert of_errors["status"].str.startswith("failed: diverged").all()
    assert (table.loc[table["model"] == "nmf", "status"] == "ok").all()
    assert all((extended / "results/demo" / name).stat().st_size for name in FILES)
    page = (extended / "results/demo/front_page.rst").read_text()
    assert "Wild AE-NMF on 3 of 3 splits (diverged" in page
    assert "Wild AE-NMF" in (extended / "results/demo/tables/errors.html").read_text()


def test_the_report_has_the_words_the_tables_and_the_figures_in_it(finished):
    page = (finished[0] / "results/demo/report.html").read_text(encoding="utf-8")
    assert "Demonstration: a simulated cohort and 21 breast genomes" in page
    assert "None of the 6 fits failed" in page
    assert "Nik-Zainal et al. 2012" in page
    assert page.count('<img src="data:image/webp') == len(DRAWN) + 1
    assert page.count("<table>") == 4  # errors, model against model, matches, models


def test_snakemakes_report_holds_the_front_page_the_tables_and_the_figures(finished_copy):
    finished_copy.succeed(*config(), "--report", "provenance.html")
    page = (finished_copy / "provenance.html").read_text(encoding="utf-8")
    assert "Demonstration: a simulated cohort and 21 breast genomes" in page
    assert "None of the 6 fits failed" in page
    held = {
        name: base64.b64decode(data)
        for name, data in re.findall(r'filename=([\w.-]+);base64,([\w+/=]+)"', page)
    }
    for name in [*FILES, *TIMED]:
        if name.endswith((".html", ".svg")):
            assert held[Path(name).name] == (finished_copy / "results/demo" / name).read_bytes()
    for category in ("All cohorts", "Breast (21 genomes)"):
        assert category in page


def test_no_name_is_code_in_snakemakes_report(finished_copy, chromium):
    """The worst that titles and labels may have in them: neither run nor fetched."""
    code = (
        '" onload="hacked = 1" \' ` ${hacked = 1} {{hacked = 1}} \\u003cscript\\u003ehacked = 1 '
        "&lt;script&gt;hacked = 1&lt;/script&gt; ]]; hacked = 1; // javascript:hacked=1 _x_ **y**"
    )
    path = finished_copy / "workflow/studies/demo.yaml"
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    study["title"] = f"Title {code}"
    for entry in (*study["cohorts"].values(), *study["models"].values()):
        entry["label"] = f"{entry['label']} {code}"
    path.write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
    finished_copy.succeed(*config(), "--report", "provenance.html")

    page, said, asked = chromium.new_page(), [], []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    address = (finished_copy / "provenance.html").as_uri()
    page.goto(address)
    cohort = study["cohorts"]["breast21"]["label"]
    page.get_by_text(cohort).first.click()  # its figures, whose names are shown
    page.get_by_text("Figure 2: errors").first.wait_for()
    assert page.evaluate("typeof hacked") == "undefined"
    assert said == []
    assert [url for url in asked if not url.startswith(("data:", "blob:", address))] == []
    page.close()


@pytest.mark.parametrize(
    ("module", "again", "not_again"),
    [
        ("factorize/methods/ae_nmf", {"fit", "scores", "consensus"}, {"catalogue", "splits"}),
        ("compare/consensus", {"consensus"}, {"fit", "scores"}),
        ("present/style", {"figure_errors", "figure_pca"}, {"fit", "consensus", "table_errors"}),
        (
            "present/tables/render",
            {"table_errors", "table_matches", "front_page", "report"},
            {"fit", "consensus", "figure_pca"},
        ),
    ],
)
def test_changed_code_reruns_just_what_depends_on_it(finished_copy, module, again, not_again):
    with (finished_copy / f"workflow/nmfbench/{module}.py").open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    said = finished_copy.succeed(*config(), "--dry-run")
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", said, re.MULTILINE))
    assert again <= set(jobs)
    assert not not_again & set(jobs)
    if "fit" in again:
        assert jobs["fit"] == "2"  # those of the changed method


def test_a_new_figure_is_a_module_a_caption_and_a_word(finished_copy):
    room = finished_copy / "workflow/nmfbench/present"
    (room / "figures/speed.py").write_text(NEW_FIGURE, encoding="utf-8")
    (finished_copy / "workflow/report/figure-speed.rst").write_text(NEW_CAPTION, encoding="utf-8")
    order = (room / "contents.py").read_text(encoding="utf-8")
    assert order.count('    "figure pca",\n') == 1
    order = order.replace('    "figure pca",\n', f'{NEW_ENTRY}    "figure pca",\n')
    (room / "contents.py").write_text(order, encoding="utf-8")
    made = finished_copy / "results/demo"
    before = {path: path.stat().st_mtime_ns for path in made.glob("[tf][ai]*/*/*")}
    finished_copy.succeed(*config())
    assert all((made / f"figures/all/speed.mse.{kind}").stat().st_size for kind in KINDS)
    assert {path: path.stat().st_mtime_ns for path in before} == before  # none of the others
    page = (made / "report.html").read_text(encoding="utf-8")
    assert page.index("Seconds of a fit") < page.index("Figure 3: signatures of all splits")
    assert "median over cohorts and splits" in page


def test_a_doubled_channel_ends_the_run_in_one_line(make_copy):
    copy = make_copy()
    catalogue = copy / "resources/breast21.tsv"
    lines = catalogue.read_text(encoding="utf-8").splitlines(keepends=True)
    catalogue.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    status, said = copy.run(*config())
    assert status != 0
    assert errors(said) == {
        "error: resources/breast21.tsv: channel 'A[C>A]A' occurs more than once: keep one of them"
    }
    assert "Traceback" not in said
    assert not (copy / "results/demo/cohorts/breast21/catalogue.tsv").exists()


def test_a_wrong_config_ends_before_the_run_in_one_line(finished):
    status, said = finished[0].run("--config", "n_split=3")
    assert status != 0
    line = "error: config.yaml: unknown key 'n_split': did you mean 'n_splits'?"
    assert said.splitlines()[-1] == line
    assert len(errors(said)) == 1
    assert "Traceback" not in said


def test_too_many_signatures_for_the_samples_are_told_with_the_cohort(make_copy):
    copy = make_copy()
    study = copy / "workflow/studies/demo.yaml"
    text = study.read_text(encoding="utf-8")
    assert "rank: 4" in text
    study.write_text(text.replace("rank: 4", "rank: 17"), encoding="utf-8")
    status, said = copy.run(*config())
    assert status != 0
    assert len(errors(said)) == 1
    assert "breast21" in errors(said).pop()
    assert "Traceback" not in said


@pytest.fixture
def by_rank(make_copy):
    """A project whose demonstration tries K = 2 and 3, on thinned counts or bootstrap samples."""
    copy = make_copy()
    study = copy / "workflow/studies/demo.yaml"
    text = study.read_text(encoding="utf-8")
    for old, new in (
        ("rank: 4", "rank: [3, 2]"),
        ("    test_fraction: 0.2", "    test_fraction: 0.2\n  bootstrap:\n    n_splits: 3\n"
         "    bootstrap: true\n  thinning:\n    folds: 3"),
    ):  # fmt: skip
        assert text.count(old) == 1
        text = text.replace(old, new)
    study.write_text(text, encoding="utf-8")
    return copy


def planned(said):
    """How many jobs of each rule a dry run would start."""
    return {rule: int(n) for rule, n in re.findall(r"^(\w+) +(\d+)$", said, re.MULTILINE)}


def test_a_study_of_ranks_has_a_cell_for_each_and_one_figure_over_all(make_copy):
    jobs = planned(make_copy().succeed("--dry-run", "--config", "study=egendal2025-ranks"))
    assert jobs["splits"] == 3
    assert jobs["fit"] == 3 * 11 * 3
    assert jobs["scores"] == 3 * 11
    assert {name: n for name, n in jobs.items() if name.startswith(("table", "figure"))} == {
        "table_ranks": 1,
        "figure_ranks": 1,
    }


def test_a_study_of_single_ranks_has_nothing_over_ranks(make_copy):
    jobs = planned(make_copy().succeed("--dry-run", "--config", "study=egendal2025"))
    assert {"table_errors", "figure_errors", "figure_pca", "figure_profiles"} <= set(jobs)
    assert not {"ranks", "table_ranks", "figure_ranks"} & set(jobs)


def test_ranks_are_chosen_by_held_out_counts(by_rank):
    choice = ["--config", *CONFIG[:2], "scheme=thinning", "models=nmf"]
    by_rank.succeed(*choice)
    made = by_rank / "results/demo"
    table = pd.read_csv(made / "ranks.tsv", sep="\t")
    assert list(zip(table["model"], table["k"], strict=True)) == [("nmf", 2), ("nmf", 3)]
    assert (table["scheme"] == "thinning").all()
    assert (table["failed"] == 0).all()
    assert table["held_out_error"].notna().all()
    assert (table.groupby("model")[["chosen", "lowest"]].sum() == 1).all(axis=None)
    scores = pd.read_csv(made / "scores.tsv", sep="\t")
    assert set(scores.loc[scores["metric"] == "error", "set"]) == {"train", "thinned"}
    splits = pd.read_csv(made / "cohorts/breast21/thinning.tsv", sep="\t")
    assert (splits["copies"] == 1).all()
    assert {path.name for path in (made / "figures/all").iterdir()} == {
        f"ranks.mse.{kind}" for kind in ("pdf", "png", "svg")
    }
    assert {path.stem for path in (made / "tables").iterdir()} == {"ranks"}
    # What shows every rank by itself is there for the asking.
    by_rank.succeed(*choice, "--", "results/demo/tables/errors.html")
    assert "K = 3" in (made / "tables/errors.html").read_text()


def test_a_rank_beyond_the_different_samples_drawn_ends_before_any_fit(by_rank):
    study = by_rank / "workflow/studies/demo.yaml"
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("rank: [3, 2]", "rank: [2, 15]"), encoding="utf-8")
    status, said = by_rank.run("--config", *CONFIG[:2], "scheme=bootstrap", MODELS)
    assert status != 0
    (line,) = errors(said)
    assert line.startswith("error: cohort 'breast21': rank 15 does not fit 96 channels and ")
    assert "different training samples: choose a rank of at least 1 and below " in line
    assert not (by_rank / "results/demo/fits").exists()


def test_counts_of_a_cohort_with_truth_are_drawn_anew(make_copy):
    copy = make_copy()
    cosmic = pd.read_csv(copy / "resources/COSMIC_v3.4_SBS_GRCh37.txt", sep="\t", index_col=0)
    signatures = cosmic[["SBS3", "SBS5"]]
    drawn = np.random.default_rng(1).uniform(500, 5000, (2, 40))
    exposures = pd.DataFrame(drawn, signatures.columns, [f"s{n}" for n in range(40)])
    means = signatures @ exposures
    made = {"catalogue": means.round(), "signatures": signatures, "exposures": exposures}
    for name, table in made.items():
        table.to_csv(copy / f"{name}.tsv", sep="\t")
    path = copy / "workflow/studies/demo.yaml"
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    truth = {"file": "signatures.tsv", "exposures": {"file": "exposures.tsv"}}
    study["cohorts"]["noisy"] = {"file": "catalogue.tsv", "truth": truth, "rank": 2}
    study["cohorts"]["noisy"]["draw"] = {"dispersion": 0}
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    at = "results/demo/cohorts/noisy"
    copy.succeed("--", f"{at}/catalogue.tsv", f"{at}/true_exposures.tsv")
    counts = pd.read_csv(copy / at / "catalogue.tsv", sep="\t", index_col=0)
    z = (counts - means.loc[counts.index]) / np.sqrt(means.loc[counts.index])
    assert z.to_numpy().std() == pytest.approx(1, abs=0.05)
    found = pd.read_csv(copy / at / "true_exposures.tsv", sep="\t", index_col=0)
    np.testing.assert_allclose(found, exposures)


def test_without_network_and_mirror_a_source_says_what_to_do(make_copy):
    copy = make_copy()
    closed = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), closed)
    source = "gel/catalogues_Ovary_SBS.tsv"
    target = f"resources/downloads/{source}"
    status, said = copy.run("--config", "study=egendal2025", "--", target, **proxies)
    assert status != 0
    (line,) = errors(said)
    assert source in line
    assert "could not be downloaded from https://" in line
    assert "check the network, or put the file at" in line
    assert "NMFBENCH_MIRROR" in line
    assert "Traceback" not in said
    assert not list((copy / "resources/downloads").rglob("*.tsv"))


def test_a_mirror_gives_the_source(make_copy, mirror):
    copy = make_copy()
    source = "gel/catalogues_Prostate_SBS.tsv"
    target = f"resources/downloads/{source}"
    copy.succeed("--config", "study=egendal2025", f"mirror={mirror}", "--", target)
    assert (copy / target).read_bytes() == (mirror / source).read_bytes()


def test_a_truncated_file_in_the_mirror_is_refused(make_copy, tmp_path):
    copy = make_copy()
    source = "gel/catalogues_Ovary_SBS.tsv"
    (tmp_path / "gel").mkdir()
    (tmp_path / source).write_bytes(b"GEL-1\nA[C>A]A\t1\n")
    target = f"resources/downloads/{source}"
    status, said = copy.run("--config", "study=egendal2025", f"mirror={tmp_path}", "--", target)
    assert status != 0
    (line,) = errors(said)
    assert "16 bytes where 168821 are expected" in line
    assert not (copy / target).exists()
