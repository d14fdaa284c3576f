"""From a draft to the day on which it holds: submit, approve, publish, withdraw, roll back.

Two people stand behind whatever is published: one submits, another approves. A roll-back is one action of one person,
who may approve and is not the one who submitted what is rolled back: both the former state and its end have two people.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core import clock
from app.core.errors import Conflict, DomainError
from app.core.i18n import day_in_words
from app.grid.models import CustomerManager, GridCell, Ownership
from app.grid.queries import codes_of, owners_on
from app.grid.service import before_and_after, give_many, take_back
from app.plans import steps
from app.plans.findings import faults, findings
from app.plans.models import Plan, PlanCell, PlanStep
from app.plans.register import HALF, away, given, heirs, what_collides
from app.plans.register_edits import carry_out
from app.plans.service import begin, plan_subject

NAMED = 5
"""So many cells stand in a message; the plan's pages list all."""

ACTS = {kind: f"plan.{kind}" for kind in ("submit", "back", "approve", "publish", "withdraw")}
"""Kinds of steps by which a plan goes on, and what the trail calls them."""
REFUSALS = {
    "submit": lazy_gettext("Plan “%(name)s” has been submitted already."),
    "back": lazy_gettext("Plan “%(name)s” is not waiting for anybody: it is a draft, or was published."),
    "approve": lazy_gettext("Plan “%(name)s” has not been submitted. Only a submitted plan is approved."),
    "publish": lazy_gettext("Plan “%(name)s” has not been approved. Only an approved plan is published."),
    "withdraw": lazy_gettext("Plan “%(name)s” has not been published, so there is nothing to withdraw."),
    "roll_back": lazy_gettext("Plan “%(name)s” has not been published, so there is nothing to roll back."),
}


def submit(session: Session, plan: Plan, actor: str) -> None:
    """Hand a draft to somebody who approves it; nobody changes it from here on."""
    _require(session, plan, "submit", "draft")
    if not _changes_anything(session, plan):
        raise Conflict(_("Plan “%(name)s” changes nothing yet. Move at least one cell.", name=plan.name))
    plan.submitted_by = actor
    _go(session, plan, "submit", "submitted", actor)


def back(session: Session, plan: Plan, actor: str, why: str = "") -> None:
    """Make a draft again of what was submitted or approved."""
    _require(session, plan, "back", "submitted", "approved")
    plan.submitted_by = plan.approved_by = None
    _go(session, plan, "back", "draft", actor, **({"why": why.strip()} if why.strip() else {}))


def approve(session: Session, plan: Plan, actor: str) -> None:
    """Agree to a plan that somebody else has submitted."""
    _require(session, plan, "approve", "submitted")
    if plan.submitted_by == actor:
        raise Conflict(
            _("You have submitted plan “%(name)s” yourself. Ask somebody else to approve it.", name=plan.name)
        )
    _require_no_faults(session, plan)
    plan.approved_by = actor
    _go(session, plan, "approve", "approved", actor)


def _require_no_faults(session: Session, plan: Plan) -> None:
    if wrong := faults(findings(session, plan)):
        text = _("Plan “%(name)s” has faults: %(faults)s. Send it back, and have them mended.")
        raise Conflict(text, name=plan.name, faults=_named(each.text.rstrip(".。") for each in wrong))


def publish(session: Session, plan: Plan, day: date, actor: str) -> None:
    """Write who answers for the plan's cells from a day on, today or later; all of it or nothing.

    Faults are looked for again: on that day others are at work than on the one for which the plan was approved.
    """
    _require(session, plan, "publish", "approved")
    _set_day(session, plan, day)
    _require_no_faults(session, plan)
    _write(session, plan, day, actor)


def withdraw(session: Session, plan: Plan, actor: str) -> list[str]:
    """Take back what was published, before its day; returns the cells that others have given since, which stay so."""
    _require(session, plan, "withdraw", "published")
    day = _day_of(plan)
    if day <= clock.today():
        text = _("Plan “%(name)s” has been in force since %(day)s. Roll it back instead.")
        raise Conflict(text, name=plan.name, day=day_in_words(day))
    rows = given(session, plan)
    now = heirs(session, [row.cell_id for row in rows])
    former = {heir.cell: row.base_manager_id for row in rows for heir in now[row.cell_id]}
    planned = {heir.cell: row.manager_id for row in rows for heir in now[row.cell_id]}
    left = take_back(session, planned, day)
    _give_again(session, plan, former, left, day)
    codes = _codes(session, left)
    taken = {cell: (planned[cell], former[cell]) for cell in planned if cell not in left}
    _go(session, plan, "withdraw", "withdrawn", actor, taken, day=day.isoformat(), left=codes)
    _give_back_its_time(session, plan)
    return codes


