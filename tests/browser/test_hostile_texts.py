"""Every page over a register whose texts try to run: nothing runs, and what was written is what is read."""

from urllib.parse import quote

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.core.database import database
from tests.integration.hardening.scene import CODE, TEXT, Register, hostile_register


@pytest.fixture
def register(app: Flask) -> Register:
    with database().sessions() as session:
        return hostile_register(session)


def pages_of(register: Register) -> list[str]:
    """Every kind of page, with what the register holds, and with what a stranger may write into the address."""
    cell, manager, station = quote(register.cell), quote(register.manager), quote(register.station)
    texts = [f"/lookup?q={quote(TEXT)}", f"/customers?q={quote(TEXT)}", f"/cards/?box={quote(CODE)}"]
    unknown = [
        f"/{kind}/{quote(CODE)}" for kind in ("cells", "managers", "stations", "customers", "worklist", "c", "x")
    ]
    return [
        *("/", "/lookup?q=13812345678", "/customers", "/managers", "/cells", "/stations", "/imports", "/imports/new"),
        *("/worklist", "/account", "/users", "/sign-in", f"/layer?station={station}", f"/c/{register.token}"),
        f"/customers/{quote(register.account)}",
        f"/worklist/{quote(register.unassigned)}",
        f"/imports/{register.run}",
        f"/jobs/{register.job}",
        f"/cells/{cell}",
        f"/managers/{manager}",
        f"/stations/{station}",
        f"/map/?station={station}&by=load",
        f"/cards/?manager={manager}",
        *texts,
        *unknown,
    ]


def nothing_ran(page: Page) -> None:
    for frame in page.frames:
        assert frame.evaluate("window.taken") is None, frame.url
        assert frame.locator("img[src=x]").count() == 0, frame.url
        assert frame.locator("body").inner_html().count("49$49") == 0, frame.url


def test_no_text_runs_on_any_page(page: Page, register: Register) -> None:
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for path in pages_of(register):
        page.goto(path, wait_until="networkidle" if path.startswith("/managers/") else "load")
        nothing_ran(page)


def open_popup(chart: Page) -> None:
    canvas = chart.locator("canvas").first
    expect(canvas).to_be_visible()
    canvas.click()


def test_popups_show_texts_as_they_are(page: Page, register: Register) -> None:
    page.goto(f"/stations/{quote(register.station)}")
    expect(page.locator(".map[data-drawn=yes]")).to_be_visible()
    open_popup(page)
    expect(page.locator(".leaflet-popup")).to_contain_text(TEXT[:150])
    nothing_ran(page)
    page.goto("/map/coverage.html")
    open_popup(page)
    expect(page.locator(".leaflet-popup")).to_contain_text(TEXT[:150])
    nothing_ran(page)


def test_a_message_of_the_last_page_shows_texts_as_they_are(page: Page, register: Register) -> None:
    page.goto(f"/cells/{quote(register.cell)}")
    page.locator("form[action$='/give'] select, form[action$='/give'] input[name=manager]").first.wait_for()
    page.locator("form[action$='/give'] button").click()
    expect(page.locator("[role=status]").first).to_contain_text(register.cell)
    nothing_ran(page)


def test_every_tool_of_the_map_keeps_to_the_policy(page: Page, register: Register) -> None:
    page.goto(f"/cells/{quote(register.cell)}")
    expect(page.locator(".map[data-drawn=yes]")).to_be_visible()
    for button in page.locator("[data-tool]").all():
        button.click()
        page.locator(".map").hover()
    page.locator("[data-action=cancel]").click()
    nothing_ran(page)
