"""Reads for the work list: what is in no cell, and what lies apart from its transformer area."""

from collections.abc import Mapping
from dataclasses import replace

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, Select, func, select, true
from sqlalchemy.orm import Session, aliased, joinedload

from app.assignment.models import AreaCell
from app.core.access import Scope
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.customers.models import CAUSES, Account, Customer, MeterBox, MeterPoint
from app.customers.scope import points_inside, within
from app.grid.models import GridCell
from app.grid.queries import cell_by_code
from app.grid.scope import cells_seen
from app.organisation.models import OrganisationUnit, TransformerArea

CONFLICT = "conflict"
OVERRIDE = "override"
TABS = (*CAUSES, CONFLICT, OVERRIDE)
MOSTLY = 0.5
"""An area lies mostly in a cell that holds more than this share of its located boxes."""


def _conflicting(statement: Select) -> Select:
    """Points that nobody put by hand into another cell than most of their area's boxes lie in."""
    return statement.join(AreaCell, AreaCell.transformer_area_id == MeterBox.transformer_area_id).where(
        MeterBox.cell_id != AreaCell.cell_id, AreaCell.share > MOSTLY, MeterPoint.reason != OVERRIDE
    )


def work_counts(session: Session, scope: Scope) -> dict[str, int]:
    """How many metering points each tab of the work list holds."""
    seen = true() if scope.everywhere else MeterPoint.id.in_(points_inside(scope))
    causes = select(MeterPoint.cause, func.count()).where(MeterPoint.cell_id.is_(None), seen)
    counts = dict.fromkeys(TABS, 0) | dict(list(session.execute(causes.group_by(MeterPoint.cause))))
    points = select(func.count()).select_from(MeterPoint).where(seen)
    conflicts = points.join(MeterBox, MeterBox.id == MeterPoint.box_id)
    counts[CONFLICT] = session.scalar(_conflicting(conflicts)) or 0
    counts[OVERRIDE] = session.scalar(points.where(MeterPoint.reason == OVERRIDE)) or 0
    return counts


def work_page(session: Session, scope: Scope, tab: str, wanted: Mapping[str, str]) -> Page:
    """One tab of the work list; `wanted` may hold station, after, before."""
    main, own = aliased(GridCell), aliased(GridCell)
    statement: Select = (
        select(
            MeterPoint.number,
            MeterPoint.reason,
            MeterBox.number.label("box"),
            Account.number.label("account_no"),
            Account.address,
            Customer.name,
            OrganisationUnit.name.label("station"),
            TransformerArea.code.label("area_code"),
            TransformerArea.name.label("area"),
            own.code.label("cell"),
            cells_seen(scope, own).label("cell_seen"),
        )
        .join(MeterBox, MeterBox.id == MeterPoint.box_id)
        .join(Account, Account.id == MeterPoint.account_id)
        .join(Customer, Customer.id == Account.customer_id)
        .join(OrganisationUnit, OrganisationUnit.id == MeterBox.station_id)
        .outerjoin(TransformerArea, TransformerArea.id == MeterBox.transformer_area_id)
        .outerjoin(own, own.id == MeterPoint.cell_id)
    )
    if tab == CONFLICT:
        statement = _conflicting(statement)
    else:
        of_area = AreaCell.transformer_area_id == MeterBox.transformer_area_id
        statement = statement.outerjoin(AreaCell, of_area)
        if tab == OVERRIDE:
            statement = statement.where(MeterPoint.reason == OVERRIDE)
        else:
            statement = statement.where(MeterPoint.cell_id.is_(None), MeterPoint.cause == tab)
    statement = statement.outerjoin(main, main.id == AreaCell.cell_id).add_columns(
        main.code.label("main_cell"),
        cells_seen(scope, main).label("main_seen"),
        AreaCell.share.label("main_share"),
    )
    if station := wanted.get("station"):
        statement = statement.where(OrganisationUnit.code == station)
    return page_of(
        session, within(statement, scope, MeterPoint), MeterPoint.id, wanted.get("after"), wanted.get("before")
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
