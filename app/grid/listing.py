"""Cells, managers and stations as long lists, a page at a time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, cast, func, select
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.core.access import Scope
from app.core.errors import NotFound
from app.core.geometry import as_wkb
from app.core.loads import OVER, UNDER
from app.core.paging import PAGE_SIZE, Page, page_of, sorted_page
from app.core.row_ids import LARGEST
from app.grid.models import CustomerManager, GridCell, Ownership
from app.grid.queries import at_work, cells_with_owner, managers_with_load, owners_on
from app.grid.scope import cells_seen, managers_seen
from app.organisation.models import Feeder, OrganisationUnit, TransformerArea
from app.organisation.queries import at_or_below
from app.organisation.scope import units_seen

NOBODY = "none"
"""Stands for cells without a manager where a manager's code is asked for."""
AT_A_TIME = 500
LARGEST_ID = 10_000_000


def _by_size(size: Any, row_id: Any) -> ColumnElement[int]:
    """A unique key that puts the largest first."""
    return cast(-(cast(size, BigInteger) * LARGEST_ID + row_id), BigInteger)


def cell_page(session: Session, scope: Scope, wanted: Mapping[str, str], day: date | None = None) -> Page:
    """Cells with station, and manager on a day (today).

    `wanted` may hold station, manager, text, show, over, sort, after, before: `show` is nobody (without a manager) or
    empty (without households), `over` a number of households to exceed.
    """
    manager = wanted.get("manager", "").strip()
    statement = cells_with_owner(scope, wanted.get("station"), manager if manager != NOBODY else None, day=day)
    if manager == NOBODY or wanted.get("show") == "nobody":
        statement = statement.where(CustomerManager.id.is_(None))
    if wanted.get("show") == "empty":
        statement = statement.where(GridCell.households == 0)
    if (over := wanted.get("over", "").strip()).isdecimal() and int(over) <= LARGEST:
        statement = statement.where(GridCell.households > int(over))
    if text := wanted.get("text", "").strip():
        statement = statement.where(GridCell.code.icontains(text, autoescape=True))
    columns = (
        GridCell.code,
        GridCell.name,
        GridCell.households,
        GridCell.boxes,
        OrganisationUnit.code.label("station_code"),
        OrganisationUnit.name.label("station_name"),
        CustomerManager.code.label("manager_code"),
        CustomerManager.name.label("manager_name"),
        managers_seen(scope).label("manager_seen"),
    )
    orders: dict[str, Any] = {
        "code": GridCell.code,
        "station": OrganisationUnit.code,
        "manager": func.coalesce(CustomerManager.code, ""),
        "households": GridCell.households,
        "boxes": GridCell.boxes,
    }
    return sorted_page(session, statement.with_only_columns(*columns), orders, GridCell.id, wanted)


def owned_page(
    session: Session, scope: Scope, wanted: Mapping[str, Any], after: str | None, size: int, shapes: bool = False
) -> Page:
    """Cells with station and manager on a day; `wanted` may hold station, manager, cell and on (the day).

    Columns are code, name, households, boxes, station_code and _name, manager_code, _name and _phone; shape on request.
    """
    return page_of(session, _owned(scope, wanted, shapes), GridCell.code, after, size=size)


def owned_cells(session: Session, scope: Scope, wanted: Mapping[str, Any], after: str | None) -> Iterator[Row]:
    """All of them with their shapes, read a few hundred at a time."""
    statement = _owned(scope, wanted, shapes=True).order_by(GridCell.code)
    if after:
        statement = statement.where(GridCell.code > after)
    yield from session.execute(statement, execution_options={"yield_per": AT_A_TIME})


def _owned(scope: Scope, wanted: Mapping[str, Any], shapes: bool) -> Select:
    columns: list[Any] = [
        GridCell.code,
        GridCell.name,
        GridCell.households,
        GridCell.boxes,
        OrganisationUnit.code.label("station_code"),
        OrganisationUnit.name.label("station_name"),
        CustomerManager.code.label("manager_code"),
        CustomerManager.name.label("manager_name"),
        CustomerManager.work_phone.label("manager_phone"),
    ]
    if shapes:
        columns.append(as_wkb(GridCell.shape).label("shape"))
    chosen = {name: wanted.get(name) for name in ("station", "manager", "cell")}
    return cells_with_owner(scope, **chosen, day=wanted.get("on")).with_only_columns(*columns)


def manager_page(session: Session, scope: Scope, wanted: Mapping[str, str], size: int = PAGE_SIZE) -> Page:
    """Managers with their loads by code; `wanted` may hold station, load (over, under), text, after, before."""
    statement = _managers(scope, wanted)
    return page_of(session, statement, CustomerManager.code, wanted.get("after"), wanted.get("before"), size)


