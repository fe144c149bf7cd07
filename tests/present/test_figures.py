import re
import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import present_examples
import pytest
from matplotlib.collections import PathCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch
from present_examples import LABELS, make_example, make_ranks

from nmfbench.compare.ranks import by_rank
from nmfbench.data.catalogue import read_signatures
from nmfbench.errors import InputError
from nmfbench.present import style
from nmfbench.present.figures import (
    agreement,
    consistency,
    convergence,
    errors,
    pca,
    profiles,
    ranks,
    splitmatches,
)

FOUR = ["nmf", "c-nmf", "ae-nmf", "dnmf"]
COSMIC = read_signatures(present_examples.COSMIC)


def boxes(ax):
    return [patch for patch in ax.patches if isinstance(patch, PathPatch)]


def bars_of(ax):
    (bars,) = (made for made in ax.collections if isinstance(made, PolyCollection))
    return bars


def highest(ax):
    return max(np.abs(path.vertices[:, 1]).max() for path in bars_of(ax).get_paths())


def profiles_of(example, loss, cohort):
    signatures, matches = example.signatures, example.matches
    return profiles.draw(signatures, matches, COSMIC, only(example.study, cohort), loss)


def only(study, cohort):
    """The study with one cohort."""
    return study | {"cohorts": {cohort: study["cohorts"][cohort]}}


def joined(ax):
    """The lines of the splits: the places and errors they join."""
    return [line.get_xydata() for line in ax.lines if line.get_color() == "0.35"]


def shown(figure):
    return [ax for ax in figure.axes if ax.get_visible()]


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text")))


def test_errors_have_a_box_per_model_and_a_line_per_split(example):
    axes = errors.draw(example.scores, example.study, "kld").axes
    assert len(axes) == 4  # two cohorts, training and test
    for ax in axes:
        assert ax.get_yscale() == "log"
        assert [to_hex(box.get_facecolor()).upper() for box in boxes(ax)] == [
            style.METHODS[method] for method in FOUR
        ]
        assert len(joined(ax)) == 6
        assert {line.get_markersize() for box in ax.containers for line in box.fliers} == {1.5}


def test_a_line_joins_the_errors_of_one_split(example):
    ax = errors.draw(example.scores, example.study, "kld").axes[3]
    rows = example.scores.query(
        "metric == 'error' and cohort == 'ovary' and loss == 'kld' and set == 'test' and split == 2"
    ).set_index("model")["value"]
    expected = list(enumerate(rows[FOUR]))
    assert any(np.allclose(line, expected) for line in joined(ax))


def test_a_box_shows_the_quartiles_of_its_model(example):
    ax = errors.draw(example.scores, example.study, "kld").axes[3]
    rows = example.scores.query(
        "metric == 'error' and cohort == 'ovary' and loss == 'kld' and set == 'test'"
    )
    values = rows[rows["model"] == "ae-nmf"]["value"]
    box = ax.containers[2]
    edges = box.boxes[0].get_path().vertices
    assert edges[:, 0].min() == pytest.approx(1.7)
    assert edges[:4, 1].min() == pytest.approx(values.quantile(0.25))
    assert edges[:4, 1].max() == pytest.approx(values.quantile(0.75))
    assert box.medians[0].get_ydata()[0] == pytest.approx(values.median())


def test_the_second_model_of_a_method_is_hatched():
    example = make_example(["nmf", "nmf-converged"], ["ovary"], n_splits=4, losses=["mse"])
    for figure in (
        errors.draw(example.scores, example.study, "mse"),
        agreement.draw(example.scores, example.study, "mse"),
    ):
        first, second = boxes(figure.axes[0])[:2]
        assert first.get_facecolor() == second.get_facecolor()
        assert (first.get_hatch() or "", second.get_hatch()) == style.HATCHES[:2]


