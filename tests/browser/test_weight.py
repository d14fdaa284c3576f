"""No page is heavy: what it loads, compressed, without its map."""

import gzip
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Response

from tests.browser.pages import PAGES, City, open_page, sign_in

MOST = 300_000
OF_A_MAP = re.compile(r"leaflet|geojson|/map/coverage")

pytestmark = pytest.mark.xdist_group("city")


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    """Somebody who comes for the first time to every page: nothing is kept from the last one."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    yield page
    context.close()


def weight(answers: list[Response]) -> int:
    """Bytes of the bodies as a server sends them: texts by gzip, pictures as they are."""
    bodies = [answer.body() for answer in answers if answer.ok and not OF_A_MAP.search(answer.url)]
    return sum(min(len(body), len(gzip.compress(body, 6))) for body in bodies)


@pytest.mark.parametrize("login", PAGES)
def test_no_page_is_heavy(reader: Page, city: City, login: str) -> None:
    sign_in(reader, city.address, login)
    reader.wait_for_load_state("networkidle")
    answers: list[Response] = []
    reader.on("response", lambda answer: answers.append(answer))
    heavy = {}
    for name in PAGES[login]:
        answers.clear()
        open_page(reader, city, login, name)
        reader.wait_for_load_state("networkidle")
        assert answers
        if weight(answers) > MOST:
            heavy[name] = weight(answers)
    assert heavy == {}
