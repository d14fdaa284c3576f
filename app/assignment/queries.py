"""Reads for the work list: what is in no cell, and what lies apart from its transformer area."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.assignment.models import AreaCell
from app.core.access import Scope
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.customers.models import CAUSES, Account, Customer, MeterBox, MeterPoint, is_exceptional
from app.customers.scope import within
from app.grid.models import GridCell
from app.grid.queries import cell_by_code
from app.grid.scope import cells_seen
from app.organisation.models import OrganisationUnit, TransformerArea

CONFLICT = "conflict"
OVERRIDE = "override"
UNASSIGNED = "unassigned"
TABS = (*CAUSES, CONFLICT, OVERRIDE)
MANY = 1_000
"""Of the points apart from their area no more are counted."""


def _conflicting(statement: Select) -> Select:
    """Points that nobody put by hand, of boxes in another cell than most of their area's boxes lie in.

    They are found before anything is put in order: a walk through all points would meet one of them now and then.
    """
    box, point = aliased(MeterBox), aliased(MeterPoint)
    of_apart = select(point.id).join(box, box.id == point.box_id).where(box.apart, point.reason != OVERRIDE)
    found = of_apart.cte("point_apart").prefix_with("materialized")
    return statement.join(found, found.c.id == MeterPoint.id)


def unassigned_by_cause(session: Session, scope: Scope) -> dict[str, int]:
    """How many metering points lie in no cell, by cause; they are few, and found by an index."""
    statement = select(MeterPoint.cause, func.count()).where(is_exceptional(), MeterPoint.reason == UNASSIGNED)
    statement = within(statement, scope, MeterPoint).group_by(MeterPoint.cause)
    return dict.fromkeys(CAUSES, 0) | dict(list(session.execute(statement)))


def work_counts(session: Session, scope: Scope) -> dict[str, int]:
    """How many metering points each tab of the work list holds; MANY + 1 stands for more than MANY."""
    counts = dict.fromkeys(TABS, 0) | unassigned_by_cause(session, scope)
    by_hand = select(func.count()).select_from(MeterPoint).where(is_exceptional(), MeterPoint.reason == OVERRIDE)
    counts[OVERRIDE] = session.scalar(within(by_hand, scope, MeterPoint)) or 0
    conflicts = within(_conflicting(select(MeterPoint.id)), scope, MeterPoint).limit(MANY + 1).subquery()
    counts[CONFLICT] = session.scalar(select(func.count()).select_from(conflicts)) or 0
    return counts


def work_page(session: Session, scope: Scope, tab: str, wanted: Mapping[str, str]) -> Page:
    """One tab of the work list; `wanted` may hold station, after, before."""
    main, own = aliased(GridCell), aliased(GridCell)
    columns: tuple[Any, ...] = (
        MeterPoint.number,
        MeterPoint.reason,
        MeterBox.number.label("box"),
        Account.address,
        Customer.name,
        OrganisationUnit.name.label("station"),
        TransformerArea.name.label("area"),
        own.code.label("cell"),
        cells_seen(scope, own).label("cell_seen"),
        main.code.label("main_cell"),
        cells_seen(scope, main).label("main_seen"),
        AreaCell.share.label("main_share"),
    )
    statement = (
        _listed(tab, wanted)
        .join(Account, Account.id == MeterPoint.account_id)
        .join(Customer, Customer.id == Account.customer_id)
        .outerjoin(TransformerArea, TransformerArea.id == MeterBox.transformer_area_id)
        .outerjoin(own, own.id == MeterPoint.cell_id)
        .outerjoin(main, main.id == AreaCell.cell_id)
        .with_only_columns(*columns, maintain_column_froms=True)
    )
    return page_of(
        session, within(statement, scope, MeterPoint), MeterPoint.id, wanted.get("after"), wanted.get("before")
    )


def _listed(tab: str, wanted: Mapping[str, str]) -> Select[Any]:
    """The metering points of a tab with box, station and, where it has one, their area's main cell."""
    statement: Select[Any] = (
        select(MeterPoint.number)
        .join(MeterBox, MeterBox.id == MeterPoint.box_id)
        .join(OrganisationUnit, OrganisationUnit.id == MeterBox.station_id)
    )
    statement = statement.outerjoin(AreaCell, AreaCell.transformer_area_id == MeterBox.transformer_area_id)
    if tab == CONFLICT:
        statement = _conflicting(statement)
    elif tab == OVERRIDE:
        statement = statement.where(is_exceptional(), MeterPoint.reason == OVERRIDE)
    else:
        statement = statement.where(is_exceptional(), MeterPoint.reason == UNASSIGNED, MeterPoint.cause == tab)
    if station := wanted.get("station"):
        statement = statement.where(OrganisationUnit.code == station)
    return statement


@dataclass(frozen=True)
class Around:
    """The numbers of the metering points before and after one in a tab of the work list."""

    previous: str | None
    next: str | None


def around(session: Session, scope: Scope, tab: str, wanted: Mapping[str, str], point: MeterPoint) -> Around:
    """What stands before and after a metering point in a tab, or would, where it has left it."""
    listed = within(_listed(tab, wanted), scope, MeterPoint).limit(1)
    return Around(
        session.scalar(listed.where(MeterPoint.id < point.id).order_by(MeterPoint.id.desc())),
        session.scalar(listed.where(MeterPoint.id > point.id).order_by(MeterPoint.id)),
    )


def point_by_number(session: Session, scope: Scope, number: str) -> MeterPoint:
    """The metering point with box, account and cell; or NotFound."""
    statement = within(select(MeterPoint).where(MeterPoint.number == number), scope, MeterPoint)
    point = session.scalar(
        statement.options(
            joinedload(MeterPoint.box).joinedload(MeterBox.station),
            joinedload(MeterPoint.box).joinedload(MeterBox.transformer_area),
            joinedload(MeterPoint.account).joinedload(Account.customer),
            joinedload(MeterPoint.cell),
        )
    )
    if point is None:
        raise NotFound(_("There is no metering point with the number %(number)s.", number=number))
    return point


def points_of_cell(session: Session, scope: Scope, code: str, after: str | None, size: int) -> Page:
    """One page of the metering points of a cell; NotFound where the cell may not be seen."""
    return _points_page(session, scope, MeterPoint.cell_id == cell_by_code(session, scope, code).id, after, size)


def points_of_box(session: Session, scope: Scope, number: str, after: str | None, size: int) -> Page:
    """One page of the metering points in a box; NotFound where the box may not be seen."""
    box_id = session.scalar(within(select(MeterBox.id).where(MeterBox.number == number), scope, MeterBox))
    if box_id is None:
        raise NotFound(_("There is no meter box %(number)s.", number=number))
    return _points_page(session, scope, MeterPoint.box_id == box_id, after, size)


def _points_page(session: Session, scope: Scope, which: ColumnElement[bool], after: str | None, size: int) -> Page:
    box = joinedload(MeterPoint.box)
    statement = within(select(MeterPoint).where(which), scope, MeterPoint).options(
        joinedload(MeterPoint.cell), box.joinedload(MeterBox.transformer_area), box.joinedload(MeterBox.station)
    )
    page = page_of(session, statement, MeterPoint.id, after, size=size)
    return replace(page, rows=[row.MeterPoint for row in page.rows])


def main_cell(session: Session, box: MeterBox) -> Row | None:
    """Code and share of the cell in which most of the box's transformer area lies."""
    statement = select(GridCell.code, AreaCell.share).join(AreaCell, AreaCell.cell_id == GridCell.id)
    return session.execute(statement.where(AreaCell.transformer_area_id == box.transformer_area_id)).first()
