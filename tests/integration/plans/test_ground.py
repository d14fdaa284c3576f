"""Every household is handed over once: as the plan foresees it, when it is published, and whatever others do after."""

from collections import Counter

import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assignment import cells
from app.assignment.service import assign, override
from app.core import clock
from app.core.access import EVERYWHERE
from app.grid.models import GridCell, Ownership
from app.organisation.models import OrganisationUnit
from app.plans import edits, publishing, steps
from app.plans.follows import cards_of, households, moves_of
from app.plans.models import Plan, PlanCell
from tests.factories import make_account, make_box, make_meter_point, make_plan, make_row_of_cells, make_station
from tests.integration.plans.test_published_edits import DAY, keys, managers, publish

BORDER = shapely.LineString([(114.415, 23.102), (114.415, 23.108)])
IN_SECOND = ("west", "east", "line", "afar", "nowhere")


@pytest.fixture
def station(session: Session) -> OrganisationUnit:
    """Households in both halves of the second cell and on the line between them, and in the first and third cell;
    one without a place, and one that a person has put into the second cell from afar."""
    station = make_station(session)
    make_row_of_cells(session, station)
    places = {"west": 114.413, "east": 114.417, "line": 114.415, "first": 114.405, "third": 114.425, "afar": 114.435}
    points = {}
    for name, lon in {**places, "nowhere": None}.items():
        account = make_account(session)
        account.address = name
        box = make_box(session, station, None if lon is None else (lon, 23.105))
        points[name] = make_meter_point(session, box, account)
    assign(session)
    second = session.scalars(select(GridCell).order_by(GridCell.code)).all()[1]
    for name in ("afar", "nowhere"):
        override(session, points[name], second, "li", "asked on the telephone")
    return station


@pytest.fixture
def plan(session: Session, station: OrganisationUnit) -> Plan:
    return make_plan(session, station, clock.today())


def told(session: Session, plan: Plan) -> Counter[tuple[str, str]]:
    """Who is handed over, and to whom; the page counts as many as the list has."""
    moves = moves_of(session, plan)
    listed = list(households(session, EVERYWHERE, moves))
    assert sum(move.households for move in moves) == len(listed)
    return Counter((each.address, each.move.fresh.code if each.move.fresh else "") for each in listed)


def halves(session: Session, plan: Plan) -> list[str]:
    step = edits.split(session, plan, keys(session, plan)[1], BORDER, "li", plan.version)
    shapes = dict(list(session.execute(select(PlanCell.key, PlanCell.shape).where(PlanCell.plan_id == plan.id))))
    return sorted(step.details["parts"], key=lambda key: shapes[key].centroid.x)


def test_both_halves_of_a_split_cell_go_to_others(session: Session, plan: Plan) -> None:
    second = managers(session)[1].code
    steps.move(session, plan, halves(session, plan), second, "li", plan.version)
    foreseen = told(session, plan)
    assert foreseen == Counter((name, second) for name in IN_SECOND)
    publish(session, plan)
    assert told(session, plan) == foreseen


def test_a_part_of_a_split_cell_is_merged_and_all_is_given(session: Session, plan: Plan) -> None:
    west, east = halves(session, plan)
    second = managers(session)[1].code
    step = edits.merge(session, plan, [keys(session, plan)[0], west], "li", plan.version)
    steps.move(session, plan, [step.details["into"], east], second, "li", plan.version)
    foreseen = told(session, plan)
    assert foreseen == Counter((name, second) for name in ("first", *IN_SECOND))
    publish(session, plan)
    assert told(session, plan) == foreseen


def test_a_border_that_moves_takes_households_along(session: Session, plan: Plan) -> None:
    second = keys(session, plan)[1]
    edits.reshape(session, plan, second, shapely.box(114.404, 23.10, 114.42, 23.11), "li", 0)
    steps.move(session, plan, [second], managers(session)[1].code, "li", plan.version)
    foreseen = told(session, plan)
    assert sorted(name for name, _to in foreseen) == sorted(("first", *IN_SECOND))
    publish(session, plan)
    assert told(session, plan) == foreseen


def given(session: Session, plan: Plan) -> tuple[GridCell, GridCell, GridCell]:
    """The second cell is given to the second manager; the first three cells."""
    key = keys(session, plan)[1]
    steps.move(session, plan, [key], managers(session)[1].code, "li", 0)
    publish(session, plan)
    first, second, third, _last = session.scalars(select(GridCell).order_by(GridCell.code)).all()
    return first, second, third


def test_what_others_split_later_is_still_all_of_it(session: Session, plan: Plan) -> None:
    _first, second, _third = given(session, plan)
    before = told(session, plan)
    cells.split(session, second, BORDER, "zhao")
    assert told(session, plan) == before
    assert sum(each.boxes for each in cards_of(session, plan, moves_of(session, plan))) == 3


def test_what_others_merge_later_brings_no_strangers(session: Session, plan: Plan) -> None:
    _first, second, third = given(session, plan)
    before = told(session, plan)
    cells.merge(session, [second, third], "zhao")
    assert told(session, plan) == before


@pytest.mark.parametrize("merged", [2, 3])
def test_what_others_merge_before_the_day_is_withdrawn_too(session: Session, plan: Plan, merged: int) -> None:
    beside = given(session, plan)
    chosen = [beside[1], *(cell for cell in beside if cell is not beside[1])][:merged]
    (made,) = cells.merge(session, chosen, "zhao")[0].made
    publishing.withdraw(session, plan, "li")
    later = select(Ownership).where(Ownership.cell_id == made.id, Ownership.valid_from == clock.today() + DAY)
    owners = {row.manager for row in session.scalars(later)}
    assert owners <= {managers(session)[0]}
