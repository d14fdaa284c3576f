"""What people of one part of the city see of cells, managers and stations, and what they may change."""

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.access import Role, Scope
from app.core.clock import today
from app.grid.listing import cell_page, manager_page, station_page
from app.grid.models import GridCell
from app.grid.queries import active_cells, manager_of, neighbours_of
from tests.factories import make_cell, make_manager, make_station, own
from tests.factories.accounts import client_of
from tests.factories.districts import SEEN_CELLS, Districts, make_districts, person_of_the_east
from tests.statements import counted


@pytest.fixture
def districts(session: Session) -> Districts:
    return make_districts(session)


@pytest.fixture(params=SEEN_CELLS)
def who(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def person(app: Flask, districts: Districts, who: str) -> FlaskClient:
    return person_of_the_east(app, districts, who)


def refusal(client: FlaskClient, path: str, code: str) -> str:
    """The page that says that a thing is not there, without its code."""
    answer = client.get(path + code)
    assert answer.status_code == 404, path + code
    return answer.text.partition("<main")[2].replace(code, "")


@pytest.mark.parametrize(("path", "before"), [("/cells/", ""), ("/managers/", "KH-"), ("/cells.geojson?around=", "")])
def test_what_lies_outside_is_as_if_it_were_not_there(
    person: FlaskClient, districts: Districts, who: str, path: str, before: str
) -> None:
    unknown = refusal(person, path, "NONE")
    for code in districts.cells:
        if code in SEEN_CELLS[who]:
            assert person.get(f"{path}{before}{code}").status_code == 200
        else:
            assert refusal(person, path, before + code) == unknown


def test_stations_are_seen_with_their_cells(person: FlaskClient, districts: Districts, who: str) -> None:
    seen = {code[:2] for code in SEEN_CELLS[who]}
    unknown = refusal(person, "/stations/", "NONE")
    for code in ("E1", "E2", "W1"):
        if code in seen:
            assert person.get(f"/stations/{code}").status_code == 200
        else:
            assert refusal(person, "/stations/", code) == unknown


def test_lists_and_maps_hold_what_is_seen(person: FlaskClient, districts: Districts, who: str) -> None:
    for path in ("/cells", "/managers", "/stations/E1", "/cells?station=W1", "/cells.geojson?manager=KH-W1-A"):
        named = set(re.findall(r"\b[EW]\d-[AB]\b", person.get(path).text))
        assert named <= SEEN_CELLS[who], path
    assert set(re.findall(r'/cells/([EW\d]+-\w)"', person.get("/cells").text)) == SEEN_CELLS[who]
    features = json.loads(person.get("/cells.geojson").text)["features"]
    assert {feature["properties"]["code"] for feature in features} == SEEN_CELLS[who]


def test_a_station_s_figures_are_those_of_the_own_cells(app: Flask, districts: Districts) -> None:
    page = person_of_the_east(app, districts, "manager").get("/stations/E1").text
    assert re.search(r"<span>Grid cells</span>\s*<b>1</b>", page)
    assert "KH-E1-A" in page
    assert "KH-E1-B" not in page
    assert "Transformer areas" not in page


def test_of_neighbours_outside_only_code_and_shape_are_shown(app: Flask, districts: Districts) -> None:
    supervisor = person_of_the_east(app, districts, "supervisor of a station")
    page = supervisor.get("/cells/E1-B").text
    assert 'class="code">E2-A<' in page
    assert 'href="/cells/E2-A"' not in page
    assert "E2-A经理" not in page
    features = json.loads(supervisor.get("/cells.geojson?around=E1-B").text)["features"]
    assert {"code": "E2-A"} in [feature["properties"] for feature in features]
    assert all(feature["geometry"]["coordinates"] for feature in features)


def test_a_backup_outside_is_named_and_not_linked(app: Flask, districts: Districts) -> None:
    page = person_of_the_east(app, districts, "manager").get("/managers/KH-E1-A").text
    assert "W1-A经理" in page
    assert str(districts.managers["W1-A"].work_phone) in page
    assert "/managers/KH-W1-A" not in page


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/cells/W1-A/give", {"manager": "KH-W1-A"}),
        ("/cells/E1-A/give", {"manager": "KH-W1-A"}),
        ("/cells/W1-A/split", {}),
        ("/cells/E1-B/merge", {"with": "E2-A"}),
        ("/cells/W1-A/reshape", {"shape": "POLYGON ((114.43 23.1, 114.435 23.1, 114.435 23.11, 114.43 23.1))"}),
        ("/managers/KH-W1-A/photo", {}),
        ("/managers/KH-W1-A/leave", {"left_on": "2026-01-01"}),
        ("/stations/W1/share-out", {}),
        ("/layer/make?station=W1", {"method": "fishnet", "target": "1"}),
    ],
)
def test_nothing_outside_is_changed(
    app: Flask, session: Session, districts: Districts, path: str, fields: dict[str, str]
) -> None:
    supervisor = person_of_the_east(app, districts, "supervisor of a station")
    answer = supervisor.post(path, data=fields, headers={"Accept": "application/json"})
    assert answer.status_code == 404
    session.rollback()
    assert {code: manager_of(session, cell) for code, cell in districts.cells.items()} == districts.managers
    assert not session.scalars(select(GridCell).where(GridCell.retired_at.is_not(None))).all()


