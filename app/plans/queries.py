"""Reads of plans, of their cells, and of whose those are."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, Select, func, or_, select, true
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from app.core import clock
from app.core.access import Scope
from app.core.errors import Conflict, NotFound
from app.core.geometry import as_wkb
from app.core.paging import PAGE_SIZE, Page, page_of
from app.core.settings import settings
from app.grid.models import CustomerManager, GridCell
from app.grid.queries import at_work, manager_id_on
from app.organisation.models import OrganisationUnit
from app.organisation.queries import unit_ids_under
from app.plans.models import Plan, PlanCell, PlanStep

CELL_EDITS = ("split", "merge", "reshape")
"""Steps that publishing does again in the register."""


def plans_seen(scope: Scope) -> ColumnElement[bool]:
    """Plans for units that may be seen as a whole."""
    return true() if scope.everywhere else Plan.unit_id.in_(sorted(scope.stations))


def plan_by_id(session: Session, scope: Scope, plan_id: int) -> Plan:
    """The plan; or NotFound."""
    statement = select(Plan).where(Plan.id == plan_id, plans_seen(scope)).options(joinedload(Plan.unit))
    plan = session.scalar(statement)
    if plan is None:
        raise NotFound(_("There is no such plan, or it is not yours to see."))
    return plan


def plan_page(session: Session, scope: Scope, wanted: Mapping[str, str], size: int = PAGE_SIZE) -> Page:
    """Plans, the newest first; `wanted` narrows by state and the code of the unit, and holds the page."""
    cells, households = _moved()
    statement: Select[Any] = (
        select(Plan, OrganisationUnit.name.label("unit"), cells, households)
        .join(Plan.unit)
        .where(plans_seen(scope))
        .options(contains_eager(Plan.unit))
    )
    if wanted.get("state"):
        statement = statement.where(Plan.state == wanted["state"])
    if wanted.get("station"):
        statement = statement.where(OrganisationUnit.code == wanted["station"])
    return page_of(session, statement, Plan.id, wanted.get("after"), wanted.get("before"), size, newest_first=True)


def moved_in(session: Session, plan: Plan) -> Row[tuple[int, int]]:
    """How many cells a plan gives to another manager, with how many households: cells, households."""
    return session.execute(select(*_moved()).where(Plan.id == plan.id)).one()


def _moved() -> tuple[Any, Any]:
    """The same of each plan of a statement."""
    moved = (
        select(func.count())
        .where(PlanCell.plan_id == Plan.id, ~PlanCell.gone)
        .where(PlanCell.manager_id.is_distinct_from(PlanCell.base_manager_id))
        .correlate(Plan)
    )
    households = moved.with_only_columns(func.coalesce(func.sum(PlanCell.households), 0))
    return moved.scalar_subquery().label("cells"), households.scalar_subquery().label("households")


def require_free_name(session: Session, unit: OrganisationUnit, name: str) -> None:
    """Refuse a name that another plan of the unit has."""
    if session.scalar(select(Plan.id).where(Plan.unit_id == unit.id, Plan.name == name).limit(1)) is not None:
        raise Conflict(
            _("%(unit)s has a plan called “%(name)s” already. Take another name.", unit=unit.name, name=name)
        )


def cells_of(session: Session, plan: Plan, since: int = -1) -> Sequence[Row]:
    """The plan's cells, or those that changed after a step, in the order of their keys.

    Columns: key, station_id, manager_id, base_manager_id, locked, gone, households, version.
    """
    statement = select(
        PlanCell.key,
        PlanCell.station_id,
        PlanCell.manager_id,
        PlanCell.base_manager_id,
        PlanCell.locked,
        PlanCell.gone,
        PlanCell.households,
        PlanCell.version,
    ).where(PlanCell.plan_id == plan.id)
    statement = statement.where(PlanCell.version > since) if since >= 0 else statement.where(~PlanCell.gone)
    return session.execute(statement.order_by(PlanCell.key)).all()


def shapes_of(session: Session, plan: Plan) -> Sequence[Row]:
    """Key and shape (WKB; as the plan draws it, else as the register does) of every cell of a plan, by key."""
    shape = as_wkb(func.coalesce(PlanCell.shape, GridCell.shape))
    statement = (
        select(PlanCell.key, shape.label("shape"))
        .outerjoin(GridCell, GridCell.id == PlanCell.cell_id)
        .where(PlanCell.plan_id == plan.id, ~PlanCell.gone)
    )
    return session.execute(statement.order_by(PlanCell.key)).all()


def planned_day(plan: Plan) -> date:
    """The day a plan is for: its own, or as long as it has none the first of the month to come."""
    if plan.effective_on:
        return plan.effective_on
    late = max(plan.base_on, clock.today())
    return date(late.year + late.month // 12, late.month % 12 + 1, 1)


def roots_of(session: Session, plan: Plan, keys: Collection[str]) -> dict[str, tuple[str, int]]:
    """Key and id of the register's cell behind each key: of a cell that the plan made, what it was made from."""
    above = {key: [".".join(key.split(".")[:end]) for end in range(key.count(".") + 1, 0, -1)] for key in keys}
    asked = {each for chain in above.values() for each in chain}
    statement = select(PlanCell.key, PlanCell.cell_id).where(
        PlanCell.plan_id == plan.id, PlanCell.key.in_(asked), PlanCell.cell_id.is_not(None)
    )
    known: dict[str, int] = dict(list(session.execute(statement)))
    roots = {key: next(each for each in chain if each in known) for key, chain in above.items()}
    return {key: (root, known[root]) for key, root in roots.items()}


