"""Take a picture of every page of the demo city, in both languages and two widths."""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from app.core.settings import Settings

OUTSIDE = {"sign-in": "/sign-in"}
"""Pages for whoever is not signed in."""
PAGES = {
    "start": "/",
    "lookup": "/lookup?q=鹅岭路",
    "customers": "/customers",
    "customer": "/customers/{account}",
    "managers": "/managers",
    "manager": "/managers/{manager}",
    "cells": "/cells",
    "cell": "/cells/{cell}",
    "stations": "/stations",
    "station": "/stations/{station}",
    "map": "/map/",
    "cards": "/cards?manager={manager}",
    "card": "/c/{token}",
    "imports": "/imports",
    "import": "/imports/new",
    "work": "/worklist",
    "account": "/account",
}
ROLE_PAGES = {"administrator": {"users": "/users", "user": "/users/manager"}, "auditor": {"audit": "/audit"}}
"""Pages that a supervisor has not."""
EXAMPLES = """
select account.id as account, grid_cell.code as cell, grid_cell.card_token as token,
       customer_manager.code as manager, organisation_unit.code as station
from meter_point join account on account.id = meter_point.account_id
join grid_cell on grid_cell.id = meter_point.cell_id
join ownership on ownership.cell_id = grid_cell.id join customer_manager on customer_manager.id = ownership.manager_id
join organisation_unit on organisation_unit.id = grid_cell.station_id limit 1
"""
WIDTHS = {"desk": (1280, 800), "phone": (390, 844)}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}


@contextmanager
def served(instance: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A server over the demo city; yields its address and examples of what is in it."""
    app = create_app(Settings(instance=instance, database_url=f"sqlite:///{instance / 'gridcrm.sqlite3'}"))
    with app.extensions["gridcrm.database"].engine.connect() as connection:
        examples = dict(connection.exec_driver_sql(EXAMPLES).mappings().one())
    web = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{web.server_port}", examples
    finally:
        web.shutdown()
        thread.join()


def photograph(browser: Browser, address: str, examples: dict[str, str], folder: Path, only: list[str]) -> None:
    """Every page, language and width as one PNG."""
    for language, locale in LANGUAGES.items():
        for width_name, (width, height) in WIDTHS.items():
            context = browser.new_context(locale=locale, viewport={"width": width, "height": height})
            page = context.new_page()
            page.on("pageerror", lambda error: print("script error:", error))
            for login, pages in {"": OUTSIDE, "chief": PAGES, **ROLE_PAGES}.items():
                wanted = {name: path for name, path in pages.items() if not only or name in only}
                if login and wanted:
                    context.clear_cookies()
                    page.goto(f"{address}/sign-in")
                    page.locator(f"form:has(input[value={login}]) button").click()
                    page.wait_for_url(f"{address}/**")
                for name, path in wanted.items():
                    answer = page.goto(address + path.format(**examples), wait_until="networkidle")
                    if answer is None or answer.status != 200:
                        sys.exit(f"{path.format(**examples)} answers {answer and answer.status}")
                    page.screenshot(path=folder / f"{name}-{language}-{width_name}.png", full_page=True)
            context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/pictures"))
    parser.add_argument("--instance", type=Path, help="an instance folder that already holds the demo city")
    parser.add_argument("pages", nargs="*", help=f"only these: {', '.join(PAGES)}")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        instance = arguments.instance or Path(scratch)
        if arguments.instance is None:
            environment = os.environ | {"GRIDCRM_INSTANCE": str(instance), "GRIDCRM_DATABASE_URL": ""}
            for command in (["migrate"], ["demo"]):
                subprocess.run([sys.executable, "-m", "app.cli", *command], check=True, env=environment)
        with served(instance) as (address, examples), sync_playwright() as playwright:
            chromium = os.environ.get("GRIDCRM_CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            photograph(browser, address, examples, arguments.out, arguments.pages)
            browser.close()
    print(arguments.out)


if __name__ == "__main__":
    main()
