import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from present_examples import held_out_samples, make_example, make_ranks

from nmfbench.compare.ranks import by_rank
from nmfbench.present.summary import summarise
from nmfbench.present.tables.errors import make as error_table
from nmfbench.present.tables.matches import consensus_matches
from nmfbench.present.tables.matches import make as match_table
from nmfbench.present.tables.ranks import make as rank_table
from nmfbench.present.tables.recovery import make as recovery_table
from nmfbench.present.tables.render import (
    NONE,
    Block,
    Cell,
    Column,
    Table,
    best_cells,
    number,
    to_html,
    to_latex,
    write_table,
)

FOUR = ["nmf", "c-nmf", "ae-nmf", "dnmf"]


class Page(HTMLParser):
    """The rows of a page as lists of (text, classes), and the tags left open."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag in ("meta", "link"):
            return
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append(["", dict(attrs).get("class", "").split()])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1][0] += data


def block_of(table, heading):
    (block,) = (b for b in table.blocks if b.heading == heading)
    return block


def column_of(table, block, group, name):
    (i,) = (i for i, c in enumerate(table.columns) if (c.group, c.name) == (group, name))
    return {row[0].text: row[i] for row in block.rows}


def mean_of(scores, **where):
    kept = scores
    for column, value in where.items():
        kept = kept[kept[column] == value]
    return kept["value"].mean()


def test_tsv_holds_the_means_of_the_scores(example, tmp_path):
    write_table(error_table(example.scores, example.study), tmp_path / "errors")
    table = pd.read_csv(tmp_path / "errors.tsv", sep="\t").set_index(["cohort", "loss", "model"])
    assert len(table) == 2 * 2 * 4
    for (cohort, loss, model), row in table.iterrows():
        where = {"cohort": cohort, "loss": loss, "model": model}
        for name in ("train", "test"):
            mean = mean_of(example.scores, metric="error", set=name, **where)
            assert row[f"{name}_mean"] == pytest.approx(mean, rel=1e-9, nan_ok=True)
            ratio = mean_of(example.scores, metric="ratio", set=name, **where)
            assert row[f"ratio_{name}"] == pytest.approx(ratio, rel=1e-9, nan_ok=True)
    assert table.loc[("ovary", "mse", "dnmf"), ["splits", "failed"]].tolist() == [6, 2]
    assert table.loc[("ovary", "mse", "ae-nmf"), ["splits", "failed"]].tolist() == [6, 6]
    assert np.isnan(table.loc[("ovary", "mse", "ae-nmf"), "test_mean"])
    assert table.loc[("ovary", "kld", "dnmf"), "not_converged_train"] == 1


def test_errors_on_held_out_counts_stand_beside_the_test_errors(example):
    scores = example.scores
    test = scores[(scores["metric"] == "error") & (scores["set"] == "test")]
    thinned = test.assign(set="thinned", value=test["value"] / 4)
    table = error_table(pd.concat([scores, thinned], ignore_index=True), example.study)
    block = table.blocks[0]
    mean_ = column_of(table, block, "Test error", "Mean")["NMF"].text
    held_out = column_of(table, block, "Held-out counts", "Mean")["NMF"].text
    assert float(held_out.replace(",", "")) == pytest.approx(
        float(mean_.replace(",", "")) / 4, rel=2e-3
    )
    assert "two halves at random" in " ".join(table.notes)
    assert "Held-out" not in str(error_table(scores, example.study).columns)


def test_recovery_is_for_cohorts_with_a_truth_only(example):
    table = recovery_table(example.scores, example.study)
    assert set(table.tidy["cohort"]) == {"scenario8"}
    assert [b.heading for b in table.blocks] == ["Scenario 8, K = 3: MSE", "Scenario 8, K = 3: KLD"]
    row = table.tidy.query("loss == 'kld' and model == 'c-nmf'").iloc[0]
    where = {"cohort": "scenario8", "loss": "kld", "model": "c-nmf"}
    for metric in ("acs_truth", "sc"):
        values = example.scores.query("metric == @metric and cohort == 'scenario8'")
        values = values[(values["loss"] == "kld") & (values["model"] == "c-nmf")]["value"]
        assert row[f"{metric}_mean"] == pytest.approx(
            mean_of(example.scores, metric=metric, **where)
        )
        assert row[f"{metric}_sd"] == pytest.approx(values.std())


def test_recovery_without_a_truth_says_so(example, tmp_path):
    scores = example.scores[example.scores["cohort"] == "ovary"]
    table = recovery_table(scores, example.study)
    assert not table.blocks
    paths = write_table(table, tmp_path / "recovery")
    assert all("No cohort of this study" in p.read_text() for p in paths[1:])
    assert list(pd.read_csv(paths[0], sep="\t").columns) == list(table.tidy.columns)


@pytest.mark.parametrize("name", ["Training error", "Test error"])
@pytest.mark.parametrize("loss", ["mse", "kld"])
def test_bold_is_the_lowest_error(example, name, loss):
    table = error_table(example.scores, example.study)
    errors = table.tidy.query("cohort == 'ovary' and loss == @loss").set_index("model")
    cells = column_of(table, block_of(table, f"Ovary, K = 4: {loss.upper()}"), name, "Mean")
    lowest = errors[{"Training error": "train", "Test error": "test"}[name] + "_mean"].idxmin()
    assert [label for label, cell in cells.items() if cell.best] == [
        example.study["models"][lowest]["label"]
    ]


def test_bold_is_the_highest_acs(example):
    table = recovery_table(example.scores, example.study)
    cells = column_of(table, table.blocks[0], "ACS with truth", "Mean")
    values = {label: float(cell.text) for label, cell in cells.items()}
    assert [label for label, cell in cells.items() if cell.best] == [max(values, key=values.get)]


def test_bold_leaves_out_what_is_missing_and_takes_what_is_written_alike():
    cells = best_cells([np.nan, 2.00001, 2.00002, 3.0], lowest=True)
    assert cells == [Cell("–"), Cell("2.000", True), Cell("2.000", True), Cell("3.000")]
    assert best_cells([np.nan, np.nan], lowest=True) == [Cell("–"), Cell("–")]
    assert [c.best for c in best_cells([0.1, 0.9], lowest=False)] == [False, True]
    among = best_cells([1.0, 2.0, 3.0], lowest=True, among=[False, True, True])
    assert [c.best for c in among] == [False, True, False]


def test_a_model_that_failed_on_some_splits_is_never_bold(example):
    scores = example.scores.copy()
    scores.loc[(scores["model"] == "dnmf") & (scores["metric"] == "error"), "value"] /= 1000
    table = error_table(scores, example.study)
    for loss, best in (("MSE", "NMF"), ("KLD", "DNMF")):
        cells = column_of(table, block_of(table, f"Ovary, K = 4: {loss}"), "Test error", "Mean")
        assert [label for label, cell in cells.items() if cell.best] == [best]


def test_bold_is_the_same_in_html_and_latex(example):
    table = error_table(example.scores, example.study)
    bold = [c.text for b in table.blocks for row in b.rows for c in row if c.best]
    page = Page(to_html(table))
    assert [text for row in page.rows for text, kinds in row if "best" in kinds] == bold
    assert to_latex(table).count(r"\textbf{") == len(bold) == 4 * 5


def test_a_failed_fit_is_visible(example):
    table = error_table(example.scores, example.study)
    block = block_of(table, "Ovary, K = 4: MSE")
    assert column_of(table, block, "", "Fits")["DNMF"].text == "4/6"
    assert column_of(table, block, "", "Fits")["AE-NMF"].text == "0/6"
    assert column_of(table, block, "Test error", "Mean")["AE-NMF"].text == "–"


def test_the_column_of_refits_is_there_where_a_model_has_them(example):
    table = error_table(example.scores, example.study)
    cells = column_of(table, table.blocks[0], "Test error, refit", "Mean")
    refit = mean_of(example.scores, cohort="scenario8", loss="mse", set="refit", metric="error")
    assert {k: v.text for k, v in cells.items()} == {
        "NMF": "–",
        "C-NMF": "–",
        "AE-NMF": "–",
        "DNMF": number(refit),
    }
    without = error_table(example.scores[example.scores["model"] != "dnmf"], example.study)
    assert len(without.columns) == len(table.columns) - 1


def test_html_parses_and_shows_every_cell(example):
    table = match_table(example.matches, example.study, "kld")
    page = Page(to_html(table))
    assert page.open == []
    shown = [[text for text, _ in row] for row in page.rows]
    for block in table.blocks:
        assert [block.heading] in shown
        for row in block.rows:
            assert [cell.text for cell in row] in shown
    numbers = [kinds for row in page.rows[2:] for i, (_, kinds) in enumerate(row) if i == 2]
    assert all("number" in kinds for kinds in numbers)


def test_rows_that_sum_up_others_stay_below_them_when_sorted(example):
    text = to_html(match_table(example.matches, example.study, "kld"))
    kept = [line for line in text.splitlines() if line.startswith('<tr data-sort-method="none">')]
    assert [line.split(">")[2].split("<")[0] for line in kept] == [
        *("Mean cosine", "Mean cosine", "Previously observed", "Mean cosine")
    ]
    assert text.count('<tr class="heading" data-sort-method="none">') == 3


def test_matches_are_those_of_the_consensus(example):
    table = match_table(example.matches, example.study, "kld")
    assert [b.heading for b in table.blocks] == [
        "Scenario 8, K = 3: COSMIC",
        "Ovary, K = 4: COSMIC",
        "Ovary, K = 4: Signal",
    ]
    first, cosmic, signal = table.blocks
    assert [row[0].text for row in cosmic.rows] == [
        *"1234",
        "Mean cosine",
        "Previously observed",
    ]
    assert [row[0].text for row in first.rows][-1] == "Mean cosine"  # no list: not claimed
    assert [row[0].text for row in signal.rows][-1] == "Mean cosine"
    source = example.matches.query(
        "cohort == 'ovary' and loss == 'kld' and library == 'cosmic' and model == 'ae-nmf' "
        "and split == 'consensus'"
    ).set_index("component")
    for i in range(1, 5):
        star = "*" if source.loc[i, "observed"] == 1 else ""
        assert cosmic.rows[i - 1][5].text == source.loc[i, "match"] + star
        assert cosmic.rows[i - 1][6].text == f"{source.loc[i, 'cosine']:.3f}"
    assert cosmic.rows[4][6].text == f"{source['cosine'].mean():.3f}"
    assert cosmic.rows[5][6].text == f"{int(source['observed'].sum())}/4"
    best = [cell.best for cell in cosmic.rows[4][2::2]]
    means = source_means(example)
    assert best == [f"{m:.3f}" == f"{max(means):.3f}" for m in means]


def source_means(example):
    found = consensus_matches(example.matches)
    found = found.query("cohort == 'ovary' and loss == 'kld' and library == 'cosmic'")
    return [found[found["model"] == m]["mean_cosine"].iloc[0] for m in FOUR]


def test_matches_read_from_a_file_are_the_same(example, tmp_path):
    path = tmp_path / "matches.tsv"
    example.matches.to_csv(path, sep="\t", index=False, na_rep="NA")
    again = match_table(pd.read_csv(path, sep="\t"), example.study, "mse")
    table = match_table(example.matches, example.study, "mse")
    assert to_html(again) == to_html(table)
    assert "AE-NMF" in to_html(table)  # without a consensus on ovary, but on scenario8


def test_matches_without_any_fit_say_so(example):
    none = match_table(example.matches[:0].astype(object), example.study, "mse")
    assert "No fit of this loss succeeded." in to_latex(none)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (532_613.3, "532,600"),
        (5919.9, "5,920"),
        (106.2156, "106.2"),
        (99.996, "100.0"),
        (0.89349, "0.8935"),
        (0.00012344, "0.0001234"),
        (1.5e-9, "1.500e-09"),
        (0.0, "0"),
        (float("nan"), "–"),
    ],
)
def test_numbers_have_four_significant_digits(value, text):
    assert number(value) == text


NASTY = r"a_b & 50% #1 {x} $y^2$ ~ \ <i>"


def nasty_table():
    tidy = pd.DataFrame({"model": [NASTY], "value": [1 / 3]})
    columns = [Column("Model", number=False), Column(NASTY, NASTY)]
    block = Block(NASTY, [[Cell(NASTY), Cell("1 – 2", True)]])
    return Table("nasty", NASTY, tidy, columns, [block], [NASTY])


def test_html_is_escaped():
    text = to_html(nasty_table())
    assert "<i>" not in text
    page = Page(text)
    assert page.text.count(NASTY) == 7  # title, heading, both heads, block, cell, note


def test_latex_is_escaped():
    text = to_latex(nasty_table())
    escaped = (
        r"a\_b \& 50\% \#1 \{x\} \$y\textasciicircum{}2\$ \textasciitilde{} \textbackslash{} "
        r"\textless{}i\textgreater{}"
    )
    assert text.count(escaped) == 6
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\cmidrule"):
        assert rule in text
    assert r"\hline" not in text


def test_latex_rows_have_as_many_cells_as_columns(example):
    for table in (
        error_table(example.scores, example.study),
        recovery_table(example.scores, example.study),
        match_table(example.matches, example.study, "mse"),
    ):
        for block in table.blocks:
            for row in block.rows:
                assert len(row) == len(table.columns)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(example, tmp_path):
    write_table(error_table(example.scores, example.study), tmp_path / "errors")
    write_table(match_table(example.matches, example.study, "mse"), tmp_path / "matches")
    write_table(nasty_table(), tmp_path / "nasty")
    long = error_table(example.scores, example.study)
    long = replace(long, name="long", blocks=[*long.blocks] * 6)
    write_table(long, tmp_path / "long")
    assert (tmp_path / "long.tex").read_text().startswith("% The document needs")
    assert "longtable" in (tmp_path / "long.tex").read_text()
    assert "longtable" not in (tmp_path / "errors.tex").read_text()
    (tmp_path / "page.tex").write_text(
        r"\documentclass{article}\usepackage{booktabs,longtable}\begin{document}"
        r"\input{errors}\input{matches}\input{nasty}\input{long}\end{document}"
    )
    run = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "page"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-2000:]


def test_tables_written_twice_are_the_same_bytes(example, tmp_path):
    for stem in ("one", "two"):
        write_table(match_table(example.matches, example.study, "mse"), tmp_path / stem)
    for kind in ("tsv", "html", "tex"):
        one, two = ((tmp_path / f"{stem}.{kind}").read_bytes() for stem in ("one", "two"))
        assert one == two


def test_two_schemes_of_a_cohort_stay_apart(example):
    other = example.scores.assign(scheme="published")
    summary = summarise(pd.concat([example.scores, other]), example.study)
    assert list(summary["panel"].unique()) == [
        "Scenario 8, K = 3, holdout splits",
        "Scenario 8, K = 3, published splits",
        "Ovary, K = 4, holdout splits",
        "Ovary, K = 4, published splits",
    ]
    assert (summary["splits"] == 6).all()


def test_rows_follow_the_study_not_the_table(example):
    shuffled = example.scores.sample(frac=1, random_state=1)
    assert list(summarise(shuffled, example.study)["model"].unique()) == FOUR


def test_losses_follow_the_study_if_it_says(example):
    study = {**example.study, "losses": ["kld", "mse"]}
    assert list(summarise(example.scores, study)["loss"].unique()) == ["kld", "mse"]
    assert list(summarise(example.scores, example.study)["loss"].unique()) == ["mse", "kld"]


def test_all_models_tables_of_one_model(tmp_path):
    example = make_example(["nmf"], ["ovary"], n_splits=3, losses=["mse"])
    table = error_table(example.scores, example.study)
    assert column_of(table, table.blocks[0], "Test error", "Ratio")["NMF"].text == "–"
    write_table(match_table(example.matches, example.study, "mse"), tmp_path / "matches")


def test_ranks_have_a_row_per_model_with_the_choices_of_all_rules(tmp_path):
    failed = [("ovary", "dnmf", k, 1) for k in (2, 3, 4)]
    example = make_ranks(FOUR, ["uterus", "ovary"], [2, 3, 4], n_splits=5, failed=failed)
    ranks = by_rank(example.scores)
    table = rank_table(ranks.sample(frac=1, random_state=1), example.study)
    assert {b.heading for b in table.blocks} == {
        "Ovary, K = 2 to 4: MSE",
        "Uterus, K = 2 to 4: MSE",
    }
    block = block_of(table, "Ovary, K = 2 to 4: MSE")
    assert [row[0].text for row in block.rows] == ["NMF", "C-NMF", "AE-NMF", "DNMF"]
    here = ranks.query("cohort == 'ovary' and model == 'c-nmf'").set_index("k")
    main = "One-standard-error rule"
    row = here.loc[here["chosen"].idxmax()]
    for head, expected in (
        ("Held-out error", number(row["held_out_error"])),
        ("SC", f"{row['sc_mean']:.3f}"),
        ("Silhouette", f"{row['silhouette_mean']:.3f}"),
    ):
        assert column_of(table, block, main, head)["C-NMF"].text == expected
    for rule, head in (("lowest", "Lowest error"), ("elbow", "Elbow"), ("stable", "Silhouette")):
        expected = str(here[rule].idxmax()) if here[rule].any() else "–"
        assert column_of(table, block, "K by other rules", head)["C-NMF"].text == expected
    assert column_of(table, block, main, "K")["DNMF"].text == "–"  # a fit failed at each
    assert column_of(table, block, "", "Fits")["DNMF"].text == "12/15"
    assert "smallest K whose held-out error is within one standard error" in " ".join(table.notes)
    write_table(table, tmp_path / "ranks")
    tidy = pd.read_csv(tmp_path / "ranks.tsv", sep="\t")
    assert len(tidy) == 2 * 4
    assert tidy["chosen_k"].isna().sum() == 1


@pytest.mark.parametrize(
    ("among", "chosen", "words"),
    [
        ([3, 4, 5], 4, "4 (3 to 5)"),
        ([4], 4, "4"),
        ([4, 5, 6], 5, "5 (4 to 6 or more)"),
        ([6], 6, "6 or more"),
        ([2, 5], 5, "5 (2 to 5)"),
    ],
)
def test_a_rank_is_answered_with_those_that_cannot_be_told_from_the_best(among, chosen, words):
    example = make_ranks(["nmf"], ["ovary"], range(2, 7), n_splits=4)
    ranks = by_rank(example.scores)
    ranks["among"] = ranks["k"].isin(among).astype(int)
    ranks["chosen"] = (ranks["k"] == chosen).astype(int)
    table = rank_table(ranks, example.study)
    (block,) = table.blocks
    assert column_of(table, block, "One-standard-error rule", "K")["NMF"].text == words


def test_where_samples_are_held_out_it_says_why_no_rank_is_chosen():
    example = make_ranks(["nmf"], ["ovary"], [2, 3], n_splits=4)
    ranks = by_rank(example.scores)
    why = "no K is chosen by the error"
    assert why not in " ".join(rank_table(ranks, example.study).notes)
    table = rank_table(by_rank(held_out_samples(example.scores)), example.study)
    assert why in " ".join(table.notes)
    (block,) = table.blocks
    assert column_of(table, block, "One-standard-error rule", "K")["NMF"].text == NONE


def test_ranks_without_several_say_so(example, tmp_path):
    table = rank_table(by_rank(example.scores), example.study)
    paths = write_table(table, tmp_path / "ranks")
    assert all("No cohort of this study has several ranks" in p.read_text() for p in paths[1:])


@pytest.fixture(scope="module")
def with_dead():
    dead = {"c-nmf": [1, 1, 1, 1, 2, 0]}
    return make_example(["nmf", "c-nmf"], ["ovary"], n_splits=6, losses=["mse"], dead=dead)


def test_living_signatures_are_counted_where_any_is_dead(example, with_dead):
    table = error_table(with_dead.scores, with_dead.study)
    cells = column_of(table, table.blocks[0], "Effective K", "Mean")
    assert [cell.text for cell in cells.values()] == ["4.00", "3.00"]
    assert table.tidy["dead"].tolist() == [0, 5]
    assert "0.1 % of the mutations" in " ".join(table.notes)
    table = error_table(example.scores, example.study)
    assert "Effective K" not in {column.group for column in table.columns}
    assert not any("Effective" in note for note in table.notes)


def test_a_dead_signature_is_no_match_and_counts_zero(with_dead):
    table = match_table(with_dead.matches, with_dead.study, "mse")
    words = [[cell.text for cell in row] for row in table.blocks[0].rows]
    (row,) = (row for row in words if "dead" in row)
    assert row[3:] == ["dead", "–"]
    mean = table.tidy.query("model == 'c-nmf' and library == 'cosmic'")["cosine"]
    assert (mean == 0).sum() == 1
    found = dict(zip(("name", "", "nmf", "", "c-nmf"), words[-2], strict=True))
    assert float(found["c-nmf"]) == pytest.approx(mean.mean(), abs=6e-4)
    assert any(note.startswith("Dead: ") for note in table.notes)


def test_recovery_has_f1_with_precision_and_recall(example):
    table = recovery_table(example.scores, example.study)
    of = {name: column_of(table, table.blocks[0], name, "Mean") for name in ("F1", "Recall")}
    truth = example.scores.query("cohort == 'scenario8' and loss == 'mse' and model == 'nmf'")
    for name, metric in (("F1", "f1_truth"), ("Recall", "recall_truth")):
        mean = truth[truth["metric"] == metric]["value"].mean()
        assert float(of[name]["NMF"].text) == pytest.approx(mean, abs=1e-3)
