"""Cells made, edited and proven, and the meter points that move with them."""

from datetime import date, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.assignment import cells
from app.assignment.layer_check import check_layer
from app.assignment.service import assign, override
from app.audit.chain import waiting
from app.audit.models import AuditEntry
from app.core import clock
from app.core.access import EVERYWHERE
from app.core.errors import Conflict, DomainError
from app.customers.models import MeterPoint
from app.grid.models import GridCell
from app.grid.queries import active_layer, manager_of
from app.organisation.models import OrganisationUnit
from tests.factories import make_area, make_box, make_cell, make_manager, make_meter_point, make_station, own, square

LAND = shapely.MultiPolygon([shapely.box(114.40, 23.10, 114.44, 23.12)])


def populate(
    session: Session, station: OrganisationUnit, count: int, west: float = 114.40, east: float = 114.44
) -> None:
    """Boxes with one household each, more in the west, half of them in one of two transformer areas."""
    areas = [make_area(session, station), make_area(session, station)]
    spread = np.random.default_rng(count)
    for number in range(count):
        lon, lat = west + (east - west) * spread.random() ** 2, 23.10 + 0.02 * spread.random()
        area = areas[number % 4].id if number % 4 < 2 else None
        make_meter_point(session, make_box(session, station, (lon, lat), transformer_area_id=area))


def pair(session: Session) -> tuple[GridCell, GridCell]:
    station = make_station(session, code="S")
    west = make_cell(session, station, code="S-WEST", shape=square(114.40))
    return west, make_cell(session, station, code="S-EAST", shape=square(114.41))


def cells_of_points(session: Session) -> dict[str, tuple[int | None, str]]:
    rows = session.execute(select(MeterPoint.number, MeterPoint.cell_id, MeterPoint.reason))
    return {number: (cell, reason) for number, cell, reason in rows}


@pytest.mark.parametrize("method", ["fishnet", "hexagon", "quadtree", "transformer-areas"])
def test_made_cells_fill_the_station_and_hold_its_households(session: Session, method: str) -> None:
    station = make_station(session, boundary=LAND)
    populate(session, station, 60)
    made = cells.make_cells(session, method, 10, [station], "test")  # type: ignore[arg-type]
    proof = check_layer(session, EVERYWHERE).figures()
    assert made.cells == proof["cells"] > 1
    assert (proof["gaps"], proof["overlaps"], proof["households_outside"]) == (0, 0, 0)
    assert made.assigned.counts["inside"] + made.assigned.counts["border"] == 60
    assert session.scalar(select(func.sum(GridCell.households))) == 60


def test_stations_without_boundaries_share_the_land_around_their_boxes(session: Session) -> None:
    west, east, empty = make_station(session), make_station(session), make_station(session)
    populate(session, west, 40, 114.40, 114.42)
    populate(session, east, 40, 114.42, 114.44)
    made = cells.make_cells(session, "quadtree", 10, [west, east, empty], "test")
    proof = check_layer(session, EVERYWHERE)
    assert proof.is_proven
    assert proof.figures()["households_outside"] == 0
    assert made.left_out == [empty.code]
    assert set(active_layer(session, EVERYWHERE)["station_id"]) == {west.id, east.id}


def test_new_cells_do_not_take_land_from_cells_that_stay(session: Session) -> None:
    neighbour, station = make_station(session), make_station(session)
    make_cell(session, neighbour, shape=square(114.40))
    populate(session, station, 30, 114.405, 114.44)
    cells.make_cells(session, "quadtree", 10, [station], "test")
    assert check_layer(session, EVERYWHERE).figures()["overlaps"] == 0


