"""A plan beside the register: what it gives, what has changed there since it began, and what became of its cells."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE
from app.core.geometry import as_wkb
from app.core.i18n import day_in_words
from app.grid.models import CustomerManager, GridCell, Ownership
from app.grid.queries import active_layer, meets
from app.plans.collisions import collisions
from app.plans.models import Plan, PlanCell
from app.plans.queries import planned_day

SLIVER = 0.01
"""Of the smaller of two cells: less in common is a border drawn anew."""
HALF = 0.5 - 1e-6
"""Of a cell: what was given with as much of it stands for all of it, where it cannot be told apart."""
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
    return [_("%(cell)s: changes hands again on %(day)s", cell=row.key, day=day_in_words(row.day)) for row in rows]


def away(session: Session, plan: Plan, day: date) -> Sequence[str]:
    """The names of those who are to get cells and are away on the day."""
    takers = select(PlanCell.manager_id).where(PlanCell.plan_id == plan.id, is_given())
    statement = select(CustomerManager.name).where(CustomerManager.id.in_(takers), CustomerManager.left_on <= day)
    return session.scalars(statement.order_by(CustomerManager.code)).all()


@dataclass(frozen=True)
class Heir:
    """A cell that has land of one that went, or the cell itself."""

    cell: int
    share: float = 1.0
    """Of its land."""


def heirs(session: Session, cells: Collection[int]) -> dict[int, list[Heir]]:
    """By the ids of cells those of the active cells that have their land now: themselves, or what took their place."""
    former = shapes_that_went(session, cells)
    found = {cell: [Heir(cell)] for cell in cells if cell not in former}
    if former:
        layer = active_layer(session, EVERYWHERE, meets(*(shape.bounds for shape in former.values())))
        ids, shapes = layer["id"].to_numpy(), layer.geometry.to_numpy()
        area, tree = shapely.area(shapes), shapely.STRtree(shapes)
        for cell, shape in former.items():
            near = np.sort(tree.query(shape, predicate="intersects"))
            shared = shapely.area(shapely.intersection(shapes[near], shape))
            real = shared > SLIVER * np.minimum(area[near], shape.area)
            found[cell] = [
                Heir(int(heir), min(float(share), 1.0))
                for heir, share in zip(ids[near[real]], shared[real] / area[near[real]], strict=True)
            ]
    return found


def shapes_that_went(session: Session, cells: Collection[int]) -> dict[int, shapely.Geometry]:
    """By the ids of those cells that are no longer in use their last shape."""
    statement = select(GridCell.id, as_wkb(GridCell.shape).label("shape"))
    statement = statement.where(GridCell.id.in_(cells), GridCell.retired_at.is_not(None))
    return {row.id: shapely.from_wkb(bytes(row.shape)) for row in session.execute(statement)}
