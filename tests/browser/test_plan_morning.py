"""A supervisor's morning: a station out of balance, a plan on the map, and on its day everything follows."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import null, select

from app.core import clock
from app.core.database import database
from app.customers.models import Account
from app.customers.search import index_accounts
from app.grid.models import CustomerManager, GridCell, Ownership
from tests.browser.conftest import session_cookie
from tests.browser.plan_scene import Scene, plan_id
from tests.factories import make_account, make_box, make_customer, make_meter_point, make_row_of_cells, make_station
from tests.integration.plans.publication import set_clock

PHONE = "13812345678"


@pytest.fixture
def codes(app: Flask) -> list[str]:
    """Two managers, of four cells and of two; in the fourth lives somebody with a telephone."""
    with database().transaction() as session:
        station = make_station(session, name="城东供电所")
        codes = make_row_of_cells(session, station, each=3)
        cells = session.scalars(select(GridCell).order_by(GridCell.code)).all()
        first, second = (
            session.scalars(select(CustomerManager).where(CustomerManager.code == code)).one() for code in codes
        )
        first.name, second.name = "何前任", "罗后任"
        session.scalars(select(Ownership).where(Ownership.cell_id == cells[3].id)).one().manager_id = first.id
        for number, cell in enumerate(cells):
            cell.boxes = 1
            place = {"cell_id": cell.id, "reason": "inside", "cause": null()}
            box = make_box(session, station, (114.405 + 0.01 * number, 23.105), number=f"BOX-{number}", **place)
            customer = make_customer(session, (PHONE,) if number == 3 else ())
            account = make_account(session, customer, address=f"水门路{number}号")
            make_meter_point(session, box, account, **place)
        index_accounts(session, select(Account.id))
    return codes


def begin(page: Page) -> None:
    page.goto("/plans")
    page.get_by_label("名称").fill("十二月调整")
    page.get_by_role("button", name="开始").click()
    expect(page.locator("#plan[data-ready]")).to_be_visible()


def edit(scene: Scene) -> None:
    """Propose and accept; lasso two and take it back; split one; lock one."""
    page = scene.page
    page.get_by_role("button", name="生成方案建议").click()
    page.locator(".plan-moves li").get_by_role("button", name="采纳").first.click(timeout=60_000)
    scene.expect_loads(300, 300)
    page.keyboard.press("l")
    (left, middle), (right, _middle) = scene.place(3.6), scene.place(5.45)
    scene.drag((left, middle - 60), (right, middle - 60), (right, middle + 60), (left, middle + 60))
    page.mouse.up()
    scene.row(0).get_by_role("button", name=re.compile("移交")).click()
    scene.expect_loads(500, 100)
    page.keyboard.press("Control+z")
    scene.expect_loads(300, 300)
    page.keyboard.press("v")
    scene.click(1)
    page.keyboard.press("x")
    page.mouse.click(scene.place(1)[0], middle - 100)
    page.mouse.dblclick(scene.place(1)[0], middle + 100)
    expect(page.locator(".plan-chosen-text")).to_contain_text("请在地图上选择")
    scene.click(0)
    page.keyboard.press("k")
    expect(page.locator(".plan-chosen-text")).to_contain_text("1 个已锁定")
    scene.expect_saved()


def test_from_a_station_out_of_balance_to_the_day_of_its_plan(
    page: Page, app: Flask, browser: Browser, server: str, codes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(page)
    scene = Scene(page, f"/plans/{plan_id()}", codes)
    scene.expect_loads(400, 200)
    edit(scene)

    page.get_by_role("link", name="校验结果").click()
    expect(page.get_by_text("未发现问题")).to_be_visible()
    page.get_by_role("link", name="影响清单").click()
    page.get_by_role("button", name="提交审核").click()
    expect(page.get_by_text("由他人审核")).to_be_visible()

    colleague = browser.new_context(base_url=server, locale="zh-CN")
    colleague.add_cookies([session_cookie(app, server, login="wang")])
    other = colleague.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="审核通过").click()
    expect(other.get_by_role("button", name="发布")).to_be_visible()
    colleague.close()

    tomorrow = clock.today() + timedelta(days=1)
    page.reload()
    page.get_by_label("起始日期").fill(tomorrow.isoformat())
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_text("撤回", exact=True).first).to_be_visible()
    expect(page.get_by_role("row", name=f"罗后任 {codes[1]} 1 1 打印服务卡")).to_be_visible()
    assert manager_found(page) == "何前任"

    set_clock(monkeypatch, tomorrow)
    for language, cards in (("zh", "3 张卡片"), ("en", "3 cards")):
        page.context.add_cookies([{"name": "language", "value": language, "url": server}])
        assert manager_found(page) == "罗后任"
        page.goto(f"/customers/{account_id()}")
        expect(page.locator("main")).to_contain_text("罗后任")
        page.goto(f"/managers/{codes[1]}")
        expect(page.locator("#box-BOX-3")).to_be_visible()
        page.goto(f"/cards/?manager={codes[1]}")
        expect(page.get_by_text(cards)).to_be_visible()
        page.goto(f"/c/{card_token()}")
        expect(page.get_by_text("罗后任")).to_be_visible()


def account_id() -> int:
    """The account of the household in the fourth cell."""
    with database().reading() as session:
        return session.scalars(select(Account.id).where(Account.address == "水门路3号")).one()


def card_token() -> str:
    """What the QR on that household's card leads to."""
    with database().reading() as session:
        return session.scalars(select(GridCell.card_token).order_by(GridCell.code)).all()[3]


def manager_found(page: Page) -> str:
    """Whom the look-up names for the telephone."""
    page.goto(f"/lookup?q={PHONE}")
    return page.get_by_role("link", name=re.compile("前任|后任")).first.inner_text()
