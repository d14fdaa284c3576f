"""Every page of the product, over the demo city: what pictures are taken of, and what is held to the rules of pages."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, FilePayload, Page, expect
from werkzeug.serving import make_server

from app import create_app
from app.core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
NOBODY = ""
"""Where the login stands, for whoever is not signed in."""
PAGES = {
    NOBODY: {"sign-in": "/sign-in", "card": "/c/{token}", "missing": "/nowhere", "api": "/api/v1/docs"},
    "chief": {
        "start": "/",
        "lookup": "/lookup?q=中心路",
        "lookup-empty": "/lookup?q=没有这个人",
        "answer": "/lookup?account={account}",
        "customers": "/customers",
        "customers-reason": "/customers?reason=transformer_area&sort=-number",
        "customers-empty": "/customers?text=没有这条路",
        "customer": "/customers/{account}",
        "managers": "/managers",
        "manager": "/managers/{manager}",
        "manager-map": "/managers/{manager}?view=map",
        "box": "/boxes/{box}",
        "boxes": "/boxes?station={station}",
        "areas": "/areas",
        "cells": "/cells",
        "cells-empty": "/cells?text=没有这格",
        "cell": "/cells/{cell}",
        "cell-areas": "/cells/{cell}/areas",
        "stations": "/stations",
        "station": "/stations/{station}",
        "unit": "/stations/{unit}",
        "bureau": "/stations/{bureau}",
        "layer": "/layer?station={station}",
        "plans": "/plans",
        "plan": "{plan}",
        "plan-log": "{plan}/log",
        "plan-compared": "{plan}/compare",
        "plan-files": "{plan}/import",
        "plan-collisions": "{plan}/collisions",
        "plan-findings": "{plan}/findings",
        "plan-follows": "{plan}/follows",
        "map": "/map/",
        "map-load": "/map/?station={station}&by=load",
        "cards": "/cards?manager={manager}",
        "imports": "/imports",
        "import": "/imports/new",
        "columns": "{columns}",
        "jobs": "/jobs",
        "job": "{job}",
        "imported": "{run}",
        "imported-rows": "{run}/rows/created",
        "work": "/worklist",
        "work-by-hand": "/worklist?tab=override",
        "work-point": "/worklist/{point}",
        "account": "/account",
    },
    "manager": {"start-manager": "/"},
    "supervisor": {"start-supervisor": "/"},
    "hotline": {"start-hotline": "/", "customer-hotline": "/customers/{account}"},
    "clerk": {"start-clerk": "/"},
    "administrator": {"start-administrator": "/", "users": "/users", "user": "/users/manager"},
    "auditor": {"start-auditor": "/", "audit": "/audit"},
}
"""Addresses by login and name; `{braces}` are filled with examples of the city."""
EXAMPLES = """
select account.id as account, grid_cell.code as cell, grid_cell.card_token as token, meter_point.number as point,
       customer_manager.code as manager, organisation_unit.code as station,
       above.code as unit, bureau.code as bureau, meter_box.number as box
from meter_point join account on account.id = meter_point.account_id
join grid_cell on grid_cell.id = meter_point.cell_id
join ownership on ownership.cell_id = grid_cell.id join customer_manager on customer_manager.id = ownership.manager_id
join organisation_unit on organisation_unit.id = grid_cell.station_id
join organisation_unit as above on above.id = organisation_unit.parent_id
join organisation_unit as bureau on bureau.id = above.parent_id
join meter_box on meter_box.id = meter_point.box_id limit 1
"""
STATIONS = """编码,名称,类型,上级,监督电话
ZZ99,城东供电所,供电所,,
,没有编码的供电所,供电所,,
ZZ98,城西供电所,供电所,没有这个局,
ZZ97,城南供电所,供电所,,12
"""
"""A file to import, with three rows that are rejected."""
SLOWEST = 30_000
"""Milliseconds within which a map is drawn, on a machine that does much else."""
MISSING = "missing"
"""The one page that is not there."""


def make_city(instance: Path, households: int) -> None:
    """Fill the instance's database with a demo city."""
    environment = os.environ | {"GRIDCRM_INSTANCE": str(instance), "GRIDCRM_DATABASE_URL": ""}
    for command in (["migrate"], ["demo", "--households", str(households)]):
        run = [sys.executable, "-m", "app.cli", *command]
        subprocess.run(run, check=True, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)


