"""A customer manager's page in a real browser."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import null

from app.core.database import database
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


@pytest.fixture(autouse=True)
def beat(app: Flask) -> None:
    with database().transaction() as session:
        station = make_station(session)
        cell = make_cell(session, station, households=1)
        own(session, cell, make_manager(session, station, code="KH1"))
        account = make_account(session, make_customer(session, name="林测试"), address="水门路12号")
        box = make_box(session, station, at=(114.405, 23.105), cell_id=cell.id, reason="inside", cause=null())
        make_meter_point(session, box, account, cell_id=cell.id, reason="inside", cause=null())


def test_the_beat_s_customers_stand_below_its_map(page: Page) -> None:
    page.goto("/managers/KH1")
    expect(page.locator(".map canvas")).to_be_visible()
    expect(page.locator("#customers-of-manager tbody tr")).to_contain_text("林**")


def test_the_customers_are_searched_in_place(page: Page) -> None:
    page.goto("/managers/KH1")
    page.locator("main input[name=text]").fill("没有这条路")
    page.locator("main input[name=text]").press("Enter")
    expect(page.locator("#customers-of-manager .empty")).to_be_visible()
    assert page.url.endswith("/managers/KH1")