def test_a_cohort_without_any_fit_is_said_to_have_failed():
    example = make_example(["nmf"], ["ovary"], n_splits=3, failed=[("ovary", "nmf", "mse", 3)])
    ax = errors.draw(example.scores, example.study, "mse").axes[0]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["3/3\nfailed"]
    assert len(ax.get_yticks()) == 0
    ax = agreement.draw(example.scores, example.study, "mse").axes[0]
    assert [t.get_text() for t in ax.texts] == ["no pair of fits"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["NMF"]


def test_failed_fits_are_counted_where_their_box_would_be(example):
    axes = errors.draw(example.scores, example.study, "mse").axes
    assert len(boxes(axes[0])) == 4
    assert len(boxes(axes[2])) == 3  # ae-nmf has no box on ovary
    labels = [t.get_text() for t in axes[3].get_xticklabels()]
    assert labels == ["", "", "6/6\nfailed", "2/6\nfailed"]
    lines = np.stack(joined(axes[2]))[:, :, 1]
    assert np.isnan(lines).sum(axis=0).tolist() == [0, 0, 6, 2]


def test_pca_has_rows_of_cohorts_and_columns_of_models(example):
    axes = pca.draw(example.points, example.study, "kld").axes
    assert len(axes) == 2 * 4
    here = example.points.query("cohort == 'ovary' and loss == 'kld' and model == 'nmf'")
    drawn = [c for c in axes[4].collections if isinstance(c, PathCollection)]
    clouds, medoids = drawn[0:8:2], drawn[1:8:2]
    assert sum(len(c.get_offsets()) for c in clouds) == len(here) == 6 * 4
    assert [len(c.get_offsets()) for c in medoids] == [1] * 4
    assert {to_hex(c.get_edgecolor()[0]) for c in medoids} == {"#000000"}
    share = here["pc1_share"].iloc[0]
    assert axes[4].get_xlabel() == f"PC1 ({share:.0%})"
    assert axes[4].get_xlim() == axes[7].get_xlim()


def test_pca_says_where_all_fits_of_a_model_failed(example):
    figure = pca.draw(example.points, example.study, "mse")
    assert len(figure.axes) == 8
    assert [t.get_text() for t in figure.axes[6].texts] == ["all fits\nfailed"]


def test_agreement_has_a_box_per_model_and_per_pair(example):
    axes = shown(agreement.draw(example.scores, example.study, "kld"))
    assert len(axes) == 2
    assert [len(boxes(ax)) for ax in axes] == [4 + 6, 4 + 6]
    labels = [t.get_text() for t in axes[0].get_yticklabels()]
    assert labels[:5] == ["NMF", "C-NMF", "AE-NMF", "DNMF", "NMF – C-NMF"]
    same = example.scores.query(
        "metric == 'acs' and loss == 'kld' and cohort == 'scenario8' and split == other_split"
    )
    means = same.groupby(["model", "other"])["value"].mean()
    (diamonds,) = (line for line in axes[0].lines if line.get_marker() == "D")
    assert diamonds.get_xdata()[4] == pytest.approx(means["nmf", "c-nmf"])
    assert np.isfinite(diamonds.get_xdata()).tolist() == [False] * 4 + [True] * 6


def test_agreement_says_where_there_is_no_pair_of_fits(example):
    axes = shown(agreement.draw(example.scores, example.study, "mse"))
    assert len(boxes(axes[1])) == 10 - 4
    assert [t.get_text() for t in axes[1].texts] == ["no pair of fits"] * 4


def test_profiles_show_every_consensus_signature_in_percent(example):
    figure = profiles_of(example, "kld", "ovary")
    assert len(figure.axes) == (1 + 3 * 4) * 4
    here = example.signatures.query("cohort == 'ovary' and loss == 'kld'")
    ax = figure.axes[4 * (1 + 3) + 1]  # second signature of the second model
    heights = [path.vertices[:, 1].max() for path in bars_of(ax).get_paths()]
    values = here.query("model == 'c-nmf' and cluster == 2").set_index("channel")["value"]
    assert len(heights) == 96
    assert sum(heights) == pytest.approx(100)
    assert heights[0] == pytest.approx(100 * values["A[C>A]A"])
    assert heights[95] == pytest.approx(100 * values["T[T>G]T"])
    assert [to_hex(c).upper() for c in bars_of(ax).get_facecolors()[[0, 47, 95]]] == [
        style.SUBSTITUTION_COLOURS[s] for s in ("C>A", "C>T", "T>G")
    ]
    match = example.matches.query(
        "cohort == 'ovary' and loss == 'kld' and model == 'c-nmf' and split == 'consensus' "
        "and library == 'cosmic' and component == 2"
    ).iloc[0]
    assert ax.get_title(loc="right") == f"{match['match']} ({match['cosine']:.2f})"


def test_a_profile_stands_over_its_match_and_their_difference(example):
    axes = profiles_of(example, "kld", "ovary").axes[4 * (1 + 3) + 1 :: 4][:3]
    found, match, difference = (
        np.array([path.vertices[1, 1] for path in bars_of(ax).get_paths()]) for ax in axes
    )
    name = axes[0].get_title(loc="right").split(" (")[0]
    np.testing.assert_allclose(match, 100 * COSMIC[name])
    np.testing.assert_allclose(difference, found - match, atol=1e-12)
    assert axes[0].get_ylim() == axes[1].get_ylim()


def test_a_signature_without_a_match_stands_alone(example):
    made = type(example)(**{**vars(example), "matches": example.matches[:0]})
    axes = profiles_of(made, "kld", "ovary").axes[4 * (1 + 3) + 1 :: 4][:3]
    assert [len(ax.collections) for ax in axes] == [1, 0, 0]
    assert len(axes[1].get_yticks()) == 0


def test_consistency_has_a_box_per_model_with_its_mean(example):
    axes = shown(consistency.draw(example.scores, example.study, "kld"))
    assert [len(boxes(ax)) for ax in axes] == [4, 4]
    assert [t.get_text() for t in axes[0].get_yticklabels()] == ["NMF", "C-NMF", "AE-NMF", "DNMF"]
    rows = example.scores.query("metric == 'sc' and loss == 'kld' and cohort == 'ovary'")
    (diamonds,) = (line for line in axes[1].lines if line.get_marker() == "D")
    means = rows.groupby("model")["value"].mean()[FOUR]
    np.testing.assert_allclose(diamonds.get_xdata(), means)


def test_consistency_says_where_there_is_no_pair_of_fits(example):
    axes = shown(consistency.draw(example.scores, example.study, "mse"))
    assert [len(boxes(ax)) for ax in axes] == [4, 3]
    assert [(t.get_text(), t.get_position()[1]) for t in axes[1].texts] == [("no pair of fits", 2)]


def test_convergence_has_a_box_per_model_for_iterations_and_for_seconds(example):
    axes = convergence.draw(example.scores, example.study, "kld").axes
    assert [len(boxes(ax)) for ax in axes] == [4] * 4
    assert {ax.get_xscale() for ax in axes} == {"log"}
    assert [ax.get_xlabel() for ax in axes[2:]] == ["Iterations", "Seconds per fit"]
    assert axes[0].containers[1].medians[0].get_xdata()[0] == pytest.approx(1002.5)
    assert axes[1].containers[1].medians[0].get_xdata()[0] == pytest.approx(1.5)


def test_convergence_counts_the_fits_that_did_not_converge_and_those_that_failed(example):
    axes = convergence.draw(example.scores, example.study, "mse").axes
    assert [len(boxes(ax)) for ax in axes] == [4, 4, 3, 3]
    noted = [[(t.get_text(), t.get_position()[1]) for t in ax.texts] for ax in axes]
    limit = "1/6 at limit"  # the last split of every model
    assert noted[0] == [(limit, 0), (limit, 1), (limit, 2), (limit, 3)]
    assert noted[1] == []
    assert noted[2] == [(limit, 0), (limit, 1), (limit, 3)]
    assert noted[3] == [("6/6 failed", 2), ("2/6 failed", 3)]


def grids(figure):
    """The cosines of each model's grid: signatures x splits, masked where there is no match."""
    meshes = [c for ax in shown(figure) for c in ax.collections if isinstance(c, QuadMesh)]
    return [mesh.get_array() for mesh in meshes if mesh.get_array().ndim == 2]


def test_splitmatches_has_a_cell_for_every_match_of_every_split(example):
    here = example.matches.query("cohort == 'ovary' and loss == 'kld' and library == 'cosmic'")
    here = here[here["split"].astype(str) != "consensus"]
    figure = splitmatches.draw(
        example.matches[example.matches["cohort"] == "ovary"], example.study, "kld"
    )
    cells = [grid for grid in grids(figure) if grid.shape[1] == 6]
    assert [grid.count() for grid in cells] == [6 * 4] * 4
    labels = [t.get_text() for t in shown(figure)[0].get_yticklabels()]
    assert {label.rstrip("*") for label in labels} == set(here["match"])
    observed = set(here.loc[here["observed"] == 1, "match"])
    assert {label[:-1] for label in labels if label.endswith("*")} == observed != set()
    often = here["match"].value_counts()
    counts = [often[label.rstrip("*")] for label in labels]
    assert counts == sorted(counts, reverse=True)
    row = here.query("model == 'c-nmf' and component == 2 and split == '3'").iloc[0]
    place = [label.rstrip("*") for label in labels].index(row["match"])
    assert cells[1][place, 3] == pytest.approx(row["cosine"])


def test_splitmatches_shades_failed_fits_and_leaves_them_out_of_the_share(example):
    figure = splitmatches.draw(
        example.matches[example.matches["cohort"] == "ovary"], example.study, "mse"
    )
    axes = [ax for ax in shown(figure) if ax.get_title()]
    assert [ax.get_title() for ax in axes] == ["NMF", "C-NMF", "DNMF"]  # ae-nmf has no match
    assert [len(ax.patches) for ax in axes] == [0, 0, 2]
    first = grids(figure)[2][0]
    assert first.mask[:2].all()
    assert axes[2].texts[1].get_text() == f"{100 * first.count() / 4:.0f}"


def test_splitmatches_pools_the_rare_where_there_are_many():
    names = [f"SBS{i}" for i in range(25)]
    often = [3] * 18 + [2] * 4 + [1] * 3
    rows = [(name, split) for name, n in zip(names, often, strict=True) for split in range(n)]
    table = pd.DataFrame(rows, columns=["match", "split"]).astype({"split": str})
    ids = {"cohort": "ovary", "scheme": "holdout", "k": 4, "loss": "mse", "model": "nmf"}
    table = table.assign(**ids, library="cosmic", cosine=0.9, observed=np.nan)
    study = {"models": {"nmf": {"label": "NMF"}}, "cohorts": {"ovary": {"label": "Ovary"}}}
    ax = splitmatches.draw(table, study, "mse").axes[0]
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert sorted(labels[:-1]) == sorted(names[:18])
    assert labels[-1] == "7 others"
    assert [t.get_text() for t in ax.texts] == ["%", *["100"] * 18, "67"]


@pytest.mark.parametrize(("n_models", "cohort"), [(4, "uterus"), (8, "prostate")])
def test_every_profile_fills_its_panel_and_no_label_overlaps(n_models, cohort):
    example = make_example(list(LABELS)[:n_models], [cohort], n_splits=3, losses=["mse"])
    figure = profiles_of(example, "mse", cohort)
    figure.draw_without_rendering()
    panels = figure.axes[n_models:]
    for i in range(0, len(panels), 3 * n_models):
        for found, match, difference in zip(
            *(panels[i + j * n_models :][:n_models] for j in range(3)), strict=True
        ):
            top = 1.05 * max(highest(found), highest(match))
            assert found.get_ylim() == match.get_ylim() == pytest.approx((0, top))
            assert difference.get_ylim()[1] >= highest(difference)
    for ax in panels:
        low, high = ax.get_ylim()
        assert 2 <= sum(low <= tick <= high for tick in ax.get_yticks()) <= 4
    around = [ax.get_tightbbox() for ax in panels]
    assert not any(a.overlaps(b) for a, b in combinations(around, 2))


def test_figures_say_so_where_no_fit_succeeded(example):
    none = example.points[:0]
    assert "No fit" in texts(pca.draw(none, example.study, "mse"))
    assert "No fit" in texts(
        profiles.draw(
            example.signatures[:0], example.matches[:0], COSMIC, only(example.study, "ovary"), "mse"
        )
    )
    assert "No fit" in texts(splitmatches.draw(example.matches[:0], example.study, "mse"))


def test_figures_read_from_files_are_the_same(example, tmp_path):
    path = tmp_path / "scores.tsv"
    example.scores.to_csv(path, sep="\t", index=False, na_rep="NA")
    figure = errors.draw(pd.read_csv(path, sep="\t"), example.study, "mse")
    assert len(boxes(figure.axes[2])) == 3


@pytest.fixture(scope="module")
def by_k():
    """Scores of K = 2 to 6 in two cohorts; ae-nmf fails twice at K = 4 of ovary."""
    failed = [("ovary", "ae-nmf", 4, 2)]
    example = make_ranks(FOUR[:3], ["ovary", "uterus"], range(2, 7), n_splits=4, failed=failed)
    return by_rank(example.scores), example.study


def points(ax, colour, marker=None):
    """The points of the lines of a colour that have a marker; by x."""
    lines = [line for line in ax.lines if to_hex(line.get_color()).upper() == colour]
    return [line.get_xydata() for line in lines if marker is None or line.get_marker() == marker]


def test_ranks_show_error_consistency_and_seconds_of_every_model_by_rank(by_k):
    table, study = by_k
    axes = np.reshape(ranks.draw(table, study, "mse").axes, (3, 2))
    assert [ax.get_title() for ax in axes[0]] == ["Ovary (4 folds)", "Uterus (4 folds)"]
    assert [ax.get_yscale() for ax in axes[:, 0]] == ["log", "linear", "log"]
    here = table.query("cohort == 'uterus'")
    for column, ax in zip(("held_out_error", "sc_mean", "seconds_mean"), axes[:, 1], strict=True):
        for model in FOUR[:3]:
            drawn = points(ax, style.METHODS[model])[0]
            assert np.round(drawn[:, 0]).tolist() == [2, 3, 4, 5, 6]
            np.testing.assert_allclose(drawn[:, 1], here[here["model"] == model][column])


def test_error_bars_of_ranks_are_standard_errors(by_k):
    table, study = by_k
    ax = ranks.draw(table, study, "mse").axes[0]
    rows = table.query("cohort == 'ovary' and model == 'c-nmf'")
    spans = np.log(np.array(ax.collections[1].get_segments())[:, :, 1])
    np.testing.assert_allclose(np.diff(spans)[:, 0] / 2, rows["excess_se"], atol=1e-12)
    np.testing.assert_allclose(spans.mean(axis=1), np.log(rows["held_out_error"]))


def test_both_choices_of_a_rank_are_marked_and_failures_told(by_k):
    table, study = by_k
    table = table.assign(lowest=(table["k"] == 5).astype(int), chosen=(table["k"] == 3).astype(int))
    figure = ranks.draw(table, study, "mse")
    for model in FOUR[:3]:
        row = table.query("cohort == 'ovary' and model == @model").set_index("k")["held_out_error"]
        lines = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
        lines = [x for x in lines if to_hex(x.get_color()).upper() == style.METHODS[model]]
        ring, full, cross = lines
        assert ring.get_fillstyle() == "none"
        assert ring.get_ydata().tolist() == [row[5]]
        assert full.get_markeredgecolor() == "black"
        assert full.get_ydata().tolist() == [row[3]]
        assert np.round(cross.get_xdata()).tolist() == ([4] if model == "ae-nmf" else [])
    (key,) = figure.legends
    assert [text.get_text() for text in key.get_texts()] == [
        *("NMF", "C-NMF", "AE-NMF", "lowest", "smallest K within one standard error of it"),
        "a fit failed: not chosen",
    ]


@pytest.mark.parametrize(("n_models", "n_cohorts"), [(1, 1), (2, 2), (3, 3), (5, 6)])
def test_nothing_in_the_figure_of_ranks_leaves_the_page_or_overlaps(n_models, n_cohorts):
    cohorts = ["scenario8", "ovary", "prostate", "uterus", "breast_21", "liver"][:n_cohorts]
    example = make_ranks([*FOUR, "pei2020"][:n_models], cohorts, range(2, 13, 2), n_splits=2)
    figure = ranks.draw(by_rank(example.scores), example.study, "mse")
    figure.draw_without_rendering()
    assert figure.get_size_inches()[0] * 25.4 <= style.DOUBLE_MM + 1e-6
    (key,) = figure.legends
    page, legend = figure.bbox, key.get_window_extent()
    assert page.x0 <= legend.x0
    assert legend.x1 <= page.x1
    around = [box.padded(-1) for box in (*(ax.get_tightbbox() for ax in figure.axes), legend)]
    assert not any(a.overlaps(b) for a, b in combinations(around, 2))


def test_ranks_without_several_say_so(by_k):
    table, study = by_k
    assert "No cohort has several ranks" in texts(ranks.draw(table[:0], study, "mse"))
    assert "No cohort has several ranks" in texts(ranks.draw(table, study, "kld"))


def test_a_rank_on_which_all_fits_failed_leaves_a_gap():
    failed = [("ovary", "nmf", k, 3) for k in (2, 3)]
    example = make_ranks(["nmf"], ["ovary"], [2, 3], n_splits=3, failed=failed)
    ax = ranks.draw(by_rank(example.scores), example.study, "mse").axes[0]
    assert len(ax.get_yticks()) == 0
    example = make_ranks(["nmf"], ["ovary"], [2, 3, 4], n_splits=3, failed=failed[:1])
    ax = ranks.draw(by_rank(example.scores), example.study, "mse").axes[0]
    assert np.isnan(points(ax, style.BLUE)[0][:, 1]).tolist() == [True, False, False]


def test_ranks_of_which_none_is_chosen_are_laid_out_as_others_are():
    example = make_ranks(["nmf"], ["ovary"], [2, 3], n_splits=3)
    table = by_rank(example.scores).assign(chosen=0, lowest=0, excess_se=np.nan)
    figure = ranks.draw(table, example.study, "mse")
    with warnings.catch_warnings(action="error"):  # such as that there is no layout
        figure.draw_without_rendering()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["NMF"]


def test_saving_twice_gives_the_same_bytes_and_pdf_text_stays_text(example, tmp_path):
    one, two = (
        style.save(errors.draw(example.scores, example.study, "mse"), tmp_path / stem)
        for stem in ("one", "two")
    )
    assert [path.name for path in one] == ["one.pdf", "one.svg", "one.png"]
    for path, again in zip(one, two, strict=True):
        assert path.read_bytes() == again.read_bytes()
        assert path.stat().st_size > 5000
    pdf, svg, _ = one
    assert b"/FontType 42" in pdf.read_bytes() or b"/CIDFontType2" in pdf.read_bytes()
    assert b"Date" not in svg.read_bytes()


def test_figures_take_the_width_and_the_font_of_a_journal(example, tmp_path, monkeypatch):
    for name in ("SINGLE_MM", "DOUBLE_MM"):
        monkeypatch.setattr(style, name, getattr(style, name))
    monkeypatch.setattr(style, "RC", dict(style.RC))
    style.use("DejaVu Serif", single_mm=89, double_mm=183)
    drawn = errors.draw(example.scores, example.study, "mse")
    assert drawn.get_size_inches()[0] * 25.4 == pytest.approx(183)
    assert style.sentence("nothing").get_size_inches()[0] * 25.4 == pytest.approx(89)
    pdf, _, _ = style.save(drawn, tmp_path / "errors")
    fonts = set(re.findall(rb"/BaseFont /(?:[A-Z]+\+)?([\w-]+)", pdf.read_bytes()))
    assert fonts
    assert all(font.startswith(b"DejaVuSerif") for font in fonts)


def test_a_figure_has_the_same_bytes_wherever_it_lies_in_memory(tmp_path):
    """The layout's solver goes by addresses, and its rounding errors with them."""
    example = make_example(FOUR[:2], ["ovary"], n_splits=3, losses=["mse"])
    found, kept = set(), []
    for i in range(3):
        drawn = profiles_of(example, "mse", "ovary")
        kept += [drawn, bytearray(100_000 + i)]
        found |= {path.read_bytes() for path in style.save(drawn, tmp_path / "profiles")}
    assert len(found) == 3


@pytest.mark.parametrize(("n_models", "n_cohorts"), [(2, 1), (8, 6)])
def test_figures_fit_a_page(n_models, n_cohorts):
    example = make_example(
        list(LABELS)[:n_models],
        ["scenario8", "ovary", "prostate", "uterus", "breast_21", "liver"][:n_cohorts],
        n_splits=3,
        losses=["mse"],
    )
    one_cohort = example.matches[example.matches["k"] == example.matches["k"].max()]
    for figure in (
        errors.draw(example.scores, example.study, "mse"),
        pca.draw(example.points, example.study, "mse"),
        agreement.draw(example.scores, example.study, "mse"),
        consistency.draw(example.scores, example.study, "mse"),
        convergence.draw(example.scores, example.study, "mse"),
        splitmatches.draw(one_cohort, example.study, "mse"),
    ):
        width, height = figure.get_size_inches() * 25.4
        assert width <= style.DOUBLE_MM + 1e-6
        assert height <= 240


def test_models_never_share_a_look():
    study = {"models": {name: {"label": label} for name, label in LABELS.items()}}
    study["models"]["nmf-converged"]["method"] = "nmf"
    looks = style.looks(study)
    assert len(set(looks.values())) == len(looks)
    assert looks["nmf"].colour == looks["nmf-converged"].colour == style.METHODS["nmf"]
    many = {"models": {f"m{i}": {"label": str(i)} for i in range(20)}}
    assert len(set(style.looks(many).values())) == 20
    clusters = [tuple(style.cluster_look(i).values()) for i in range(1, 31)]
    assert len(set(clusters)) == 30


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (100, 110),
        (0.5, 0.9),
        (3, 40),
        (1e-6, 1e6),
        (5e5, 6e5),
        (2.0, 2.0001),
        (1e-3, 10),
        (8e-4, 0.02),
        (7.6e-4, 9.4e-4),
    ],
)
def test_log_axes_have_ticks_that_differ(low, high):
    figure = style.figure(80, 50)
    ax = figure.subplots()
    style.log_axis(ax, low, high)
    figure.draw_without_rendering()
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert 2 <= len(labels) <= 6
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 8 or "$" in labels[0]