def test_cells_that_managers_answer_for_are_replaced_on_demand_only(session: Session) -> None:
    station = make_station(session, boundary=LAND)
    populate(session, station, 20)
    cells.make_cells(session, "quadtree", 10, [station], "test")
    assert cells.make_cells(session, "fishnet", 10, [station], "test").retired > 0
    first = session.scalars(select(GridCell).where(GridCell.retired_at.is_(None))).first()
    assert first is not None
    own(session, first, make_manager(session, station), clock.today() + timedelta(days=30))
    with pytest.raises(Conflict, match="1 of the present cells"):
        cells.make_cells(session, "fishnet", 5, [station], "test")
    cells.make_cells(session, "fishnet", 5, [station], "test", replace=True)
    assert first.retired_at is not None


def test_codes_of_retired_cells_are_not_used_again(session: Session) -> None:
    station = make_station(session, boundary=LAND)
    for _round in range(2):
        cells.make_cells(session, "quadtree", 10, [station], "test")
    codes = session.scalars(select(GridCell.code)).all()
    assert len(codes) == len(set(codes)) == 2


def test_a_split_cell_leaves_owner_and_households_to_its_parts(session: Session) -> None:
    west, _east = pair(session)
    manager, heir = make_manager(session, west.station), make_manager(session, west.station)
    own(session, west, manager)
    own(session, west, heir, clock.today() + timedelta(days=9))
    for lon in (114.401, 114.409):
        make_meter_point(session, make_box(session, west.station, (lon, 23.105)))
    assign(session)
    edit, _assigned = cells.split(session, west, shapely.LineString([(114.405, 23.09), (114.405, 23.12)]), "test")
    assert [part.households for part in edit.made] == [1, 1]
    assert west.households == 0
    assert west.retired_at is not None
    assert {manager_of(session, part) for part in edit.made} == {manager}
    assert manager_of(session, edit.made[0], clock.today() + timedelta(days=9)) == heir
    assert manager_of(session, west, date(2020, 6, 1)) == manager
    assert check_layer(session, EVERYWHERE).is_proven


def test_cards_that_hang_lead_to_the_larger_part(session: Session) -> None:
    west, _east = pair(session)
    token = west.card_token
    edit, _assigned = cells.split(session, west, shapely.LineString([(114.403, 23.0), (114.403, 23.2)]), "test")
    heir = session.scalars(select(GridCell).where(GridCell.card_token == token)).one()
    assert heir.id == max(edit.made, key=lambda part: part.shape.area).id


def test_a_cell_is_halved_by_households(session: Session) -> None:
    west, _east = pair(session)
    for number in range(8):
        make_meter_point(session, make_box(session, west.station, (114.401 + number * 0.0003, 23.105)))
    assign(session)
    edit, _assigned = cells.split(session, west, None, "test")
    assert [part.households for part in edit.made] == [4, 4]


def test_a_merged_cell_goes_to_the_owner_of_the_larger(session: Session) -> None:
    west, east = pair(session)
    small, large = make_manager(session, west.station), make_manager(session, west.station)
    own(session, west, small)
    own(session, east, large)
    make_meter_point(session, make_box(session, west.station, (114.415, 23.105)))
    assign(session)
    edit, _assigned = cells.merge(session, [west, east], "test")
    assert manager_of(session, edit.made[0]) == large
    assert edit.made[0].households == 1
    assert check_layer(session, EVERYWHERE).figures()["cells"] == 1


def test_a_shared_border_moves_for_both_and_the_boxes_with_it(session: Session) -> None:
    west, east = pair(session)
    point = make_meter_point(session, make_box(session, west.station, (114.412, 23.105)))
    assign(session)
    cells.reshape(session, west, shapely.box(114.40, 23.10, 114.413, 23.11), "test")
    session.refresh(point)
    assert point.cell_id == west.id
    assert (west.households, east.households) == (1, 0)
    assert east.shape.bounds[0] == 114.413
    assert check_layer(session, EVERYWHERE).is_proven
    session.commit()
    assert session.scalars(select(AuditEntry.action)).one() == "cell.reshape"


