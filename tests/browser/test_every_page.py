"""Every page in both languages and both themes, at a desk and on a phone: nothing shuts people out or sticks out.

Nor is a page heavy: what it loads counts, compressed, without its map.
"""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.browser import axe
from tests.browser.pages import PAGES, City, open_page, sign_in
from tests.conftest import missing

DESK = ("zh-CN", "light", 1280)
PHONE = ("en-GB", "dark", 390)
READERS = [
    pytest.param(look, login, id=f"{name}-{login or 'nobody'}")
    for name, look in (("zh-light-desk", DESK), ("en-dark-phone", PHONE))
    for login in PAGES
]
MOST = 300_000
OF_A_MAP = re.compile(r"leaflet|geojson|/map/coverage")
COVERED_ROWS = """() => [...document.querySelectorAll("thead")].filter((head) => {
  const [title, row] = [head.rows[0]?.cells[0], head.parentElement.tBodies[0]?.rows[0]];
  return title?.offsetHeight && row && title.getBoundingClientRect().bottom > row.getBoundingClientRect().top + 1;
}).length"""
WRITTEN_ONCE = re.compile(r"/static/v-")
WEIGHED: dict[str, int] = {}
"""What never changes, by its address."""

pytestmark = pytest.mark.parametrize(("look", "login"), READERS, scope="module")


@dataclass(frozen=True)
class Visit:
    """What somebody found who opened a page."""

    findings: list[str]
    weight: int


@pytest.fixture(scope="module")
def reader(look: tuple[str, str, int], browser: Browser, city: City) -> Iterator[Page]:
    """Somebody who comes for the first time to every page: nothing is kept from the last one."""
    locale, theme, width = look
    context: BrowserContext = browser.new_context(locale=locale, viewport={"width": width, "height": 800})
    context.add_cookies([{"name": "theme", "value": theme, "url": city.address}])
    page = context.new_page()
    context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    yield page
    context.close()


@pytest.fixture(scope="module")
def visits(reader: Page, city: City, login: str) -> dict[str, Visit]:
    """All that this person can open, by name."""
    if not axe.is_there():
        missing("axe", "axe-core is not installed (scripts/frontend --dev)")
    sign_in(reader, city.address, login)
    reader.wait_for_load_state("networkidle")
    answers: list[Response] = []
    reader.on("response", lambda answer: answers.append(answer))
    return {name: visit(reader, city, login, name, answers) for name in PAGES[login]}


def visit(reader: Page, city: City, login: str, name: str, answers: list[Response]) -> Visit:
    answers.clear()
    open_page(reader, city, login, name)
    findings = axe.grave_findings(reader)
    if wider := reader.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"):
        findings.append(f"{wider} pixels wider than the screen")
    if covered := reader.evaluate(COVERED_ROWS):
        findings.append(f"the heads of {covered} tables cover their first rows")
    reader.wait_for_load_state("networkidle")
    assert answers
    return Visit(findings, sum(weight(answer) for answer in answers if answer.ok and not OF_A_MAP.search(answer.url)))


def weight(answer: Response) -> int:
    """Bytes of the body as a server sends it: texts by gzip, pictures as they are."""
    if answer.url not in WEIGHED:
        body = answer.body()
        compressed = min(len(body), len(gzip.compress(body, 6)))
        if not WRITTEN_ONCE.search(answer.url):
            return compressed
        WEIGHED[answer.url] = compressed
    return WEIGHED[answer.url]


def test_no_page_has_a_serious_finding(visits: dict[str, Visit]) -> None:
    assert {name: visit.findings for name, visit in visits.items() if visit.findings} == {}


def test_no_page_is_heavy(visits: dict[str, Visit]) -> None:
    assert {name: visit.weight for name, visit in visits.items() if visit.weight > MOST} == {}