def test_ticks_of_small_errors_are_written_in_full():
    ax = style.figure(80, 50).subplots()
    style.log_axis(ax, 5e-4, 20)
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels == ["0.001", "0.01", "0.1", "1", "10"]


def test_a_model_the_study_has_not_is_refused(example):
    study = {**example.study, "models": {"nmf": {"label": "NMF"}, "c-nmg": {"label": "x"}}}
    with pytest.raises(InputError, match=r"model 'ae-nmf' is not in the study"):
        errors.draw(example.scores, study, "mse")


@pytest.fixture(scope="module")
def with_dead():
    """C-NMF loses its last signature in 5 of 6 splits, the one before in 1 of them as well."""
    return make_example(
        ["nmf", "c-nmf"], ["ovary"], n_splits=6, losses=["mse"], dead={"c-nmf": [1, 1, 1, 1, 2, 0]}
    )


def test_a_dead_signature_is_a_grey_panel_that_says_how_often(with_dead):
    figure = profiles_of(with_dead, "mse", "ovary")
    said = [ax for ax in figure.axes if any("dead" in t.get_text() for t in ax.texts)]
    (ax,) = said
    assert ax.texts[0].get_text() == "dead in 5 of 6 splits"
    assert to_hex(ax.get_facecolor()) == to_hex(profiles.NOTHING)
    assert not ax.collections


def test_dead_signatures_have_no_point_and_a_row_of_their_own_in_the_matches(with_dead):
    points = with_dead.points.query("model == 'c-nmf'")
    assert len(points) == 6 * 4 - 6
    figure = splitmatches.draw(with_dead.matches, with_dead.study, "mse")
    assert "none" in texts(figure)


@pytest.mark.parametrize("text", [r"$\frac$", "$x", "50 $ or 60 $", r"100 % \alpha_{1} & #"])
def test_a_label_is_text_and_no_formula(text, tmp_path):
    example = make_example(FOUR, ["ovary"], n_splits=3)
    models = example.study["models"] | {"nmf": {"label": text, "method": "nmf"}}
    found = example.matches["match"].iloc[0]
    named = example.matches.replace({"match": {found: text}})
    cosmic = COSMIC.rename(columns={found: text})
    made = [
        errors.draw(example.scores, example.study | {"models": models}, "mse"),
        profiles.draw(example.signatures, named, cosmic, example.study | {"models": models}, "mse"),
    ]
    for figure in made:
        style.save(figure, tmp_path / "figure")
        assert text in (tmp_path / "figure.svg").read_text(encoding="utf-8").replace("&amp;", "&")
