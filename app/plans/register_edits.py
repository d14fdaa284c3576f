"""The splits, merges and reshapings of a plan, done in the register on the day on which it is published.

They change nobody's manager: parts inherit their parent's, and only cells of one manager are merged or drawn anew.
"""

from typing import Any

import shapely
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.assignment import cells
from app.grid.models import GridCell
from app.grid.queries import codes_of
from app.plans.models import Plan, PlanCell, PlanStep
from app.plans.queries import standing_edits


def carry_out(session: Session, plan: Plan, actor: str) -> dict[str, str | None]:
    """Do a plan's edits in their order; returns the codes of the cells that were made by the plan's keys."""
    known = select(PlanCell.key, PlanCell.cell_id).where(PlanCell.plan_id == plan.id, PlanCell.cell_id.is_not(None))
    ids: dict[str, Any] = dict(list(session.execute(known)))
    made: dict[str, int] = {}
    for step in standing_edits(session, plan):
        done = _done(session, plan, step, ids, actor)
        ids |= done
        made |= done
    for key, cell in made.items():
        session.execute(update(PlanCell).where(PlanCell.plan_id == plan.id, PlanCell.key == key).values(cell_id=cell))
    codes = codes_of(session, GridCell, made.values())
    return {key: codes[cell] for key, cell in made.items()}


def _done(session: Session, plan: Plan, step: PlanStep, ids: dict[str, int], actor: str) -> dict[str, int]:
    """One edit; the ids of the cells that it made, by key."""
    asked = step.details
    if step.kind == "merge":
        chosen = [session.get_one(GridCell, ids[key]) for key in asked["cells"]]
        edit, _assigned = cells.merge(session, chosen, actor)
        return {asked["into"]: edit.made[0].id}
    cell = session.get_one(GridCell, ids[asked["cell"]])
    if step.kind == "reshape":
        cells.reshape(session, cell, shapely.geometry.shape(asked["shape"]), actor)
        return {}
    line = shapely.LineString(asked["line"]) if asked["line"] else None
    edit, _assigned = cells.split(session, cell, line, actor)
    return _matched(session, plan, asked["parts"], edit.made)


def _matched(session: Session, plan: Plan, keys: list[str], made: list[GridCell]) -> dict[str, int]:
    """The two new cells by the keys of the plan's parts whose land they have."""
    statement = select(PlanCell).where(PlanCell.plan_id == plan.id, PlanCell.key.in_(keys))
    drawn = {cell.key: cell.shape for cell in session.scalars(statement)}
    kept, turned = (
        sum(shapely.intersection(part.shape, drawn[key]).area for key, part in zip(order, made, strict=True))
        for order in (keys, keys[::-1])
    )
    return {key: part.id for key, part in zip(keys if kept >= turned else keys[::-1], made, strict=True)}
