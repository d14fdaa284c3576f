"""Cells, ownership, managers and stations by the API."""

import json
from datetime import timedelta

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.core.access import Role
from app.core.clock import today
from app.grid.models import CustomerManager, GridCell
from tests.factories import accounts, make_cell, make_manager, make_station, own, square
from tests.integration.api.conftest import NewProgram, Program


@pytest.fixture
def city(session: Session) -> dict[str, str]:
    """Two neighbouring cells of one station, the first 林's; a third elsewhere."""
    station, other = make_station(session, code="JB"), make_station(session, code="SX")
    lin = make_manager(session, station, code="KH1", name="林经理", work_phone="13800000001")
    make_manager(session, station, code="KH2", name="何经理")
    first = make_cell(session, station, code="JB-001", households=120)
    make_cell(session, station, code="JB-002", shape=square(114.41))
    make_cell(session, other, code="SX-001", shape=square(115.0))
    own(session, first, lin)
    session.commit()
    return {}


pytestmark = pytest.mark.usefixtures("city")


@pytest.mark.parametrize("query", ["", "?limit=200"])
def test_cells_come_as_a_layer(program: Program, query: str) -> None:
    answer = program.get(f"/cells{query}")
    layer = json.loads(answer.data)
    assert answer.mimetype == "application/geo+json"
    assert [feature["id"] for feature in layer["features"]] == ["JB-001", "JB-002", "SX-001"]
    first = layer["features"][0]
    assert first["properties"]["manager"] == {"code": "KH1", "name": "林经理", "phone": "13800000001"}
    assert shapely.from_geojson(json.dumps(first["geometry"])).equals(shapely.set_precision(square(), 1e-6))
    assert shapely.is_ccw(shapely.from_geojson(json.dumps(first["geometry"])).geoms[0].exterior)
    assert layer["next"] is None


def test_cells_are_narrowed(program: Program) -> None:
    def codes(query: str) -> list[str]:
        return [feature["id"] for feature in json.loads(program.get(f"/cells?{query}").data)["features"]]

    assert codes("station=SX") == ["SX-001"]
    assert codes("manager=KH1") == ["JB-001"]
    assert codes("manager=KH1&on=2019-12-31") == []


def test_pages_follow_each_other(program: Program) -> None:
    seen, address = [], "/api/v1/cells?limit=2"
    while address:
        page = json.loads(program.get(address.removeprefix("/api/v1")).data)
        seen += [feature["id"] for feature in page["features"]]
        address = page["next"]
    assert seen == ["JB-001", "JB-002", "SX-001"]


@pytest.mark.parametrize("cursor", ["JB-001", "Z2FyYmFnZQ==", "A" * 500])
def test_a_cursor_of_one_s_own_making_leads_nowhere(program: Program, cursor: str) -> None:
    assert program.get(f"/cells?limit=1&cursor={cursor}").status_code == 404


def test_a_cursor_is_good_for_its_list_alone_and_tells_nothing(program: Program) -> None:
    cursor = json.loads(program.get("/cells?limit=1").data)["next"].partition("cursor=")[2]
    assert "JB-001" not in cursor  # two letters come by chance, one time in fifty
    assert program.get(f"/managers?cursor={cursor}").status_code == 404


def test_one_cell_with_its_neighbours(program: Program) -> None:
    cell = json.loads(program.get("/cells/JB-001").data)
    assert (cell["properties"]["neighbours"], cell["properties"]["households"]) == (["JB-002"], 120)