def sorted_managers(session: Session, scope: Scope, wanted: Mapping[str, str]) -> Page:
    """The same in the order of `sort`: code, name, households, load (against the target) or cells."""
    statement = _managers(scope, wanted)
    households, target, cells = (statement.selected_columns[name].element for name in ("households", "target", "cells"))
    load = cast(func.coalesce(households * 1000 // func.nullif(target, 0), 0), BigInteger)
    orders = {
        "code": CustomerManager.code,
        "name": CustomerManager.name,
        "households": cast(households, BigInteger),
        "load": load,
        "cells": cast(cells, BigInteger),
    }
    return sorted_page(session, statement, orders, CustomerManager.id, wanted)


def _managers(scope: Scope, wanted: Mapping[str, str]) -> Select:
    statement = managers_with_load(scope, station=wanted.get("station"))
    households, target = (statement.selected_columns[name].element for name in ("households", "target"))
    if wanted.get("load") in ("over", "under"):
        statement = statement.where(at_work(clock.today()))
    if wanted.get("load") == "over":
        statement = statement.where(households > target * OVER)
    if wanted.get("load") == "under":
        statement = statement.where(households < target * UNDER)
    if text := wanted.get("text", "").strip():
        code, name = CustomerManager.code, CustomerManager.name
        statement = statement.where(code.icontains(text, autoescape=True) | name.contains(text, autoescape=True))
    return statement


def managers_to_choose(session: Session, scope: Scope, limit: int = 2000) -> Sequence[Row[Any]]:
    """Code, name and station of the managers in service, to choose from."""
    columns: tuple[Any, ...] = (CustomerManager.code, CustomerManager.name, OrganisationUnit.name.label("station"))
    statement = select(*columns).join(OrganisationUnit, OrganisationUnit.id == CustomerManager.station_id)
    statement = statement.where(at_work(clock.today()), managers_seen(scope))
    return session.execute(statement.order_by(CustomerManager.code).limit(limit)).all()


def stations_with_figures(scope: Scope) -> Select:
    """Stations with what may be seen of their cells, cells without manager, households, boxes and managers today."""
    owner = owners_on(clock.today())
    cells = (
        select(
            GridCell.station_id,
            func.count().label("cells"),
            func.sum(GridCell.households).label("households"),
            func.sum(GridCell.boxes).label("boxes"),
            func.count().filter(owner.c.manager_id.is_(None)).label("unowned"),
        )
        .outerjoin(owner, owner.c.cell_id == GridCell.id)
        .where(GridCell.retired_at.is_(None), cells_seen(scope))
        .group_by(GridCell.station_id)
        .subquery()
    )
    managers = (
        select(CustomerManager.station_id, func.count().label("managers"))
        .where(at_work(clock.today()), managers_seen(scope))
        .group_by(CustomerManager.station_id)
        .subquery()
    )
    figures = [func.coalesce(cells.c[name], 0).label(name) for name in ("cells", "households", "boxes", "unowned")]
    columns = [OrganisationUnit.id, OrganisationUnit.code, OrganisationUnit.name, OrganisationUnit.supervision_phone]
    return (
        select(*columns, *figures, func.coalesce(managers.c.managers, 0).label("managers"))
        .outerjoin(cells, cells.c.station_id == OrganisationUnit.id)
        .outerjoin(managers, managers.c.station_id == OrganisationUnit.id)
        .where(OrganisationUnit.kind == "station", units_seen(scope))
    )


def station_page(session: Session, scope: Scope, wanted: Mapping[str, str], size: int = PAGE_SIZE) -> Page:
    """Stations with their figures; `wanted` may hold text, after, before."""
    statement = stations_with_figures(scope)
    if text := wanted.get("text", "").strip():
        code, name = OrganisationUnit.code, OrganisationUnit.name
        statement = statement.where(code.icontains(text, autoescape=True) | name.contains(text, autoescape=True))
    return page_of(session, statement, OrganisationUnit.code, wanted.get("after"), wanted.get("before"), size)


def station_figures(session: Session, scope: Scope, station: OrganisationUnit) -> Row:
    """One station's row of the list."""
    row = session.execute(stations_with_figures(scope).where(OrganisationUnit.id == station.id)).first()
    if row is None:
        raise NotFound(station.code)
    return row


def network_figures(session: Session, scope: Scope, station: OrganisationUnit) -> dict[str, int]:
    """How many feeders and transformer areas the unit has; nothing where only some of its cells may be seen."""
    if not scope.has_station(station.id):
        return {}
    units = at_or_below(station.code)
    belongs = {"feeders": Feeder.station_id.in_(units), "areas": TransformerArea.station_id.in_(units)}
    return {name: session.scalar(select(func.count()).where(theirs)) or 0 for name, theirs in belongs.items()}


def changes_of_hands(session: Session, scope: Scope, first: date, last: date, limit: int) -> Sequence[Row]:
    """Cells that pass from one manager to another between two days, the latest first: code, boxes, day, both names."""
    former, giver, taker = aliased(Ownership), aliased(CustomerManager), aliased(CustomerManager)
    before = (
        select(former.manager_id)
        .where(former.cell_id == Ownership.cell_id, former.valid_from < Ownership.valid_from)
        .order_by(former.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(
            GridCell.code, GridCell.boxes, Ownership.valid_from, giver.name.label("giver"), taker.name.label("taker")
        )
        .join(GridCell, GridCell.id == Ownership.cell_id)
        .join(giver, giver.id == before)
        .outerjoin(taker, taker.id == Ownership.manager_id)
        .where(Ownership.valid_from.between(first, last), GridCell.retired_at.is_(None), cells_seen(scope))
        .order_by(Ownership.valid_from.desc(), GridCell.code)
    )
    return session.execute(statement.limit(limit)).all()
