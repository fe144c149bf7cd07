"""One style for all figures: sizes, fonts, colours, and how a figure is saved."""

import textwrap
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike

from nmfbench.files import whole
from nmfbench.present.panels import NOISE, Study

SINGLE_MM, DOUBLE_MM = 85, 174  # one and two columns of a journal page, unless `use` says else
SMALL_PT = 6  # the smallest text in any figure

RC = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same figure on every machine
    "font.size": 7,
    "axes.titlesize": 7,
    "axes.labelsize": 7,
    "xtick.labelsize": SMALL_PT,
    "ytick.labelsize": SMALL_PT,
    "legend.fontsize": SMALL_PT,
    "legend.frameon": False,
    "legend.handlelength": 1.2,
    "figure.titlesize": 8,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlepad": 3,
    "axes.labelpad": 2,
    "axes.unicode_minus": True,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2,
    "ytick.major.size": 2,
    "xtick.major.pad": 2,
    "ytick.major.pad": 2,
    "lines.linewidth": 0.7,
    "patch.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "pdf.fonttype": 42,  # text stays text that an editor can change
    "svg.fonttype": "path",  # looks the same where the font is missing
    "svg.hashsalt": "nmfbench",
    "savefig.dpi": 300,
    "figure.dpi": 100,
    "figure.facecolor": "white",
}

# Okabe & Ito, "Color universal design" (2008).
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, VERMILLION, YELLOW, GREY = "#56B4E9", "#D55E00", "#F0E442", "#999999"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, YELLOW, GREY)
METHODS = {"nmf": BLUE, "c-nmf": ORANGE, "ae-nmf": GREEN, "dnmf": PURPLE}
LOSSES = {"mse": GREY, "kld": BLUE, "nb": VERMILLION, "tweedie": GREEN}
FAILED = "#B00000"  # the colour of words about failed fits
MARKERS = "os^Dv<>p"  # of models drawn as lines
DASHES = ("-", "--", ":", "-.")
HATCHES = ("", "/////", ".....", "xxxxx", "-----", "ooo", "|||||", "+++++")

# The colours of mutational spectra since Alexandrov et al. (2013), as SigProfilerPlotting has them.
SUBSTITUTION_COLOURS = {
    "C>A": "#03BDEF",
    "C>G": "#010101",
    "C>T": "#E42A25",
    "T>A": "#CBCACB",
    "T>C": "#A2CF63",
    "T>G": "#ECC7C5",
}

P = ParamSpec("P")


def use(font: str, single_mm: float, double_mm: float) -> None:
    """Draw all figures of this process for a journal's page.

    Parameters
    ----------
    font : str
        Family of all text, one that is installed.
    single_mm, double_mm : float
        Width of one and of two columns.
    """
    global SINGLE_MM, DOUBLE_MM
    SINGLE_MM, DOUBLE_MM = single_mm, double_mm
    in_formulas = {f"mathtext.{kind}": font for kind in ("rm", "it", "bf")}
    RC.update({"font.family": font, "mathtext.fontset": "custom", **in_formulas})


