"""The work place of a plan under a finger: everything that a mouse does, by tap and drag, and the map still moves."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from flask import Flask
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.conftest import session_cookie, watched
from tests.browser.plan_scene import Scene, plan_id, steps_taken

FINGER = 44
"""Pixels that a finger needs to hit a button."""
DOUBLE = 300
"""Milliseconds after which a second tap is one of its own."""
SIZES = """() => "button select input[type=search] .leaflet-bar_a".split(" ")
  .flatMap((kind) => [...document.querySelectorAll(`#plan ${kind.replace("_", " ")}`)])
  .map((each) => [each.textContent.trim(), each.getBoundingClientRect()])
  .filter(([, { width }]) => width > 0).map(([words, { width, height }]) => [words, width, height])"""


@pytest.fixture(params=[(1024, 768), (768, 1024)], ids=["lying", "standing"])
def page(request: pytest.FixtureRequest, app: Flask, browser: Browser, server: str) -> Iterator[Page]:
    width, height = request.param
    size = {"width": width, "height": height}
    context = browser.new_context(base_url=server, locale="zh-CN", viewport=size, has_touch=True, is_mobile=True)
    context.add_cookies([session_cookie(app, server)])
    page = context.new_page()
    errors = watched(page, server)
    yield page
    context.close()
    assert not errors


@pytest.fixture
def scene(page: Page, codes: list[str]) -> Scene:
    return Scene(page, f"/plans/{plan_id()}", codes)


class Fingers:
    """One finger or more on the screen."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)

    def drag(self, *places: tuple[float, float]) -> None:
        self.down(places[0])
        for (x, y), (to_x, to_y) in pairwise(places):
            for step in range(1, 9):
                self.move((x + (to_x - x) * step / 8, y + (to_y - y) * step / 8))
        self.up()

    def down(self, *places: tuple[float, float]) -> None:
        self._touch("touchStart", places)

    def move(self, *places: tuple[float, float]) -> None:
        self._touch("touchMove", places)

    def up(self) -> None:
        self._touch("touchEnd", ())

    def _touch(self, kind: str, places: tuple[tuple[float, float], ...]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def take(scene: Scene, tool: str) -> None:
    scene.page.locator(f"[data-tool={tool}]").tap()


def test_a_tapped_cell_is_given_by_a_tap(scene: Scene) -> None:
    scene.page.touchscreen.tap(*scene.place(2))
    scene.page.locator(".plan-taker").tap()
    scene.expect_loads(200, 400)
    scene.page.get_by_role("button", name="撤销").tap()
    scene.expect_loads(300, 300)
    scene.expect_saved()


@pytest.mark.parametrize("tool", ["brush", "box", "lasso"])
def test_a_finger_draws_around_cells_and_over_them(scene: Scene, tool: str) -> None:
    take(scene, tool)
    (left, middle), (right, _middle) = scene.place(0.6), scene.place(2.4)
    around = [(left, middle - 60), (right, middle - 60), (right, middle + 60), (left, middle + 60)]
    ways = {"brush": [scene.place(1), scene.place(2)], "box": [around[0], around[2]], "lasso": around}
    Fingers(scene.page).drag(*ways[tool])
    expect(scene.page.locator(".plan-chosen-text")).to_contain_text("2 个网格 · 200 户")


def test_a_finger_drags_the_border(scene: Scene) -> None:
    take(scene, "border")
    Fingers(scene.page).drag(scene.place(2.5), scene.place(3))
    scene.expect_loads(400, 200)
    scene.expect_saved()
    assert steps_taken() == ["move"]


def test_taps_draw_the_line_of_a_split(scene: Scene) -> None:
    (x, middle), tap = scene.place(2), scene.page.touchscreen.tap
    tap(x, middle)
    take(scene, "line")
    tap(x, middle - 150)
    tap(x, middle - 150)  # twice at once: one corner is no line yet
    scene.page.wait_for_timeout(DOUBLE)
    tap(x, middle + 150)
    scene.page.get_by_role("button", name="应用").tap()
    scene.expect_saved()
    expect(scene.page.locator(".plan-chosen-text")).to_contain_text("请在地图上选择")
    assert steps_taken() == ["split"]


def test_two_fingers_zoom_and_choose_nothing(scene: Scene) -> None:
    take(scene, "brush")
    scale = scene.page.locator(".leaflet-control-scale-line").first
    before, fingers, (x, y) = scale.inner_text(), Fingers(scene.page), scene.place(2.5)
    fingers.down((x - 30, y))
    fingers.down((x - 30, y), (x + 30, y))
    for spread in range(30, 130, 10):
        fingers.move((x - spread, y), (x + spread, y))
    fingers.up()
    expect(scale).not_to_have_text(before)
    expect(scene.page.locator(".plan-chosen-text")).to_contain_text("请在地图上选择")


def test_one_finger_moves_the_map_and_changes_nothing(scene: Scene) -> None:
    before = scene.page.locator(".leaflet-map-pane").get_attribute("style")
    Fingers(scene.page).drag(scene.place(2.5), scene.place(3.5))
    expect(scene.page.locator(".leaflet-map-pane")).not_to_have_attribute("style", before or "")
    scene.expect_loads(300, 300)
    assert steps_taken() == []


def test_the_sheet_of_marks_lies_on_the_cells_and_buttons_are_large_enough(scene: Scene) -> None:
    scene.page.touchscreen.tap(*scene.place(2))
    expect(scene.page.locator(".plan-taker")).to_be_visible()
    cells, marks = (sheet.bounding_box() for sheet in scene.page.locator("canvas.plan-canvas").all())
    assert cells == marks
    small = [each for each in scene.page.evaluate(SIZES) if min(each[1:]) < FINGER]
    assert small == []
    assert scene.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
