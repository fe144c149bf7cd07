"""The page in a real browser, Debian's chromium: no browser is downloaded."""

import pytest
from present_examples import make_page
from test_page import CLAIMS

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

DESK, PHONE = {"width": 1400, "height": 1000}, {"width": 390, "height": 844}
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
MEAN = "#table-errors thead tr:last-child th:nth-child(6)"  # of the test errors


@pytest.fixture(scope="module")
def address(example, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    path = folder / "report.html"
    path.write_text(make_page(folder, example, CLAIMS), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(chromium, address):
    """The page, newly opened from its file; it has not to complain or ask for anything else."""
    page = chromium.new_page(viewport=DESK)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    page.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("data:", address))] == []


def unfold(page):
    for fold in page.locator("details > summary").all():
        fold.click()


def means(page):
    """The column of `MEAN`, of the first cohort and loss, below its heading."""
    heading, *rows = page.locator("#table-errors tbody").first.locator("tr").all()
    assert heading.get_attribute("class") == "heading"
    return [float(row.locator("td").nth(4).inner_text().replace(",", "")) for row in rows]


def test_a_column_is_sorted_by_a_click_and_by_a_key(page):
    before = means(page)
    assert len(set(before)) == 4
    head = page.locator(MEAN)
    head.click()
    assert means(page) == sorted(before)
    assert head.get_attribute("aria-sort") == "ascending"
    head.focus()
    page.keyboard.press("Enter")
    assert means(page) == sorted(before, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"


def test_missing_numbers_come_last_and_sums_stay(page):
    page.locator(MEAN).click()
    ovary = page.locator("#table-errors tbody").nth(2).locator("tr")
    assert ovary.first.inner_text() == "Ovary, K = 4: MSE"
    assert ovary.last.inner_text().startswith("AE-NMF")  # all of its fits failed
    matches = page.locator("[id='table-matches.mse']")
    matches.locator("thead tr").last.locator("th").nth(2).click()
    for body in matches.locator("tbody").all():
        last = body.locator("tr").last.inner_text()
        assert last.startswith(("Mean cosine", "Previously observed"))


def test_every_link_within_the_page_leads_there(page):
    links = page.locator("a[href^='#']").all()
    assert len(links) > 8
    for link in links:
        link.focus()  # which also shows the one that skips the contents
        page.keyboard.press("Enter")
        target = link.get_attribute("href")[1:]
        assert page.url.endswith(f"#{target}")
        assert page.locator(f"[id='{target}']").evaluate(
            "e => Math.abs(e.getBoundingClientRect().top) < 5"
            " || scrollY + innerHeight >= document.documentElement.scrollHeight - 2"
        )


def test_the_first_key_press_offers_to_skip_the_contents(page):
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"


def test_a_table_is_downloaded_under_its_name(page):
    with page.expect_download() as download:
        page.get_by_text("Download errors.tsv").click()
    assert download.value.suggested_filename == "errors.tsv"


def test_every_picture_is_there(page):
    unfold(page)
    pictures = page.locator("img")
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("async e => { await e.decode(); return e.naturalWidth; }") > 0
    assert pictures.count() == 4


@SIZES
def test_nothing_is_wider_than_the_window(page, size):
    page.set_viewport_size(size)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@SIZES
def test_axe_finds_no_barrier(page, size):
    page.set_viewport_size(size)
    unfold(page)
    found = axe.Axe().run(page).response
    assert len(found["passes"]) > 20
    assert [(x["id"], x["impact"], x["nodes"][0]["html"]) for x in found["violations"]] == []


def test_paper_has_no_folds_and_no_contents(page):
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert not page.locator("nav").is_visible()
    assert len(page.pdf()) > 10_000


def test_names_that_are_code_are_text(chromium, example, tmp_path):
    """In every place that a user can write, past the schema that refuses them."""
    code = '"><script>hacked = 1</script><img src="http://127.0.0.1:9/x" onerror="hacked = 1">'
    named = {
        key: {
            name: entry | {"label": f"{name} {code}"} for name, entry in example.study[key].items()
        }
        for key in ("models", "cohorts")
    }
    study = example.study | named | {"title": f"Title {code}", "citation": f"javascript:{code}"}
    found = example.matches["match"].iloc[0]
    matches = example.matches.replace({"match": {found: f"Match {code}"}})
    changed = type(example)(**{**vars(example), "study": study, "matches": matches})
    path = tmp_path / "report.html"
    path.write_text(make_page(tmp_path, changed, CLAIMS), encoding="utf-8")
    page = chromium.new_page(viewport=DESK)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    unfold(page)
    assert page.evaluate("typeof hacked") == "undefined"
    assert [url for url in asked if not url.startswith(("data:", path.as_uri()))] == []
    assert page.locator("a[href^='javascript:']").count() == 0
    text = page.locator("body").inner_text()
    for name in ("Title", "Match", *example.study["models"], *example.study["cohorts"]):
        assert f"{name} {code}" in text, name
    page.close()