def _give_again(
    session: Session, plan: Plan, former: Mapping[int, int | None], left: Collection[int], day: date
) -> None:
    """Write again for the day what stood there before the plan was published."""
    published = select(PlanStep.details).where(PlanStep.plan_id == plan.id, PlanStep.kind == "publish")
    replaced = session.scalars(published.order_by(PlanStep.number.desc()).limit(1)).one()["replaced"]
    codes = codes_of(session, GridCell, former)
    give_many(session, {cell: to for cell, to in former.items() if codes[cell] in replaced and cell not in left}, day)


def roll_back(session: Session, plan: Plan, day: date, actor: str) -> tuple[Plan, list[str]]:
    """Publish a new plan that gives back what a plan in force has given; cells that others gave since stay with them.

    Returns the new plan, and the codes of the cells that stay.
    """
    _require(session, plan, "roll_back", "published")
    if _day_of(plan) > clock.today():
        text = _("Plan “%(name)s” is not in force before %(day)s. Withdraw it instead.")
        raise Conflict(text, name=plan.name, day=day_in_words(_day_of(plan)))
    if plan.submitted_by == actor:
        text = _("You have submitted plan “%(name)s” yourself. Ask somebody else to roll it back.", name=plan.name)
        raise Conflict(text)
    fresh = begin(session, plan.unit, _name_of_roll_back(session, plan), day, actor)
    fresh.copied_from_id = plan.id
    wanted, left = _former(session, plan, day)
    if not wanted:
        text = _("Others have given all cells of plan “%(name)s” since. Nothing is left to roll back.", name=plan.name)
        raise Conflict(text)
    steps.take(session, fresh, "move", wanted, actor, 0, {"plan": plan.id})
    fresh.submitted_by = fresh.approved_by = actor
    for kind, state in (("submit", "submitted"), ("approve", "approved")):
        _go(session, fresh, kind, state, actor, plan=plan_subject(plan))
    _set_day(session, fresh, day)
    _write(session, fresh, day, actor, plan=plan_subject(plan))
    _note_roll_back(session, plan, fresh, day, actor)
    return fresh, left


def _note_roll_back(session: Session, plan: Plan, fresh: Plan, day: date, actor: str) -> None:
    plan.rolled_back_on = day
    steps.note(session, plan, actor, "roll_back", {}, {}, {"plan": fresh.id, "day": day.isoformat()})
    _give_back_its_time(session, plan)


def _give_back_its_time(session: Session, roll_back: Plan) -> None:
    """Once a roll-back is withdrawn or rolled back itself, what it rolled back is in force again."""
    before = session.get(Plan, roll_back.copied_from_id) if roll_back.copied_from_id else None
    if before is not None and before.rolled_back_on == roll_back.effective_on:
        before.rolled_back_on = None


def _former(session: Session, plan: Plan, day: date) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """By the codes of cells whose they were before the plan; and the codes of those that others have given since."""
    rows = given(session, plan)
    now = heirs(session, [row.cell_id for row in rows])
    owner = owners_on(day)
    present = dict(list(session.execute(select(owner.c.cell_id, owner.c.manager_id))))
    pairs = [(heir.cell, row) for row in rows for heir in now[row.cell_id] if heir.share >= HALF]
    cells = codes_of(session, GridCell, [heir for heir, _row in pairs])
    managers = codes_of(session, CustomerManager, {row.base_manager_id for row in rows})
    wanted, left = {}, []
    for heir, row in pairs:
        if present.get(heir) == row.manager_id:
            wanted[cells[heir]] = {"manager": managers.get(row.base_manager_id)}
        else:
            left.append(cells[heir])
    return wanted, sorted(left)


