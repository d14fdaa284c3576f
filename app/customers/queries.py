"""Reads about customers, their accounts, and who answers for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Date, Row, ScalarSelect, Select, bindparam, select
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.elements import ColumnElement

from app.core.access import Scope
from app.core.errors import NotFound
from app.core.one_of import numbers_given, one_of
from app.core.paging import PAGE_SIZE, Page, page_of
from app.customers.models import Account, Customer, MeterBox, MeterInstallation, MeterPoint, SpecialCare, is_exceptional
from app.customers.scope import Bounds, accounts_of_points_inside, bounds_of, marked, parameters, within
from app.customers.search import search_accounts
from app.grid.models import CustomerManager, GridCell
from app.grid.queries import at_work, manager_id_on
from app.organisation.models import OrganisationUnit, TransformerArea
from app.organisation.queries import at_or_below

FOUND_BY_TEXT = 500
WALKED = 2000
"""How many accounts in the order of the list are tried one by one, before all that are wanted are sorted."""


@dataclass(frozen=True)
class Person:
    """A customer manager, as far as a caller wants to know."""

    code: str
    name: str
    phone: str | None


@dataclass(frozen=True)
class Served:
    """One account with the place where it is metered and who answers for it on a day."""

    account_id: int
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
    reason: str = ""
    """Why their metering points belong to their cells, or to none; only what is exceptional is asked for."""
    text: str = ""
    sort: str = ""
    """`-number` turns the order round."""


def served_accounts(
    session: Session, scope: Scope, ids: Sequence[int], day: date, points: Mapping[int, int] | None = None
) -> list[Served]:
    """The accounts in a scope in the order of their ids given.

    Each stands with its first metering point inside, or with the one in `points`.
    """
    chosen: dict[int, Row[Any]] = {}
    asked = {"ids": list(ids), "day": day} | parameters(scope)
    for row in session.execute(_served_rows(bounds_of(scope)), asked):
        wanted = points.get(row.account_id) if points else None
        if row.account_id not in chosen or row.point_id == wanted:
            chosen[row.account_id] = row
    return [_served(chosen[account_id]) for account_id in ids if account_id in chosen]


@cache
def _served_rows(bounds: Bounds) -> Select[*tuple[Any, ...]]:
    """Built once: building it takes several times as long as running it. Everywhere holds accounts without a point."""
    backup, day = aliased(CustomerManager), bindparam("day", type_=Date())
    statement = (
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
        .where(one_of(Account.id, numbers_given("ids")))
        .order_by(MeterPoint.id)
    )
    return within(statement, bounds, MeterPoint).execution_options(prepared=True)


def _served(row: Row[Any]) -> Served:
    return Served(
        account_id=row.account_id,
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


def account_page(
    session: Session,
    scope: Scope,
    wanted: Filter,
    day: date,
    after: int | None,
    before: int | None,
    size: int = PAGE_SIZE,
) -> AccountPage:
    """One page of the accounts in a scope in the order of their numbers, with who answers for them on a day.

    The pages are named by the ids of accounts, for numbers stand in no address.
    """
    statement, first_of_more = select(Account.id), None
    there = _below(session, wanted.station) if wanted.station else None
    points = _points_where(scope, wanted, there, day)
    if points is not None:
        chosen = points.subquery()
        statement = statement.join(chosen, chosen.c.account_id == Account.id).group_by(Account.id)
    elif not (scope.everywhere or wanted.text):
        inside = accounts_of_points_inside(scope).distinct().subquery()  # PostgreSQL then looks up these accounts only
        statement = statement.join(inside, inside.c.account_id == Account.id)
    if wanted.text:
        found = search_accounts(session, scope, wanted.text, FOUND_BY_TEXT + 1)
        first_of_more = FOUND_BY_TEXT if len(found) > FOUND_BY_TEXT else None
        statement = statement.where(Account.id.in_(found[:FOUND_BY_TEXT]))
    first, last = (_number_of(session, scope, asked) for asked in (after, before))
    falls = wanted.sort == "-number"
    page = _walked_page(session, scope, there, falls, first, last, size) if _wants_many(scope, wanted) else None
    page = page or page_of(session, marked(statement), Account.number, first, last, size, newest_first=falls)
    served = served_accounts(session, scope, [row.id for row in page.rows], day)
    return AccountPage(
        rows=served,
        next=str(page.rows[-1].id) if page.next else None,
        previous=str(page.rows[0].id) if page.previous else None,
        sort="-number" if falls else "number",
        first_of_more=first_of_more,
    )


def _wants_many(scope: Scope, wanted: Filter) -> bool:
    """Whether the list may be too long to be sorted for one page of it: that of a station, or of a scope."""
    narrow = wanted.manager or wanted.cell or wanted.area or wanted.reason or wanted.text
    return not narrow and bool(wanted.station or scope.stations)


def _walked_page(
    session: Session,
    scope: Scope,
    there: ColumnElement[bool] | None,
    falls: bool,
    first: str | None,
    last: str | None,
    size: int,
) -> Page | None:
    """The page, found by trying the accounts that follow; None where it is not full after WALKED of them.

    The accounts of a station mostly have numbers that follow each other: what sorting all of them costs, only the
    page that leads to the first of them has to pay.
    """
    falling = (last is not None) != falls
    bound = last or first or (None if falling else "")
    tried = select(Account.id, Account.number).order_by(Account.number.desc() if falling else Account.number)
    if bound is not None:
        tried = tried.where(Account.number < bound if falling else Account.number > bound)
    near = tried.limit(WALKED).subquery("near")
    point = select(MeterPoint.id).where(MeterPoint.account_id == near.c.id)
    if there is not None:
        point = point.join(MeterBox, MeterBox.id == MeterPoint.box_id).where(there)
    statement = select(near.c.id).where(within(point, scope, MeterPoint).exists())
    page = page_of(session, marked(statement), near.c.number, first, last, size, newest_first=falls)
    is_full = page.previous if last is not None else page.next
    return page if is_full else None


def _number_of(session: Session, scope: Scope, account_id: int | None) -> str | None:
    """The number where a page begins or ends; None, so the first page, where there is no such account."""
    if account_id is None:
        return None
    return session.scalar(within(select(Account.number).where(Account.id == account_id), scope, Account.id))


def _below(session: Session, unit: str) -> ColumnElement[bool]:
    """Whether a box belongs to the unit or one below it: by their ids, from which the planner knows how many boxes."""
    return MeterBox.station_id.in_(session.scalars(at_or_below(unit)).all())


def _points_where(
    scope: Scope, wanted: Filter, there: ColumnElement[bool] | None, day: date
) -> Select[*tuple[Any, ...]] | None:
    """The accounts of the metering points in a cell, an area, a station or on a manager's beat, all in a scope.

    None where nothing of this is asked for.
    """
    if not (wanted.station or wanted.manager or wanted.cell or wanted.area or wanted.reason):
        return None
    statement = select(MeterPoint.account_id)
    if wanted.cell:
        statement = statement.where(_cell_is(GridCell.code == wanted.cell))
    if wanted.manager:
        serving = _id_of(CustomerManager, wanted.manager, at_work(day))
        statement = statement.where(_cell_is(manager_id_on(GridCell.id, day) == serving))
    if wanted.reason:
        statement = statement.where(is_exceptional(), MeterPoint.reason == wanted.reason)
    if there is not None or wanted.area:
        statement = statement.join(MeterBox, MeterBox.id == MeterPoint.box_id)
    if there is not None:
        statement = statement.where(there)
    if wanted.area:
        statement = statement.where(MeterBox.transformer_area_id == _id_of(TransformerArea, wanted.area))
    return within(statement, scope, MeterPoint)


def _cell_is(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return MeterPoint.cell_id.in_(select(GridCell.id).where(condition))


def _id_of(model: Any, code: str, *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(model.id).where(model.code == code, *conditions).scalar_subquery()


def customer_id_of_account(session: Session, number: str) -> int | None:
    """Whose account it is."""
    statement = select(Account.customer_id).where(Account.number == number)
    return session.scalar(statement.execution_options(scoped="the trail is searched by account number"))


def account_by_id(session: Session, scope: Scope, account_id: int) -> Account:
    """The account with its customer and phones; or NotFound, also where it lies outside the scope."""
    customer = joinedload(Account.customer)
    statement = select(Account).where(Account.id == account_id).options(customer.joinedload(Customer.phones))
    account = session.scalars(within(statement, scope, Account.id)).unique().one_or_none()
    if account is None:
        raise no_such_customer()
    return account


def no_such_customer() -> NotFound:
    """What whoever asks for a customer hears, whether there is none or it lies outside the scope."""
    return NotFound(_("There is no such customer, or it is another station’s or manager’s."))


def accounts_of(session: Session, scope: Scope, customer_id: int) -> Sequence[Row[int, str]]:
    """Id and number of the customer's accounts in a scope."""
    statement = select(Account.id, Account.number).where(Account.customer_id == customer_id).order_by(Account.number)
    return session.execute(within(statement, scope, Account.id)).all()


