"""Begin, copy and name plans."""

import hashlib
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core.errors import DomainError
from app.core.geometry import as_wkb
from app.grid.models import GridCell
from app.grid.queries import owners_on
from app.organisation.models import OrganisationUnit
from app.organisation.queries import unit_ids_under
from app.plans.models import Plan, PlanCell, PlanStep
from app.plans.queries import require_free_name, standing_edits

EDITS_DONE = ("published", "withdrawn")
"""States of plans whose edits of cells have been done in the register."""


def begin(session: Session, unit: OrganisationUnit, name: str, base_on: date, actor: str) -> Plan:
    """A new draft for the cells of a unit and the units below it, from who answers for them on a day."""
    name = name.strip()
    if not name:
        raise DomainError(_("Give the plan a name, so that others know what it is for."))
    require_free_name(session, unit, name)
    plan = Plan(name=name, unit_id=unit.id, base_on=base_on, made_by=actor)
    session.add(plan)
    session.flush()
    owner = owners_on(base_on)
    statement = (
        select(GridCell.id, GridCell.code, GridCell.station_id, GridCell.households, owner.c.manager_id)
        .add_columns(as_wkb(GridCell.shape).label("shape"))
        .outerjoin(owner, owner.c.cell_id == GridCell.id)
        .where(GridCell.retired_at.is_(None), GridCell.station_id.in_(unit_ids_under(session, unit)))
    )
    rows = [
        {
            "plan_id": plan.id,
            "key": row.code,
            "cell_id": row.id,
            "station_id": row.station_id,
            "base_manager_id": row.manager_id,
            "manager_id": row.manager_id,
            "households": row.households,
            "base_mark": mark_of(bytes(row.shape)),
        }
        for row in session.execute(statement)
    ]
    if not rows:
        raise DomainError(_("%(name)s has no cells. Make or import them first.", name=unit.name))
    session.execute(insert(PlanCell), rows)
    record(session, actor, "plan.begin", plan_subject(plan), name=name, unit=unit.code, day=base_on.isoformat())
    return plan


def copy(session: Session, plan: Plan, name: str, actor: str) -> Plan:
    """A draft of its own that begins as the plan stands; its list of steps begins anew.

    What a published plan has split, merged or drawn anew is so in the register, and not done again.
    """
    name = name.strip()
    if not name:
        raise DomainError(_("Give the plan a name, so that others know what it is for."))
    require_free_name(session, plan.unit, name)
    made = Plan(name=name, unit_id=plan.unit_id, base_on=plan.base_on, made_by=actor, copied_from_id=plan.id)
    session.add(made)
    session.flush()
    if plan.state in EDITS_DONE:
        session.execute(insert(PlanCell), _as_registered(session, plan, made))
    else:
        cells = select(*_kept()).where(PlanCell.plan_id == plan.id)
        rows = [{**row._mapping, "plan_id": made.id, "version": 0} for row in session.execute(cells)]
        session.execute(insert(PlanCell), rows)
        _copy_edits(session, plan, made)
    session.flush()
    record(session, actor, "plan.copy", plan_subject(made), name=name, plan=plan_subject(plan))
    return made


def _kept() -> list[Any]:
    """The columns of a cell that its copy has, too."""
    return [column for column in PlanCell.__table__.c if column.name not in ("id", "plan_id", "version")]


def _copy_edits(session: Session, plan: Plan, made: Plan) -> None:
    """Put what publishing does again in the register on the copy's list of steps."""
    for step in standing_edits(session, plan):
        made.version += 1
        own = {name: getattr(step, name) for name in ("actor", "kind", "before", "after", "details")}
        session.add(PlanStep(plan_id=made.id, number=made.version, **own))


def _as_registered(session: Session, plan: Plan, made: Plan) -> list[dict[str, Any]]:
    """The cells of a copy of what was published: what the plan drew is as the register has it by now."""
    cells = (
        select(*_kept(), GridCell.households.label("counted"), as_wkb(GridCell.shape).label("registered"))
        .join(GridCell, GridCell.id == PlanCell.cell_id)
        .where(PlanCell.plan_id == plan.id, ~PlanCell.gone)
    )
    rows = []
    for row in session.execute(cells):
        cell = {**row._mapping, "plan_id": made.id, "version": 0}
        counted, registered = cell.pop("counted"), cell.pop("registered")
        if cell["shape"] is not None:
            cell |= {"shape": None, "households": counted, "base_mark": mark_of(bytes(registered))}
        rows.append(cell)
    return rows


def rename(session: Session, plan: Plan, name: str, note: str, actor: str) -> None:
    """Give a plan another name or note."""
    name = name.strip()
    if not name:
        raise DomainError(_("Give the plan a name, so that others know what it is for."))
    if name != plan.name:
        require_free_name(session, plan.unit, name)
    before = {"name": plan.name, "note": plan.note}
    plan.name, plan.note = name, note.strip()
    session.flush()
    record(session, actor, "plan.rename", plan_subject(plan), before=before, after={"name": name, "note": plan.note})


def plan_subject(plan: Plan) -> str:
    """How the trail calls a plan."""
    return f"plan {plan.id}"


def mark_of(shape: bytes) -> str:
    """A mark that differs where shapes (WKB) do."""
    return hashlib.blake2b(shape, digest_size=8).hexdigest()