@pytest.mark.parametrize("who", ["manager", "administrator of a station"], indirect=True)
def test_who_may_not_change_cells_is_shown_no_tools(person: FlaskClient, districts: Districts) -> None:
    for path in ("/cells", "/cells/E1-A", "/managers/KH-E1-A", "/stations", "/stations/E1"):
        page = person.get(path).text
        tools = ("/give", 'id="editor"', "/photo", "/leave", "/share-out", "/layer")
        assert [tool for tool in tools if tool in page] == [], path
    assert person.post("/cells/E1-A/give", data={}).status_code == 403


def test_who_has_a_beat_elsewhere_may_not_change_it(app: Flask, session: Session, districts: Districts) -> None:
    client = client_of(
        app, Role.SUPERVISOR, Role.MANAGER, unit=districts.units["E1"], manager=districts.managers["W1-A"]
    )
    assert "/give" in client.get("/cells/E1-A").text
    assert "/give" not in client.get("/cells/W1-A").text
    assert client.post("/cells/W1-A/give", data={}).status_code == 404


def test_an_administrator_is_led_to_no_customers(app: Flask, districts: Districts) -> None:
    administrator = person_of_the_east(app, districts, "administrator of a station")
    for path in ("/cells/E1-A", "/managers/KH-E1-A", "/stations/E1"):
        page = administrator.get(path).text
        assert "/customers" not in page
        assert "/cards/" not in page


def test_a_supervisor_gives_and_shares_out_inside(
    app: Flask, session: Session, districts: Districts, run_jobs: Callable[[], None]
) -> None:
    supervisor = person_of_the_east(app, districts, "supervisor of a station")
    supervisor.post("/cells/E1-B/give", data={"manager": "KH-E1-A", "since": today().isoformat()})
    session.rollback()
    assert manager_of(session, districts.cells["E1-B"]) == districts.managers["E1-A"]
    supervisor.post("/stations/E1/share-out", data={"since": today().isoformat()})
    run_jobs()
    session.rollback()
    owners = {manager_of(session, districts.cells[code]) for code in ("E1-A", "E1-B")}
    assert owners == {districts.managers["E1-A"], districts.managers["E1-B"]}


def test_the_number_of_statements_does_not_grow_with_the_scope(session: Session) -> None:
    def statements(stations: int) -> int:
        made = [make_station(session) for _number in range(stations)]
        for station in made:
            own(session, make_cell(session, station), make_manager(session, station))
        scope = Scope(stations=frozenset(station.id for station in made))
        cell = make_cell(session, made[0])
        with counted(session) as sent:
            for page in (cell_page, manager_page, station_page):
                assert page(session, scope, {}).rows
            assert active_cells(session, scope)
            neighbours_of(session, scope, cell)
        return len(sent)

    assert statements(1) == statements(12)
