"""The hotline's look-up: type, Enter, arrow, Enter; the mouse stays where it is."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import null, select
from sqlalchemy.orm import Session

from app.core.access import Role
from app.core.database import database
from app.customers.models import Account
from app.customers.search import index_accounts
from tests.browser.conftest import session_cookie
from tests.factories import (
    make_account,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_station,
    own,
)

HOUSEHOLDS = (
    ("陈建国", "水门路12号3栋501房", "13912345678"),
    ("陈建华", "水门路14号", "13912345679"),
    ("李秀英", "人民四路8号", "13912345680"),
)


def settle(session: Session) -> None:
    station = make_station(session, name="江北供电所")
    manager = make_manager(session, station, name="林经理", work_phone="13800009000")
    cell = make_cell(session, station, households=len(HOUSEHOLDS))
    own(session, cell, manager)
    for name, address, phone in HOUSEHOLDS:
        account = make_account(session, make_customer(session, (phone,), name=name), address=address)
        box = make_box(session, station, at=(114.405, 23.105))
        make_meter_point(session, box, account, cell_id=cell.id, reason="inside", cause=null())
    index_accounts(session, select(Account.id))


@pytest.fixture(autouse=True)
def households(app: Flask) -> None:
    with database().transaction() as session:
        settle(session)


@pytest.fixture(params=["zh-CN", "en-GB"])
def desk(request: pytest.FixtureRequest, app: Flask, browser: Browser, server: str) -> Iterator[Page]:
    """A hotline desk that reads Chinese, and one that reads English."""
    context = browser.new_context(base_url=server, locale=request.param)
    context.add_cookies([session_cookie(app, server, Role.HOTLINE)])
    yield context.new_page()
    context.close()


def test_a_phone_number_and_enter_show_the_manager(desk: Page) -> None:
    desk.goto("/")
    desk.keyboard.type("139-1234-5678")
    desk.keyboard.press("Enter")
    expect(desk.locator(".answer-phone a")).to_have_attribute("href", "tel:13800009000")
    expect(desk.locator(".answer")).to_contain_text("陈**")
    expect(desk.locator(".answer")).not_to_contain_text("陈建国")


def test_what_was_typed_to_find_one_customer_stays_in_no_history(page: Page) -> None:
    page.goto("/lookup?q=13912345678")
    page.wait_for_url("**/lookup?account=*")
    expect(page).not_to_have_title(re.compile("1391234"))


def test_a_digit_gives_the_reason_and_shows_the_customer(desk: Page) -> None:
    desk.goto("/lookup?q=13912345678")
    desk.keyboard.press("2")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("陈建国")
    expect(desk.locator('a[href="tel:13912345678"]')).to_be_visible()


def test_another_reason_is_written(desk: Page) -> None:
    desk.goto("/lookup?q=13912345678")
    desk.keyboard.press("5")
    desk.keyboard.type("退费核对")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("陈建国")


def test_several_digits_are_the_next_look_up(desk: Page) -> None:
    desk.goto("/lookup?q=13912345678")
    desk.keyboard.type("13912345680")
    expect(desk.locator(".lookup-box input")).to_have_value("13912345680")
    desk.keyboard.press("Enter")
    expect(desk.locator(".answer")).to_contain_text("李**")


def test_type_enter_arrow_enter(desk: Page) -> None:
    desk.goto("/")
    desk.keyboard.type("水门")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/lookup?q=*")
    expect(desk.locator(".hit")).to_have_count(2)
    expect(desk.locator("#hits")).not_to_contain_text("陈建国")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator(".answer")).to_contain_text("陈**")


def test_hits_come_while_typing_and_arrows_reach_them(page: Page) -> None:
    page.goto("/")
    page.keyboard.type("水门")
    expect(page.locator(".hit")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".lookup-box input")).to_be_focused()
    page.keyboard.type("路12")
    expect(page.locator(".hit")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("陈**")


def test_the_slash_key_leads_back_to_the_box(page: Page) -> None:
    page.goto("/lookup?q=陈建国")
    page.locator(".answer-phone a").focus()
    page.keyboard.press("/")
    expect(page.locator(".lookup-box input")).to_be_focused()
    page.keyboard.type("李秀英")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("李**")


def test_the_slash_key_types_nothing_into_the_empty_box(page: Page) -> None:
    page.goto("/lookup")
    box = page.locator(".lookup-box input")
    expect(box).to_be_focused()
    page.keyboard.type("/水门路12/3")
    expect(box).to_have_value("水门路12/3")


def test_a_customers_page_is_masked_until_a_reason_is_chosen(page: Page) -> None:
    page.goto("/lookup?q=陈建国")
    page.get_by_role("link", name="陈**").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("陈**")
    expect(page.locator(".map[data-drawn=yes]")).to_have_count(1)
    page.get_by_role("button", name="来电用户本人").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("陈建国")
    expect(page.locator('a[href="tel:13912345678"]')).to_be_visible()


def test_figures_lead_to_what_is_behind_them(page: Page) -> None:
    page.goto("/")
    page.locator(".tile", has_text="户数").click()
    expect(page.get_by_role("row")).to_have_count(1 + len(HOUSEHOLDS))
