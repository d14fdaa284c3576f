"""The coverage map in a real browser."""

import re
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.core.access import EVERYWHERE
from app.core.clock import today
from app.core.database import database
from app.maps.service import Extent, write
from tests.factories import make_cell, make_manager, make_station, own, square


@pytest.fixture(autouse=True)
def beat(app: Flask) -> None:
    with database().transaction() as session:
        station = make_station(session, code="S1", name="江北供电所")
        cell = make_cell(session, station, code="S1-BADO", shape=square(), households=321)
        own(session, cell, make_manager(session, station, name="林测试", work_phone="13800001111"))


def middle_of(page: Page) -> tuple[float, float]:
    expect(page.locator(".map[data-drawn=yes]")).to_be_visible()
    box = page.locator(".map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_click_on_a_cell_names_its_manager(page: Page) -> None:
    page.goto("/map/?station=S1")
    page.mouse.click(*middle_of(page))
    expect(page.locator(".leaflet-popup")).to_contain_text("林测试")
    expect(page.locator(".leaflet-popup a").first).to_have_attribute("href", "/cells/S1-BADO")


def test_the_keyboard_reaches_the_cell_in_the_middle(page: Page) -> None:
    page.goto("/map/")
    middle_of(page)
    page.locator(".map").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/cells/S1-BADO$"))


def test_a_closer_look_asks_for_what_is_seen_alone(page: Page) -> None:
    page.goto("/map/")
    middle_of(page)
    page.locator(".map").focus()
    with page.expect_request(re.compile(r"/cells\.geojson.*bbox=")):
        for _step in range(3):
            page.keyboard.press("+")
            page.wait_for_timeout(400)


def test_the_load_has_a_legend(page: Page) -> None:
    page.goto("/map/")
    middle_of(page)
    page.get_by_label("着色").select_option("load")
    expect(page.locator(".map-legend")).to_contain_text("> 130 %")
    expect(page).to_have_url(re.compile("by=load"))


def test_the_file_opens_without_any_server(browser: Browser, tmp_path: Path) -> None:
    with database().transaction() as session:
        write(session, EVERYWHERE, Extent(), today(), tmp_path / "coverage.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "coverage.html").as_uri())
    page.locator("canvas").first.click()
    expect(page.locator(".leaflet-popup")).to_contain_text("S1-BADO")
    context.close()
