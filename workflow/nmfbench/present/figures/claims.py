"""The scorecard: every claim, tested with the authors' own numbers, as published, and refereed."""

import textwrap
from collections.abc import Collection, Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from nmfbench.compare.claims import (
    CONTRADICTED,
    DRAWS,
    INCONCLUSIVE,
    NEGLIGIBLE,
    SUPPORTED,
    UNTESTED,
)
from nmfbench.present import style
from nmfbench.present.panels import NOISE, Panel, Study, panels
from nmfbench.present.scorecard import shown_sides

TITLE = "Scorecard"
READS = ("claims",)
PER = ()
WHEN = "claims"

#: Colour and sign of a verdict: told apart in grey, too.
VERDICTS = {
    SUPPORTED: (style.BLUE, "+"),
    CONTRADICTED: (style.VERMILLION, "−"),
    NEGLIGIBLE: ("#F7EFA6", "≈"),
    INCONCLUSIVE: ("#D9D9D9", "?"),
    UNTESTED: ("white", ""),
}
DARK = (SUPPORTED, CONTRADICTED)
HEADS = {"tweedie": "TW"}  # a tile has no room for more
LETTERS = {"deposited": "D", "published": "P", "refereed": "R", "poisson": "N", "nb": "B"}
MANY = 28  # tiles beside each other, beyond which their signs are small
TEXT = 0.4  # share of the width that the sentences take


@style.styled
def draw(claims: pd.DataFrame, study: Study) -> Figure:
    """Draw one row per claim and a tile per cohort, loss and side.

    Parameters
    ----------
    claims : DataFrame
        The table of `nmfbench.compare.claims.judge`.
    study : mapping
        Cohorts and their labels, ``losses``, and in words what is ``refereed``.

    Returns
    -------
    Figure
        Tiles from left to right: the authors' own numbers, if the study has them, the models as
        published, and those that referee them, also on counts drawn anew. A tile is the verdict on
        cohorts like it, the strip below it that on this cohort; nothing is drawn where the paper
        claims nothing.
    """
    sentences = claims.drop_duplicates("id").set_index("id")["sentence"]
    places, sides = panels(claims, study), shown_sides(claims, study)
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
    size = 7 if len(columns) * len(sides) <= MANY else 5
    _heads(ax, places, columns, sides)
    for y, (id_, sentence) in enumerate(sentences.items()):
        words = f"{id_}  {sentence}"
        text = textwrap.fill(words, 52, subsequent_indent=" " * 6, break_on_hyphens=False)
        ax.text(
            0, y, text, va="center", transform=ax.get_yaxis_transform(), fontsize=style.SMALL_PT
        )
        for row in claims[claims["id"] == id_].itertuples():
            x = columns[row.cohort, row.scheme, row.k, row.loss]
            for at, side in zip(_offsets(sides), sides, strict=True):
                if side in DRAWS and getattr(row, f"{side}_verdict") == UNTESTED:
                    continue  # what is no claim on simulated counts is not drawn anew
                said = (getattr(row, f"{side}_{name}") for name in ("verdict", "verdict_here"))
                _tile(ax, x + at, y, 0.94 / len(sides) - 0.05, *said, size=size)
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
        ncols=len(VERDICTS),
    )
    return figure


def _offsets(sides: Collection[str]) -> list[float]:
    """Places of the tiles of one cohort and loss, from its middle."""
    return [0.94 / len(sides) * (i - (len(sides) - 1) / 2) for i in range(len(sides))]


def _heads(
    ax: Axes,
    places: list[Panel],
    columns: dict[tuple[str, str, int, str], float],
    sides: Mapping[str, str],
) -> None:
    """Write cohort, loss and side above the columns."""
    for panel in places:
        here = {key[-1]: x for key, x in columns.items() if key[0] == panel.cohort}
        # Many cohorts leave no room for more than their names.
        name, _, rank = panel.label.rpartition(", ")
        room = max(9 if len(places) > 10 else 12, 4 * len(here))  # characters
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
            for at, side in zip(_offsets(sides), sides, strict=True):
                ax.text(x + at, -0.72, LETTERS[side], ha="center", va="center", fontsize=5)
    key = [
        line
        for side, words in sides.items()
        for line in textwrap.wrap(f"{LETTERS[side]}: {words}", 48)
    ]
    key.append("Tile: cohorts like it; strip: this cohort")
    short = [f"{HEADS[x]}: {NOISE[x]}" for x in HEADS if any(x == at[-1] for at in columns)]
    key = "\n".join([*key, *short])
    ax.text(0, -1.4, key, va="center", transform=ax.get_yaxis_transform(), fontsize=style.SMALL_PT)


def _tile(
    ax: Axes, x: float, y: float, width: float, verdict: str, here: str, *, size: float
) -> None:
    """Draw a verdict on cohorts like it, and below it the one on this cohort."""
    boxes = [(-0.38, 0.56, VERDICTS[verdict][0]), (0.18, 0.2, VERDICTS[here][0])]
    if here == UNTESTED:
        boxes = [(-0.38, 0.76, VERDICTS[verdict][0])]
    for bottom, height, colour in boxes:
        corner = (x - width / 2, y + bottom)
        ax.add_patch(
            Rectangle(corner, width, height, facecolor=colour, edgecolor="0.4", linewidth=0.4)
        )
    ax.text(
        x,
        y - 0.1,
        VERDICTS[verdict][1],
        ha="center",
        va="center_baseline",
        color="white" if verdict in DARK else "0.25",
        fontsize=size,
        fontweight="bold",
    )
