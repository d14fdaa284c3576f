"""A plan is changed step by step: nothing is lost, nothing overwritten unseen."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.plans import steps
from app.plans.models import Plan, PlanCell, PlanStep
from tests.factories import make_manager, make_station


def owners(session: Session, plan: Plan) -> list[str | None]:
    """The managers' codes in the order of the cells' keys."""
    cells = session.scalars(select(PlanCell).where(PlanCell.plan_id == plan.id, ~PlanCell.gone).order_by(PlanCell.key))
    return [cell.manager and cell.manager.code for cell in cells]


def keys(session: Session, plan: Plan) -> list[str]:
    return list(session.scalars(select(PlanCell.key).where(PlanCell.plan_id == plan.id).order_by(PlanCell.key)))


def test_a_plan_begins_as_the_cells_are_owned(session: Session, plan: Plan, managers: list[str]) -> None:
    first, second = managers
    assert owners(session, plan) == [first, first, second, second]


def test_a_move_gives_the_cells_to_the_manager(session: Session, plan: Plan, managers: list[str]) -> None:
    first, second = managers
    steps.move(session, plan, keys(session, plan)[1:2], second, "a", 0)
    assert owners(session, plan) == [first, second, second, second]


def test_a_step_keeps_who_and_from_what_to_what(session: Session, plan: Plan, managers: list[str]) -> None:
    key = keys(session, plan)[1]
    steps.move(session, plan, [key], managers[1], "li", 0)
    step = session.scalars(select(PlanStep)).one()
    assert (step.number, step.actor, step.kind) == (1, "li", "move")
    assert (step.before, step.after) == ({key: {"manager": managers[0]}}, {key: {"manager": managers[1]}})


def test_undoing_and_redoing_go_back_and_forth_without_end(session: Session, plan: Plan, managers: list[str]) -> None:
    before = owners(session, plan)
    for key in keys(session, plan)[:2]:
        steps.move(session, plan, [key], managers[1], "a", plan.version)
    after = owners(session, plan)
    for _round in range(3):
        for turn in (steps.undo, steps.undo):
            turn(session, plan, "a")
        assert owners(session, plan) == before
        for turn in (steps.redo, steps.redo):
            turn(session, plan, "a")
        assert owners(session, plan) == after


def test_a_new_step_ends_what_could_be_redone(session: Session, plan: Plan, managers: list[str]) -> None:
    first, last = keys(session, plan)[0], keys(session, plan)[-1]
    steps.move(session, plan, [first], managers[1], "a", 0)
    steps.undo(session, plan, "a")
    steps.move(session, plan, [last], managers[0], "a", plan.version)
    with pytest.raises(Conflict):
        steps.redo(session, plan, "a")


def test_every_step_stays_on_the_list(session: Session, plan: Plan, managers: list[str]) -> None:
    steps.move(session, plan, keys(session, plan)[:1], managers[1], "a", 0)
    steps.undo(session, plan, "b")
    steps.redo(session, plan, "c")
    listed = session.execute(select(PlanStep.kind, PlanStep.actor).order_by(PlanStep.number)).all()
    assert [tuple(row) for row in listed] == [("move", "a"), ("undo", "b"), ("redo", "c")]


def test_a_cell_that_another_has_changed_is_not_overwritten(session: Session, plan: Plan, managers: list[str]) -> None:
    key = keys(session, plan)[1]
    steps.move(session, plan, [key], managers[1], "a", 0)
    with pytest.raises(steps.Overtaken) as refused:
        steps.move(session, plan, [key], None, "b", 0)
    assert refused.value.keys == [key]
    assert owners(session, plan)[1] == managers[1]


def test_two_people_work_on_other_cells_at_once(session: Session, plan: Plan, managers: list[str]) -> None:
    steps.move(session, plan, keys(session, plan)[1:2], managers[1], "a", 0)
    steps.move(session, plan, keys(session, plan)[2:3], managers[0], "b", 0)
    assert owners(session, plan) == [managers[0], managers[1], managers[0], managers[1]]


def test_a_locked_cell_does_not_move(session: Session, plan: Plan, managers: list[str]) -> None:
    key = keys(session, plan)[1]
    steps.lock(session, plan, [key], True, "a", 0)
    with pytest.raises(Conflict, match=key):
        steps.move(session, plan, [key], managers[1], "a", plan.version)


def test_no_cell_leaves_its_station(session: Session, plan: Plan) -> None:
    stranger = make_manager(session, make_station(session))
    with pytest.raises(Conflict, match=stranger.name):
        steps.move(session, plan, keys(session, plan)[:1], stranger.code, "a", 0)


def test_only_a_draft_is_changed(session: Session, plan: Plan, managers: list[str]) -> None:
    plan.state = "submitted"
    session.flush()
    with pytest.raises(Conflict, match=plan.name):
        steps.move(session, plan, keys(session, plan)[:1], managers[1], "a", 0)
