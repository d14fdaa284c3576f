"""The coverage map of somebody who is for a part of the city."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE, Scope
from app.maps.queries import title
from tests.factories.districts import SEEN_CELLS, Districts, make_districts, person_of_the_east


@pytest.fixture
def districts(session: Session) -> Districts:
    return make_districts(session)


@pytest.mark.parametrize("who", SEEN_CELLS)
def test_the_whole_map_is_that_of_the_own_area(app: Flask, districts: Districts, who: str) -> None:
    person = person_of_the_east(app, districts, who)
    assert "All of my area" in person.get("/map/").text
    cells = re.findall(r"\b[EW]\d-[AB]\b", person.get("/map/coverage.html").text)
    assert set(cells) == SEEN_CELLS[who]


@pytest.mark.parametrize("who", SEEN_CELLS)
@pytest.mark.parametrize("query", ["station=W1", "manager=KH-W1-A"])
def test_a_map_of_what_lies_outside_is_not_there(app: Flask, districts: Districts, who: str, query: str) -> None:
    person, name = person_of_the_east(app, districts, who), query.split("=")[0]
    answer = person.get(f"/map/coverage.html?{query}")
    assert answer.status_code == 404
    unknown = person.get(f"/map/coverage.html?{name}=NONE").text
    said = answer.text.partition("<main")[2].replace(query.split("=")[1], "NONE")
    assert said == unknown.partition("<main")[2]


def test_one_s_map_is_not_handed_to_another(app: Flask, client: FlaskClient, districts: Districts) -> None:
    assert "W1-A" in client.get("/map/coverage.html").text
    assert "W1-A" not in person_of_the_east(app, districts, "manager").get("/map/coverage.html").text


def test_households_without_a_cell_are_those_of_the_own_stations(
    app: Flask, session: Session, districts: Districts
) -> None:
    districts.boxes["W1-A"].position = None
    for name in ("E1-A", "E1-B"):
        point = districts.points[name]
        point.cell_id, point.reason, point.cause = None, "unassigned", "outside"
    session.commit()
    drawn = {
        who: person_of_the_east(app, districts, who).get("/map/coverage.html").text.count("114.405")
        for who in ("supervisor of a station", "manager")
    }
    assert drawn["supervisor of a station"] > drawn["manager"]


def test_the_title_names_the_own_area(session: Session, districts: Districts) -> None:
    units = districts.units
    east = Scope(stations=frozenset(units[code].id for code in ("EAST", "E1", "E2")))
    beat = Scope(partly=frozenset({units["E1"].id}))
    assert [title(session, scope, None, None) for scope in (EVERYWHERE, east, beat)] == ["B单位", "EAST单位", "E1单位"]
