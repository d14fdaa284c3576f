"""What changed in the register since a plan began, and carrying the plan over to it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from flask_babel import gettext as _
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core.errors import Conflict
from app.core.geometry import as_wkb
from app.grid.models import CustomerManager, GridCell
from app.grid.queries import at_work, codes_of, manager_id_on
from app.organisation.queries import unit_ids_under
from app.plans import steps
from app.plans.models import Plan, PlanCell, PlanStep
from app.plans.queries import planned_day, roots_of, standing_edits
from app.plans.service import mark_of, plan_subject

BEFORE_ITS_DAY = ("draft", "submitted", "approved")
"""States in which a plan still has to become what holds."""


@dataclass(frozen=True)
class Collision:
    """A cell of the register that is no more as the plan found it: `owner`, `retired`, `redrawn` or `new`.

    For an owner, `was` and `now` are codes of managers, None for nobody.
    """

    kind: str
    key: str
    was: str | None = None
    now: str | None = None


def collisions(session: Session, plan: Plan) -> list[Collision]:
    """What changed in the register since the plan began, by the codes of the cells; nothing for a plan that is over."""
    if plan.state not in BEFORE_ITS_DAY:
        return []
    edited = {key for step in standing_edits(session, plan) for key in step.after}
    rows, new = _present(session, plan), _new_cells(session, plan)
    ids = {each for row in rows for each in (row.base_manager_id, row.owner_id)} - {None}
    codes = codes_of(session, CustomerManager, ids)
    found = [Collision("new", row.code) for row in new]
    for row in rows:
        if row.retired_at is not None:
            if not row.gone or row.key in edited:
                found.append(Collision("retired", row.key))
            continue
        if _is_redrawn(row):
            found.append(Collision("redrawn", row.key))
        if row.owner_id != row.base_manager_id:
            found.append(Collision("owner", row.key, codes.get(row.base_manager_id), codes.get(row.owner_id)))
    return sorted(found, key=lambda each: (each.key, each.kind))


def counted(found: Sequence[Collision]) -> dict[str, int]:
    """How many collisions of each kind there are."""
    return dict(Counter(each.kind for each in found))


def carry_over(session: Session, plan: Plan, actor: str) -> PlanStep:
    """Bring a draft up to the register as it is, in one step that can be undone.

    What the plan moved stays moved; what it did not move follows the register. Edits of cells that the register has
    drawn anew, retired or given to several managers are given up; a new cell goes where the plan put the one before it.
    """
    steps.editable(session, plan)
    if not collisions(session, plan):
        raise Conflict(_("Nothing has changed in the register since this plan began."))
    rows, new = {row.key: row for row in _present(session, plan)}, _new_cells(session, plan)
    ids = {each for row in rows.values() for each in (row.base_manager_id, row.manager_id, row.owner_id)} | {
        row.owner_id for row in new
    }
    codes = codes_of(session, CustomerManager, ids - {None}) | {None: None}
    given_up, reset = _given_up(session, plan, rows)
    wanted = {key: _carried(row, codes, reset) for key, row in rows.items()}
    wanted |= _carried_parts(session, plan, rows, reset, codes)
    made = [_new(plan, row) for row in new]
    wanted |= _taken_in(new, list(rows.values()), codes)
    wanted = {key: fields for key, fields in wanted.items() if fields}
    details: dict[str, Any] = {"given_up": given_up} if given_up else {}
    for step in session.scalars(select(PlanStep).where(PlanStep.plan_id == plan.id, PlanStep.number.in_(given_up))):
        step.undone = step.dropped = True
    step = steps.take(session, plan, "carry", wanted, actor, plan.version, details, made, coming=wanted)
    record(session, actor, "plan.carry", plan_subject(plan), cells=len(wanted), step=step.number)
    return step


def _present(session: Session, plan: Plan) -> Sequence[Row]:
    """The plan's cells that come from the register, beside what is there now."""
    statement = (
        select(
            PlanCell.key,
            PlanCell.gone,
            PlanCell.households,
            PlanCell.base_mark,
            PlanCell.base_manager_id,
            PlanCell.manager_id,
            PlanCell.shape.is_not(None).label("drawn"),
            GridCell.retired_at,
            GridCell.households.label("counted"),
            as_wkb(GridCell.shape).label("shape"),
            CustomerManager.id.label("owner_id"),
        )
        .join(GridCell, GridCell.id == PlanCell.cell_id)
        .outerjoin(CustomerManager, _owner(plan))
        .where(PlanCell.plan_id == plan.id)
    )
    return session.execute(statement.order_by(PlanCell.key)).all()


