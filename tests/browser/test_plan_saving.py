"""What is done on a plan's map reaches the server once, whatever happens on the way, and what others do is seen."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Route, expect
from sqlalchemy import select

from app.accounts.models import User
from app.core.database import database
from app.plans.models import Plan
from tests.browser.conftest import cookie_of
from tests.browser.plan_scene import Scene, steps_taken
from tests.factories import accounts

FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"
FORBIDDEN = (
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
)


def lose_the_answer(route: Route) -> None:
    """The server takes what was sent, and its answer never arrives."""
    route.fetch()
    route.fulfill(status=502)


def test_a_reload_keeps_what_was_saved(scene: Scene) -> None:
    scene.click(2)
    scene.page.keyboard.press("1")
    scene.expect_saved()
    scene.open()
    scene.expect_loads(200, 400)


def test_what_did_not_reach_the_server_is_sent_after_a_reload(scene: Scene) -> None:
    scene.page.route("**/steps", lambda route: route.abort())
    scene.click(2)
    scene.page.keyboard.press("1")
    expect(scene.page.locator(".plan-status")).to_contain_text("未保存")
    assert steps_taken() == []
    scene.page.unroute("**/steps")
    scene.open()
    scene.expect_saved()
    scene.expect_loads(200, 400)
    assert steps_taken() == ["move"]


def test_a_step_whose_answer_was_lost_is_taken_once(scene: Scene) -> None:
    scene.page.route("**/steps", lose_the_answer, times=1)
    scene.click(2)
    scene.page.keyboard.press("1")
    expect(scene.page.locator(".plan-status")).to_contain_text("未保存")
    scene.expect_saved()
    scene.expect_loads(200, 400)
    assert steps_taken() == ["move"]


@pytest.mark.parametrize("store", [FULL, FORBIDDEN], ids=["full", "forbidden"])
def test_where_the_device_keeps_nothing_it_is_said_and_the_work_goes_on(scene: Scene, store: str) -> None:
    page = scene.page
    page.add_init_script(store)
    scene.open()
    scene.click(2)
    page.keyboard.press("1")
    scene.expect_saved()
    page.route("**/steps", lambda route: route.abort())
    scene.click(1)
    page.keyboard.press("k")
    expect(page.locator(".plan-status")).to_contain_text("本机无法留存")
    with page.expect_event("dialog") as asked:
        page.evaluate("setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    page.unroute("**/steps")
    page.get_by_role("button", name="立即重试").click()
    scene.expect_saved()
    assert steps_taken() == ["move", "lock"]


def test_who_was_signed_out_signs_in_elsewhere_and_sends_what_waits(scene: Scene, app: Flask, server: str) -> None:
    page = scene.page
    page.context.clear_cookies()
    scene.click(2)
    page.keyboard.press("1")
    expect(page.locator(".plan-status")).to_contain_text("已退出登录")
    with database().transaction() as session:
        person = session.scalars(select(User)).one()
    again = app.test_client()
    accounts.sign_in(again, person)
    page.context.add_cookies([cookie_of(app, server, again)])
    page.get_by_role("button", name="立即重试").click()
    scene.expect_saved()
    scene.expect_loads(200, 400)
    assert steps_taken() == ["move"]


def test_the_head_of_the_page_follows_the_steps_and_the_state(scene: Scene) -> None:
    facts = scene.page.locator(".page-facts")
    scene.click(2)
    scene.page.keyboard.press("1")
    scene.expect_saved()
    expect(facts).to_contain_text(re.compile("草稿.*第 1 步"))
    with database().transaction() as session:
        session.scalars(select(Plan)).one().state = "submitted"
    expect(facts).to_contain_text("已提交")


def test_what_another_changed_first_is_shown_and_stays(scene: Scene) -> None:
    scene.page.route("**/changes.json*", lambda route: route.abort())
    other = Scene(scene.page.context.new_page(), scene.address, scene.codes)
    other.click(2)
    other.page.keyboard.press("1")
    other.expect_saved()
    scene.click(2)
    scene.page.keyboard.press("k")
    expect(scene.page.locator(".plan-said")).to_contain_text("其间有人改动了")
    scene.expect_loads(200, 400)
    assert steps_taken() == ["move"]


def test_the_changes_of_others_come_by_themselves(scene: Scene) -> None:
    other = Scene(scene.page.context.new_page(), scene.address, scene.codes)
    other.click(2)
    other.page.keyboard.press("1")
    scene.expect_loads(200, 400)