def test_the_same_again_is_not_sent_twice(program: Program) -> None:
    tag = program.get("/cells/JB-001").headers["ETag"]
    again = program.get("/cells/JB-001", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_a_compressed_answer_is_known_by_its_tag_too(program: Program, session: Session) -> None:
    cells = session.scalars(select(GridCell).order_by(GridCell.code)).all()
    for number in range(60):
        own(session, cells[0], None, today() + timedelta(days=number + 1))
    session.commit()
    tag = program.get("/cells/JB-001/owner", headers={"Accept-Encoding": "gzip"}).headers["ETag"]
    assert "gzip" in tag
    change = {"manager": "KH2", "since": "2026-01-01"}
    answer = program.ask("PUT", "/cells/JB-001/owner", json=change, headers={"If-Match": f"W/{tag}"})
    assert answer.status_code == 200


def test_a_cell_changes_hands(program: Program, session: Session) -> None:
    tag = program.get("/cells/JB-001/owner").headers["ETag"]
    since = today().isoformat()
    change = {"manager": "KH2", "since": since}
    given = program.ask("PUT", "/cells/JB-001/owner", json=change, headers={"If-Match": tag})
    assert (given.json or {})["manager"]["code"] == "KH2"
    assert program.get("/cells/JB-001/owner").headers["ETag"] == given.headers["ETag"]
    history = program.get("/cells/JB-001/ownership").json or {}
    changes = [(row["since"], row["manager"]["code"]) for row in history["changes"]]
    assert changes == [(since, "KH2"), ("2020-01-01", "KH1")]
    assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["cell.give"]


def test_nobody_overwrites_what_they_have_not_seen(program: Program) -> None:
    change = {"manager": "KH2", "since": "2026-01-01"}
    tag = program.get("/cells/JB-001/owner").headers["ETag"]
    assert program.ask("PUT", "/cells/JB-001/owner", json=change).status_code == 428
    assert program.ask("PUT", "/cells/JB-001/owner", json=change, headers={"If-Match": tag}).status_code == 200
    again = change | {"manager": None}
    assert program.ask("PUT", "/cells/JB-001/owner", json=again, headers={"If-Match": tag}).status_code == 412
    assert program.ask("PUT", "/cells/JB-001/owner", json=again, headers={"If-Match": "*"}).status_code == 200


def test_an_empty_tag_is_nobody_s(program: Program) -> None:
    change = {"manager": "KH2", "since": "2026-01-01"}
    answer = program.ask("PUT", "/cells/JB-001/owner", json=change, headers={"If-Match": '"", "x"'})
    assert answer.status_code == 412


def test_who_answered_on_a_day(program: Program) -> None:
    def owners(query: str) -> list[tuple[str, str | None]]:
        rows = (program.get(f"/ownership?{query}").json or {})["items"]
        return [(row["cell"], row["manager"] and row["manager"]["code"]) for row in rows]

    assert owners("on=2026-03-14") == [("JB-001", "KH1"), ("JB-002", None), ("SX-001", None)]
    assert owners("on=2019-12-31&cell=JB-001") == [("JB-001", None)]


def test_managers_with_their_loads(program: Program) -> None:
    rows = (program.get("/managers?station=JB").json or {})["items"]
    assert [(row["code"], row["households"], row["cells"]) for row in rows] == [("KH1", 120, 1), ("KH2", 0, 0)]


def test_stations_with_their_figures(program: Program) -> None:
    rows = (program.get("/stations?text=JB").json or {})["items"]
    assert [(row["code"], row["cells"], row["unowned"], row["managers"]) for row in rows] == [("JB", 2, 1, 2)]


def test_a_manager_is_changed(program: Program, session: Session) -> None:
    tag = program.get("/managers/KH1").headers["ETag"]
    changes = {"work_phone": "13800000009", "backup": "KH2", "target_households": 1500, "left_on": "2027-01-01"}
    changed = program.ask("PATCH", "/managers/KH1", json=changes, headers={"If-Match": tag}).json or {}
    assert {**changes, "backup": changed["backup"]} == {name: changed[name] for name in changes}
    assert changed["backup"]["code"] == "KH2"
    acts = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [act.action for act in acts] == ["manager.change", "manager.leave"]
    assert acts[0].details["before"] == {"work_phone": "13800000001", "backup": None, "target_households": None}
    assert acts[0].details["after"] == {"work_phone": "13800000009", "backup": "KH2", "target_households": 1500}


def test_a_change_of_one_thing_leaves_the_others(program: Program, session: Session) -> None:
    program.ask("PATCH", "/managers/KH1", json={"target_households": 900}, headers={"If-Match": "*"})
    manager = session.scalars(select(CustomerManager).where(CustomerManager.code == "KH1")).one()
    assert (manager.work_phone, manager.target_households) == ("13800000001", 900)


def test_nobody_stands_in_for_themselves(program: Program) -> None:
    answer = program.ask("PATCH", "/managers/KH1", json={"backup": "KH1"}, headers={"If-Match": "*"})
    assert answer.status_code == 409


def test_another_station_s_cells_and_managers_do_not_exist(app: Flask, session: Session) -> None:
    station = session.scalars(select(GridCell).where(GridCell.code == "SX-001")).one().station
    browser: FlaskClient = accounts.client_of(app, Role.SUPERVISOR, unit=station)
    layer = json.loads(browser.get("/api/v1/cells").data)
    assert [feature["id"] for feature in layer["features"]] == ["SX-001"]
    assert browser.get("/api/v1/cells/JB-001").status_code == 404
    assert browser.get("/api/v1/managers/KH1").status_code == 404
    assert [row["cell"] for row in (browser.get("/api/v1/ownership").json or {})["items"]] == ["SX-001"]


def test_a_clerk_reads_no_cells(new_program: NewProgram) -> None:
    assert new_program(Role.CLERK).get("/cells").status_code == 403