def test_what_a_person_said_follows_the_cell(session: Session) -> None:
    west, east = pair(session)
    point = make_meter_point(session, make_box(session, west.station, (114.405, 23.105)))
    assign(session)
    override(session, point, east, "clerk", "other side of the wall")
    edit, _assigned = cells.split(session, east, shapely.LineString([(114.41, 23.103), (114.42, 23.103)]), "test")
    session.refresh(point)
    assert (point.cell_id, point.reason) == (edit.made[0].id, "override")
    assert edit.made[0].households == 1


def test_making_cells_anew_takes_back_what_was_said_of_the_old_ones(session: Session) -> None:
    station = make_station(session, boundary=LAND)
    populate(session, station, 20)
    cells.make_cells(session, "quadtree", 5, [station], "test")
    point, cell = session.scalars(select(MeterPoint)).first(), session.scalars(select(GridCell)).first()
    assert point is not None
    assert cell is not None
    override(session, point, cell, "clerk", "why not")
    made = cells.make_cells(session, "fishnet", 5, [station], "test")
    assert made.assigned.counts["override"] == 0
    assert made.assigned.counts["unassigned"] == 0


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda s, w, e: cells.split(s, w, shapely.LineString([(115, 23), (115, 24)]), "t"), "does not divide"),
        (lambda s, w, e: cells.reshape(s, w, shapely.box(114.39, 23.10, 114.41, 23.11), "t"), "beyond the layer"),
        (lambda s, w, e: cells.reshape(s, w, shapely.box(114.40, 23.10, 114.42, 23.11), "t"), "left of cell S-EAST"),
        (lambda s, w, e: cells.merge(s, [w], "t"), "at least one neighbouring"),
        (lambda s, w, e: cells.reshape(s, w, w.shape, "t"), "Nothing changed"),
        (lambda s, w, e: cells.split(s, w, None, "t") and cells.split(s, w, None, "t"), "no longer in use"),
    ],
)
def test_an_edit_that_would_tear_the_layer_is_refused(session: Session, edit, message: str) -> None:  # type: ignore[no-untyped-def]
    west, east = pair(session)
    with pytest.raises(DomainError, match=message):
        edit(session, west, east)


def test_a_border_that_stays_leaves_no_trace(session: Session) -> None:
    west, _east = pair(session)
    before = west.shape.wkb
    with pytest.raises(DomainError, match="Nothing changed"):
        cells.reshape(session, west, shapely.box(114.40, 23.10, 114.410001, 23.11), "test")
    assert waiting(session) == []
    assert west.shape.wkb == before


def test_a_cell_does_not_grow_into_another_station(session: Session) -> None:
    west, _east = pair(session)
    other = make_cell(session, code="T-CELL", shape=square(114.42))
    with pytest.raises(DomainError, match="another station: T-CELL"):
        cells.reshape(session, _east, shapely.box(114.41, 23.10, 114.425, 23.11), "test")
    with pytest.raises(DomainError, match="different stations"):
        cells.merge(session, [_east, other], "test")
    assert west.retired_at is None


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(1, 9), border=st.integers(2, 8))
def test_after_an_edit_nothing_is_left_for_a_full_run(session: Session, cut: int, border: int) -> None:
    """Boxes also stand on borders and just outside, where a change of codes decides."""
    session.rollback()
    west, east = pair(session)
    for step in range(0, 21):
        for lat in (23.0999, 23.10, 23.105, 23.11):
            make_meter_point(session, make_box(session, west.station, (round(114.40 + step / 1000, 6), lat)))
    assign(session)
    cells.reshape(session, east, shapely.box(114.40 + border / 1000, 23.10, 114.42, 23.11), "test")
    lon = 114.40 + border / 1000 + cut / 1000
    edit, _assigned = cells.split(session, east, shapely.LineString([(lon, 23.09), (lon, 23.12)]), "test")
    nearer = min(edit.made, key=lambda part: part.shape.bounds[0])
    cells.merge(session, [west, nearer], "test")
    partly = cells_of_points(session)
    assign(session)
    assert cells_of_points(session) == partly
