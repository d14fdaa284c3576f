"""Cells are split, merged and reshaped inside a plan; the register's stay."""

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assignment.service import assign
from app.core.errors import Conflict, DomainError
from app.grid.models import GridCell
from app.organisation.models import OrganisationUnit
from app.plans import edits, steps
from app.plans.models import Plan, PlanCell, PlanStep
from app.plans.queries import shapes_of
from tests.factories import (
    make_account,
    make_box,
    make_customer,
    make_meter_point,
    make_plan,
    make_row_of_cells,
    make_station,
)

MIDDLE = shapely.LineString([(114.405, 23.102), (114.405, 23.108)])
"""Down the middle of the first cell."""


@pytest.fixture
def station(session: Session) -> OrganisationUnit:
    """Two cells for each of two managers; in the first one, three households near its west end and one in the east."""
    station = make_station(session)
    make_row_of_cells(session, station)
    for lon in (114.401, 114.402, 114.403, 114.409):
        box = make_box(session, station, (lon, 23.105))
        make_meter_point(session, box, make_account(session, make_customer(session)))
    assign(session)
    for cell in session.scalars(select(GridCell).order_by(GridCell.code)):
        cell.households = 100  # most of them in boxes that nobody has found
    session.flush()
    return station


@pytest.fixture
def plan(session: Session, station: OrganisationUnit) -> Plan:
    return make_plan(session, station)


def cells(session: Session, plan: Plan) -> dict[str, PlanCell]:
    """The cells that are there, in the order of their keys."""
    statement = select(PlanCell).where(PlanCell.plan_id == plan.id, ~PlanCell.gone).order_by(PlanCell.key)
    return {cell.key: cell for cell in session.scalars(statement)}


def shapes(session: Session, plan: Plan) -> dict[str, shapely.Geometry]:
    return {row.key: shapely.from_wkb(bytes(row.shape)) for row in shapes_of(session, plan)}


def test_the_parts_of_a_split_share_the_households_and_have_the_manager(session: Session, plan: Plan) -> None:
    first, *others = cells(session, plan)
    line = shapely.LineString([(114.404, 23.102), (114.404, 23.108)])
    edits.split(session, plan, first, line, "a", 0)
    after = cells(session, plan)
    assert list(after) == [f"{first}.1", f"{first}.2", *others]
    assert [cell.households for cell in after.values()][:2] == [97, 3]
    assert len({(cell.manager_id, cell.base_manager_id, cell.station_id) for cell in list(after.values())[:2]}) == 1


def test_a_split_without_line_halves_the_households_along_a_line_that_is_kept(session: Session, plan: Plan) -> None:
    first = next(iter(cells(session, plan)))
    step = edits.split(session, plan, first, None, "a", 0)
    kept = shapely.LineString(step.details["line"])
    assert cells(session, plan)[step.details["parts"][1]].households == 2
    steps.undo(session, plan, "a")
    again = edits.split(session, plan, first, kept, "a", plan.version)
    drawn = {key: cell.shape for key, cell in cells(session, plan).items()}
    with_line = [drawn[key] for key in again.details["parts"]]
    halved = [session.scalars(select(PlanCell).where(PlanCell.key == key)).one().shape for key in step.details["parts"]]
    assert [a.symmetric_difference(b).area for a, b in zip(with_line, halved, strict=True)] == [0, 0]


def test_the_register_keeps_its_cells(session: Session, plan: Plan) -> None:
    before = session.execute(select(GridCell.code, GridCell.retired_at)).all()
    edits.split(session, plan, next(iter(cells(session, plan))), MIDDLE, "a", 0)
    assert session.execute(select(GridCell.code, GridCell.retired_at)).all() == before


def test_a_split_is_undone_and_redone(session: Session, plan: Plan) -> None:
    before = shapes(session, plan)
    edits.split(session, plan, next(iter(before)), MIDDLE, "a", 0)
    after = shapes(session, plan)
    steps.undo(session, plan, "a")
    assert shapes(session, plan) == before
    steps.redo(session, plan, "a")
    assert shapes(session, plan) == after


def test_a_part_is_split_again_under_keys_of_its_own(session: Session, plan: Plan) -> None:
    first = next(iter(cells(session, plan)))
    edits.split(session, plan, first, MIDDLE, "a", 0)
    steps.undo(session, plan, "a")
    edits.split(session, plan, first, MIDDLE, "a", plan.version)
    assert {f"{first}.3", f"{first}.4"} < set(cells(session, plan))


def test_a_neighbour_that_another_has_moved_does_not_stand_in_the_way_of_a_split(session: Session, plan: Plan) -> None:
    first, second, *_others = cells(session, plan)
    steps.lock(session, plan, [second], True, "b", 0)
    assert edits.split(session, plan, first, MIDDLE, "a", 0).number == 2


