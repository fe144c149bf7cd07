"""The figures and the table of the supplement, from made tables."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from matplotlib.container import BarContainer

from nmfbench.factorize.complexity import PRINTED
from nmfbench.present import style
from nmfbench.present.figures import complexity, concept, inference, trace
from nmfbench.present.tables.complexity import make as complexity_table
from nmfbench.present.tables.render import to_html, to_latex

STUDY = {
    "title": "A study",
    "losses": ["mse", "kld"],
    "models": {
        "nmf": {"label": "NMF", "method": "nmf"},
        "convex": {"label": "Convex", "method": "c-nmf"},
        "dnmf": {"label": "DNMF", "method": "dnmf"},
    },
}
GROWTH = {"nmf": (1, 2), "convex": (1, 1), "dnmf": (0.5, -0.25), PRINTED: (2, 2)}
NAMES = ["NMF", "Convex", "DNMF", "C-NMF as printed"]


@pytest.fixture(scope="module")
def costs():
    """Times that grow with the powers of GROWTH; DNMF's memory is not known."""
    grid = [("samples", n, 5) for n in (300, 1000, 3000, 10000)]
    grid += [("ranks", 1000, k) for k in (2, 4, 8)]
    rows = []
    for (model, (of_n, of_k)), loss, at in product(GROWTH.items(), STUDY["losses"], grid):
        varied, n, k = at
        if model == PRINTED and (loss == "kld" or n > 3000):
            continue
        row = {"model": model, "loss": loss, "varied": varied, "samples": n, "k": k}
        memory = np.nan if model == "dnmf" else 1e-3 * n
        rows.append(row | {"seconds": 1e-7 * n**of_n * k**of_k, "memory_mb": memory})
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def factors():
    """Two signatures; the models' values are those of the truth and 1, 2, 3 more."""
    rows = []
    names = ("truth", "nmf", "c-nmf", "ae-nmf")
    for toy, (i, model) in product(("released", "pure"), enumerate(names)):
        for factor, n in (("signatures", 6), ("exposures", 45)):
            for k, item in product((1, 2), range(1, n + 1)):
                row = {"toy": toy, "model": model, "mse": 10.0 + i, "factor": factor}
                rows.append(row | {"signature": k, "item": item, "value": 100 * k + item + i})
    return pd.DataFrame(rows)


def test_concept_draws_the_truth_as_bars_and_each_model_as_marks(factors):
    figure = concept.draw(factors, STUDY)
    above, below = figure.subfigs
    assert [part.get_suptitle() for part in (above, below)] == list(concept.TOYS.values())
    assert len(above.axes) == len(below.axes) == 4
    ax = above.axes[3]  # exposures of the second signature
    (bars,) = (c for c in ax.containers if isinstance(c, BarContainer))
    assert [bar.get_height() for bar in bars] == [200 + item for item in range(1, 46)]
    for i, (line, model) in enumerate(zip(ax.lines, concept.MARKS, strict=True), start=1):
        assert line.get_color() == style.METHODS[model]
        assert line.get_ydata().tolist() == [200 + item + i for item in range(1, 46)]
    assert len({line.get_marker() for line in ax.lines}) == 3
    for ax in figure.axes:
        bottom, top = ax.get_ylim()
        assert bottom == 0
        assert max(line.get_ydata().max() for line in ax.lines) < top
    words = [text.get_text() for text in below.legends[0].texts]
    assert words[0] == "Truth (MSE 10.00)"
    assert words[3] == "AE-NMF (MSE 13.00)"