def _new_cells(session: Session, plan: Plan) -> Sequence[Row]:
    """Cells of the plan's unit that it does not know."""
    known = select(PlanCell.cell_id).where(PlanCell.plan_id == plan.id, PlanCell.cell_id.is_not(None))
    statement = (
        select(
            GridCell.id,
            GridCell.code,
            GridCell.station_id,
            GridCell.households,
            as_wkb(GridCell.shape).label("shape"),
            CustomerManager.id.label("owner_id"),
        )
        .outerjoin(CustomerManager, _owner(plan))
        .where(GridCell.retired_at.is_(None), GridCell.station_id.in_(unit_ids_under(session, plan.unit)))
        .where(GridCell.id.not_in(known))
    )
    return session.execute(statement.order_by(GridCell.code)).all()


def _owner(plan: Plan) -> Any:
    """Whose a cell is on the plan's day; of somebody who was away already when the plan began, nobody's."""
    return (CustomerManager.id == manager_id_on(GridCell.id, planned_day(plan))) & at_work(plan.base_on)


def _is_redrawn(row: Row) -> bool:
    return row.retired_at is None and mark_of(bytes(row.shape)) != row.base_mark


def _given_up(session: Session, plan: Plan, rows: Mapping[str, Row]) -> tuple[list[int], set[str]]:
    """Numbers of the edits that the register has overtaken, with those that hang on them; the cells that they drew."""
    edits = list(standing_edits(session, plan))
    roots = roots_of(session, plan, {key for step in edits for key in step.after})
    touched = {step.number: {roots[key][0] for key in step.after} for step in edits}
    overtaken = {key for key, row in rows.items() if row.retired_at is not None or _is_redrawn(row)}
    for step in edits:
        held = {roots[key][0] for key, fields in step.after.items() if fields.keys() & {"gone", "households"}}
        if step.kind != "split" and len({rows[key].owner_id for key in held}) > 1:
            overtaken |= held
    given_up: set[int] = set()
    reset: set[str] = set()
    while more := [number for number, keys in touched.items() if number not in given_up and keys & (overtaken | reset)]:
        given_up |= set(more)
        reset |= {key for number in more for key in touched[number]}
    return sorted(given_up), reset


def _carried(row: Row, codes: Mapping[int | None, str | None], reset: set[str]) -> dict[str, Any]:
    """What changes of a cell that comes from the register."""
    if row.retired_at is not None:
        return {"gone": True} if not row.gone else {}
    fields: dict[str, Any] = {}
    if row.owner_id != row.base_manager_id:
        fields["base"] = codes[row.owner_id]
        if row.manager_id == row.base_manager_id:
            fields["manager"] = codes[row.owner_id]
    if _is_redrawn(row):
        fields["base_mark"] = mark_of(bytes(row.shape))
    if row.key in reset:
        fields |= {"gone": False, "shape": None}
    if (row.key in reset or not (row.gone or row.drawn)) and row.households != row.counted:
        fields["households"] = row.counted
    return fields


def _carried_parts(
    session: Session, plan: Plan, rows: Mapping[str, Row], reset: set[str], codes: Mapping[int | None, str | None]
) -> dict[str, dict[str, Any]]:
    """What changes of the cells that the plan made: gone with their edit, or following the owner of their parent."""
    made = select(PlanCell).where(PlanCell.plan_id == plan.id, PlanCell.cell_id.is_(None), ~PlanCell.gone)
    parts = {cell.key: cell for cell in session.scalars(made)}
    wanted: dict[str, dict[str, Any]] = {}
    for key, (root, _cell) in roots_of(session, plan, parts).items():
        part, owner = parts[key], rows[root].owner_id
        if root in reset:
            wanted[key] = {"gone": True}
        elif owner != part.base_manager_id:
            wanted[key] = {"base": codes[owner]}
            if part.manager_id == part.base_manager_id:
                wanted[key]["manager"] = codes[owner]
    return wanted


def _new(plan: Plan, row: Row) -> PlanCell:
    """A cell of the register that the plan did not know, still gone."""
    return PlanCell(
        plan_id=plan.id,
        key=row.code,
        cell_id=row.id,
        station_id=row.station_id,
        base_manager_id=row.owner_id,
        manager_id=row.owner_id,
        households=row.households,
        base_mark=mark_of(bytes(row.shape)),
        gone=True,
    )


def _taken_in(
    new: Sequence[Row], rows: Sequence[Row], codes: Mapping[int | None, str | None]
) -> dict[str, dict[str, Any]]:
    """New cells come; one that lies in a cell that went goes to whom the plan gave that one."""
    former = [row for row in rows if row.retired_at is not None]
    places = shapely.point_on_surface(shapely.from_wkb([bytes(row.shape) for row in new]))
    tree = shapely.STRtree(shapely.from_wkb([bytes(row.shape) for row in former]))
    wanted: dict[str, dict[str, Any]] = {row.code: {"gone": False} for row in new}
    for at, within in tree.query(places, predicate="intersects").T:
        row, before = new[at], former[within]
        if before.manager_id != before.base_manager_id == row.owner_id:
            wanted[row.code]["manager"] = codes[before.manager_id]
    return wanted