def care_marks(session: Session, scope: Scope, account: Account) -> Sequence[str]:
    """The kinds of the care marks of the account's customer, where the account lies in a scope."""
    statement = select(SpecialCare.kind).join(Account, Account.customer_id == SpecialCare.customer_id)
    statement = statement.where(Account.id == account.id).order_by(SpecialCare.kind)
    return session.scalars(within(statement, scope, Account.id)).all()


def is_on_beat(session: Session, scope: Scope, customer_id: int) -> bool:
    """Whether one of the customer's metering points lies in a cell of the scope's own beat."""
    statement = (
        select(MeterPoint.id)
        .join(Account, Account.id == MeterPoint.account_id)
        .where(Account.customer_id == customer_id, MeterPoint.cell_id.in_(sorted(scope.cells)))
    )
    return session.scalar(marked(statement).limit(1)) is not None


def metering_points(session: Session, scope: Scope, account: Account) -> Sequence[MeterPoint]:
    """The account's metering points in a scope, with box, area, station and cell."""
    box = joinedload(MeterPoint.box)
    statement = (
        select(MeterPoint)
        .where(MeterPoint.account_id == account.id)
        .order_by(MeterPoint.number)
        .options(
            joinedload(MeterPoint.cell), box.joinedload(MeterBox.transformer_area), box.joinedload(MeterBox.station)
        )
    )
    return session.scalars(within(statement, scope, MeterPoint)).all()


def installations(session: Session, points: Sequence[MeterPoint]) -> Sequence[MeterInstallation]:
    """The meters at a few metering points, the newest first."""
    statement = select(MeterInstallation).where(MeterInstallation.meter_point_id.in_([point.id for point in points]))
    ordered = statement.order_by(MeterInstallation.meter_point_id, MeterInstallation.valid_from.desc())
    return session.scalars(ordered).all()
