"""Reads about customers, their accounts, and who answers for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import BindParameter, Date, Row, ScalarSelect, Select, SQLColumnExpression, bindparam, select
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.elements import ColumnElement

from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.customers.models import Account, Customer, MeterBox, MeterInstallation, MeterPoint
from app.customers.search import search_accounts
from app.grid.models import CustomerManager, GridCell, Ownership
from app.grid.queries import at_work
from app.organisation.models import OrganisationUnit, TransformerArea

FOUND_BY_TEXT = 500


@dataclass(frozen=True)
class Person:
    """A customer manager, as far as a caller wants to know."""

    code: str
    name: str
    phone: str | None


@dataclass(frozen=True)
class Served:
    """One account with the place where it is metered and who answers for it on a day."""

    customer_id: int
    account_no: str
    name: str
    address: str
    point_no: str | None
    box_no: str | None
    area: str | None
    station: str | None
    cell: str | None
    reason: str
    cause: str | None
    manager: Person | None
    backup: Person | None


@dataclass(frozen=True)
class Filter:
    """What a list of customers is narrowed to, by codes; `text` is a part of a name or address."""

    station: str = ""
    manager: str = ""
    cell: str = ""
    area: str = ""
    text: str = ""


def manager_id_on(cell_id: SQLColumnExpression[Any], day: date | BindParameter[date]) -> ScalarSelect[Any]:
    """Whose a row's cell is on a day, at work or not: one step in an index, where few cells are asked about."""
    return (
        select(Ownership.manager_id)
        .where(Ownership.cell_id == cell_id, Ownership.valid_from <= day)
        .order_by(Ownership.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )


def served_accounts(
    session: Session, ids: Sequence[int], day: date, points: Mapping[int, int] | None = None
) -> list[Served]:
    """The accounts in the order of their ids given, each by its first metering point or by the one in `points`."""
    chosen: dict[int, Row[Any]] = {}
    for row in session.execute(_served_rows(), {"ids": list(ids), "day": day}):
        wanted = points.get(row.account_id) if points else None
        if row.account_id not in chosen or row.point_id == wanted:
            chosen[row.account_id] = row
    return [_served(chosen[account_id]) for account_id in ids if account_id in chosen]


@cache
def _served_rows() -> Select[*tuple[Any, ...]]:
    """Built once: building it takes several times as long as running it."""
    backup, day = aliased(CustomerManager), bindparam("day", type_=Date())
    return (
        select(
            Account.id.label("account_id"),
            Account.customer_id,
            Account.number.label("account_no"),
            Account.address,
            Customer.name,
            MeterPoint.id.label("point_id"),
            MeterPoint.number.label("point_no"),
            MeterPoint.reason,
            MeterPoint.cause,
            MeterBox.number.label("box_no"),
            TransformerArea.name.label("area"),
            OrganisationUnit.name.label("station"),
            GridCell.code.label("cell"),
            CustomerManager.code.label("manager_code"),
            CustomerManager.name.label("manager_name"),
            CustomerManager.work_phone.label("manager_phone"),
            backup.code.label("backup_code"),
            backup.name.label("backup_name"),
            backup.work_phone.label("backup_phone"),
        )
        .join(Customer, Customer.id == Account.customer_id)
        .outerjoin(MeterPoint, MeterPoint.account_id == Account.id)
        .outerjoin(MeterBox, MeterBox.id == MeterPoint.box_id)
        .outerjoin(TransformerArea, TransformerArea.id == MeterBox.transformer_area_id)
        .outerjoin(OrganisationUnit, OrganisationUnit.id == MeterBox.station_id)
        .outerjoin(GridCell, GridCell.id == MeterPoint.cell_id)
        .outerjoin(CustomerManager, (CustomerManager.id == manager_id_on(MeterPoint.cell_id, day)) & at_work(day))
        .outerjoin(backup, backup.id == CustomerManager.backup_id)
        .where(Account.id.in_(bindparam("ids", expanding=True)))
        .order_by(MeterPoint.id)
    )


def _served(row: Row[Any]) -> Served:
    return Served(
        customer_id=row.customer_id,
        account_no=row.account_no,
        name=row.name,
        address=row.address,
        point_no=row.point_no,
        box_no=row.box_no,
        area=row.area,
        station=row.station,
        cell=row.cell,
        reason=row.reason or "unassigned",
        cause=row.cause,
        manager=Person(row.manager_code, row.manager_name, row.manager_phone) if row.manager_code else None,
        backup=Person(row.backup_code, row.backup_name, row.backup_phone) if row.backup_code else None,
    )


@dataclass(frozen=True)
class AccountPage(Page):
    """One page of `Served`; `first_of_more` says how many texts were looked at where more answer."""

    first_of_more: int | None = None


def account_page(session: Session, wanted: Filter, day: date, after: str | None, before: str | None) -> AccountPage:
    """One page of accounts in the order of their numbers, with who answers for them on a day."""
    statement, first_of_more = select(Account.id), None
    if _asks_where(wanted):
        points = _points_where(wanted, day).subquery()
        statement = statement.join(points, points.c.account_id == Account.id)
    if wanted.text:
        found = search_accounts(session, wanted.text, FOUND_BY_TEXT + 1)
        first_of_more = FOUND_BY_TEXT if len(found) > FOUND_BY_TEXT else None
        statement = statement.where(Account.id.in_(found[:FOUND_BY_TEXT]))
    page = page_of(session, statement, Account.number, after, before)
    served = served_accounts(session, [row.id for row in page.rows], day)
    return AccountPage(served, page.next, page.previous, first_of_more)


def _asks_where(wanted: Filter) -> bool:
    return bool(wanted.station or wanted.manager or wanted.cell or wanted.area)


def _points_where(wanted: Filter, day: date) -> Select[*tuple[Any, ...]]:
    """The accounts of the metering points in a cell, an area, a station or on a manager's beat."""
    statement = select(MeterPoint.account_id).distinct()
    if wanted.cell:
        statement = statement.where(_cell_is(GridCell.code == wanted.cell))
    if wanted.manager:
        serving = _id_of(CustomerManager, wanted.manager, at_work(day))
        statement = statement.where(_cell_is(manager_id_on(GridCell.id, day) == serving))
    if wanted.station or wanted.area:
        statement = statement.join(MeterBox, MeterBox.id == MeterPoint.box_id)
    if wanted.station:
        statement = statement.where(MeterBox.station_id == _id_of(OrganisationUnit, wanted.station))
    if wanted.area:
        statement = statement.where(MeterBox.transformer_area_id == _id_of(TransformerArea, wanted.area))
    return statement


def _cell_is(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return MeterPoint.cell_id.in_(select(GridCell.id).where(condition))


def _id_of(model: Any, code: str, *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(model.id).where(model.code == code, *conditions).scalar_subquery()


def customer_id_of_account(session: Session, number: str) -> int | None:
    """Whose account it is."""
    return session.scalar(select(Account.customer_id).where(Account.number == number))


def account_by_number(session: Session, number: str) -> Account:
    """The account with its customer, phones and care marks; or NotFound."""
    customer = joinedload(Account.customer)
    statement = (
        select(Account)
        .where(Account.number == number)
        .options(customer.selectinload(Customer.phones), customer.selectinload(Customer.cares))
    )
    account = session.scalar(statement)
    if account is None:
        raise NotFound(_("There is no account with the number %(number)s.", number=number))
    return account


def account_numbers(session: Session, customer: Customer) -> Sequence[str]:
    """All accounts that the customer holds."""
    return session.scalars(
        select(Account.number).where(Account.customer_id == customer.id).order_by(Account.number)
    ).all()


def metering_points(session: Session, account: Account) -> Sequence[MeterPoint]:
    """The account's metering points with box, area, station and cell."""
    box = joinedload(MeterPoint.box)
    statement = (
        select(MeterPoint)
        .where(MeterPoint.account_id == account.id)
        .order_by(MeterPoint.number)
        .options(
            joinedload(MeterPoint.cell), box.joinedload(MeterBox.transformer_area), box.joinedload(MeterBox.station)
        )
    )
    return session.scalars(statement).all()


def installations(session: Session, account: Account) -> Sequence[MeterInstallation]:
    """The meters at the account's points, the newest first."""
    statement = (
        select(MeterInstallation)
        .join(MeterPoint, MeterPoint.id == MeterInstallation.meter_point_id)
        .where(MeterPoint.account_id == account.id)
        .order_by(MeterInstallation.meter_point_id, MeterInstallation.valid_from.desc())
    )
    return session.scalars(statement).all()


def managers_of_cells(session: Session, cell_ids: Sequence[int], day: date) -> dict[int, CustomerManager]:
    """Who answers for each of a few cells on a day, with the backup."""
    statement = (
        select(GridCell.id, CustomerManager)
        .join(CustomerManager, CustomerManager.id == manager_id_on(GridCell.id, day))
        .where(GridCell.id.in_(cell_ids), at_work(day))
        .options(joinedload(CustomerManager.backup))
    )
    return dict(session.execute(statement).all())