@dataclass(frozen=True)
class City:
    """A server over a demo city."""

    address: str
    examples: dict[str, str]
    """What the braces of the addresses are filled with."""


@contextmanager
def served(instance: Path, browser: Browser) -> Iterator[City]:
    """Serve the demo city of an instance, with a file brought in."""
    app = create_app(Settings(instance=instance, database_url=f"sqlite:///{instance / 'gridcrm.sqlite3'}"))
    web = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{web.server_port}"
        things = _things_of(app)
        yield City(address, things | _bring_a_file(app, browser, address) | _plan(browser, address, things["cell"]))
    finally:
        web.shutdown()
        thread.join()
        web.server_close()
        app.extensions["gridcrm.database"].engine.dispose()
        app.extensions["gridcrm.jobs"].queue.storage.close()


def _things_of(app: Flask) -> dict[str, str]:
    with app.extensions["gridcrm.database"].engine.connect() as connection:
        return dict(connection.exec_driver_sql(EXAMPLES).mappings().one())


def sign_in(page: Page, address: str, login: str) -> None:
    """Enter as one of the people of the demo, or as nobody."""
    page.context.clear_cookies(name="gridcrm")
    if login:
        page.goto(f"{address}/sign-in")
        page.locator(f"form:has(input[value={login}]) button").click()
        page.wait_for_load_state()


def _bring_a_file(app: Flask, browser: Browser, address: str) -> dict[str, str]:
    """Bring one file to the choice of its columns, and another through its job to its result."""
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    sign_in(page, address, "chief")
    columns = _upload(page, address)
    other = _upload(page, address)
    page.locator("#columns button:not([name])").click()
    page.wait_for_url(lambda url: url != other)
    queue = app.extensions["gridcrm.jobs"].queue
    while task := queue.dequeue():
        queue.execute(task)
    jobs = context.new_page()  # the other one goes to its result by itself, when it sees that it is there
    jobs.goto(f"{address}/jobs")
    job = jobs.locator("main tbody a").first.evaluate("link => link.href")
    context.close()
    run = other.removesuffix("/columns")
    return {name: url.removeprefix(address) for name, url in (("columns", columns), ("job", job), ("run", run))}


def _plan(browser: Browser, address: str, cell: str) -> dict[str, str]:
    """Begin a plan for all of the city, and take a cell from its manager."""
    page = browser.new_page()
    sign_in(page, address, "chief")
    page.goto(f"{address}/plans")
    page.locator("#new [name=unit]").select_option(label="惠州供电局")
    page.locator("#new [name=name]").fill("十二月调整")
    page.locator("#new button").click()
    page.wait_for_url(lambda url: url.split("/")[-1].isdecimal())
    plan = page.url
    page.goto(f"{plan}/import")
    rows: FilePayload = {"name": "方案.csv", "mimeType": "text/csv", "buffer": f"cell,manager\n{cell},\n".encode()}
    page.locator("input[type=file]").set_input_files(rows)
    page.locator("form:has(input[type=file]) button").click()
    page.wait_for_load_state()
    page.context.close()
    return {"plan": plan.removeprefix(address)}


def _upload(page: Page, address: str) -> str:
    page.goto(f"{address}/imports/new?kind=stations")
    file: FilePayload = {"name": "供电所.csv", "mimeType": "text/csv", "buffer": STATIONS.encode()}
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main button.btn-primary").click()
    page.wait_for_url("**/columns")
    return page.url


def open_page(page: Page, city: City, login: str, name: str) -> None:
    """Open one of the pages and wait until its maps are drawn; fails where it is not answered as it should be."""
    path = PAGES[login][name].format(**city.examples)
    answer = page.goto(city.address + path)
    expected = 404 if name == MISSING else 200
    if answer is None or answer.status != expected:
        raise AssertionError(f"{path} answers {answer and answer.status}")
    expect(page.locator(".map[data-layers]:not([data-drawn=yes]):visible")).to_have_count(0, timeout=SLOWEST)
    expect(page.locator("#plan:not([data-ready])")).to_have_count(0, timeout=SLOWEST)
