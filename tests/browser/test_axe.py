"""Every page in both languages and both themes, at a desk and on a phone: nothing shuts people out or sticks out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import axe
from tests.browser.pages import PAGES, City, open_page, sign_in
from tests.conftest import missing

LOOKS = {"zh-light-desk": ("zh-CN", "light", 1280), "en-dark-phone": ("en-GB", "dark", 390)}

COVERED_ROWS = """() => [...document.querySelectorAll("thead")].filter((head) => {
  const [title, row] = [head.rows[0]?.cells[0], head.parentElement.tBodies[0]?.rows[0]];
  return title?.offsetHeight && row && title.getBoundingClientRect().bottom > row.getBoundingClientRect().top + 1;
}).length"""

pytestmark = pytest.mark.xdist_group("city")


@pytest.fixture(params=LOOKS)
def reader(request: pytest.FixtureRequest, browser: Browser, city: City) -> Iterator[Page]:
    if not axe.is_there():
        missing("axe", "axe-core is not installed (scripts/frontend --dev)")
    locale, theme, width = LOOKS[request.param]
    context = browser.new_context(locale=locale, viewport={"width": width, "height": 800})
    context.add_cookies([{"name": "theme", "value": theme, "url": city.address}])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("login", PAGES)
def test_no_page_has_a_serious_finding(reader: Page, city: City, login: str) -> None:
    sign_in(reader, city.address, login)
    found = []
    for name in PAGES[login]:
        open_page(reader, city, login, name)
        found += [f"{name}: {finding}" for finding in axe.grave_findings(reader)]
        if wider := reader.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"):
            found.append(f"{name}: {wider} pixels wider than the screen")
        if covered := reader.evaluate(COVERED_ROWS):
            found.append(f"{name}: the heads of {covered} tables cover their first rows")
    assert found == []
