"""The scorecard: every claim of the paper, tested as published and trained to convergence."""

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from nmfbench.compare.claims import NOT_REPRODUCED, REPRODUCED, REVERSED, SIDES, UNTESTED
from nmfbench.present import style
from nmfbench.present.panels import NOISE, Panel, Study, panels

#: Colour and sign of a verdict: told apart in grey, too.
VERDICTS = {
    REPRODUCED: (style.BLUE, "+"),
    NOT_REPRODUCED: ("#D9D9D9", "○"),
    REVERSED: (style.VERMILLION, "−"),
    UNTESTED: ("white", ""),
}
HEADS = {"tweedie": "TW"}  # a tile has no room for more
TEXT = 0.4  # share of the width that the sentences take


@style.styled
def draw(claims: pd.DataFrame, study: Study) -> Figure:
    """Draw one row per claim and two tiles per cohort and loss.

    Parameters
    ----------
    claims : DataFrame
        The table of `nmfbench.compare.claims.judge`.
    study : mapping
        Cohorts and their labels, ``losses``, and in words what is ``refereed``.

    Returns
    -------
    Figure
        The left tile is the models as published, the right one the converged ones; nothing is
        drawn where the paper claims nothing.
    """
    sentences = claims.drop_duplicates("id").set_index("id")["sentence"]
    places = panels(claims, study)
    losses = [loss for loss in study["losses"] if loss in set(claims["loss"])]
    figure = style.figure(style.DOUBLE_MM, 24 + 7.2 * len(sentences))
    ax = figure.subplots()
    columns = {}
    x = 0.0
    for panel in places:
        for loss in losses:
            if loss in set(panel.rows(claims)["loss"]):
                columns[panel.cohort, panel.scheme, panel.k, loss] = x
                x += 1
        x += 0.25
    _heads(ax, places, columns, study["refereed"])
    for y, (id_, sentence) in enumerate(sentences.items()):
        words = f"{id_}  {sentence}"
        text = textwrap.fill(words, 52, subsequent_indent=" " * 6, break_on_hyphens=False)
        ax.text(
            0, y, text, va="center", transform=ax.get_yaxis_transform(), fontsize=style.SMALL_PT
        )
        for row in claims[claims["id"] == id_].itertuples():
            x = columns[row.cohort, row.scheme, row.k, row.loss]
            for k, side in enumerate(SIDES):
                _tile(ax, x + 0.47 * k - 0.235, y, getattr(row, f"{side}_verdict"))
    right = max(columns.values(), default=0) + 0.6
    ax.set_xlim(-0.5 - (right + 0.5) * TEXT / (1 - TEXT), right)
    ax.set_ylim(len(sentences) - 0.4, -2.1)
    ax.set_axis_off()
    figure.legend(
        handles=[
            Patch(
                facecolor=colour, edgecolor="0.4", label=f"{verdict} ({sign})" if sign else verdict
            )
            for verdict, (colour, sign) in VERDICTS.items()
        ],
        loc="outside lower center",
        ncols=4,
    )
    return figure


def _heads(
    ax: Axes,
    places: list[Panel],
    columns: dict[tuple[str, str, int, str], float],
    refereed: str,
) -> None:
    """Write cohort, loss and side above the columns."""
    for panel in places:
        here = {key[-1]: x for key, x in columns.items() if key[0] == panel.cohort}
        # Many cohorts leave no room for more than their names.
        name, _, rank = panel.label.rpartition(", ")
        room = max(9, 4 * len(here))  # characters
        name = textwrap.fill(name.split(" (")[0], room, break_on_hyphens=False)
        label = panel.label if len(places) <= 4 else f"{name}\n{rank}"
        ax.text(
            sum(here.values()) / len(here),
            -1.5,
            label,
            ha="center",
            va="bottom",
            fontweight="bold",
            fontsize=style.SMALL_PT if len(places) <= 10 else 5,
        )
        for loss, x in here.items():
            name = HEADS.get(loss, loss.upper())
            ax.text(x, -1.2, name, ha="center", va="center", fontsize=style.SMALL_PT)
            for k, side in enumerate("PR"):
                ax.text(x + 0.47 * k - 0.235, -0.72, side, ha="center", va="center", fontsize=5)
    key = ["P: as published here", *textwrap.wrap(f"R: {refereed}", 48)]
    short = [f"{HEADS[x]}: {NOISE[x]}" for x in HEADS if any(x == at[-1] for at in columns)]
    key = "\n".join([*key, *short])
    ax.text(0, -1.4, key, va="center", transform=ax.get_yaxis_transform(), fontsize=style.SMALL_PT)


def _tile(ax: Axes, x: float, y: float, verdict: str) -> None:
    """Draw one verdict."""
    colour, sign = VERDICTS[verdict]
    box = Rectangle(
        (x - 0.21, y - 0.36), 0.42, 0.72, facecolor=colour, edgecolor="0.4", linewidth=0.4
    )
    ax.add_patch(box)
    dark = "white" if verdict in (REPRODUCED, REVERSED) else "0.25"
    ax.text(
        x, y, sign, ha="center", va="center_baseline", color=dark, fontsize=7, fontweight="bold"
    )