class Look(NamedTuple):
    """How one model is drawn: its boxes are filled, its lines marked."""

    colour: str
    hatch: str
    marker: str


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Run a drawing function in this style, whatever the caller's settings are.

    A dollar in a label or a name is one, and begins no formula.
    """

    @wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(RC)
            return draw(
                *map(_without_formulas, args),
                **{key: _without_formulas(kwargs[key]) for key in kwargs},
            )

    return inside


def _without_formulas(value: Any) -> Any:
    """Escape the dollars in text, in tables and mappings of it as well."""
    match value:
        case str():
            return value.replace("$", r"\$")
        case dict():
            return {key: _without_formulas(entry) for key, entry in value.items()}
        case pd.DataFrame():
            texts = value.select_dtypes(include=["object", "string"])
            dear = [name for name in texts if any("$" in str(x) for x in texts[name].unique())]
            value = value.assign(**{name: value[name].map(_without_formulas) for name in dear})
            return value.rename(columns=_without_formulas)
        case _:
            return value


def figure(width_mm: float, height_mm: float) -> Figure:
    """Make an empty figure of a printed size in mm."""
    made = Figure(figsize=(width_mm / 25.4, height_mm / 25.4), layout="constrained")
    made.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.02, hspace=0.02)
    return made


def grid(panels: int, height_mm: float, columns: int = 4) -> tuple[Figure, list[Axes]]:
    """Make a figure of so many equal panels, in rows of a few; without any it is empty."""
    rows = max(1, -(-panels // columns))
    made = figure(DOUBLE_MM, 14 + height_mm * rows)
    axes = made.subplots(rows, columns, squeeze=False).ravel()
    for spare in axes[panels:]:
        spare.remove()
    return made, list(axes[:panels])


def label_grid(axes: list[Axes], x: str, y: str, columns: int = 4) -> None:
    """Name the axes of a grid of panels once: under its columns, and beside its rows."""
    for ax in axes[-columns:]:
        ax.set_xlabel(x)
    for ax in axes[::columns]:
        ax.set_ylabel(y)


def whole_ticks(ax: Axes) -> None:
    """Put the ticks of the x axis at whole numbers."""
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def by_rank(ax: Axes, rows: pd.DataFrame, **how: Any) -> None:
    """Draw the mean over the splits of scores against K."""
    means = rows.groupby("k")["value"].mean()
    ax.plot(means.index, means, **how)


def loss_key(losses: Iterable[str]) -> list[Line2D]:
    """Legend entries: the colours of noise models."""
    return [Line2D([], [], color=LOSSES[x], label=NOISE.get(x, x)) for x in losses]


def shades(n: int) -> list[Any]:
    """Colours of an ordered quantity, from dark to light, readable on white and without colour."""
    return [mpl.colormaps["viridis"](0.9 * i / max(1, n - 1)) for i in range(n)]


def looks(study: Study) -> dict[str, Look]:
    """Give each model of a study its look; it depends on the study alone, never on the figure.

    The colour says which method a model is (``method`` of its entry, else its own name), the
    hatch which of the method's models, the marker which model of the study.
    """
    methods = {name: model.get("method", name) for name, model in study["models"].items()}
    others = [method for method in dict.fromkeys(methods.values()) if method not in METHODS]
    free = [colour for colour in PALETTE if colour not in METHODS.values()]
    colours = METHODS | {method: free[i % len(free)] for i, method in enumerate(others)}
    # Methods that share a colour, for want of more, count as models of one method.
    found: dict[str, Look] = {}
    used: dict[str, int] = {}
    for i, (name, method) in enumerate(methods.items()):
        nth = used.get(colours[method], 0)
        used[colours[method]] = nth + 1
        found[name] = Look(colours[method], HATCHES[nth % len(HATCHES)], MARKERS[i % len(MARKERS)])
    return found


def cluster_look(cluster: int) -> dict[str, Any]:
    """Colour and marker of a cluster, counted from 1; distinct up to 40."""
    turn, colour = divmod(cluster - 1, len(PALETTE))
    return {"facecolor": PALETTE[colour], "marker": "os^Dv"[turn % 5]}


def boxes(
    ax: Axes, values: pd.DataFrame, fills: Mapping[str, Look], *, vertical: bool = True
) -> None:
    """Draw a box plot per column: quartiles, whiskers to 1.5 IQR, all points beyond.

    The place of a column without values stays empty.
    """
    import seaborn as sns  # takes longer to import than many a figure to draw

    drawn = values.columns[values.notna().any()]
    if drawn.empty:  # seaborn stumbles over this
        return
    sns.boxplot(
        values,
        ax=ax,
        orient="v" if vertical else "h",
        palette={name: fills[name].colour for name in values},
        saturation=1,
        width=0.6,
        linecolor="black",
        linewidth=0.5,
        fliersize=1.5,
        flierprops={"marker": "o", "markeredgewidth": 0.3},
        medianprops={"linewidth": 0.8},
        vert=None,  # which seaborn sets, and matplotlib has deprecated
        orientation="vertical" if vertical else "horizontal",
    )
    for name, made in zip(drawn, ax.containers, strict=True):
        made.boxes[0].set_hatch(fills[name].hatch)
        made.fliers[0].set_markerfacecolor(fills[name].colour)
    ax.set(xlabel="", ylabel="")


def rows(ax: Axes, labels: list[str]) -> None:
    """Label lying boxes by their model, the first on top."""
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.grid(axis="x", color="0.9", linewidth=0.5)
    ax.set_axisbelow(True)


def note(ax: Axes, x: float, row: int, text: str, color: str = "black") -> None:
    """Write into a row of an axis, from a fraction of its width on."""
    place = ax.get_yaxis_transform()
    ax.text(x, row, text, transform=place, va="center_baseline", fontsize=SMALL_PT, color=color)


def wrap(text: str, width_mm: float) -> str:
    """Break a label into lines that fit a width in mm at 7 pt."""
    return textwrap.fill(text, max(8, int(width_mm / 1.45)), break_long_words=False)


def model_key(models: dict[str, str], fills: dict[str, Look]) -> list[Patch]:
    """Legend entries of the models."""
    return [
        Patch(
            facecolor=fills[name].colour,
            hatch=fills[name].hatch,
            edgecolor="black",
            linewidth=0.5,
            label=label,
        )
        for name, label in models.items()
    ]


def sentence(text: str) -> Figure:
    """Make the figure of what has no values: a sentence that says so."""
    made = figure(SINGLE_MM, 20)
    made.text(0.5, 0.5, text, ha="center", va="center")
    return made


def log_axis(ax: Axes, low: float, high: float, which: str = "y") -> None:
    """Make an axis logarithmic with 2 to 6 labelled ticks, also over less than a decade."""
    ax.set(**{f"{which}scale": "log", f"{which}lim": (low, high)})
    decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    choices = [
        *(np.sort(np.outer(10.0**decades, steps), axis=None) for steps in ([1], [1, 3], [1, 2, 5])),
        *(MaxNLocator(n).tick_values(low, high) for n in (4, 6, 9)),
    ]
    # A label at the very end would hang over the axis and shift the layout.
    end = (high / low) ** 0.03
    inside = [ticks[(ticks >= low * end) & (ticks <= high / end)] for ticks in choices]
    ticks = next((ticks for ticks in inside if len(ticks) >= 3), np.array([low, high]))
    ticks = ticks[:: -(-len(ticks) // 6)]
    axis = {"x": ax.xaxis, "y": ax.yaxis}[which]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    # One way of writing per axis.
    write = _plain if ticks.min() >= 1e-4 and ticks.max() < 1e5 else _power
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


def log_axis_around(ax: Axes, values: ArrayLike, which: str = "y") -> None:
    """Make an axis logarithmic around the positive values; without any it has no ticks."""
    found = np.ravel(np.asarray(values, dtype=float))
    found = found[found > 0]
    if not found.size:
        ax.set(**{f"{which}ticks": []})
        return
    margin = (found.max() / found.min()) ** 0.06 * 1.02
    log_axis(ax, found.min() / margin, found.max() * margin, which)


def _plain(value: float) -> str:
    """Write a tick label in full."""
    return f"{value:,.6g}"


def _power(value: float) -> str:
    """Write a tick label as a power of ten."""
    mantissa, exponent = f"{value:.2e}".split("e")
    factor = "" if float(mantissa) == 1 else rf"{float(mantissa):g}\times"
    return rf"${factor}10^{{{int(exponent)}}}$"


def save(figure: Figure, stem: str | Path) -> list[Path]:
    """Write a figure as PDF, SVG and PNG (300 dpi); the same figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
        What to write.
    stem : str or Path
        Path without a suffix.

    Returns
    -------
    list of Path
        The three files.
    """
    # Dates and versions would change the bytes and say nothing about the figure.
    metadata = {
        "pdf": {"CreationDate": None, "Producer": None, "Creator": "nmfbench"},
        "svg": {"Date": None, "Creator": "nmfbench"},
        "png": {"Software": "nmfbench"},
    }
    paths = []
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RC)
        _settle(figure)
        for kind, about in metadata.items():
            path = Path(f"{stem}.{kind}")
            with whole(path) as part:
                figure.savefig(part, format=kind, metadata=about)
            paths.append(path)
    return paths


def _settle(figure: Figure) -> None:
    """Lay the figure out, once, and round where everything is.

    The solver's last digits differ from run to run, and an SVG names its parts by all of them.
    """
    figure.set_dpi(RC["savefig.dpi"])  # at fewer, the pixels' rounding makes text too narrow
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in figure.subfigs:
        part.bbox_relative.set_points(part.bbox_relative.get_points().round(6))
    for ax in figure.axes:
        ax.set_position(Bbox(ax.get_position().get_points().round(6)))
