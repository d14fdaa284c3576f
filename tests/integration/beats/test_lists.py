"""The lists of meter boxes and transformer areas behind the numbers of units, managers and cells."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import null
from sqlalchemy.orm import Session

from app.beats.listing import area_page, box_page, held_by_areas
from app.core.access import EVERYWHERE, Role, Scope
from app.core.clock import today
from app.grid.models import GridCell
from tests.factories import (
    accounts,
    make_account,
    make_area,
    make_box,
    make_cell,
    make_manager,
    make_meter_point,
    make_station,
    own,
    square,
)
from tests.statements import counted, reads


@pytest.fixture
def cell(session: Session) -> GridCell:
    """KH1's cell ST-BADO in ST of district D, with area TQ1: box A holds two households, box B has no place."""
    district = make_station(session, code="D", kind="district")
    station = make_station(session, code="ST", name="城南供电所", parent_id=district.id)
    cell = make_cell(session, station, code="ST-BADO")
    own(session, cell, make_manager(session, station, code="KH1"))
    area = make_area(session, station, code="TQ1")
    inside = {"cell_id": cell.id, "reason": "inside", "cause": null()}
    for number, at in (("A", (114.402, 23.105)), ("B", None)):
        box = make_box(session, station, at, number=number, transformer_area_id=area.id, address="水门路1号", **inside)
        for _household in range(2 if at else 1):
            make_meter_point(session, box, make_account(session), **inside)
    make_cell(session, code="OTHER", shape=square(114.5))
    make_box(session, number="C")
    make_area(session, code="TQ2")
    session.commit()
    return cell


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, "ABC"),
        ({"station": "ST"}, "AB"),
        ({"station": "D"}, "AB"),
        ({"cell": "ST-BADO"}, "AB"),
        ({"manager": "KH1"}, "AB"),
        ({"area": "TQ1"}, "AB"),
        ({"area": "TQ1", "show": "unplaced"}, "B"),
        ({"cell": "OTHER"}, ""),
    ],
)
def test_boxes_are_listed_where_asked(session: Session, cell: GridCell, wanted: dict[str, str], numbers: str) -> None:
    rows = box_page(session, EVERYWHERE, wanted, today()).rows
    assert "".join(row.number for row in rows) == numbers


@pytest.mark.parametrize("wanted", [{}, {"show": "unplaced"}, {"station": "ST"}])
def test_boxes_outside_the_scope_are_not_listed(session: Session, cell: GridCell, wanted: dict[str, str]) -> None:
    of_station = Scope(stations=frozenset([cell.station_id]))
    of_cell = Scope(cells=frozenset([cell.id]))
    found = [{row.number for row in box_page(session, scope, wanted, today()).rows} for scope in (of_station, of_cell)]
    assert found == [{"B"} if "show" in wanted else {"A", "B"}] * 2


def test_a_box_s_row_says_whose_it_is(session: Session, cell: GridCell) -> None:
    first, second = box_page(session, EVERYWHERE, {"cell": "ST-BADO"}, today()).rows
    assert (first.cell, first.manager_code, first.households, first.placed) == ("ST-BADO", "KH1", 2, True)
    assert (second.households, second.placed) == (1, False)


def test_the_list_of_boxes_takes_as_many_statements_for_many(session: Session, cell: GridCell) -> None:
    with counted(session) as few:
        box_page(session, EVERYWHERE, {"area": "TQ1"}, today())
    with counted(session) as many:
        box_page(session, EVERYWHERE, {}, today())
    assert len(reads(few)) == len(reads(many))


def test_areas_are_listed_with_what_they_hold(session: Session, cell: GridCell) -> None:
    (area,) = area_page(session, EVERYWHERE, {"station": "D"}).rows
    assert (area.code, held_by_areas(session, [area.id])) == ("TQ1", {area.id: (2, 3)})
    assert len(area_page(session, EVERYWHERE, {}).rows) == 2
    assert len(area_page(session, Scope(stations=frozenset([cell.station_id])), {}).rows) == 1


def test_the_numbers_of_pages_lead_to_the_lists(client: FlaskClient, cell: GridCell) -> None:
    for page, link in (
        ("/stations/D", "/boxes?station=D"),
        ("/stations/D", "/areas?station=D"),
        ("/managers", "/boxes?manager=KH1"),
        ("/cells", "/boxes?cell=ST-BADO"),
        ("/areas", "/boxes?area=TQ1"),
    ):
        assert f'"{link}"' in client.get(page).text
        assert client.get(link).status_code == 200


def test_whoever_may_not_list_customers_gets_no_list_of_boxes(app: Flask, cell: GridCell) -> None:
    assert accounts.client_of(app, Role.HOTLINE).get("/boxes").status_code == 403