def test_complexity_has_a_line_per_model_with_its_slope(costs):
    figure = complexity.draw(costs, STUDY)
    assert len(figure.axes) == 2 * 3
    for ax in figure.axes:
        assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    by_n, by_k, memory = figure.axes[:3]
    assert [line.get_label() for line in by_n.lines] == NAMES
    words = [text.get_text() for text in by_n.get_legend().texts]
    assert words == ["C-NMF as printed: 2.00", "NMF: 1.00", "Convex: 1.00", "DNMF: 0.50"]
    assert [text.get_text() for text in by_k.get_legend().texts][-1] == "DNMF: −0.25"
    assert [line.get_label() for line in memory.lines] == [n for n in NAMES if n != "DNMF"]
    assert len(figure.axes[3].lines) == 3  # as printed is measured for the squared error alone
    nmf = by_n.lines[0]
    assert nmf.get_xdata().tolist() == [300, 1000, 3000, 10000]
    assert nmf.get_ydata() == pytest.approx(1e-7 * 25 * nmf.get_xdata())
    colours = {line.get_label(): line.get_color() for line in by_n.lines}
    assert colours["Convex"] == colours["C-NMF as printed"] == style.METHODS["c-nmf"]
    assert by_n.lines[1].get_linestyle() != by_n.lines[3].get_linestyle()


def test_complexity_of_a_model_whose_memory_is_not_seen(costs):
    kld = costs[(costs["model"] == "dnmf") & (costs["loss"] == "kld")]
    by_n, by_k, memory = complexity.draw(kld, STUDY).axes
    assert [len(ax.lines) for ax in (by_n, by_k, memory)] == [1, 1, 0]
    assert memory.get_title() == "KLD, K = 5"


def test_no_legend_of_complexity_lies_on_a_line(costs):
    figure = complexity.draw(costs, STUDY)
    figure.set_dpi(300)
    figure.draw_without_rendering()
    for ax in figure.axes:
        legend = ax.get_legend().get_window_extent()
        for line in ax.lines:
            x, y = np.log(line.get_data())
            dense = np.linspace(x.min(), x.max(), 200)
            points = np.exp(np.column_stack([dense, np.interp(dense, x, y)]))
            assert not legend.count_contains(ax.transData.transform(points))


def test_the_table_has_the_measured_slope_beside_the_stated(costs):
    table = complexity_table(costs, STUDY)
    mse, kld = table.blocks
    assert mse.heading == "MSE: N = 300 to 10,000 at K = 5; K = 2 to 8 at N = 1,000"
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in mse.rows}
    assert rows["NMF"] == ["1.00", "1.00", "linear", "2.00", "2.00", "quadratic", "1.00", "1.00"]
    assert rows["Convex"][2] == rows["Convex"][5] == "quadratic"
    assert rows["C-NMF as printed"][:3] == ["2.00", "2.00", "quadratic"]
    assert rows["DNMF"] == ["0.50", "0.50", "–", "−0.25", "−0.25", "–", "–", "–"]
    assert [row[0].text for row in kld.rows] == ["NMF", "Convex", "DNMF"]
    assert len(table.tidy) == 3 * (4 + 3)
    assert "quadratic" in to_html(table)
    assert r"$-$0.25" in to_latex(table)


def test_what_cohorts_were_timed_for_is_no_point_of_the_grid(costs):
    """C-NMF as printed on a cohort far larger than the grid, beside a grid without it."""
    grid = costs[costs["model"] != PRINTED]
    cohort = grid.iloc[:1].assign(model=PRINTED, varied="cohort", samples=10**7, k=99, seconds=1e6)
    both = pd.concat([grid, cohort], ignore_index=True)
    assert to_html(complexity_table(both, STUDY)) == to_html(complexity_table(grid, STUDY))
    for ax, alone in zip(
        complexity.draw(both, STUDY).axes, complexity.draw(grid, STUDY).axes, strict=True
    ):
        assert [line.get_label() for line in ax.lines if len(line.get_xdata())] == [
            line.get_label() for line in alone.lines
        ]
        assert (ax.get_xlim(), ax.get_ylim()) == (alone.get_xlim(), alone.get_ylim())
        assert ax.get_title() == alone.get_title()


