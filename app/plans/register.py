"""A plan beside the register: what it gives, what has changed there since it began, and what became of its cells."""

from collections.abc import Collection, Sequence
from datetime import date

import shapely
from flask_babel import format_date, lazy_gettext
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE
from app.core.geometry import as_wkb
from app.grid.models import CustomerManager, GridCell, Ownership
from app.grid.queries import active_layer, meets
from app.plans.collisions import collisions
from app.plans.models import Plan, PlanCell
from app.plans.queries import planned_day

COLLISION_WORDS = {
    "retired": lazy_gettext("%(cell)s: no longer in use"),
    "redrawn": lazy_gettext("%(cell)s: its border has been moved"),
    "owner": lazy_gettext("%(cell)s: others have given it to another manager"),
}


def is_given() -> ColumnElement[bool]:
    """Whether a plan gives one of its cells to another manager."""
    return ~PlanCell.gone & PlanCell.manager_id.is_distinct_from(PlanCell.base_manager_id)


def given(session: Session, plan: Plan) -> Sequence[Row]:
    """The cells that a plan gives to another manager: key, cell_id, base_manager_id, manager_id, by key."""
    columns = (PlanCell.key, PlanCell.cell_id, PlanCell.base_manager_id, PlanCell.manager_id)
    return session.execute(select(*columns).where(PlanCell.plan_id == plan.id, is_given()).order_by(PlanCell.key)).all()


def what_collides(session: Session, plan: Plan) -> list[str]:
    """What keeps a plan from being published for its day: of the cells that it changes, those that others changed."""
    concerned = or_(is_given(), PlanCell.gone, PlanCell.shape.is_not(None))
    changed = set(session.scalars(select(PlanCell.key).where(PlanCell.plan_id == plan.id, concerned)))
    found = [each for each in collisions(session, plan) if each.key in changed]
    return [str(COLLISION_WORDS[each.kind]) % {"cell": each.key} for each in found] + _later(session, plan)


def _later(session: Session, plan: Plan) -> list[str]:
    """Cells that change hands again after the plan's day."""
    statement = (
        select(PlanCell.key, func.min(Ownership.valid_from).label("day"))
        .join(Ownership, Ownership.cell_id == PlanCell.cell_id)
        .where(PlanCell.plan_id == plan.id, Ownership.valid_from > planned_day(plan))
        .where(or_(PlanCell.gone, is_given() & Ownership.manager_id.is_distinct_from(PlanCell.manager_id)))
        .group_by(PlanCell.key)
        .order_by(PlanCell.key)
    )
    rows = session.execute(statement)
    return [_("%(cell)s: changes hands again on %(day)s", cell=row.key, day=format_date(row.day)) for row in rows]


def away(session: Session, plan: Plan, day: date) -> Sequence[str]:
    """The names of those who are to get cells and are away on the day."""
    takers = select(PlanCell.manager_id).where(PlanCell.plan_id == plan.id, is_given())
    statement = select(CustomerManager.name).where(CustomerManager.id.in_(takers), CustomerManager.left_on <= day)
    return session.scalars(statement.order_by(CustomerManager.code)).all()


def heirs(session: Session, cells: Collection[int]) -> dict[int, list[int]]:
    """By the ids of cells those of the active cells that are there now: themselves, or what took their place."""
    statement = select(GridCell.id, as_wkb(GridCell.shape).label("shape"))
    statement = statement.where(GridCell.id.in_(cells), GridCell.retired_at.is_not(None))
    retired = {row.id: shapely.from_wkb(bytes(row.shape)) for row in session.execute(statement)}
    found = {cell: [cell] for cell in cells if cell not in retired}
    if retired:
        layer = active_layer(session, EVERYWHERE, or_(*(meets(shape.bounds) for shape in retired.values())))
        middles = layer.geometry.representative_point()
        for cell, shape in retired.items():
            found[cell] = layer["id"][middles.within(shape)].tolist()
    return found
