"""Change a plan step by step; every step can be undone and redone, and nobody overwrites what they have not seen."""

from collections.abc import Collection, Mapping
from typing import Any

import shapely
from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.errors import Conflict, DomainError, NotFound
from app.grid.models import CustomerManager
from app.organisation.queries import in_one_line, parents
from app.plans.models import Plan, PlanCell, PlanStep

EDITS = ("move", "lock", "unlock", "split", "merge", "reshape", "accept", "carry", "import")
"""Steps that can be undone."""

Fields = Mapping[str, Any]
"""Of a cell in a plan: `manager` and `base` (codes, None), `locked`, `gone`, `households`, `base_mark`, `shape` (WKB in
hexadecimals, None)."""
MANAGERS = {"manager": "manager_id", "base": "base_manager_id"}


class Overtaken(Conflict):
    """Somebody else changed the same cells meanwhile."""

    def __init__(self, keys: Collection[str], version: int) -> None:
        self.keys, self.version = sorted(keys), version
        text = _(
            "Somebody else has changed %(cells)s meanwhile. See the plan as it is now, and do it again if you want.",
            cells=", ".join(self.keys[:5]),
        )
        super().__init__(text)


def held(session: Session, plan: Plan) -> Plan:
    """The plan as it is now, locked until the transaction ends: its steps come one after the other."""
    session.execute(select(Plan.id).where(Plan.id == plan.id).with_for_update())
    session.refresh(plan)
    return plan


def editable(session: Session, plan: Plan) -> Plan:
    """The plan, held, if it is still a draft."""
    return _draft(held(session, plan))


def take(
    session: Session,
    plan: Plan,
    kind: str,
    wanted: Mapping[str, Fields],
    actor: str,
    seen: int,
    details: Mapping[str, Any] | None = None,
    made: Collection[PlanCell] = (),
    chosen: Collection[str] | None = None,
    coming: Collection[str] = (),
) -> PlanStep:
    """Change cells of a draft and put the step on its list; `seen` is the number of the last step that the actor saw.

    Cells that the step makes are `made` gone, and `wanted` lets them come: so undoing lets them go again. Others that
    are gone are changed only where they are `coming`.
    Raises Overtaken, and changes nothing, where one of the cells (or of those `chosen`) was changed after that.
    """
    editable(session, plan)
    session.add_all(made)
    session.flush()
    cells = _cells(session, plan, wanted, coming={*coming, *(cell.key for cell in made)})
    asked = set(wanted if chosen is None else chosen) - {cell.key for cell in made}
    overtaken = [key for key, cell in cells.items() if key in asked and cell.version > seen]
    if overtaken:
        raise Overtaken(overtaken, plan.version)
    before = _present(session, cells, wanted)
    changed = {key: fields for key, fields in wanted.items() if before[key] != dict(fields)}
    dropped = update(PlanStep).where(PlanStep.plan_id == plan.id, PlanStep.undone, ~PlanStep.dropped)
    session.execute(dropped.values(dropped=True))
    step = note(session, plan, actor, kind, {key: before[key] for key in changed}, changed, details)
    _write(session, cells, changed, plan.version)
    return step


def move(session: Session, plan: Plan, keys: Collection[str], manager: str | None, actor: str, seen: int) -> PlanStep:
    """Give cells to a manager of their station (or one above it), or to nobody."""
    return give(session, plan, dict.fromkeys(keys, manager), actor, seen)


def give(session: Session, plan: Plan, to: Mapping[str, str | None], actor: str, seen: int) -> PlanStep:
    """The same for several managers at once: codes by keys of cells."""
    cells = _cells(session, plan, to)
    locked = sorted(key for key, cell in cells.items() if cell.locked)
    if locked:
        raise Conflict(_("%(cells)s: locked. Unlock first what is to move.", cells=", ".join(locked[:5])))
    takers, units = _managers(session, to.values()), parents(session)
    for code, taker in takers.items():
        foreign = sorted(
            key
            for key, cell in cells.items()
            if to[key] == code and not in_one_line(units, taker.station_id, cell.station_id)
        )
        if foreign:
            text = _("%(cells)s: of another station than %(name)s. A cell never leaves its station.")
            raise Conflict(text, cells=", ".join(foreign[:5]), name=taker.name)
    return take(session, plan, "move", {key: {"manager": code} for key, code in to.items()}, actor, seen)


def lock(session: Session, plan: Plan, keys: Collection[str], locked: bool, actor: str, seen: int) -> PlanStep:
    """Lock cells, so that no move takes them, or unlock them."""
    return take(session, plan, "lock" if locked else "unlock", {key: {"locked": locked} for key in keys}, actor, seen)


def was_taken(session: Session, plan: Plan, sent_as: str, seen: int) -> bool:
    """Whether a step that was sent under this name has been taken after the last step that its sender saw."""
    later = select(PlanStep.details).where(PlanStep.plan_id == held(session, plan).id, PlanStep.number > seen)
    return any(details.get("sent_as") == sent_as for details in session.scalars(later))


def undo(session: Session, plan: Plan, actor: str, seen: int | None = None) -> PlanStep:
    """Take the last step back that still stands; with `seen`, only where no step came after that one."""
    newest = _undoable(_draft(_unchanged(session, plan, seen))).order_by(PlanStep.number.desc())
    step = session.scalars(newest.limit(1)).first()
    if step is None:
        raise Conflict(_("There is nothing to undo."))
    return _turn(session, plan, step, actor, "undo")


