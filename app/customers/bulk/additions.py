"""What the register does not have yet."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, update
from sqlalchemy.orm import Session

from app.core import staging
from app.customers.bulk.tables import linked, novel, staged
from app.customers.models import Account, Customer, MeterBox, MeterPoint


def resolve_numbers(session: Session) -> None:
    """Where the file leaves a number or the station out, those stored with the account are meant."""
    of_account = Account.number == staged.c.account_no
    customer = _stored(select(Customer.number).join(Account).where(of_account))
    point = _stored(select(MeterPoint.number).join(Account).where(of_account).order_by(MeterPoint.id).limit(1))
    point_no = func.coalesce(staged.c.point_no, point, staged.c.account_no)
    _resolve(session, staged.c.customer_no, func.coalesce(customer, staged.c.account_no))
    _resolve(session, staged.c.point_no, point_no)
    box = _stored(select(MeterBox.number).join(MeterPoint).where(MeterPoint.number == staged.c.point_no))
    _resolve(session, staged.c.box_no, func.coalesce(box, staged.c.point_no))
    at_account = select(MeterBox.station_id).join(MeterPoint).join(Account).where(of_account).limit(1)
    _resolve(session, staged.c.station_id, _stored(at_account))


def _stored(numbers: Select[Any]) -> ColumnElement[Any]:
    return numbers.correlate(staged).scalar_subquery()


def _resolve(session: Session, column: ColumnElement[Any], number: ColumnElement[Any]) -> None:
    session.execute(update(staged).where(column.is_(None)).values({column: number}))


def note_novelties(session: Session) -> None:
    """Look up, before anything is added, what the register does not have.

    An INSERT that asked its own table would look at each row that it has just added, over and over, whenever the
    planner believes the table to be small.
    """
    rows = (
        select(
            staged.c.row,
            Customer.id.is_(None),
            Account.id.is_(None),
            MeterBox.id.is_(None),
            MeterPoint.id.is_(None),
        )
        .select_from(staged)
        .outerjoin(Customer, Customer.number == staged.c.customer_no)
        .outerjoin(Account, Account.number == staged.c.account_no)
        .outerjoin(MeterBox, MeterBox.number == staged.c.box_no)
        .outerjoin(MeterPoint, MeterPoint.number == staged.c.point_no)
    )
    session.execute(insert(novel).from_select(["row", "customer", "account", "box", "point"], rows))
    staging.analyse(session, novel)


def _is_noted(novelty: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a row's customer, account, box or point is new."""
    return staged.c.row.in_(select(novel.c.row).where(novelty))


def add_customers(session: Session) -> None:
    """Customers that are not known yet."""
    rows = (
        select(
            staged.c.customer_no,
            func.coalesce(staged.c.name, ""),
            func.coalesce(staged.c.initials, ""),
            func.coalesce(staged.c.kind, "household"),
        )
        .where(_is_noted(novel.c.customer))
        .order_by(staged.c.row)
    )
    staging.insert_new(session, Customer, ["number", "name", "initials", "kind"], rows)


def add_boxes(session: Session) -> None:
    """Boxes that are not known yet; a row with a position speaks before one without."""
    rows = (
        select(
            staged.c.box_no,
            staged.c.station_id,
            staged.c.area_id,
            func.coalesce(staged.c.box_address, ""),
            staged.c.position,
        )
        .where(_is_noted(novel.c.box))
        .order_by(staged.c.box_rank)
    )
    columns = ["number", "station_id", "transformer_area_id", "address", "position"]
    staging.insert_new(session, MeterBox, columns, rows)


def add_accounts(session: Session) -> None:
    """Accounts that are not known yet."""
    rows = (
        select(staged.c.account_no, Customer.id, func.coalesce(staged.c.address, ""))
        .join(Customer, Customer.number == staged.c.customer_no)
        .where(_is_noted(novel.c.account))
        .order_by(staged.c.row)
    )
    staging.insert_new(session, Account, ["number", "customer_id", "address"], rows)


def add_points(session: Session) -> None:
    """Metering points that are not known yet, each in the cell of its box."""
    rows = (
        select(staged.c.point_no, Account.id, MeterBox.id, MeterBox.cell_id, MeterBox.reason, MeterBox.cause)
        .join(Account, Account.number == staged.c.account_no)
        .join(MeterBox, MeterBox.number == staged.c.box_no)
        .where(_is_noted(novel.c.point))
    )
    columns = ["number", "account_id", "box_id", "cell_id", "reason", "cause"]
    session.execute(insert(MeterPoint).from_select(columns, rows))


def link_rows(session: Session) -> None:
    """Note for every row the ids of what it speaks of."""
    rows: Select[Any] = (
        select(staged.c.row, staged.c.box_rank, Customer.id, Account.id, MeterBox.id, MeterPoint.id)
        .join(Customer, Customer.number == staged.c.customer_no)
        .join(Account, Account.number == staged.c.account_no)
        .join(MeterBox, MeterBox.number == staged.c.box_no)
        .join(MeterPoint, MeterPoint.number == staged.c.point_no)
    )
    columns = ["row", "box_rank", "customer_id", "account_id", "box_id", "point_id"]
    session.execute(insert(linked).from_select(columns, rows))