def standing_edits(session: Session, plan: Plan) -> Sequence[PlanStep]:
    """The splits, merges and reshapings of a plan that are not undone, in their order."""
    statement = select(PlanStep).where(PlanStep.plan_id == plan.id, PlanStep.kind.in_(CELL_EDITS), ~PlanStep.undone)
    return session.scalars(statement.order_by(PlanStep.number)).all()


def is_redrawn_since(session: Session, plan: Plan, seen: int) -> bool:
    """Whether a step after that one changed shapes, or let cells come or go."""
    later = select(PlanStep.details).where(PlanStep.plan_id == plan.id, PlanStep.number > seen)
    return any(details.get("shapes") for details in session.scalars(later))


def managers_of(session: Session, plan: Plan) -> Sequence[Row]:
    """Who can be given cells in a plan, and who has any, by code.

    Columns: id, code, name, station_id, work_phone, left_on, target, at_work (on the day that the plan is for).
    """
    cell = aliased(PlanCell)
    has = select(cell.id).where(
        cell.plan_id == plan.id,
        or_(cell.manager_id == CustomerManager.id, cell.base_manager_id == CustomerManager.id),
    )
    units = sorted(unit_ids_under(session, plan.unit))
    statement = select(
        CustomerManager.id,
        CustomerManager.code,
        CustomerManager.name,
        CustomerManager.station_id,
        CustomerManager.work_phone,
        CustomerManager.left_on,
        func.coalesce(CustomerManager.target_households, settings().target_households).label("target"),
        at_work(planned_day(plan)).label("at_work"),
    ).where(or_(CustomerManager.station_id.in_(units), has.exists()))
    return session.execute(statement.order_by(CustomerManager.code)).all()


def steps_of(session: Session, plan: Plan, after: str | None = None, before: str | None = None) -> Page:
    """What was done to a plan, the latest first."""
    statement = select(PlanStep).where(PlanStep.plan_id == plan.id)
    return page_of(session, statement, PlanStep.number, after, before, newest_first=True)


def names_of_managers(session: Session, codes: Collection[str]) -> dict[str, str]:
    """The names of managers by their codes."""
    statement = select(CustomerManager.code, CustomerManager.name).where(CustomerManager.code.in_(codes))
    return dict(list(session.execute(statement)))


def owners_of(session: Session, plan: Plan) -> Sequence[Row]:
    """Every cell that is there, by key: key, station_id, households, locked, manager (code), name, before (code)."""
    return session.execute(_owners(plan).order_by(PlanCell.key)).all()


def owner_page(session: Session, plan: Plan, show: str | None, after: str | None, size: int) -> Page:
    """The same, some at a time; `show` narrows to what another manager gets (moved), or to what is locked."""
    statement = _owners(plan)
    if show == "moved":
        statement = statement.where(PlanCell.manager_id.is_distinct_from(PlanCell.base_manager_id))
    if show == "locked":
        statement = statement.where(PlanCell.locked)
    return page_of(session, statement, PlanCell.key, after, size=size)


def _owners(plan: Plan) -> Any:
    former = aliased(CustomerManager)
    return (
        select(
            PlanCell.key,
            PlanCell.station_id,
            PlanCell.households,
            PlanCell.locked,
            CustomerManager.code.label("manager"),
            CustomerManager.name,
            former.code.label("before"),
        )
        .outerjoin(CustomerManager, CustomerManager.id == PlanCell.manager_id)
        .outerjoin(former, former.id == PlanCell.base_manager_id)
        .where(PlanCell.plan_id == plan.id, ~PlanCell.gone)
    )


def stations_of_managers(session: Session, codes: Collection[str]) -> dict[str, int]:
    """The ids of the managers' stations by the managers' codes."""
    statement = select(CustomerManager.code, CustomerManager.station_id).where(CustomerManager.code.in_(codes))
    return dict(list(session.execute(statement)))


def plan_side(session: Session, plan: Plan) -> Sequence[Row]:
    """Every cell that is there, by key: key, households, manager (code), name, target, shape (WKB)."""
    shape = as_wkb(func.coalesce(PlanCell.shape, GridCell.shape)).label("shape")
    statement = (
        select(PlanCell.key, PlanCell.households, *_person(), shape)
        .outerjoin(GridCell, GridCell.id == PlanCell.cell_id)
        .outerjoin(CustomerManager, CustomerManager.id == PlanCell.manager_id)
        .where(PlanCell.plan_id == plan.id, ~PlanCell.gone)
    )
    return session.execute(statement.order_by(PlanCell.key)).all()


def register_side(session: Session, unit: OrganisationUnit, day: date) -> Sequence[Row]:
    """The same of the cells that a unit has in the register, with who answers for them on a day."""
    owner = (CustomerManager.id == manager_id_on(GridCell.id, day)) & at_work(day)
    statement = (
        select(GridCell.code.label("key"), GridCell.households, *_person(), as_wkb(GridCell.shape).label("shape"))
        .outerjoin(CustomerManager, owner)
        .where(GridCell.retired_at.is_(None), GridCell.station_id.in_(unit_ids_under(session, unit)))
    )
    return session.execute(statement.order_by(GridCell.code)).all()


def _person() -> tuple[Any, ...]:
    target = func.coalesce(CustomerManager.target_households, settings().target_households)
    return CustomerManager.code.label("manager"), CustomerManager.name, target.label("target")


def others_of_unit(session: Session, scope: Scope, plan: Plan) -> Sequence[Row]:
    """The other plans for a plan's unit, the newest first: id, name."""
    statement = select(Plan.id, Plan.name).where(Plan.unit_id == plan.unit_id, Plan.id != plan.id, plans_seen(scope))
    return session.execute(statement.order_by(Plan.id.desc()).limit(100)).all()
