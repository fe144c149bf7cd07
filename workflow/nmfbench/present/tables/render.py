"""One table, three formats: TSV to compute with, HTML to read, LaTeX to print."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nmfbench.files import whole, write_tsv

NONE = "–"
PAGE = 60  # rows and headings that fit a printed page
UNSORTED = 'data-sort-method="none"'  # of a row that stays where it is


class Cell(NamedTuple):
    """What one cell shows; `best` makes it bold."""

    text: str
    best: bool = False


class Block(NamedTuple):
    """Rows under one heading; the last `sums` of them sum up the others, and stay below them."""

    heading: str
    rows: list[list[Cell]]
    sums: int = 0


class Column(NamedTuple):
    """Head of a column; neighbours with the same `group` share a second head above."""

    name: str
    group: str = ""
    number: bool = True


@dataclass(frozen=True)
class Table:
    """A table of the manuscript.

    Attributes
    ----------
    name : str
        Word for the label in LaTeX.
    title : str
        Title, one line.
    tidy : DataFrame
        What the TSV holds: one row per model or match, every digit.
    columns : sequence of Column
        Heads of what is shown.
    blocks : sequence of Block
        What is shown.
    notes : sequence of str
        Sentences below the table.
    """

    name: str
    title: str
    tidy: pd.DataFrame
    columns: Sequence[Column]
    blocks: Sequence[Block]
    notes: Sequence[str]


def number(value: float, digits: int = 4) -> str:
    """Write a number with so many significant digits, or a dash where it is missing."""
    if pd.isna(value):
        return NONE
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    scientific = f"{value:.{digits - 1}e}"
    # The exponent of the rounded number: 9.99996 becomes 10.00.
    exponent = int(scientific.split("e")[1])
    if exponent < -4:
        return scientific
    return f"{float(scientific):,.{max(0, digits - 1 - exponent)}f}"


def cosine(value: float) -> str:
    """Write a cosine similarity, or a dash where it is missing."""
    return NONE if pd.isna(value) else f"{value:.3f}"


def signed(value: float) -> str:
    """Write a difference of similarities, or a dash where it is missing."""
    return NONE if pd.isna(value) else f"{value:+.3f}".replace("-", "−")


def interval(effect: float, low: float, high: float, write: Callable[[float], str] = number) -> str:
    """Write an effect and its interval, or a dash where it is missing."""
    return NONE if pd.isna(effect) else f"{write(effect)} [{write(low)}, {write(high)}]"


def bounds(low: float, high: float, write: Callable[[float], str] = number) -> str:
    """Write an interval, or a dash where it is missing."""
    return NONE if pd.isna(low) else f"[{write(low)}, {write(high)}]"


def percent(share: float) -> str:
    """Write a share in percent, or a dash where it is missing."""
    return NONE if pd.isna(share) else f"{100 * share:.0f} %"


def best_cells(
    values: Sequence[float],
    *,
    lowest: bool,
    write: Callable[[float], str] = number,
    among: Sequence[bool] | None = None,
) -> list[Cell]:
    """Write numbers; of those that compete, the best and whatever is written like it is bold.

    `among` says which compete: all, unless it is given. Missing numbers never do.
    """
    among = [True] * len(values) if among is None else among
    pairs = list(zip(values, among, strict=True))
    there = [value for value, competes in pairs if competes and not pd.isna(value)]
    best = write((min if lowest else max)(there)) if there else None
    return [
        Cell(write(value), bool(competes) and write(value) == best) for value, competes in pairs
    ]


# Read by a TeX without further packages than booktabs.
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "×": r"$\times$",
        "−": r"$-$",
        "†": r"\dag{}",
        "\n": " ",
    }
)


def tex(text: str) -> str:
    """Escape text for LaTeX."""
    return text.translate(_TEX)


_PAGE_CSS = """\
body { margin: 1rem auto; padding: 0 .75rem; width: fit-content; max-width: calc(100vw - 3rem);
  background: #fff; color: #1a1a1a;
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
p { margin: .5rem 0 0; font-size: .87rem; color: #444; max-width: 46rem; }
@media (max-width: 40rem) { body { font-size: 13px; margin: .5rem auto; } }
"""

#: How a table looks, also in the page of a study.
TABLE_CSS = """\
.scroll { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums;
  border-bottom: 2px solid #1a1a1a; }
caption { text-align: left; padding-bottom: .5rem; font-weight: 600; }
caption span, .heading span { position: sticky; left: .4rem; display: inline-block;
  white-space: normal; max-width: min(64rem, 85vw); }
th, td { padding: .25rem .6rem; text-align: left; white-space: nowrap; background: #fff;
  font-weight: 400; }
thead th { font-weight: 600; }
thead tr:first-child > * { border-top: 2px solid #1a1a1a; }
thead tr:last-child th { border-bottom: 1px solid #1a1a1a; }
.number { text-align: right; }
.group { text-align: center; border-bottom: 1px solid #999; }
.heading th { padding-top: .7rem; font-weight: 600; color: #444; border-bottom: 1px solid #ddd; }
.first { position: sticky; left: 0; }
.best { font-weight: 700; }
@media (max-width: 40rem) { th, td { padding: .2rem .4rem; } }
"""


def to_html(table: Table) -> str:
    """Write a page that needs nothing but itself and can be read on a phone.

    What stands between its body tags can be put into another page that has `TABLE_CSS` (see
    `html_body`). Attributes say how its columns are sorted, by the script tablesort.js there.
    """
    title = escape(table.title)
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>\n{_PAGE_CSS}{TABLE_CSS}</style></head>",
        "<body>",
        f'<div class="scroll" role="region" tabindex="0" aria-label="{title}"><table>',
        f"<caption><span>{title}</span></caption>",
        "<thead>",
    ]
    if any(column.group for column in table.columns):
        lines.append("<tr>" + "".join(_html_group(*group) for group in _groups(table)) + "</tr>")
    lines += [_html_heads(table), "</thead>"]
    for block in table.blocks:
        heading = f"<span>{escape(block.heading)}</span>"
        heading = f'<th colspan="{len(table.columns)}" scope="rowgroup">{heading}</th>'
        lines += ["<tbody>", f'<tr class="heading" {UNSORTED}>{heading}</tr>']
        for i, row in enumerate(block.rows, start=1):
            below = i > len(block.rows) - block.sums
            lines.append(_html_row(row, table, f" {UNSORTED}" if below else ""))
        lines.append("</tbody>")
    lines.append("</table></div>")
    lines += [f"<p>{escape(note)}</p>" for note in table.notes]
    return "\n".join([*lines, "</body></html>", ""])


def html_body(page: str) -> str:
    """Take what stands between the body tags of a page of `to_html`."""
    return page.split("<body>\n", 1)[1].rsplit("</body>", 1)[0]


def _html_group(name: str, span: int) -> str:
    """Write the head that `span` columns share."""
    if not name:
        return '<td class="first"></td>' + "<td></td>" * (span - 1)
    return f'<th class="group" colspan="{span}" scope="colgroup">{escape(name)}</th>'


def _html_heads(table: Table) -> str:
    """Write the heads of the columns."""
    written = []
    for i, column in enumerate(table.columns):
        sort = ' data-sort-method="number"' if column.number else ""
        of_class = _html_class(i, column, "")
        written.append(f'<th{of_class} scope="col"{sort}>{escape(column.name)}</th>')
    return "<tr>" + "".join(written) + "</tr>"


def _html_row(cells: Sequence[Cell], table: Table, attributes: str) -> str:
    """Write one row of cells; the first says what the others are about."""
    written = []
    for i, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
        start, end = ('th scope="row"', "th") if i == 0 else ("td", "td")
        of_class = _html_class(i, column, "best" if cell.best else "")
        written.append(f"<{start}{of_class}>{escape(cell.text)}</{end}>")
    return f"<tr{attributes}>{''.join(written)}</tr>"


def _html_class(i: int, column: Column, kind: str) -> str:
    """Write the class of a cell or head."""
    kinds = ["first"] * (i == 0) + ["number"] * column.number + [kind] * bool(kind)
    return f' class="{" ".join(kinds)}"' if kinds else ""


def to_latex(table: Table) -> str:
    """Write a ``table``, or what is longer than a page as a ``longtable``.

    The document needs the packages that the first line names and nothing more.
    """
    width = len(table.columns)
    length = sum(len(block.rows) + 2 for block in table.blocks)
    size, space = (r"\scriptsize", 3) if width > 8 or length > 40 else (r"\small", 4)
    if width > 10:
        size, space = r"\tiny", 1.2
    sides = ["lr"[column.number] for column in table.columns]
    sides[0] = "@{}" + sides[0]
    about = rf"\caption{{{tex(table.title)}}}", rf"\label{{tab:{table.name}}}"
    look = rf"{size}\setlength{{\tabcolsep}}{{{space}pt}}"
    columns = f"{{{''.join(sides)}@{{}}}}"
    if length > PAGE:
        head = [r"% The document needs \usepackage{booktabs,longtable}.", "{" + look]
        head += [rf"\begin{{longtable}}{columns}", *about, r"\\", r"\toprule"]
        first, last, end = [r"\endhead"], [r"\end{longtable}"], "}"
    else:
        head = [r"% The document needs \usepackage{booktabs}.", r"\begin{table}[htbp]"]
        head += [r"\centering", *about, r"\smallskip", look]
        head += [rf"\begin{{tabular}}{columns}", r"\toprule"]
        first, last, end = [], [r"\end{tabular}"], r"\end{table}"
    lines = [*head, *_latex_heads(table, sides), *first]
    for block in table.blocks:
        # A long heading is broken into lines; a short one must not make the table wider.
        side = r"p{\linewidth}" if len(block.heading) > 90 else "l"
        heading = rf"\multicolumn{{{width}}}{{@{{}}{side}}}{{\textit{{{tex(block.heading)}}}}} \\"
        lines += [r"\midrule", heading]
        for row in block.rows:
            texts = (rf"\textbf{{{tex(c.text)}}}" if c.best else tex(c.text) for c in row)
            lines.append(" & ".join(texts) + r" \\")
    lines += [r"\bottomrule", *last]
    if table.notes:
        notes = tex(" ".join(table.notes))
        lines.append(rf"\par\smallskip\noindent\parbox{{\linewidth}}{{\footnotesize {notes}}}")
    return "\n".join([*lines, end, ""])


def _latex_heads(table: Table, sides: Sequence[str]) -> list[str]:
    """Write the heads of the columns, and above them those that columns share."""
    heads = (
        rf"\multicolumn{{1}}{{{side}}}{{{tex(c.name)}}}"
        for side, c in zip(sides, table.columns, strict=True)
    )
    upper = _latex_groups(table) if any(column.group for column in table.columns) else []
    return [*upper, " & ".join(heads) + r" \\"]


def _latex_groups(table: Table) -> list[str]:
    """Write the upper heads and the rules below them."""
    heads, rules, done = [], [], 0
    for name, span in _groups(table):
        heads.append(rf"\multicolumn{{{span}}}{{c}}{{{tex(name)}}}")
        if name:
            rules.append(rf"\cmidrule(lr){{{done + 1}-{done + span}}}")
        done += span
    return [" & ".join(heads) + r" \\", " ".join(rules)]


def _groups(table: Table) -> list[tuple[str, int]]:
    """Upper heads and how many columns each spans."""
    return [(name, len(list(same))) for name, same in groupby(c.group for c in table.columns)]


def write_table(table: Table, stem: str | Path) -> list[Path]:
    """Write ``stem.tsv``, ``stem.html`` and ``stem.tex``.

    Parameters
    ----------
    table : Table
        What to write.
    stem : str or Path
        Path without a suffix.

    Returns
    -------
    list of Path
        The three files.
    """
    paths = [Path(f"{stem}.{kind}") for kind in ("tsv", "html", "tex")]
    write_tsv(table.tidy, paths[0])
    for path, text in zip(paths[1:], (to_html(table), to_latex(table)), strict=True):
        with whole(path) as part:
            part.write_text(text, encoding="utf-8")
    return paths
