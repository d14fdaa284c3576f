"""Who was, is and will be responsible for a meter, whatever a publication made of its cell."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assignment import cells as register
from app.assignment.service import assign, override
from app.core import clock
from app.customers.models import Account, MeterPoint
from app.customers.responsible import managers_of_points
from app.grid.models import CustomerManager, GridCell, Ownership
from app.organisation.models import OrganisationUnit
from app.plans import edits, publishing, steps
from app.plans.models import Plan, PlanCell
from tests.factories import (
    make_account,
    make_box,
    make_manager,
    make_meter_point,
    make_plan,
    make_row_of_cells,
    make_station,
    own,
)

CHANGED = date(2024, 6, 1)
MIDDLE = shapely.LineString([(114.415, 23.102), (114.415, 23.108)])
PLACES = (114.405, 114.413, 114.417)
"""In the first cell, and in the western and the eastern half of the second."""
Told = Callable[[date], list[str | None]]


@pytest.fixture
def station(session: Session) -> OrganisationUnit:
    """Two cells of the first manager; the second was somebody else's until `CHANGED`; a household at each place."""
    station = make_station(session)
    make_row_of_cells(session, station)
    managers = session.scalars(select(CustomerManager).order_by(CustomerManager.code))
    for manager, name in zip(managers, ("何前任", "罗后任"), strict=True):
        manager.name = name
    second = session.scalars(select(GridCell).order_by(GridCell.code)).all()[1]
    earliest = session.scalars(select(Ownership).where(Ownership.cell_id == second.id)).one()
    own(session, second, earliest.manager, CHANGED)
    earliest.manager = make_manager(session, station, name="古早任")
    for lon in PLACES:
        make_meter_point(session, make_box(session, station, (lon, 23.105)), make_account(session))
    assign(session)
    return station


@pytest.fixture
def plan(session: Session, station: OrganisationUnit) -> Plan:
    return make_plan(session, station, clock.today())


@pytest.fixture
def told(session: Session, plan: Plan) -> Told:
    """The names of those responsible for the three meters on a day."""

    def ask(day: date) -> list[str | None]:
        points = session.scalars(select(MeterPoint).order_by(MeterPoint.id)).all()
        managers = managers_of_points(session, points, day)
        return [managers[point.id].name if point.id in managers else None for point in points]

    return ask


def keys(session: Session, plan: Plan) -> list[str]:
    return list(session.scalars(select(PlanCell.key).where(PlanCell.plan_id == plan.id).order_by(PlanCell.key)))


def codes(session: Session) -> dict[str, str]:
    return dict(list(session.execute(select(CustomerManager.name, CustomerManager.code))))


def publish(session: Session, plan: Plan) -> date:
    day = clock.today() + timedelta(days=1)
    publishing.submit(session, plan, "li")
    publishing.approve(session, plan, "wang")
    publishing.publish(session, plan, day, "li")
    return day


def test_the_meters_of_a_split_cell(session: Session, plan: Plan, told: Told) -> None:
    before = told(date(2024, 3, 14)), told(CHANGED)
    assert before == (["何前任", "古早任", "古早任"], ["何前任"] * 3)
    step = edits.split(session, plan, keys(session, plan)[1], MIDDLE, "li", 0)
    shapes = dict(list(session.execute(select(PlanCell.key, PlanCell.shape).where(PlanCell.plan_id == plan.id))))
    east = max(step.details["parts"], key=lambda key: shapes[key].centroid.x)
    steps.move(session, plan, [east], codes(session)["罗后任"], "li", plan.version)
    day = publish(session, plan)
    assert (told(date(2024, 3, 14)), told(CHANGED)) == before
    assert told(clock.today()) == ["何前任"] * 3
    assert told(day) == ["何前任", "何前任", "罗后任"]


def test_the_meters_of_merged_cells(session: Session, plan: Plan, told: Told) -> None:
    before = told(date(2024, 3, 14)), told(CHANGED)
    step = edits.merge(session, plan, keys(session, plan)[:2], "li", 0)
    steps.move(session, plan, [step.details["into"]], codes(session)["罗后任"], "li", plan.version)
    day = publish(session, plan)
    assert (told(date(2024, 3, 14)), told(CHANGED)) == before
    assert told(clock.today()) == ["何前任"] * 3
    assert told(day) == ["罗后任"] * 3


def test_the_meters_of_a_border_that_moved(session: Session, plan: Plan, told: Told) -> None:
    before = told(date(2024, 3, 14)), told(CHANGED)
    first, second, *_others = keys(session, plan)
    edits.reshape(session, plan, first, shapely.box(114.40, 23.10, 114.415, 23.11), "li", 0)
    steps.move(session, plan, [second], codes(session)["罗后任"], "li", plan.version)
    day = publish(session, plan)
    assert (told(date(2024, 3, 14)), told(CHANGED)) == before
    assert told(day) == ["何前任", "何前任", "罗后任"]


def test_a_cell_chosen_by_hand_stays_so_where_a_border_moved(session: Session, plan: Plan, told: Told) -> None:
    first, second = session.scalars(select(GridCell).order_by(GridCell.code)).all()[:2]
    point = session.scalars(select(MeterPoint).order_by(MeterPoint.id)).all()[1]
    override(session, point, first, "li", "asked for")
    register.reshape(session, first, shapely.box(114.40, 23.10, 114.415, 23.11), "li")
    assert second.shape.area < first.shape.area
    assert told(date(2024, 3, 14)) == ["何前任", "何前任", "古早任"]


def test_the_customer_s_page_says_it(session: Session, client: FlaskClient, plan: Plan, told: Told) -> None:
    edits.merge(session, plan, keys(session, plan)[:2], "li", 0)
    publish(session, plan)
    last = session.scalars(select(Account).order_by(Account.id.desc())).first()
    assert last is not None
    session.commit()
    page = client.get(f"/customers/{last.id}", query_string={"on": "2024-03-14"}).text
    assert "古早任" in page
    assert "nobody on this day" not in page


def test_programs_are_told_too(session: Session, client: FlaskClient, plan: Plan) -> None:
    edits.merge(session, plan, keys(session, plan)[:2], "li", 0)
    publish(session, plan)
    last = session.scalars(select(MeterPoint).order_by(MeterPoint.id.desc())).first()
    assert last is not None
    session.commit()
    address = f"/api/v1/meter-points/{last.number}"
    told = [
        client.get(address, query_string=asked).get_json()["manager"]["name"] for asked in ({}, {"on": "2024-03-14"})
    ]
    assert told == ["何前任", "古早任"]
