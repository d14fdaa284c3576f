"""The service killed with -9 in the middle of an edit: what it took is there once, what it did not is sent again."""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Response, Route, expect
from sqlalchemy import select, text

from app import create_app
from app.core.database import database
from app.core.settings import Settings, settings
from app.plans.models import PlanStep
from tests.browser.conftest import session_cookie
from tests.browser.plan_scene import Scene, plan_id, steps_taken
from tests.processes import PATIENCE, end_all, free_port, same_place, service

CELLS = 6


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """On both databases; the service that is killed is another process at the same place."""
    app = create_app(Settings(instance=tmp_path / "instance", database_url=database_url))
    with app.app_context():
        yield app
        database().engine.dispose()
        app.extensions["gridcrm.jobs"].queue.storage.close()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def page(app: Flask, browser: Browser, port: int) -> Iterator[Page]:
    address = f"http://127.0.0.1:{port}"
    context = browser.new_context(base_url=address, locale="zh-CN", viewport={"width": 1280, "height": 800})
    context.add_cookies([session_cookie(app, address)])
    yield context.new_page()
    context.close()


@contextmanager
def nobody_can_write() -> Iterator[None]:
    """What is sent meanwhile is under way until this ends."""
    with database().transaction() as blocking:
        lock = "select 1" if settings().is_sqlite else "lock table plan in exclusive mode"
        blocking.execute(text(lock))  # on SQLite whoever may write keeps all others from it
        yield


def test_a_step_is_taken_once_whether_the_kill_came_before_it_or_after(
    app: Flask, page: Page, codes: list[str], port: int
) -> None:
    status = page.locator(".plan-status")
    with service(same_place(app), port) as process:
        scene = Scene(page, f"/plans/{plan_id()}", codes)
        scene.click(2)
        page.keyboard.press("1")
        scene.expect_saved()
        with nobody_can_write():
            scene.click(1)
            page.keyboard.press("1")
            scene.click(5)
            page.keyboard.press("k")
            expect(status).to_contain_text("正在保存")
            end_all(process)
            expect(status).to_contain_text("2 步未保存：服务器没有响应")
            scene.expect_loads(100, 500)
    assert steps_taken() == ["move"]

    with service(same_place(app), port) as process:
        scene.expect_saved(PATIENCE)
        assert steps_taken() == ["move", "move", "lock"]
        page.route("**/steps", killing(process), times=1)
        scene.click(4)
        page.keyboard.press("k")
        expect(status).to_contain_text("1 步未保存")
    assert steps_taken() == ["move", "move", "lock", "lock"]

    with service(same_place(app), port):
        scene.expect_saved(PATIENCE)
        scene.open()
        scene.expect_loads(100, 500)
    assert steps_taken() == ["move", "move", "lock", "lock"]


def killing(process: ForkServerProcess) -> Callable[[Route], None]:
    """Let the service take what is sent, and kill it before its answer arrives."""

    def answer(route: Route) -> None:
        route.fetch()
        end_all(process)
        route.abort()

    return answer


def test_a_kill_at_any_moment_loses_and_doubles_nothing(app: Flask, page: Page, codes: list[str], port: int) -> None:
    """Every cell is locked and unlocked in turn, and the service killed while the steps are on their way."""
    acknowledged: list[str] = []
    page.on("response", lambda answer: acknowledged.append(name_of(answer)) if is_acknowledged(answer) else None)
    with service(same_place(app), port) as process:
        scene = Scene(page, f"/plans/{plan_id()}", codes)
        for cell in [*range(CELLS), *range(CELLS)]:
            scene.click(cell)
            page.keyboard.press("k")
        page.wait_for_timeout(random.uniform(0, 150))
        end_all(process)
    assert set(acknowledged) <= set(names_taken())
    with service(same_place(app), port):
        scene.expect_saved(PATIENCE)
    assert len(set(names_taken())) == 2 * CELLS
    assert steps_taken() == ["lock"] * CELLS + ["unlock"] * CELLS


def is_acknowledged(answer: Response) -> bool:
    return answer.ok and re.search("/steps$", answer.url) is not None


def name_of(answer: Response) -> str:
    sent = answer.request.post_data_json
    assert sent is not None
    return str(sent["sent_as"])


def names_taken() -> list[str]:
    with database().transaction() as session:
        return [details["sent_as"] for details in session.scalars(select(PlanStep.details).order_by(PlanStep.number))]
