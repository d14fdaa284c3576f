"""What the register changed since a plan began is said, and the plan carried over to it."""

from datetime import date

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assignment import cells as register
from app.core.errors import Conflict
from app.grid.models import CustomerManager, GridCell
from app.plans import edits, steps
from app.plans.collisions import Collision, carry_over, collisions
from app.plans.models import Plan, PlanCell
from tests.factories import own

MIDDLE = shapely.LineString([(114.405, 23.102), (114.405, 23.108)])


def owners(session: Session, plan: Plan) -> dict[str, tuple[str | None, str | None]]:
    """Base and manager of the cells that are there, by key."""
    codes = dict(list(session.execute(select(CustomerManager.id, CustomerManager.code))))
    rows = session.scalars(select(PlanCell).where(PlanCell.plan_id == plan.id, ~PlanCell.gone).order_by(PlanCell.key))
    return {row.key: (codes.get(row.base_manager_id), codes.get(row.manager_id)) for row in rows}


def cell(session: Session, key: str) -> GridCell:
    return session.scalars(select(GridCell).where(GridCell.code == key)).one()


def given(session: Session, key: str, manager: str) -> None:
    taker = session.scalars(select(CustomerManager).where(CustomerManager.code == manager)).one()
    own(session, cell(session, key), taker, since=date(2026, 2, 1))


def test_a_plan_that_nothing_has_overtaken_collides_with_nothing(session: Session, plan: Plan) -> None:
    assert collisions(session, plan) == []
    with pytest.raises(Conflict):
        carry_over(session, plan, "a")


def test_an_owner_who_changed_is_followed_where_the_plan_moved_nothing(
    session: Session, plan: Plan, managers: list[str]
) -> None:
    first, second = managers
    one, two, three, four = owners(session, plan)
    steps.move(session, plan, [three], first, "a", 0)
    given(session, one, second)
    given(session, three, first)
    assert collisions(session, plan) == [
        Collision("owner", one, first, second),
        Collision("owner", three, second, first),
    ]
    carry_over(session, plan, "a")
    assert owners(session, plan) == {
        one: (second, second), two: (first, first), three: (first, first), four: (second, second)
    }  # fmt: skip
    assert collisions(session, plan) == []


def test_carrying_over_is_undone_as_one_step(session: Session, plan: Plan, managers: list[str]) -> None:
    before = owners(session, plan)
    given(session, next(iter(before)), managers[1])
    carry_over(session, plan, "a")
    steps.undo(session, plan, "a")
    assert owners(session, plan) == before


def test_cells_that_came_go_where_the_plan_put_the_one_before(
    session: Session, plan: Plan, managers: list[str]
) -> None:
    first, second = managers
    one = next(iter(owners(session, plan)))
    steps.move(session, plan, [one], second, "a", 0)
    edit, _assigned = register.split(session, cell(session, one), MIDDLE, "b")
    made = [part.code for part in edit.made]
    assert [(each.kind, each.key) for each in collisions(session, plan)] == sorted(
        [("retired", one), *(("new", code) for code in made)], key=lambda each: each[1]
    )
    carry_over(session, plan, "a")
    after = owners(session, plan)
    assert one not in after
    assert {after[code] for code in made} == {(first, second)}
    assert collisions(session, plan) == []


def test_edits_of_cells_drawn_anew_are_given_up_and_come_back_by_undoing(session: Session, plan: Plan) -> None:
    one, two, *others = before = owners(session, plan)
    edits.split(session, plan, one, MIDDLE, "a", 0)
    split = owners(session, plan)
    register.reshape(session, cell(session, one), shapely.box(114.40, 23.10, 114.408, 23.11), "b")
    assert [(each.kind, each.key) for each in collisions(session, plan)] == [("redrawn", one), ("redrawn", two)]
    step = carry_over(session, plan, "a")
    assert step.details["given_up"] == [1]
    assert owners(session, plan) == before
    steps.undo(session, plan, "a")
    assert owners(session, plan) == split
    steps.undo(session, plan, "a")
    assert list(owners(session, plan)) == [one, two, *others]


def test_parts_of_a_split_follow_the_owner_of_their_parent(session: Session, plan: Plan, managers: list[str]) -> None:
    one = next(iter(owners(session, plan)))
    parts = edits.split(session, plan, one, MIDDLE, "a", 0).details["parts"]
    given(session, one, managers[1])
    carry_over(session, plan, "a")
    assert {owners(session, plan)[part] for part in parts} == {(managers[1], managers[1])}
    assert collisions(session, plan) == []


def test_the_page_says_what_collides_and_carries_over(
    client: FlaskClient, session: Session, plan: Plan, managers: list[str]
) -> None:
    one = next(iter(owners(session, plan)))
    given(session, one, managers[1])
    session.commit()
    assert one in client.get(f"/plans/{plan.id}/collisions").text
    assert "given to another manager" in client.get(f"/plans/{plan.id}/collisions?part=1").text
    client.post(f"/plans/{plan.id}/carry-over")
    assert client.get(f"/plans/{plan.id}/collisions?part=1").text.strip() == ""
