"""The service as people meet it: look-ups and pages over HTTP, and pages in Chromium until they can be used."""

import os
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import requests
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select, text
from sqlalchemy.orm import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_lookup import KINDS, parts, sample
from cities import City, cities
from figures import Options, Row, alone

from app.accounts.models import InstallationNote

LOGIN = "chief"
KEY_CEILING_MS, TEXT_CEILING_MS, PAGE_CEILING_MS, USABLE_CEILING_S = 20.0, 50.0, 300.0, 1.0
LOOK_UPS, VISITS, LOADS, DOWNLOADS = 300, 20, 3, 4
"""Of a hundred look-ups the 99th percentile would be the slowest one, and tell of the machine's disk alone."""
PAGES = {
    "start": "/",
    "list of customers": "/customers",
    "list of customers of a station": "/customers?station={station}",
    "customer": "/customers/{account}",
    "list of cells": "/cells?station={station}",
    "cell": "/cells/{cell}",
    "list of managers": "/managers",
    "manager": "/managers/{manager}",
    "station": "/stations/{station}",
    "work list": "/worklist",
    "proof of the layer": "/layer",
    "map": "/map/",
}
FILES = {
    "all cells for a map": "/cells.geojson",
    "all cells for programs": "/api/v1/cells",
    "the map as a file": "/map/coverage.html",
}
"""Large answers, which no page waits for: how soon they begin, and how soon all is there."""
IN_CHROMIUM = ("start", "list of customers", "customer", "manager", "map")
EXAMPLE = """
select account.id as account, grid_cell.code as cell, customer_manager.code as manager,
       organisation_unit.code as station
from meter_point join account on account.id = meter_point.account_id
join grid_cell on grid_cell.id = meter_point.cell_id
join ownership on ownership.cell_id = grid_cell.id join customer_manager on customer_manager.id = ownership.manager_id
join organisation_unit on organisation_unit.id = grid_cell.station_id limit 1
"""
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
USABLE = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  return document.readyState === "complete" && page.loadEventEnd > 0
    && document.querySelectorAll(".map[data-layers]:not([data-drawn])").length === 0 ? performance.now() : 0;
}"""


def signed_in(address: str, password: str) -> requests.Session:
    """A client of one of the demo's people."""
    client = requests.Session()
    form = {"login": LOGIN, "password": password, "csrf_token": TOKEN.search(client.get(f"{address}/sign-in").text)[1]}
    answer = client.post(f"{address}/sign-in", data=form, allow_redirects=False)
    if answer.status_code != requests.codes.found:
        raise SystemExit(f"{LOGIN} could not sign in: {answer.status_code}")
    return client


def spent_ms(client: requests.Session, address: str, paths: Sequence[str], **asked: Any) -> list[float]:
    """Milliseconds until each answer is there, whole."""
    spent = []
    for path in paths:
        began = time.perf_counter()
        answer = client.get(address + path, **asked)
        spent.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
    return spent


def p99(spent: Sequence[float]) -> float:
    return float(np.percentile(spent, 99))


def look_ups(city: City, session: Session, client: requests.Session, address: str) -> Iterator[Row]:
    """By each kind of number, and by parts of texts; the first of each only warms up."""
    rng = random.Random(1)
    found = sample(session, rng)[:LOOK_UPS]
    there = {"database": city.database, "size": city.size}
    bare = p99(spent_ms(client, address, ["/healthz"] * LOOK_UPS))
    peer = {"peer": "ms, an empty answer of the same server", "peer_value": bare}
    asked = {kind: [row[column] for row in found] for column, kind in enumerate(KINDS)}
    asked["2 to 6 characters"] = [part for length in range(2, 7) for part in parts(found, length, rng)[: LOOK_UPS // 5]]
    for kind, queries in asked.items():
        spent = [spent_ms(client, address, ["/api/v1/lookup"], params={"q": query})[0] for query in queries]
        ceiling = TEXT_CEILING_MS if "characters" in kind else KEY_CEILING_MS
        yield Row(f"look-up over HTTP by {kind}, p99", p99(spent[1:]), "ms", at_most=ceiling, **there, **peer)


def pages(city: City, paths: dict[str, str], client: requests.Session, address: str) -> Iterator[Row]:
    """The server's answer to each page."""
    for name, path in paths.items():
        spent = spent_ms(client, address, [path] * (VISITS + 1))[1:]
        there = {"database": city.database, "size": city.size, "at_most": PAGE_CEILING_MS}
        yield Row(f"page: {name}, p99", p99(spent), "ms", **there)


def files(city: City, client: requests.Session, address: str) -> Iterator[Row]:
    """The server's large answers, until the first byte and until the last."""
    for name, path in FILES.items():
        spent = []
        for _download in range(DOWNLOADS + 1):
            began = time.perf_counter()
            with client.get(address + path, stream=True) as answer:
                answer.raise_for_status()
                pieces = answer.iter_content(1 << 16)
                next(pieces)
                first = time.perf_counter() - began
                for _piece in pieces:
                    pass
            spent.append((first * 1000, (time.perf_counter() - began) * 1000))
        there = {"database": city.database, "size": city.size}
        for what, values in zip(("first byte", "whole"), zip(*spent[1:], strict=True), strict=True):
            yield Row(f"{name}: {what}, median", float(np.median(values)), "ms", **there)


def in_chromium(city: City, paths: dict[str, str], browser: Browser, address: str, cookies: Any) -> Iterator[Row]:
    """From the address to a page that can be used: loaded, its map drawn."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": address} for cookie in cookies])
    page = context.new_page()
    for name in IN_CHROMIUM:
        spent = []
        for _load in range(LOADS + 1):
            page.goto(address + paths[name])
            spent.append(page.wait_for_function(USABLE).json_value() / 1000)
        what = f"usable in Chromium: {name}, median"
        there = {"database": city.database, "size": city.size}
        yield Row(what, float(np.median(spent[1:])), "s", at_most=USABLE_CEILING_S, **there)
    context.close()


def of_city(city: City, browser: Browser) -> Iterator[Row]:
    """The rows of one city, served by the program as it is."""
    with city.register() as store, city.served() as address, store.sessions() as session:
        example = session.execute(text(EXAMPLE)).mappings().one()
        paths = {name: path.format(**example) for name, path in PAGES.items()}
        note = session.scalars(select(InstallationNote.value).where(InstallationNote.name == "demo")).one()
        client = signed_in(address, note["password"])
        yield from look_ups(city, session, client, address)
        yield from pages(city, paths, client, address)
        yield from files(city, client, address)
        yield from in_chromium(city, paths, browser, address, client.cookies)


def rows(options: Options) -> list[Row]:
    chromium = os.environ.get("GRIDCRM_CHROMIUM", "/usr/bin/chromium")
    with cities(options) as made, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        return [row for city in made for row in of_city(city, browser)]


if __name__ == "__main__":
    sys.exit(alone(__doc__, rows))
