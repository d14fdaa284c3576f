"""Whose cards a clerk, a customer manager and a supervisor may print."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.cards import service
from app.cards.queries import Selection
from app.core.access import Role, Scope
from app.core.clock import today
from app.grid.listing import managers_to_choose
from app.grid.service import give
from tests.factories.accounts import client_of
from tests.factories.districts import CUSTOMER, Districts, make_districts, person_of_the_east
from tests.statements import counted


@pytest.fixture
def districts(session: Session) -> Districts:
    return make_districts(session)


@pytest.fixture
def clerk(app: Flask, districts: Districts) -> FlaskClient:
    return client_of(app, Role.CLERK, unit=districts.units["E1"])


def test_a_clerk_sees_the_cards_and_nothing_else(clerk: FlaskClient, districts: Districts) -> None:
    page = clerk.get("/cards/?station=E1").text
    assert '<b class="figures" id="cards">2</b>' in page
    assert '<option value="KH-E1-A">' in page
    assert [text for text in ("W1", "E2-A", CUSTOMER, "路12号") if text in page] == []
    for path in ("/cells", "/cells/E1-A", "/managers", "/stations", "/map/", "/customers", "/layer", "/worklist"):
        assert clerk.get(path).status_code == 403, path
        assert f'href="{path}"' not in page


@pytest.mark.parametrize(
    ("name", "code"),
    [("manager", "KH-W1-A"), ("station", "W1"), ("station", "EAST"), ("cell", "W1-A"), ("box", "BX-W1-A")],
)
def test_cards_of_what_lies_outside_are_as_unknown(
    clerk: FlaskClient, districts: Districts, name: str, code: str
) -> None:
    outside, unknown = (clerk.get("/cards/", query_string={name: asked}).text for asked in (code, "NONE"))
    assert outside.partition("<main")[2].replace(code, "NONE") == unknown.partition("<main")[2]
    assert clerk.get("/cards/preview.svg", query_string={name: code}).status_code == 404
    assert clerk.post("/cards/prints", query_string={name: code}).status_code == 404


def test_a_district_s_clerk_prints_its_stations(app: Flask, districts: Districts) -> None:
    clerk = client_of(app, Role.CLERK, unit=districts.units["EAST"])
    assert 'id="cards">3</b>' in clerk.get("/cards/?station=EAST").text


def test_a_manager_prints_the_own_beat(app: Flask, districts: Districts) -> None:
    manager = person_of_the_east(app, districts, "manager")
    for query in ("manager=KH-E1-A", "station=E1", "cell=E1-A"):
        assert 'id="cards">1</b>' in manager.get(f"/cards/?{query}").text, query
    for query in ("manager=KH-E1-B", "cell=E1-B", "box=BX-E1-B"):
        assert manager.get(f"/cards/preview.svg?{query}").status_code == 404, query


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_print_holds_what_its_asker_may_see_and_is_theirs_alone(
    app: Flask, clerk: FlaskClient, session: Session, districts: Districts, run_jobs: Callable[[], None]
) -> None:
    manager = person_of_the_east(app, districts, "manager")
    page = manager.post("/cards/prints?station=E1").headers["Location"]
    run_jobs()
    assert '<b class="figures">1</b> cards' in manager.get(page).text
    for path in (page, f"{page}/cards.pdf"):
        assert clerk.get(path).status_code == 404
    assert page not in clerk.get("/cards/").text


def test_a_print_of_a_lost_cell_is_not_given_out(
    app: Flask, session: Session, districts: Districts, run_jobs: Callable[[], None]
) -> None:
    manager = person_of_the_east(app, districts, "manager")
    page = manager.post("/cards/prints?cell=E1-A").headers["Location"]
    run_jobs()
    assert manager.get(f"{page}/cards.pdf").status_code == 200
    session.rollback()
    give(session, districts.cells["E1-A"], districts.managers["E1-B"], today(), "chief")
    session.commit()
    for path in (page, f"{page}/cards.pdf"):
        assert manager.get(path).status_code == 404


def test_everybody_may_scan_a_card(anonymous: FlaskClient, districts: Districts) -> None:
    assert "W1-A经理" in anonymous.get(f"/c/{districts.cells['W1-A'].card_token}").text


def test_the_number_of_statements_does_not_grow_with_the_scope(session: Session, districts: Districts) -> None:
    def statements(*codes: str) -> int:
        scope = Scope(stations=frozenset(districts.units[code].id for code in codes))
        with counted(session) as sent:
            assert managers_to_choose(session, scope)
            assert len(service.plan(session, scope, Selection(station=codes[0])))
        return len(sent)

    assert statements("E1") == statements("E1", "EAST", "E2")
