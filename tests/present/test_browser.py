"""The page in a real browser: Debian's chromium, driven by its chromium-driver."""

import shutil

import pytest
from present_examples import make_page
from test_page import CLAIMS

webdriver = pytest.importorskip("selenium.webdriver")
axe = pytest.importorskip("axe_selenium_python")

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("needs chromium: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    profile = tmp_path_factory.mktemp("profile")
    for argument in (
        "headless=new",
        "no-sandbox",
        "disable-dev-shm-usage",
        "window-size=1400,1000",
    ):
        options.add_argument(f"--{argument}")
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    with webdriver.Chrome(options, service) as made:
        yield made


@pytest.fixture(scope="module")
def address(example, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    path = folder / "report.html"
    path.write_text(make_page(folder, example, CLAIMS), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def browser(chromium, address):
    """The page, newly opened."""
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.get(address)
    return chromium


def find(browser, selector):
    return browser.find_elements("css selector", selector)


def column(browser, i):
    """The numbers of column i of the first cohort and loss of the table of errors."""
    rows = find(browser, "#table-errors tbody:first-of-type tr")
    assert rows[0].get_attribute("class") == "heading"
    cells = [row.find_elements("css selector", "th, td")[i].text for row in rows[1:]]
    return [float(cell.replace(",", "")) for cell in cells]


def test_a_column_is_sorted_by_a_click_and_by_enter(browser):
    (head,) = find(browser, "#table-errors thead tr:last-child th:nth-child(6)")
    before = column(browser, 5)
    head.click()
    assert column(browser, 5) == sorted(before)
    assert head.get_attribute("aria-sort") == "ascending"
    head.send_keys("\ue007")  # Enter
    assert column(browser, 5) == sorted(before, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    assert len(set(before)) > 2


def test_missing_numbers_come_last_and_sums_stay(browser):
    (head,) = find(browser, "#table-errors thead tr:last-child th:nth-child(6)")
    head.click()
    ovary = find(browser, "#table-errors tbody:nth-of-type(3) tr")
    assert "Ovary, K = 4: MSE" in ovary[0].text
    assert "AE-NMF" in ovary[-1].text  # all of its fits failed
    find(browser, "#table-matches\\.mse thead tr:last-child th:nth-child(3)")[0].click()
    for last in find(browser, "#table-matches\\.mse tbody tr:last-child"):
        assert last.text.startswith(("Mean cosine", "Previously observed"))


def test_every_link_within_the_page_leads_there(browser):
    links = find(browser, "a[href^='#']")
    assert len(links) > 8
    for link in links:
        browser.execute_script("arguments[0].click()", link)  # the skip link shows on focus only
        target = link.get_attribute("href").split("#")[1]
        assert browser.current_url.endswith(f"#{target}")
        top = browser.execute_script(
            "return document.getElementById(arguments[0]).getBoundingClientRect().top", target
        )
        at_the_end = browser.execute_script(
            "return scrollY + innerHeight >= document.documentElement.scrollHeight - 2"
        )
        assert abs(top) < 5 or at_the_end


def test_the_first_key_press_offers_to_skip_the_contents(browser):
    browser.switch_to.active_element.send_keys("\ue004")  # Tab
    assert browser.switch_to.active_element.text == "Skip to the content"


def test_the_browser_has_no_complaint(browser):
    for fold in find(browser, "details > summary"):
        fold.click()
    broken = "return [...document.images].filter((x) => x.complete && !x.naturalWidth).length"
    assert browser.execute_script(broken) == 0
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("phone", [False, True])
def test_nothing_is_wider_than_the_window(browser, phone):
    if phone:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    for fold in find(browser, "details > summary"):
        fold.click()
    page, window = browser.execute_script(
        "return [document.documentElement.scrollWidth, innerWidth]"
    )
    assert page <= window == (390 if phone else 1400)


@pytest.mark.parametrize("phone", [False, True])
def test_axe_finds_no_barrier(browser, phone):
    if phone:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    checker = axe.Axe(browser)
    checker.inject()
    found = checker.run()
    assert found["passes"]
    assert [(x["id"], x["impact"], x["nodes"][0]["html"]) for x in found["violations"]] == []
