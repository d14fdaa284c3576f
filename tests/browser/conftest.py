"""A real browser against a real server, on the embedded database."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from app.core.access import Role
from app.core.database import database
from app.core.settings import Settings
from tests.browser.pages import City, make_city, served
from tests.browser.plan_scene import Scene, plan_id
from tests.conftest import EVERY_ROLE, missing
from tests.factories import accounts, make_plan, make_row_of_cells, make_station

CHROMIUM = os.environ.get("GRIDCRM_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing("browser", "Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def city(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A server over a small demo city, one for all who look and change nothing."""
    instance = tmp_path_factory.mktemp("city")
    make_city(instance, households=2000)
    with served(instance, browser) as city:
        yield city


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    instance = tmp_path / "instance"
    settings = Settings(instance=instance, database_url=f"sqlite:///{instance / 'test.sqlite3'}")
    shutil.copy(sqlite_template, instance / "test.sqlite3")
    app = create_app(settings)
    with app.app_context():
        yield app
        database().engine.dispose()
        app.extensions["gridcrm.jobs"].queue.storage.close()


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """The address of a running server with its worker."""
    web = make_server("127.0.0.1", 0, app, threaded=True)
    queue, ended = app.extensions["gridcrm.jobs"].queue, threading.Event()

    def work() -> None:
        while not ended.is_set():
            task = queue.dequeue()
            if task is None:
                time.sleep(0.05)
            else:
                queue.execute(task)

    threads = [threading.Thread(target=web.serve_forever), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{web.server_port}"
    ended.set()
    web.shutdown()
    for thread in threads:
        thread.join()
    web.server_close()


@pytest.fixture
def page(browser: Browser, app: Flask, server: str) -> Iterator[Page]:
    """A page that reads Chinese, and fails on a script error, a breach of its policy, or a request to elsewhere."""
    context = browser.new_context(base_url=server, locale="zh-CN", viewport={"width": 1280, "height": 800})
    context.add_cookies([session_cookie(app, server)])
    page = context.new_page()
    errors = watched(page, server)
    yield page
    context.close()
    assert not errors


def watched(page: Page, server: str) -> list[str]:
    """What goes wrong on the page from now on."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: _note_refused(message.text, errors))
    page.on("request", lambda request: _note_foreign(request.url, server, errors))
    return errors


def _note_refused(text: str, errors: list[str]) -> None:
    if "Content Security Policy" in text:
        errors.append(text)


def session_cookie(app: Flask, server: str, *roles: Role, **where: Any) -> dict[str, str]:
    """The cookie of somebody signed in with these roles everywhere (or in a unit), by default with all."""
    return cookie_of(app, server, accounts.client_of(app, *(roles or EVERY_ROLE), **where))


def cookie_of(app: Flask, server: str, client: FlaskClient) -> dict[str, str]:
    """The cookie that a client has, for a browser."""
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    return {"name": name, "value": cookie.value, "url": server}


def _note_foreign(url: str, server: str, errors: list[str]) -> None:
    if not url.startswith((server, "data:", "blob:")):
        errors.append(f"a request left the machine: {url}")


@pytest.fixture
def codes(app: Flask) -> list[str]:
    with database().transaction() as session:
        station = make_station(session)
        codes = make_row_of_cells(session, station, each=3)
        make_plan(session, station)
    return codes


@pytest.fixture
def scene(page: Page, codes: list[str]) -> Scene:
    return Scene(page, f"/plans/{plan_id()}", codes)
