"""A beat from box to box, and units with the figures of all below them."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import null, select
from sqlalchemy.orm import Session

from app.beats.round import narrowed, round_of
from app.beats.units import tree_of
from app.core.access import EVERYWHERE, Role, Scope
from app.core.clock import today
from app.customers.models import Account
from app.customers.search import index_accounts
from app.grid.models import GridCell
from tests.factories import (
    accounts,
    make_account,
    make_area,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_station,
    own,
    square,
)
from tests.statements import counted


@pytest.fixture
def cell(session: Session) -> GridCell:
    """The only cell of KH1's beat, in station ST of bureau HZ: boxes 1 to 3 along a street, the last not located."""
    bureau = make_station(session, code="HZ", name="惠州供电局", kind="bureau")
    station = make_station(session, code="ST", name="城南供电所", parent_id=bureau.id)
    cell = make_cell(session, station, code="ST-BADO", households=3, boxes=3)
    manager = make_manager(session, station, code="KH1", target_households=2)
    own(session, cell, manager)
    area = make_area(session, station, code="TQ1", name="水门路1号公变")
    inside = {"cell_id": cell.id, "reason": "inside", "cause": null()}
    for number, at in ((1, (114.402, 23.105)), (2, (114.409, 23.105)), (3, None), (4, (114.405, 23.105))):
        account = make_account(
            session, make_customer(session, name=f"林测试{number}"), address=f"水门路{number}号101房"
        )
        where = {"at": at, "transformer_area_id": area.id, "address": f"水门路{number}号林测试4宅"}
        box = make_box(session, station, number=f"BOX-{number}", **where, **inside)
        make_meter_point(session, box, account, **inside)
    make_meter_point(session, make_box(session, station))
    index_accounts(session, select(Account.id))
    session.commit()
    return cell


def test_a_beat_is_walked_along_the_street_and_what_has_no_place_comes_last(session: Session, cell: GridCell) -> None:
    (stretch,) = round_of(session, Scope(cells=frozenset([cell.id])))
    numbers = [stop.number for stop in stretch.stops]
    assert numbers in (["BOX-1", "BOX-4", "BOX-2", "BOX-3"], ["BOX-2", "BOX-4", "BOX-1", "BOX-3"])
    assert (stretch.name, stretch.households) == ("水门路1号公变", 4)


def test_an_address_that_tells_on_a_customer_is_not_shown(session: Session, cell: GridCell) -> None:
    (stretch,) = round_of(session, Scope(cells=frozenset([cell.id])))
    places = {stop.number: stop.place for stop in stretch.stops}
    assert (places["BOX-1"], places["BOX-4"]) == ("水门路1号林测试4宅", None)


def test_a_beat_costs_the_same_statements_whatever_its_size(session: Session, cell: GridCell) -> None:
    beat = Scope(cells=frozenset([cell.id]))
    session.connection()
    with counted(session) as before:
        round_of(session, beat)
    for _number in range(5):
        make_box(session, cell.station, at=(114.403, 23.103), cell_id=cell.id, reason="inside", cause=null())
    with counted(session) as after:
        round_of(session, beat)
    assert len(after) == len(before)


def test_a_search_keeps_boxes_by_what_they_show_and_by_who_is_behind_them(session: Session, cell: GridCell) -> None:
    stretches = round_of(session, Scope(cells=frozenset([cell.id])))
    found = {
        text: [stop.number for stretch in narrowed(stretches, text, behind) for stop in stretch.stops]
        for text, behind in (("box-2", set()), ("林测试3", {"BOX-3"}), ("没有", set()))
    }
    assert found == {"box-2": ["BOX-2"], "林测试3": ["BOX-3"], "没有": []}
    assert narrowed(stretches, "水门路1号公变", set()) == stretches


def test_who_lists_no_customers_finds_none_behind_the_boxes(app: Flask, cell: GridCell) -> None:
    boxes = re.compile(r'id="box-(BOX-\d)"')
    shown = {
        role: boxes.findall(accounts.client_of(app, role).get("/managers/KH1?text=林测试3").text)
        for role in (Role.SUPERVISOR, Role.HOTLINE)
    }
    assert shown == {Role.SUPERVISOR: ["BOX-3"], Role.HOTLINE: []}


def test_a_box_shows_its_households_masked(client: FlaskClient, cell: GridCell) -> None:
    page = client.get("/boxes/BOX-1").text
    assert "林****" in page or "林***" in page
    assert "林测试1" not in page.replace("林测试4宅", "")
    assert "<html" not in client.get("/boxes/BOX-1", headers={"HX-Request": "true"}).text


def test_units_hold_the_figures_of_all_below_them(session: Session, cell: GridCell) -> None:
    (bureau,) = [top for top in tree_of(session, EVERYWHERE, today()) if top.code == "HZ"]
    (station,) = bureau.below
    assert bureau.figures == station.figures
    figures = (station.figures.households, station.figures.unassigned, station.figures.managers, station.figures.over)
    assert figures == (3, 1, 1, 1)
    assert [unit.code for unit in bureau.lines()] == ["HZ", "ST"]
    assert bureau.narrowed("城南") is not None
    assert bureau.narrowed("城北") is None


def test_a_station_s_people_see_it_as_the_highest_unit(session: Session, cell: GridCell) -> None:
    make_cell(session, code="OTHER", shape=square(114.5))
    (top,) = tree_of(session, Scope(stations=frozenset([cell.station_id])), today())
    assert (top.code, top.figures.cells) == ("ST", 1)


@pytest.mark.parametrize(
    ("path", "text"), [("/stations/HZ", "城南供电所"), ("/stations/ST", "KH1"), ("/stations", "HZ")]
)
def test_pages_of_units_show_what_is_below(client: FlaskClient, cell: GridCell, path: str, text: str) -> None:
    assert text in client.get(path).text


def test_the_map_of_a_unit_shows_its_stations_with_their_figures(
    session: Session, client: FlaskClient, cell: GridCell
) -> None:
    assert "below.geojson" not in client.get("/stations/HZ").text
    cell.station.boundary = square()
    make_station(session, code="ELSEWHERE", boundary=square(114.5))
    session.commit()
    assert "below.geojson" in client.get("/stations/HZ").text
    answer = client.get("/stations/HZ/below.geojson?pixels=800").get_json(force=True)
    (station,) = (feature["properties"] for feature in answer["features"])
    assert (station["code"], station["households"], station["unassigned"], station["manager"]) == ("ST", 3, 1, "1")
    assert station["url"] == "/stations/ST"