def _name_of_roll_back(session: Session, plan: Plan) -> str:
    earlier = session.scalar(select(func.count()).where(Plan.copied_from_id == plan.id)) or 0
    name = _("Roll-back of %(name)s", name=plan.name)
    return f"{name[:190]} {earlier + 1}" if earlier else name[:200]


def _set_day(session: Session, plan: Plan, day: date) -> None:
    """Hold the plan's cells for a day on which nothing collides and whoever gets some is there."""
    if day < clock.today():
        raise DomainError(_("%(day)s has passed. Publish the plan for today or a later day.", day=day_in_words(day)))
    _lock_cells(session, plan)
    plan.effective_on = day
    session.flush()
    if collisions := what_collides(session, plan):
        text = _("The plan collides with the register: %(cells)s. Carry it over, and have it approved again.")
        raise Conflict(text, cells=_named(collisions))
    if absent := away(session, plan, day):
        raise Conflict(_("%(names)s: away on that day, and cannot take cells."), names=_named(absent))


def _write(session: Session, plan: Plan, day: date, actor: str, /, **more: Any) -> None:
    made = carry_out(session, plan, actor)
    rows = given(session, plan)
    replaced = _given_on(session, [row.cell_id for row in rows], day)
    changes = give_many(session, {row.cell_id: row.manager_id for row in rows}, day)
    step = _go(session, plan, "publish", "published", actor, changes, day=day.isoformat(), **more)
    step.details = {**step.details, "made": made, "replaced": replaced}
    session.flush()


def _given_on(session: Session, cells: Collection[int], day: date) -> dict[str, str | None]:
    """Codes of cells to those of the managers to whom they go on that day already."""
    statement = (
        select(GridCell.code, CustomerManager.code)
        .join(Ownership, Ownership.cell_id == GridCell.id)
        .outerjoin(CustomerManager, CustomerManager.id == Ownership.manager_id)
        .where(GridCell.id.in_(cells), Ownership.valid_from == day)
    )
    return dict(list(session.execute(statement)))


def _lock_cells(session: Session, plan: Plan) -> None:
    """Let two plans that give the same cells be published one after the other."""
    cells = select(PlanCell.cell_id).where(PlanCell.plan_id == plan.id)
    session.execute(select(GridCell.id).where(GridCell.id.in_(cells)).order_by(GridCell.id).with_for_update())


def _changes_anything(session: Session, plan: Plan) -> bool:
    edited = (PlanCell.gone | PlanCell.shape.is_not(None)) & (PlanCell.plan_id == plan.id)
    return bool(given(session, plan)) or session.scalar(select(PlanCell.id).where(edited).limit(1)) is not None


def _require(session: Session, plan: Plan, act: str, *states: str) -> None:
    """Hold the plan; refuse the act in another state than these."""
    if steps.held(session, plan).state not in states:
        raise Conflict(str(REFUSALS[act]), name=plan.name)


def _day_of(plan: Plan) -> date:
    if plan.effective_on is None:
        raise Conflict(str(REFUSALS["withdraw"]), name=plan.name)
    return plan.effective_on


def _go(
    session: Session,
    plan: Plan,
    kind: str,
    state: str,
    actor: str,
    changes: Mapping[int, tuple[int | None, int | None]] | None = None,
    /,
    **details: Any,
) -> PlanStep:
    """Put the plan into its new state, on its list and in the trail, with what it changes in the register."""
    former, plan.state = plan.state, state
    sides = before_and_after(session, dict(changes)) if changes else {"before": {}, "after": {}}
    by_cell = {side: {cell: {"manager": code} for cell, code in told.items()} for side, told in sides.items()}
    step = steps.note(session, plan, actor, kind, by_cell["before"], by_cell["after"], details)
    told = sides if changes else {"before": {"state": former}, "after": {"state": state}}
    record(session, actor, ACTS[kind], plan_subject(plan), name=plan.name, **told, **details)
    return step


def _codes(session: Session, cells: Collection[int]) -> list[str]:
    return sorted(code for code in codes_of(session, GridCell, cells).values())


def _named(texts: Iterable[str]) -> str:
    every = list(texts)
    more = [_("and %(count)s more", count=len(every) - NAMED)] if len(every) > NAMED else []
    return "; ".join(every[:NAMED] + more)
