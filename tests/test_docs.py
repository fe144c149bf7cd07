"""What the pages in docs/ quote is there."""

import re
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "docs"))
import architectures  # noqa: E402

from nmfbench.present import style  # noqa: E402

PAGES = ["README.md", *(f"docs/{path.name}" for path in sorted((PROJECT / "docs").glob("*.md")))]
ERRORS = (PROJECT / "docs/errors.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"^\| `(.+?)` \| (?!From Snakemake)", ERRORS, re.MULTILINE)
SOURCES = "\n".join(
    # A message goes over several lines of source.
    re.sub(r'"\s*f?"', "", path.read_text(encoding="utf-8"))
    for path in sorted((PROJECT / "workflow/nmfbench").rglob("*.py"))
)
WORDS = re.sub(r"\{[^{}]*\}", "", SOURCES)


@pytest.mark.parametrize("message", QUOTED)
def test_every_error_that_is_explained_is_one(message):
    assert re.sub(r"\d+", "", message) in re.sub(r"\d+", "", WORDS)


def test_every_page_is_linked_from_the_readme():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert [page for page in PAGES[1:] if f"({page})" not in readme] == []


def test_there_are_errors_explained():
    assert len(QUOTED) > 5


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (PROJECT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text)
    local = [link for link in links if not link.startswith("http")]
    missing = [link for link in local if not ((PROJECT / page).parent / link).exists()]
    assert not missing


def test_every_promise_has_a_test_that_holds_it():
    text = (PROJECT / "docs/trust.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text)
    assert len(named) > 10
    for path, name in named:
        assert f"def {name or 'test_'}" in (PROJECT / path).read_text(encoding="utf-8"), path


def test_the_architectures_have_the_settings_of_the_studies():
    assert (PROJECT / "docs/architectures.md").read_text(encoding="utf-8") == architectures.page()


def test_the_drawing_is_that_of_its_script(tmp_path):
    style.save(architectures.draw(), tmp_path / "drawn")
    drawn = (tmp_path / "drawn.svg").read_bytes()
    assert drawn == (PROJECT / "docs/architectures.svg").read_bytes()
