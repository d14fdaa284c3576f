"""A plan beside the register: what it gives, what has changed there since it began, and what became of its cells."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import shapely
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE
from app.core.geometry import as_wkb
from app.grid.models import CustomerManager, GridCell, Ownership
from app.grid.queries import active_layer, meets, owners_on
from app.plans.models import Plan, PlanCell
from app.plans.service import mark_of


@dataclass(frozen=True)
class Collision:
    """A cell that the register does not have any more as the plan began with it."""

    key: str
    kind: str
    """retired, redrawn, owner (others have given it), later (it changes hands again after the day)."""
    text: str


def is_given() -> ColumnElement[bool]:
    """Whether a plan gives one of its cells to another manager."""
    return ~PlanCell.gone & PlanCell.manager_id.is_distinct_from(PlanCell.base_manager_id)


def given(session: Session, plan: Plan) -> Sequence[Row]:
    """The cells that a plan gives to another manager: key, cell_id, base_manager_id, manager_id, by key."""
    columns = (PlanCell.key, PlanCell.cell_id, PlanCell.base_manager_id, PlanCell.manager_id)
    return session.execute(select(*columns).where(PlanCell.plan_id == plan.id, is_given()).order_by(PlanCell.key)).all()


def collisions_on(session: Session, plan: Plan, day: date) -> list[Collision]:
    """What keeps a plan from being published for a day: cells that it changes, and that others have changed."""
    owner = owners_on(day)
    statement = (
        select(PlanCell.key, PlanCell.base_mark, PlanCell.base_manager_id, GridCell.retired_at)
        .add_columns(owner.c.manager_id.label("owner_id"), as_wkb(GridCell.shape).label("shape"))
        .join(GridCell, GridCell.id == PlanCell.cell_id)
        .outerjoin(owner, owner.c.cell_id == GridCell.id)
        .where(PlanCell.plan_id == plan.id, _is_changed())
    )
    found = [_compared(row) for row in session.execute(statement.order_by(PlanCell.key))]
    return [collision for collision in found if collision] + _later(session, plan, day)


def _is_changed() -> ColumnElement[bool]:
    """Whether the plan gives a cell of the register away, draws it anew, or puts others in its place."""
    return or_(is_given(), PlanCell.gone, PlanCell.shape.is_not(None))


def _compared(row: Row) -> Collision | None:
    if row.retired_at is not None:
        return Collision(row.key, "retired", _("%(cell)s: no longer in use", cell=row.key))
    if row.base_mark and mark_of(bytes(row.shape)) != row.base_mark:
        return Collision(row.key, "redrawn", _("%(cell)s: its border has been moved", cell=row.key))
    if row.owner_id != row.base_manager_id:
        return Collision(row.key, "owner", _("%(cell)s: others have given it to another manager", cell=row.key))
    return None


def _later(session: Session, plan: Plan, day: date) -> list[Collision]:
    statement = (
        select(PlanCell.key, func.min(Ownership.valid_from).label("day"))
        .join(Ownership, Ownership.cell_id == PlanCell.cell_id)
        .where(PlanCell.plan_id == plan.id, Ownership.valid_from > day)
        .where(or_(PlanCell.gone, is_given() & Ownership.manager_id.is_distinct_from(PlanCell.manager_id)))
        .group_by(PlanCell.key)
        .order_by(PlanCell.key)
    )
    return [
        Collision(
            row.key, "later", _("%(cell)s: changes hands again on %(day)s", cell=row.key, day=format_date(row.day))
        )
        for row in session.execute(statement)
    ]


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
