"""The page of a study: one HTML file that needs nothing but itself."""

import base64
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from docutils.core import publish_parts
from markupsafe import Markup
from PIL import Image

from nmfbench.present import style
from nmfbench.present.methods_text import Described
from nmfbench.present.panels import LOSSES, Study, about_path
from nmfbench.present.report import ANSWER, CLAIMS, COMPARED
from nmfbench.present.tables.render import TABLE_CSS, html_body

SCREEN_DPI = 96  # of CSS
# What docutils must not do with labels that a user wrote.
_SAFE = {"raw_enabled": False, "file_insertion_enabled": False}
_BOLD = re.compile("<strong>(.*?)</strong>", re.DOTALL)


class Shown(NamedTuple):
    """A figure or table of the page.

    Attributes
    ----------
    path : the SVG or HTML of it; its other formats are beside it
    title : what Snakemake's report calls it
    cohort : label of its cohort, nothing where it is about all
    label : its loss, and whether its models are trained to convergence
    caption : its caption as HTML; a table has its own
    """

    path: Path
    title: str
    cohort: str
    label: str
    caption: Markup

    @property
    def anchor(self) -> str:
        """Id of its section."""
        kind = "figure" if self.path.suffix == ".svg" else "table"
        return f"{kind}-{self.path.stem}"

    @property
    def alt(self) -> str:
        """Say what the picture is: the bold beginning of its caption, its cohort and its label."""
        begin = Markup(m[1]).striptags() if (m := _BOLD.search(self.caption)) else self.title
        return ", ".join(x for x in (begin.rstrip(".:"), self.cohort, self.label) if x)

    def image(self) -> Mapping[str, Any]:
        """Give its pixels in a third of the PNG's bytes: ``src``, ``width``, ``height``, ``print``.

        The last is how wide it is in print, in pixels of a screen.
        """
        with Image.open(self.path.with_suffix(".png")) as picture, io.BytesIO() as file:
            picture.convert("RGB").save(file, "webp", lossless=True)
            data, (width, height) = file.getvalue(), picture.size
        in_print = round(SCREEN_DPI * width / style.RC["savefig.dpi"])
        src = _data_url("image/webp", data)
        return {"src": src, "width": width, "height": height, "print": in_print}

    def table(self) -> Markup:
        """Give the table itself, with its title and notes."""
        return Markup(html_body(self.path.read_text(encoding="utf-8")))

    def tsv(self) -> Mapping[str, str]:
        """Give its numbers as a download: ``name``, ``href``."""
        path = self.path.with_suffix(".tsv")
        return {
            "name": path.name,
            "href": _data_url("text/tab-separated-values", path.read_bytes()),
        }


def make(
    template: str | Path,
    sorter: str,
    study: Study,
    words: Mapping[str, str],
    items: Sequence[str | Path],
    titles: Mapping[str, str],
    methods: Sequence[str],
    models: Sequence[Described],
    citations: Sequence[str],
) -> str:
    """Make the page.

    Parameters
    ----------
    template : str or Path
        The page's Jinja template; the captions are beside it, ``figure-{name}.rst``.
    sorter : str
        JavaScript of tablesort.
    study : mapping
        Models, cohorts and their labels, ``title``.
    words : mapping of str to str
        What came out, of `nmfbench.present.report.words`.
    items : sequence of path
        SVG of every figure and HTML of every table, in reading order.
    titles : mapping of str to str
        Title of every figure and table, ``figure-errors: Figure 2: errors``.
    methods, citations : sequence of str
        Paragraphs.
    models : sequence of Described
        Rows of the table of models.

    Returns
    -------
    str
        HTML. The same input gives the same bytes.
    """
    template = Path(template)
    all_shown = [_shown(Path(item), study, titles, template.parent) for item in items]
    figures = [shown for shown in all_shown if shown.path.suffix == ".svg"]
    scorecard = [shown for shown in figures if shown.path.stem == "claims"]
    told = {heading: _html(text) for heading, text in words.items()}
    return (
        jinja2.Environment(
            loader=jinja2.FileSystemLoader(template.parent),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        .get_template(template.name)
        .render(
            study=study,
            answer=told[ANSWER],
            compared=told[COMPARED],
            claims=told.get(CLAIMS),
            details={h: text for h, text in told.items() if h not in (ANSWER, COMPARED, CLAIMS)},
            scorecard=scorecard,
            figures=list(_sections([shown for shown in figures if shown not in scorecard])),
            tables=[shown for shown in all_shown if shown.path.suffix == ".html"],
            methods=methods,
            models=models,
            citations=citations,
            table_css=Markup(TABLE_CSS),
            sorter=Markup(sorter),
        )
    )


def references(study: Study, project: Mapping[str, Any], data: Sequence[str]) -> list[str]:
    """List what is to be cited.

    Parameters
    ----------
    study : mapping
        ``citation``, if it follows a paper.
    project : mapping
        Content of CITATION.cff.
    data : sequence of str
        Citations of the data.

    Returns
    -------
    list of str
        nmfbench, the paper of the study, those of the methods, the data; none twice.
    """
    found = [f"{project['title']}. Version {project['version']}."]
    paper = study.get("citation", "")
    found += [f"{paper}."] * bool(paper)
    found += [_reference(r) for r in project["references"] if r["title"] not in paper]
    # A remark in brackets at the end is about the copy that was fetched.
    of_data = [re.sub(r" \([^()]*\)$", "", citation) for citation in data]
    return list(dict.fromkeys([*found, *(f"Data: {citation}." for citation in of_data)]))


def _reference(entry: Mapping[str, Any]) -> str:
    """Write a reference of CITATION.cff."""
    authors = ", ".join(
        f"{a['family-names']} {''.join(name[0] for name in re.split('[ -]', a['given-names']))}"
        for a in entry["authors"]
    )
    place = " ".join(str(entry[key]) for key in ("journal", "volume") if key in entry)
    pages = f":{entry['start']}–{entry['end']}" if "start" in entry else ""
    doi = f", doi:{entry['doi']}" if "doi" in entry else ""
    return f"{authors}. {entry['title']}. {place}{pages} ({entry['year']}){doi}."


def _shown(path: Path, study: Study, titles: Mapping[str, str], captions: Path) -> Shown:
    """Say what a file of the report is, by its path."""
    name, cohort, of, trained = about_path(path)
    kind = "figure" if path.suffix == ".svg" else "table"
    caption = Markup()
    if kind == "figure":
        caption = _html((captions / f"figure-{name}.rst").read_text(encoding="utf-8"))
    title = study["released"][of]["title"] if name == "released" else titles[f"{kind}-{name}"]
    words = [of.upper()] * (of in LOSSES) + ["trained to convergence"] * bool(trained)
    label = study["cohorts"][cohort]["label"] if cohort != "all" else ""
    return Shown(path, title, label, ", ".join(words), caption)


def _sections(figures: Sequence[Shown]) -> Iterator[tuple[Shown, list[tuple[Shown, list[Shown]]]]]:
    """Put figures of one kind together: the first; and by cohort the first and the others."""
    for _, alike in groupby(figures, key=lambda shown: shown.title):
        of_cohort = [list(same) for _, same in groupby(alike, key=lambda shown: shown.cohort)]
        yield of_cohort[0][0], [(same[0], same[1:]) for same in of_cohort]


def _html(text: str) -> Markup:
    """Write reStructuredText as HTML."""
    return Markup(publish_parts(text, writer="html5", settings_overrides=_SAFE)["body"])


def _data_url(kind: str, data: bytes) -> str:
    """Write bytes into an address, so that the page holds them."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
