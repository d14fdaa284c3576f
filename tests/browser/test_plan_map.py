"""The work place of a plan in a real browser: cells chosen, given and taken back."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.core.database import database
from app.plans.models import Plan
from tests.browser import axe
from tests.browser.plan_scene import Scene, plan_id, steps_taken
from tests.conftest import missing


def test_a_cell_that_is_clicked_is_given_by_a_key(scene: Scene) -> None:
    scene.click(2)
    expect(scene.page.locator(".plan-takers kbd")).to_have_text("1")
    scene.page.keyboard.press("1")
    scene.expect_loads(200, 400)
    scene.expect_saved()
    assert steps_taken() == ["move"]


def test_cells_in_a_lasso_are_given_by_the_row_of_the_manager(scene: Scene) -> None:
    scene.page.keyboard.press("l")
    (left, middle), (right, _middle) = scene.place(2.6), scene.place(4.45)
    scene.drag((left, middle - 60), (right, middle - 60), (right, middle + 60), (left, middle + 60))
    scene.page.mouse.up()
    expect(scene.page.locator(".plan-chosen-text")).to_contain_text("2 个网格 · 200 户")
    scene.row(0).get_by_role("button", name=re.compile("移交")).click()
    scene.expect_loads(500, 100)


def test_a_box_and_a_brush_choose_too(scene: Scene) -> None:
    _left, middle = scene.place(0)
    scene.page.keyboard.press("r")
    scene.drag((scene.place(-0.4)[0], middle - 60), (scene.place(1.4)[0], middle + 60))
    scene.page.mouse.up()
    expect(scene.page.locator(".plan-chosen-text")).to_contain_text("2 个网格")
    scene.page.keyboard.press("b")
    scene.drag(scene.place(2), scene.place(4))
    scene.page.mouse.up()
    expect(scene.page.locator(".plan-chosen-text")).to_contain_text("5 个网格")


def test_the_totals_change_while_the_border_is_dragged_and_escape_takes_it_back(scene: Scene) -> None:
    scene.drag(scene.place(2.5), scene.place(3))
    scene.expect_loads(400, 200)
    expect(scene.page.locator(".plan-readout")).to_contain_text("300 → 400")
    scene.page.keyboard.press("Escape")
    scene.expect_loads(300, 300)
    scene.page.mouse.up()
    assert steps_taken() == []


def test_a_dragged_border_stays_where_it_is_let_go(scene: Scene) -> None:
    scene.drag(scene.place(2.5), scene.place(4), scene.place(3))
    scene.page.mouse.up()
    scene.expect_loads(400, 200)
    scene.expect_saved()
    assert steps_taken() == ["move"]


def test_undo_and_redo_go_back_and_forth(scene: Scene) -> None:
    scene.click(2)
    scene.page.keyboard.press("1")
    scene.page.keyboard.press("Control+z")
    scene.expect_loads(300, 300)
    scene.page.keyboard.press("Control+Shift+z")
    scene.expect_loads(200, 400)
    scene.expect_saved()
    assert steps_taken() == ["move", "undo", "redo"]


def test_a_locked_cell_is_not_given(scene: Scene) -> None:
    scene.click(2)
    scene.page.keyboard.press("k")
    expect(scene.page.locator(".plan-chosen-text")).to_contain_text("1 个已锁定")
    scene.page.keyboard.press("1")
    expect(scene.page.locator(".plan-said")).to_contain_text("已锁定")
    scene.expect_loads(300, 300)


def test_all_cells_of_a_manager_are_locked_at_once(scene: Scene) -> None:
    scene.row(0).get_by_role("button", name=re.compile("锁定")).click()
    expect(scene.row(0)).to_contain_text("解锁")
    scene.drag(scene.place(2.5), scene.place(1))
    scene.expect_loads(300, 300)
    scene.page.mouse.up()


def test_a_cell_is_split_by_a_line_and_the_split_undone(scene: Scene) -> None:
    (x, middle), step = scene.place(2), 400
    scene.click(2)
    scene.page.keyboard.press("x")
    scene.page.mouse.click(x, middle - step / 4)
    scene.page.mouse.dblclick(x, middle + step / 4)
    chosen = scene.page.locator(".plan-chosen-text")
    expect(chosen).to_contain_text("请在地图上选择")
    scene.click(2.25)
    expect(chosen).to_contain_text(re.compile(r"\.[12] · \d+ 户"))
    scene.page.keyboard.press("Control+z")
    expect(chosen).to_contain_text("请在地图上选择")
    scene.click(2)
    expect(chosen).to_contain_text("100 户")


def test_what_the_program_proposes_is_taken_move_by_move(scene: Scene) -> None:
    for cell in (3, 4):
        scene.click(cell)
        scene.page.keyboard.press("1")
        scene.expect_saved()
    scene.expect_loads(500, 100)
    scene.page.get_by_role("button", name="生成方案建议").click()
    offered = scene.page.locator(".plan-moves li")
    expect(offered).to_have_count(2, timeout=30_000)
    offered.filter(has_text="→").last.get_by_role("button", name="采纳").click()
    scene.expect_loads(400, 200)
    scene.page.get_by_role("button", name="全部采纳").click()
    scene.expect_loads(300, 300)
    scene.expect_saved()


def test_a_beat_that_falls_apart_is_said_at_once_and_shown(scene: Scene) -> None:
    scene.click(1)
    scene.page.keyboard.press("g")
    scene.row(1).get_by_role("button", name=re.compile("移交")).click()
    banner = scene.page.locator(".plan-banner")
    expect(banner).to_contain_text("2 片")
    banner.get_by_role("button").first.click()
    scene.page.keyboard.press("Escape")
    scene.page.keyboard.press("Control+z")
    expect(banner).to_be_hidden()


def test_a_plan_that_is_no_draft_can_only_be_looked_at(scene: Scene) -> None:
    with database().transaction() as session:
        session.scalars(select(Plan)).one().state = "submitted"
    scene.open()
    expect(scene.page.get_by_text("本方案已不是草稿")).to_be_visible()
    expect(scene.page.get_by_role("button", name="撤销")).to_be_hidden()
    scene.click(2)
    expect(scene.page.locator(".plan-chosen-text")).to_contain_text("100 户")
    expect(scene.page.locator(".plan-taker")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_of_the_work_place_shuts_people_out(page: Page, server: str, codes: list[str], theme: str) -> None:
    if not axe.is_there():
        missing("axe", "axe-core is not installed (scripts/frontend --dev)")
    page.context.add_cookies([{"name": "theme", "value": theme, "url": server}])
    scene = Scene(page, f"/plans/{plan_id()}", codes)
    scene.click(2)
    scene.page.keyboard.press("1")
    scene.click(1)
    assert axe.grave_findings(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe.grave_findings(page) == []


def test_the_border_of_a_cell_is_moved_into_its_neighbour(scene: Scene) -> None:
    scene.click(5)
    scene.page.keyboard.press("e")
    handles = [handle.bounding_box() for handle in scene.page.locator(".marker-icon-middle").all()]
    x, y = min((each["x"] + each["width"] / 2, each["y"] + each["height"] / 2) for each in handles if each)
    scene.drag((x, y), (scene.place(4)[0], y))
    scene.page.mouse.up()
    scene.page.get_by_role("button", name="应用").click()
    scene.expect_saved()
    expect(scene.page.get_by_role("button", name="撤销")).to_be_enabled()
    assert steps_taken() == ["reshape"]