def redo(session: Session, plan: Plan, actor: str, seen: int | None = None) -> PlanStep:
    """Do the step again that was undone last; with `seen`, only where no step came after that one."""
    oldest = _redoable(_draft(_unchanged(session, plan, seen))).order_by(PlanStep.number)
    step = session.scalars(oldest.limit(1)).first()
    if step is None:
        raise Conflict(_("There is nothing to redo."))
    return _turn(session, plan, step, actor, "redo")


def can_turn(session: Session, plan: Plan) -> dict[str, bool]:
    """Whether there is something to undo, and something to redo."""
    return {
        "undo": session.scalar(_undoable(plan).limit(1)) is not None,
        "redo": session.scalar(_redoable(plan).limit(1)) is not None,
    }


def _unchanged(session: Session, plan: Plan, seen: int | None) -> Plan:
    if seen is not None and held(session, plan).version > seen:
        later = select(PlanStep.after).where(PlanStep.plan_id == plan.id, PlanStep.number > seen)
        raise Overtaken({key for after in session.scalars(later) for key in after}, plan.version)
    return held(session, plan)


def _undoable(plan: Plan) -> Any:
    return select(PlanStep).where(PlanStep.plan_id == plan.id, PlanStep.kind.in_(EDITS), ~PlanStep.undone)


def _redoable(plan: Plan) -> Any:
    return select(PlanStep).where(PlanStep.plan_id == plan.id, PlanStep.undone, ~PlanStep.dropped)


def _turn(session: Session, plan: Plan, step: PlanStep, actor: str, kind: str) -> PlanStep:
    step.undone = kind == "undo"
    wanted = step.before if step.undone else step.after
    cells = _cells(session, plan, wanted, coming=wanted) if wanted else {}
    before = _present(session, cells, wanted)
    if step.details.get("given_up"):
        given_up = update(PlanStep).where(PlanStep.plan_id == plan.id, PlanStep.number.in_(step.details["given_up"]))
        session.execute(given_up.values(undone=not step.undone, dropped=not step.undone))
    turned = note(session, plan, actor, kind, before, wanted, {"step": step.number})
    _write(session, cells, wanted, plan.version)
    return turned


def _draft(plan: Plan) -> Plan:
    if plan.state != "draft":
        raise Conflict(_("Plan “%(name)s” is no draft any more. Copy it, and change the copy.", name=plan.name))
    return plan


def _cells(session: Session, plan: Plan, keys: Collection[str], coming: Collection[str] = ()) -> dict[str, PlanCell]:
    """The cells with these keys; only those that are `coming` may be gone."""
    if not keys:
        raise DomainError(_("Choose at least one cell."))
    statement = select(PlanCell).where(PlanCell.plan_id == plan.id, PlanCell.key.in_(list(keys)))
    statement = statement.execution_options(populate_existing=True)  # what was read before the plan was held may be old
    found = {cell.key: cell for cell in session.scalars(statement) if not cell.gone or cell.key in coming}
    missing = sorted(set(keys) - set(found))
    if missing:
        raise NotFound(_("Plan “%(name)s” has no cell %(key)s.", name=plan.name, key=missing[0]))
    return found


def _managers(session: Session, codes: Collection[str | None]) -> dict[str | None, CustomerManager]:
    wanted = {code for code in codes if code}
    statement = select(CustomerManager).where(CustomerManager.code.in_(wanted))
    found: dict[str | None, CustomerManager] = {manager.code: manager for manager in session.scalars(statement)}
    missing = sorted(wanted - set(found))
    if missing:
        raise NotFound(_("There is no customer manager %(code)s.", code=missing[0]))
    return found


def _present(session: Session, cells: Mapping[str, PlanCell], wanted: Mapping[str, Fields]) -> dict[str, Fields]:
    """Those fields of the cells that are to change, as they are."""
    ids = {getattr(cell, column) for cell in cells.values() for column in MANAGERS.values()} - {None}
    codes: dict[int | None, str] = dict(
        list(session.execute(select(CustomerManager.id, CustomerManager.code).where(CustomerManager.id.in_(ids))))
    )

    def value(cell: PlanCell, field: str) -> Any:
        if field in MANAGERS:
            return codes.get(getattr(cell, MANAGERS[field]))
        if field == "shape":
            return None if cell.shape is None else shapely.to_wkb(cell.shape, hex=True)
        return getattr(cell, field)

    return {key: {field: value(cells[key], field) for field in fields} for key, fields in wanted.items()}


def _write(session: Session, cells: Mapping[str, PlanCell], wanted: Mapping[str, Fields], version: int) -> None:
    managers = _managers(session, {fields.get(field) for fields in wanted.values() for field in MANAGERS})
    for key, fields in wanted.items():
        cell = cells[key]
        for field, value in fields.items():
            if field in MANAGERS:
                setattr(cell, MANAGERS[field], managers[value].id if value else None)
            elif field == "shape":
                cell.shape = None if value is None else shapely.from_wkb(value)
            else:
                setattr(cell, field, value)
        cell.version = version
    session.flush()


def note(
    session: Session,
    plan: Plan,
    actor: str,
    kind: str,
    before: Mapping[str, Fields],
    after: Mapping[str, Fields],
    details: Mapping[str, Any] | None = None,
) -> PlanStep:
    """Put a step on the list of a plan that is held."""
    plan.version += 1
    redrawn = any(fields.keys() & {"gone", "shape"} for fields in after.values())
    step = PlanStep(
        plan_id=plan.id,
        number=plan.version,
        actor=actor,
        kind=kind,
        before={key: dict(fields) for key, fields in before.items()},
        after={key: dict(fields) for key, fields in after.items()},
        details={**(details or {}), **({"shapes": True} if redrawn else {})},
    )
    session.add(step)
    session.flush()
    return step
