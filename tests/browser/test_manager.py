"""A customer manager on the way through the own beat, with a phone in the hand."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import null, select

from app.core.access import Role
from app.core.database import database
from app.customers.models import Account
from app.customers.search import index_accounts
from app.grid.models import CustomerManager
from tests.browser.conftest import session_cookie, watched
from tests.factories import (
    make_account,
    make_area,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_station,
    own,
)

HERE = {"latitude": 23.105, "longitude": 114.4051}


@pytest.fixture
def manager(app: Flask) -> CustomerManager:
    """Whose beat has three boxes along a street, the last of them without a position, and a household in each."""
    with database().transaction() as session:
        station = make_station(session, supervision_phone="07522345678")
        cell = make_cell(session, station, households=3)
        manager = make_manager(session, station, code="KH1", work_phone="13800138000")
        own(session, cell, manager)
        area = make_area(session, station, name="水门路1号公变")
        inside = {"cell_id": cell.id, "reason": "inside", "cause": null()}
        for number, place in ((1, (114.402, 23.105)), (2, (114.405, 23.105)), (3, None)):
            address = f"水门路{number}号"
            customer = make_customer(session, name=f"林测试{number}", phones=("13912345678",))
            account = make_account(session, customer, address=f"{address}{number}01房")
            where = {"at": place, "transformer_area_id": area.id, "address": address}
            box = make_box(session, station, number=f"BOX-{number}", **where, **inside)
            make_meter_point(session, box, account, **inside)
        index_accounts(session, select(Account.id))
    return manager


@pytest.fixture
def phone(browser: Browser, app: Flask, server: str, manager: CustomerManager) -> Iterator[Page]:
    """A phone that may tell where it is, in the hand of the beat's manager."""
    context = browser.new_context(
        base_url=server, locale="zh-CN", viewport={"width": 390, "height": 844}, geolocation=HERE, has_touch=True
    )
    context.grant_permissions(["geolocation"])
    context.add_cookies([session_cookie(app, server, Role.MANAGER, manager=manager)])
    page = context.new_page()
    errors = watched(page, server)
    yield page
    context.close()
    assert not errors


def test_the_manager_walks_the_beat(phone: Page) -> None:
    phone.goto("/managers/KH1")
    stops = phone.locator(".stop:visible .stop-number")
    expect(stops).to_have_text(["BOX-1", "BOX-2", "BOX-3"])
    expect(phone.locator(".call").first).to_have_attribute("href", "tel:13800138000")

    phone.get_by_role("button", name="离我最近").tap()
    expect(stops).to_have_text(["BOX-2", "BOX-1", "BOX-3"])
    expect(phone.locator(".stop-away").first).to_have_text("10 米")

    search = phone.get_by_role("searchbox", name="在片区内查找")
    search.press_sequentially("水门路1号 box-1")
    expect(stops).to_have_text(["BOX-1"])

    phone.locator("#box-BOX-1 summary").tap()
    phone.locator("#box-BOX-1 .people a").tap()
    phone.wait_for_url("**/customers/*")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("林")
    phone.get_by_role("button", name="显示完整信息").tap()
    expect(phone.locator("a[href='tel:13912345678']").first).to_be_visible()


def test_a_household_is_found_by_its_name_without_leaving_the_beat(phone: Page) -> None:
    phone.goto("/managers/KH1")
    phone.get_by_role("searchbox", name="在片区内查找").fill("林测试3")
    phone.get_by_role("button", name="查找", exact=True).tap()
    phone.wait_for_url("**/managers/KH1?*")
    expect(phone.locator(".stop:visible .stop-number")).to_have_text(["BOX-3"])


def test_the_map_shows_the_boxes_that_have_a_place(phone: Page) -> None:
    phone.goto("/managers/KH1")
    phone.get_by_role("navigation", name="视图").get_by_role("link", name="地图").tap()
    expect(phone.locator(".map canvas")).to_be_visible()
    expect(phone.locator(".map")).to_have_attribute("data-boxes", "2")
    expect(phone.locator(".stop").first).to_be_hidden()
    phone.reload()
    expect(phone.locator(".map[data-boxes='2']")).to_be_visible()
