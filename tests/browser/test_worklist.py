"""The supervisor's work list by keyboard: find an unassigned metering point, put it into a cell, see it gone; undo."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.assignment.service import assign
from app.core.access import Role
from app.core.database import database
from tests.browser.conftest import session_cookie
from tests.factories import make_area, make_box, make_cell, make_manager, make_meter_point, make_station, own, square

FAR = (114.45, 23.105)


@pytest.fixture(autouse=True)
def town(app: Flask) -> None:
    """Two cells, and two metering points far outside them whose transformer area lies in the eastern cell."""
    with database().transaction() as session:
        station = make_station(session, code="ST", name="江北供电所")
        own(session, make_cell(session, station, code="ST-WEST"), make_manager(session, station))
        own(session, make_cell(session, station, code="ST-EAST", shape=square(114.41)), make_manager(session, station))
        area = make_area(session, station)
        make_meter_point(session, make_box(session, station, (114.415, 23.105), transformer_area_id=area.id))
        for number in ("JL-1", "JL-2"):
            make_meter_point(session, make_box(session, station, FAR, transformer_area_id=area.id), number=number)
        assign(session)


@pytest.fixture
def desk(app: Flask, browser: Browser, server: str) -> Iterator[Page]:
    context = browser.new_context(base_url=server, locale="zh-CN")
    context.add_cookies([session_cookie(app, server, Role.SUPERVISOR)])
    yield context.new_page()
    context.close()


def figure(page: Page, name: str) -> str:
    return page.locator(".tile", has_text=name).locator("b").inner_text()


def test_an_unassigned_point_is_put_into_a_cell_and_taken_back(desk: Page) -> None:
    desk.goto("/")
    assert figure(desk, "未归入网格") == "2"
    desk.get_by_role("link", name="2 个计量点在网格之外").click()
    desk.wait_for_url("**/worklist?tab=outside")  # its keys are there once it is loaded
    expect(desk.locator("[data-row]")).to_have_count(2)
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/worklist/JL-1?tab=outside")
    desk.keyboard.press("1")
    desk.keyboard.type("现场核实")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/worklist/JL-2?*")
    expect(desk.locator(".decided")).to_contain_text("ST-EAST")
    desk.goto("/")
    assert figure(desk, "未归入网格") == "1"
    desk.go_back()
    desk.keyboard.press("u")
    desk.wait_for_url("**/worklist/JL-1?tab=outside")
    desk.goto("/worklist?tab=outside")
    expect(desk.locator("[data-row]")).to_have_count(2)


def test_the_last_one_leads_back_to_the_list(desk: Page) -> None:
    desk.goto("/worklist/JL-2?tab=outside")
    desk.keyboard.press("p")
    desk.wait_for_url("**/worklist/JL-1?tab=outside")
    desk.keyboard.press("n")
    desk.wait_for_url("**/worklist/JL-2?tab=outside")
    desk.keyboard.press("c")
    desk.keyboard.type("ST-NONE")
    desk.get_by_label("理由").fill("现场核实")
    desk.keyboard.press("Enter")
    expect(desk.locator("#field-other_cell-error")).to_contain_text("ST-NONE")
    expect(desk.get_by_label("理由")).to_have_value("现场核实")
    desk.get_by_label("其他网格编码").fill("ST-WEST")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/worklist?tab=outside&decided=JL-2")
    expect(desk.locator("[data-row]")).to_have_count(1)
