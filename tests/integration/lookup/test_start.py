"""The start page: figures at a constant price, and what to do where there is nothing yet."""

from datetime import UTC, date, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import null
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE, Role
from app.core.clock import today
from app.customers.models import REASONS
from app.imports.models import ImportRun
from app.lookup.coverage import coverage, summary
from tests.factories import accounts, make_box, make_cell, make_manager, make_meter_point, make_station, own
from tests.statements import counted

DAY = date(2026, 3, 14)


def make_town(session: Session) -> None:
    """A cell on target, one with too little, one of nobody; a box without position whose point is in no cell."""
    station = make_station(session)
    for households, owned in ((2000, True), (1000, True), (10, False)):
        cell = make_cell(session, station, households=households)
        if owned:
            own(session, cell, make_manager(session, station))
    make_meter_point(session, make_box(session, station), reason="unassigned", cause="no_position")
    make_meter_point(
        session, make_box(session, station, at=(114.4, 23.1)), cell_id=cell.id, reason="border", cause=null()
    )


def test_the_figures(session: Session) -> None:
    make_town(session)
    figures = coverage(session, EVERYWHERE, DAY)
    assert (figures.households, figures.assigned, figures.unassigned) == (3011, 3010, 1)
    assert figures.reasons == dict.fromkeys(REASONS, 0) | {"inside": 3009, "border": 1, "unassigned": 1}
    assert (figures.cells, figures.cells_without_manager) == (3, 1)
    assert (figures.loads.managers, figures.loads.over, figures.loads.under) == (2, 0, 1)


def test_the_spread_of_loads() -> None:
    loads = summary([0.5, 1.0, 1.04, 1.06, 2.0])
    assert (loads.over, loads.under, loads.lowest, loads.middle, loads.highest) == (2, 1, 0.5, 1.04, 2.0)
    assert summary([]).managers == 0


def test_figures_cost_the_same_however_large_the_city(session: Session) -> None:
    make_town(session)
    with counted(session) as village:
        coverage(session, EVERYWHERE, DAY)
    make_town(session)
    with counted(session) as town:
        coverage(session, EVERYWHERE, DAY)
    assert len(town) == len(village)


def test_the_start_page_links_each_figure(session: Session, client: FlaskClient) -> None:
    make_town(session)
    session.commit()
    page = client.get("/").text
    for link in ("/customers", "/cells?manager=none", "/managers?load=under", "/work"):
        assert f'href="{link}' in page
    assert "3,011" in page


def test_what_waits_for_a_supervisor_leads_to_its_rows(session: Session, client: FlaskClient) -> None:
    make_town(session)
    session.commit()
    page = client.get("/").text
    for link in ("/worklist?tab=no_position", "/cells?manager=none", "/customers?reason=border"):
        assert f'href="{link}"' in page


def test_people_who_look_nobody_up_see_their_own_work(session: Session, app: Flask) -> None:
    make_town(session)
    newcomer = accounts.make_user(session, name="没有角色")
    session.commit()
    clerk = accounts.client_of(app, Role.CLERK).get("/").text
    auditor = accounts.client_of(app, Role.AUDITOR).get("/").text
    administrator = accounts.client_of(app, Role.ADMINISTRATOR).get("/").text
    assert "Cards to print again" in clerk
    assert "Open the trail" in auditor
    assert f'href="/users/{newcomer.login}"' in administrator
    assert "3,011" not in clerk + auditor


def test_a_manager_sees_the_own_beat(session: Session, app: Flask) -> None:
    station = make_station(session)
    manager = make_manager(session, station, name="林经理")
    own(session, make_cell(session, station, households=1234), manager)
    session.commit()
    page = accounts.client_of(app, Role.MANAGER, manager=manager).get("/").text
    assert "Your beat" in page
    assert f'href="/managers/{manager.code}"' in page
    assert "1,234" in page


def test_cells_that_change_hands_lead_to_their_cards(session: Session, client: FlaskClient) -> None:
    station = make_station(session)
    cell = make_cell(session, station, code="JB-001", boxes=7)
    own(session, cell, make_manager(session, station, name="旧经理"), date(2020, 1, 1))
    session.commit()
    assert "No cell has changed hands" in client.get("/").text
    own(session, cell, make_manager(session, station, name="新经理"), today())
    session.commit()
    page = client.get("/").text
    assert 'href="/cards/?cell=JB-001"' in page
    assert "旧经理 → 新经理" in page


def test_growth_counts_what_files_brought(session: Session, client: FlaskClient) -> None:
    make_town(session)
    for day, created, options in ((1, 11, {}), (2, 1000, {}), (3, 500, {"dry_run": True})):
        ended = datetime(2026, 3, day, 4, tzinfo=UTC)
        outcome = {"created": created, "updated": 0, "rejected": 0}
        run = ImportRun(kind="customers", filename="k.csv", options=options, outcome=outcome, finished_at=ended)
        session.add(run)
    session.commit()
    page = client.get("/").text
    for point in ("28 Feb 2026: 2,000", "1 Mar 2026: 2,011", "2 Mar 2026: 3,011"):
        assert point in page


def test_a_fresh_installation_says_what_comes_next(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "There is nothing here yet." in page
    assert "gridcrm demo" in page
    assert 'href="/imports"' in page
