"""The start page: figures at a constant price, and what to do where there is nothing yet."""

from datetime import date

from flask.testing import FlaskClient
from sqlalchemy import null
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE
from app.lookup.coverage import coverage, summary
from tests.factories import make_box, make_cell, make_manager, make_meter_point, make_station, own
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
        session, make_box(session, station, at=(114.4, 23.1)), cell_id=cell.id, reason="inside", cause=null()
    )


def test_the_figures(session: Session) -> None:
    make_town(session)
    figures = coverage(session, EVERYWHERE, DAY)
    assert (figures.households, figures.assigned, figures.unassigned) == (3011, 3010, 1)
    assert (figures.boxes, figures.located, figures.located_share) == (2, 1, 0.5)
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


def test_a_fresh_installation_says_what_comes_next(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "There is nothing here yet." in page
    assert "gridcrm demo" in page
    assert 'href="/imports"' in page
