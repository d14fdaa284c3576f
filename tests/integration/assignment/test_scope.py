"""The work list, the proof and the making of cells for somebody who is for a part of the city."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assignment.queries import work_counts, work_page
from app.core.access import Scope
from app.grid.models import GridCell
from tests.factories import make_box, make_cell, make_meter_point, square
from tests.factories.districts import Districts, make_districts, person_of_the_east
from tests.statements import counted

POINTS = {"supervisor of a station": {"JL-E1"}, "supervisor of a district": {"JL-E1", "JL-E2"}}


@pytest.fixture
def districts(session: Session) -> Districts:
    return make_districts(session)


@pytest.fixture
def supervisor(app: Flask, districts: Districts) -> FlaskClient:
    return person_of_the_east(app, districts, "supervisor of a station")


@pytest.mark.parametrize("who", POINTS)
def test_the_work_list_holds_the_points_of_the_own_stations(app: Flask, districts: Districts, who: str) -> None:
    client = person_of_the_east(app, districts, who)
    page = client.get("/worklist?tab=no_position").text
    assert set(re.findall(r"/worklist/(JL-\w+)", page)) == POINTS[who]
    assert f'figures">{len(POINTS[who])}<' in page
    assert ">W1单位<" not in page


def test_a_point_outside_is_as_if_it_were_not_there(supervisor: FlaskClient, districts: Districts) -> None:
    for number in ("JL-W1", "JL-W1-A"):
        answer = supervisor.get(f"/worklist/{number}")
        assert answer.status_code == 404
        unknown = supervisor.get("/worklist/NONE").text.partition("<main")[2]
        assert answer.text.partition("<main")[2].replace(number, "NONE") == unknown


@pytest.mark.parametrize("step", ["override", "release"])
def test_a_point_outside_is_not_decided(
    supervisor: FlaskClient, session: Session, districts: Districts, step: str
) -> None:
    answer = supervisor.post(f"/worklist/JL-W1/{step}", data={"cell": "E1-A", "why": "seen on site"})
    assert answer.status_code == 404
    session.rollback()
    assert districts.points["W1"].reason == "unassigned"


def test_a_point_is_put_into_no_cell_outside(supervisor: FlaskClient, session: Session, districts: Districts) -> None:
    answer = supervisor.post("/worklist/JL-E1/override", data={"cell": "W1-A", "why": "seen on site"})
    assert answer.status_code == 422
    assert "no grid cell with the code W1-A" in answer.text
    supervisor.post("/worklist/JL-E1/override", data={"cell": "E1-A", "why": "seen on site"})
    session.rollback()
    assert districts.points["E1"].cell_id == districts.cells["E1-A"].id


def test_the_proof_looks_at_the_own_stations(
    supervisor: FlaskClient, session: Session, districts: Districts, run_jobs: Callable[[], None]
) -> None:
    session.rollback()
    make_cell(session, districts.units["W1"], code="W1-OVER", shape=square(114.435))
    session.commit()
    supervisor.post("/layer/prove")
    run_jobs()
    page = supervisor.get("/layer").text
    assert "leave no gap and do not overlap" in page
    assert re.search(r"Grid cells</span>\s*<b>2</b>", page)
    assert "Make cells for all stations of my area" in page
    assert "W1" not in supervisor.get("/layer/places.geojson").text
    assert supervisor.get("/layer?station=W1").status_code == 404


def test_making_all_cells_means_those_of_the_own_stations(
    supervisor: FlaskClient, session: Session, districts: Districts, run_jobs: Callable[[], None]
) -> None:
    job = supervisor.post("/layer/make", data={"method": "fishnet", "target": "1", "replace": "1"}).headers["Location"]
    run_jobs()
    assert "Done." in supervisor.get(job).text
    session.rollback()
    retired = session.scalars(select(GridCell.code).where(GridCell.retired_at.is_not(None)))
    assert set(retired) == {"E1-A", "E1-B"}


def test_the_number_of_statements_does_not_grow_with_the_scope(session: Session, districts: Districts) -> None:
    def statements(*codes: str) -> int:
        scope = Scope(stations=frozenset(districts.units[code].id for code in codes))
        with counted(session) as sent:
            work_counts(session, scope)
            assert work_page(session, scope, "no_position", {}).rows
        return len(sent)

    few = statements("E1")
    for _number in range(9):
        make_meter_point(session, make_box(session, districts.units["E2"]), cause="no_position")
    assert statements("E1", "E2", "W1") == few