def test_merged_cells_become_one(session: Session, plan: Plan) -> None:
    before = shapes(session, plan)
    first, second, *_others = before
    step = edits.merge(session, plan, [first, second], "a", 0)
    after = shapes(session, plan)
    assert shapely.equals(after[step.details["into"]], shapely.union_all([before[first], before[second]]))
    assert cells(session, plan)[step.details["into"]].households == 200


def test_parts_can_be_put_together_again(session: Session, plan: Plan) -> None:
    first = next(iter(cells(session, plan)))
    parts = edits.split(session, plan, first, MIDDLE, "a", 0).details["parts"]
    edits.merge(session, plan, parts, "a", plan.version)
    assert sum(cell.households for cell in cells(session, plan).values()) == 400


def test_cells_of_different_managers_are_not_merged_before_the_day(session: Session, plan: Plan) -> None:
    _first, second, third, _fourth = cells(session, plan)
    with pytest.raises(Conflict, match="different managers"):
        edits.merge(session, plan, [second, third], "a", 0)


def test_a_border_takes_its_households_along(session: Session, plan: Plan) -> None:
    first, second, *_others = before = shapes(session, plan)
    smaller = shapely.box(114.40, 23.10, 114.408, 23.11)
    edits.reshape(session, plan, first, smaller, "a", 0)
    after = cells(session, plan)
    assert [after[key].households for key in (first, second)] == [99, 101]
    assert shapes(session, plan)[second].area == pytest.approx(before[second].area * 1.2)


def test_a_border_between_managers_stays(session: Session, plan: Plan) -> None:
    second = list(cells(session, plan))[1]
    with pytest.raises(Conflict, match="different managers"):
        edits.reshape(session, plan, second, shapely.box(114.41, 23.10, 114.425, 23.11), "a", 0)


def test_another_manager_s_cell_may_gain_a_corner(session: Session, station: OrganisationUnit) -> None:
    """The border of the first two cells ends on a slanting one, on which no corner lies exactly."""
    west, east, *others = session.scalars(select(GridCell).order_by(GridCell.code))
    corners = [(114.40, 23.11), (114.411, 23.1137), (114.42, 23.1171)]
    west.shape = shapely.MultiPolygon([shapely.Polygon([(114.40, 23.10), (114.411, 23.10), *corners[1::-1]])])
    east.shape = shapely.MultiPolygon([shapely.Polygon([(114.411, 23.10), (114.42, 23.10), *corners[:0:-1]])])
    others[0].shape = shapely.MultiPolygon([shapely.Polygon([*corners, (114.42, 23.13), (114.40, 23.13)])])
    session.flush()
    plan = make_plan(session, station)
    edge = shapely.LineString(corners[:2])
    end = edge.interpolate(0.7137, normalized=True)
    drawn = shapely.Polygon([(114.40, 23.10), (114.411, 23.10), end.coords[0], corners[0]])
    step = edits.reshape(session, plan, west.code, drawn, "a", 0)
    assert not shapely.covers(others[0].shape.boundary, end)
    assert set(step.after) == {west.code, east.code, others[0].code}


def test_what_would_tear_the_layer_is_refused_in_words(session: Session, plan: Plan) -> None:
    first = next(iter(cells(session, plan)))
    with pytest.raises(DomainError, match="does not divide"):
        edits.split(session, plan, first, shapely.LineString([(114.3, 23.2), (114.31, 23.2)]), "a", 0)
    assert session.scalars(select(PlanStep)).all() == []


def test_a_locked_cell_is_not_edited(session: Session, plan: Plan) -> None:
    first = next(iter(cells(session, plan)))
    steps.lock(session, plan, [first], True, "a", 0)
    with pytest.raises(Conflict, match=first):
        edits.split(session, plan, first, MIDDLE, "a", plan.version)


def test_the_map_is_told_that_shapes_changed(client: FlaskClient, session: Session, plan: Plan) -> None:
    first, second, *_others = cells(session, plan)
    session.commit()
    line = [list(place) for place in MIDDLE.coords]
    answer = client.post(f"/plans/{plan.id}/split", json={"cell": first, "line": line, "seen": 0}).get_json()
    assert answer["shapes"]
    gone = {cell["key"]: cell["gone"] for cell in answer["cells"]}
    assert gone == {first: True, f"{first}.1": False, f"{first}.2": False}
    answer = client.post(f"/plans/{plan.id}/steps", json={"kind": "lock", "cells": [second], "seen": 1}).get_json()
    assert not answer["shapes"]
    polygon = {"type": "Polygon", "coordinates": [[[114.4, 23.1], [114.4, 23.1], [114.4, 23.1], [114.4, 23.1]]]}
    refused = client.post(f"/plans/{plan.id}/reshape", json={"cell": f"{first}.1", "shape": polygon, "seen": 2})
    assert refused.status_code == 422
    answer = client.post(f"/plans/{plan.id}/merge", json={"cells": [first], "seen": 2})
    assert "at least two" in answer.get_json()["error"]
