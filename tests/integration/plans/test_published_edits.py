"""A plan's splits, merges and reshapings are done in the register when it is published, and change nobody's manager."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assignment import cells
from app.assignment.service import assign
from app.core import clock
from app.core.access import EVERYWHERE
from app.core.errors import Conflict
from app.customers.models import MeterBox
from app.grid.models import CustomerManager, GridCell
from app.grid.queries import manager_of
from app.grid.service import give
from app.organisation.models import OrganisationUnit
from app.plans import edits, publishing, service, steps
from app.plans.collisions import carry_over, collisions
from app.plans.findings import faults, findings
from app.plans.follows import cards_of, households, moves_of
from app.plans.ground import adrift
from app.plans.models import Plan, PlanCell
from tests.factories import make_area, make_box, make_meter_point, make_plan, make_row_of_cells, make_station

DAY = timedelta(days=1)
MIDDLE = shapely.LineString([(114.415, 23.102), (114.415, 23.108)])
"""Down the middle of the second cell, of which a household stands on either side."""


@pytest.fixture
def station(session: Session) -> OrganisationUnit:
    """Two cells for each of two managers, and two households in the second cell."""
    station = make_station(session)
    make_row_of_cells(session, station)
    for lon in (114.413, 114.417):
        make_meter_point(session, make_box(session, station, (lon, 23.105)))
    assign(session)
    return station


@pytest.fixture
def plan(session: Session, station: OrganisationUnit) -> Plan:
    return make_plan(session, station, clock.today())


def keys(session: Session, plan: Plan) -> list[str]:
    return list(session.scalars(select(PlanCell.key).where(PlanCell.plan_id == plan.id).order_by(PlanCell.key)))


def managers(session: Session) -> Sequence[CustomerManager]:
    return session.scalars(select(CustomerManager).order_by(CustomerManager.code)).all()


def publish(session: Session, plan: Plan) -> None:
    publishing.submit(session, plan, "li")
    publishing.approve(session, plan, "wang")
    publishing.publish(session, plan, clock.today() + DAY, "li")


def split(session: Session, plan: Plan) -> list[str]:
    """The eastern part of the second cell goes to the second manager; the keys of both parts."""
    step = edits.split(session, plan, keys(session, plan)[1], MIDDLE, "li", plan.version)
    west, east = sorted(step.details["parts"], key=lambda key: centre(session, plan, key).x)
    steps.move(session, plan, [east], managers(session)[1].code, "li", plan.version)
    return [west, east]


def centre(session: Session, plan: Plan, key: str) -> shapely.Point:
    shape = session.scalars(select(PlanCell.shape).where(PlanCell.plan_id == plan.id, PlanCell.key == key)).one()
    assert shape is not None
    return shape.centroid


def cell_behind(session: Session, plan: Plan, key: str) -> GridCell:
    statement = select(GridCell).join(PlanCell, PlanCell.cell_id == GridCell.id)
    return session.scalars(statement.where(PlanCell.plan_id == plan.id, PlanCell.key == key)).one()


def test_a_part_goes_to_its_manager_on_the_day(session: Session, plan: Plan) -> None:
    west, east = split(session, plan)
    publish(session, plan)
    first, second = managers(session)
    for key, fresh in ((west, first), (east, second)):
        cell = cell_behind(session, plan, key)
        assert cell.shape.centroid.distance(centre(session, plan, key)) < 1e-6
        assert manager_of(session, cell, clock.today()) == first
        assert manager_of(session, cell, clock.today() + DAY) == fresh


def test_the_households_of_a_part_are_known_before_and_after_it_is_published(session: Session, plan: Plan) -> None:
    split(session, plan)
    boxes = select(MeterBox.number).join(GridCell, GridCell.id == MeterBox.cell_id).order_by(MeterBox.number)
    last = list(session.scalars(boxes))[-1]
    assert [each.box for each in households(session, EVERYWHERE, moves_of(session, plan))] == [last]
    publish(session, plan)
    assert [each.box for each in households(session, EVERYWHERE, moves_of(session, plan))] == [last]


def test_both_parts_of_a_split_get_new_cards(session: Session, plan: Plan) -> None:
    split(session, plan)
    expected = [each.boxes for each in cards_of(session, plan, moves_of(session, plan))]
    publish(session, plan)
    assert [each.boxes for each in cards_of(session, plan, moves_of(session, plan))] == expected == [1, 1]


def test_who_falls_out_of_the_cells_is_told_before(session: Session, station: OrganisationUnit) -> None:
    area = make_area(session, station)
    located = session.scalars(select(MeterBox)).all()
    for box in located:
        box.transformer_area_id = area.id
    lost = make_meter_point(session, make_box(session, station, None, transformer_area_id=area.id))
    assign(session)
    plan = make_plan(session, station, clock.today())
    assert adrift(session, plan) == {}
    parts = split(session, plan)
    assert [(key in parts, count) for key, count in adrift(session, plan).items()] == [(True, 1)]
    assert "adrift" in {finding.kind for finding in findings(session, plan)}
    publish(session, plan)
    session.refresh(lost)
    assert lost.cell is None


def test_withdrawing_leaves_the_parts_with_their_manager(session: Session, plan: Plan) -> None:
    _west, east = split(session, plan)
    publish(session, plan)
    publishing.withdraw(session, plan, "li")
    assert manager_of(session, cell_behind(session, plan, east), clock.today() + DAY) == managers(session)[0]


def test_what_is_split_after_the_publication_is_withdrawn_too(session: Session, plan: Plan) -> None:
    code = keys(session, plan)[1]
    steps.move(session, plan, [code], managers(session)[1].code, "li", 0)
    publish(session, plan)
    cell = session.scalars(select(GridCell).where(GridCell.code == code)).one()
    parts = cells.split(session, cell, MIDDLE, "zhao")[0].made
    assert {manager_of(session, part, clock.today() + DAY) for part in parts} == {managers(session)[1]}
    publishing.withdraw(session, plan, "li")
    assert {manager_of(session, part, clock.today() + DAY) for part in parts} == {managers(session)[0]}


def test_merged_cells_are_one_cell_of_their_manager(session: Session, plan: Plan) -> None:
    step = edits.merge(session, plan, keys(session, plan)[:2], "li", 0)
    publish(session, plan)
    cell = cell_behind(session, plan, step.details["into"])
    assert cell.shape.area == pytest.approx(2e-4)
    assert manager_of(session, cell, clock.today() + DAY) == managers(session)[0]


def test_a_border_that_crosses_no_box_changes_no_card(session: Session, plan: Plan) -> None:
    edits.reshape(session, plan, keys(session, plan)[0], shapely.box(114.40, 23.10, 114.412, 23.11), "li", 0)
    assert cards_of(session, plan, moves_of(session, plan)) == []


def test_a_border_is_where_the_plan_draws_it(session: Session, plan: Plan) -> None:
    key = keys(session, plan)[0]
    edits.reshape(session, plan, key, shapely.box(114.40, 23.10, 114.415, 23.11), "li", 0)
    assert [each.boxes for each in cards_of(session, plan, moves_of(session, plan))] == [2]
    publish(session, plan)
    assert cell_behind(session, plan, key).shape.bounds[2] == pytest.approx(114.415)
    assert [each.boxes for each in cards_of(session, plan, moves_of(session, plan))] == [2]


def test_a_plan_with_faults_is_not_approved(session: Session, plan: Plan) -> None:
    first, _second, _third, last = keys(session, plan)
    steps.move(session, plan, [first, last], None, "li", 0)
    publishing.submit(session, plan, "li")
    assert faults(findings(session, plan))
    with pytest.raises(Conflict, match="has faults"):
        publishing.approve(session, plan, "wang")


def test_the_cells_of_somebody_who_leaves_are_given_before_and_after(session: Session, plan: Plan) -> None:
    code = keys(session, plan)[1]
    leaver, heir = managers(session)
    steps.move(session, plan, keys(session, plan)[:2], heir.code, "li", 0)
    leaver.left_on = clock.today() + DAY
    session.flush()
    publish(session, plan)
    cell = session.scalars(select(GridCell).where(GridCell.code == code)).one()
    owners = [manager_of(session, cell, clock.today() + days * DAY) for days in (0, 1)]
    assert owners == [leaver, heir]


def test_what_was_planned_for_the_day_already_is_there_again(session: Session, station: OrganisationUnit) -> None:
    first, second = managers(session)
    cell = session.scalars(select(GridCell).order_by(GridCell.code)).all()[1]
    give(session, cell, None, clock.today() + DAY, "zhao")
    plan = make_plan(session, station, clock.today() + DAY)
    steps.move(session, plan, [cell.code], second.code, "li", 0)
    publish(session, plan)
    assert manager_of(session, cell, clock.today() + DAY) == second
    publishing.withdraw(session, plan, "li")
    assert [manager_of(session, cell, clock.today() + days * DAY) for days in (0, 1)] == [first, None]


def copied(session: Session, plan: Plan) -> Plan:
    """A copy, brought up to what the plan's publication has made of the register."""
    copy = service.copy(session, plan, "再调整", "li")
    if collisions(session, copy):
        carry_over(session, copy, "li")
    return copy