def test_figures_fit_a_page_and_have_the_same_bytes_twice(costs, factors, tmp_path):
    for name, figures in {
        "complexity": [complexity.draw(costs, STUDY) for _ in range(2)],
        "concept": [concept.draw(factors, STUDY) for _ in range(2)],
    }.items():
        width, height = figures[0].get_size_inches() * 25.4
        assert width <= style.DOUBLE_MM + 1e-6
        assert height <= 240
        one, two = (style.save(f, tmp_path / f"{name}{i}") for i, f in enumerate(figures))
        assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_trace_draws_the_best_of_the_starts():
    """Best is who trains best: on the samples held out here the last start is."""
    rows = [
        ("nmf", "mse", start, n, set_, 100.0 / n * value)
        for start in range(3)
        for n in (1, 10, 100)
        for set_, value in (("train", 1 + start), ("test", 5 - start))
    ]
    rows += [
        ("dnmf", "mse", 0, n, set_, 50.0 / n) for n in (1, 10, 100) for set_ in ("train", "test")
    ]
    columns = ["model", "loss", "start", "iterations", "set", "error"]
    above, below = trace.draw(pd.DataFrame(rows, columns=columns), STUDY).axes
    for ax, lowest in ((above, [500, 50, 5]), (below, [100, 10, 1])):
        marked = {line.get_label(): line for line in ax.lines if line.get_marker() != "None"}
        assert list(marked) == ["NMF, best of 3 starts", "DNMF"]
        assert marked["NMF, best of 3 starts"].get_ydata().tolist() == lowest
        assert len(ax.lines) == 3 + 2
        assert ax.get_xscale() == ax.get_yscale() == "log"


def test_no_label_of_the_trace_is_longer_than_its_axis():
    columns = ["model", "loss", "start", "iterations", "set", "error"]
    rows = product(["nmf", "dnmf"], ["mse", "kld"], [0], [1, 10, 100], ["train", "test"], [5.0])
    figure = trace.draw(pd.DataFrame(rows, columns=columns), STUDY)
    figure.draw_without_rendering()
    assert len(figure.axes) == 4
    for ax in figure.axes:
        assert ax.yaxis.label.get_window_extent().height < ax.get_window_extent().height


def test_a_network_trained_to_convergence_is_no_point_on_the_line_of_the_others():
    rows = pd.DataFrame(
        [
            ("network", "dnmf-5-layers", "mse", 5, 1, 1e-6, 9.0),
            ("network", "dnmf", "mse", 10, 1, 2e-6, 8.0),
            ("network", "dnmf-converged", "mse", 10, 1, 2e-6, 3.0),
        ],
        columns=["way", "model", "loss", "steps", "batch", "seconds", "error"],
    )
    converged = {"dnmf-converged": {"label": "DNMF (converged)", "converges": "dnmf"}}
    study = STUDY | {"models": STUDY["models"] | converged}
    published, apart = inference.draw(rows, study).axes[0].lines
    assert published.get_ydata().tolist() == [9, 8]
    assert apart.get_ydata().tolist() == [3]
    assert published.get_marker() != apart.get_marker()


def test_inference_draws_error_against_seconds(tmp_path):
    rows = [
        (way, model, loss, steps, batch, 1e-6 * (1 + steps) * (1 + 9 * (batch == 1)), 10.0 - i)
        for loss in ("mse", "kld")
        for batch in (1, 100)
        for i, (way, model, steps) in enumerate(
            [("network", "dnmf", 10), ("updates", "nmf", 10), ("updates", "nmf", 100),
             ("ordinary refit", "nmf", 0)]
        )
    ]  # fmt: skip
    names = ["way", "model", "loss", "steps", "batch", "seconds", "error"]
    figure = inference.draw(pd.DataFrame(rows, columns=names), STUDY)
    assert [ax.get_title() for ax in figure.axes] == [
        "MSE, 100 samples at a time",
        "MSE, one sample at a time",
        "KLD, 100 samples at a time",
        "KLD, one sample at a time",
    ]
    ax = figure.axes[0]
    network, updates, refit = ax.lines
    assert network.get_xdata().tolist() == pytest.approx([11e-6])
    assert updates.get_ydata().tolist() == [9, 8]
    assert refit.get_ydata().tolist() == [7]
    assert [text.get_text() for text in ax.texts] == ["10", "10", "100"]
    style.save(figure, tmp_path / "inference")
