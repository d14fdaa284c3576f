"""The coverage map in a real browser."""

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


def test_a_click_on_a_cell_names_its_manager(page: Page) -> None:
    page.goto("/map/?station=S1")
    chart = page.frame_locator("iframe")
    chart.locator("canvas").first.click()
    expect(chart.locator(".leaflet-popup")).to_contain_text("林测试")
    expect(chart.locator(".popup a")).to_have_attribute("href", "tel:13800001111")


def test_the_load_has_a_legend(page: Page) -> None:
    page.goto("/map/?by=load")
    expect(page.frame_locator("iframe").locator(".legend")).to_contain_text("> 130 %")


def test_the_file_opens_without_any_server(browser: Browser, tmp_path: Path) -> None:
    with database().transaction() as session:
        write(session, EVERYWHERE, Extent(), today(), tmp_path / "coverage.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "coverage.html").as_uri())
    page.locator("canvas").first.click()
    expect(page.locator(".leaflet-popup")).to_contain_text("S1-BADO")
    context.close()