def layer(session: Session) -> set[str]:
    return set(session.scalars(select(GridCell.code).where(GridCell.retired_at.is_(None))))


def test_a_copy_does_not_split_again_what_is_split(session: Session, plan: Plan) -> None:
    west, east = split(session, plan)
    publish(session, plan)
    made, copy = layer(session), copied(session, plan)
    steps.move(session, copy, [west], managers(session)[1].code, "li", copy.version)
    publish(session, copy)
    assert layer(session) == made
    owners = {manager_of(session, cell_behind(session, plan, key), clock.today() + DAY) for key in (west, east)}
    assert owners == {managers(session)[1]}


def test_a_copy_does_not_merge_or_draw_again(session: Session, plan: Plan) -> None:
    first, second, third, last = keys(session, plan)
    into = edits.merge(session, plan, [first, second], "li", 0).details["into"]
    edits.reshape(session, plan, last, shapely.box(114.425, 23.10, 114.44, 23.11), "li", plan.version)
    publish(session, plan)
    made, copy = layer(session), copied(session, plan)
    shapes = {key: cell_behind(session, plan, key).shape for key in (into, third, last)}
    assert findings(session, copy) is not None
    steps.move(session, copy, [third], managers(session)[0].code, "li", copy.version)
    publish(session, copy)
    assert layer(session) == made
    assert all(cell_behind(session, copy, key).shape.equals(shape) for key, shape in shapes.items())
    owner = manager_of(session, cell_behind(session, copy, third), clock.today() + DAY)
    assert owner == managers(session)[0]


def test_the_copy_of_a_withdrawn_plan_gives_the_parts_again(session: Session, plan: Plan) -> None:
    _west, east = split(session, plan)
    publish(session, plan)
    publishing.withdraw(session, plan, "li")
    copy = service.copy(session, plan, "再调整", "li")
    assert collisions(session, copy) == []
    made = layer(session)
    publish(session, copy)
    assert layer(session) == made
    assert manager_of(session, cell_behind(session, copy, east), clock.today() + DAY) == managers(session)[1]
