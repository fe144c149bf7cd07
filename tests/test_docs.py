"""What the pages in docs/ quote is there."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
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
