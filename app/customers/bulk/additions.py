"""What the register does not have yet."""

from sqlalchemy import ColumnElement, Select, exists, func, insert, select, update
from sqlalchemy.orm import Session

from app.customers.bulk.tables import linked, staged
from app.customers.models import Account, Customer, MeterBox, MeterPoint


def resolve_numbers(session: Session) -> None:
    """Where the file leaves a number out, the account's stored customer, point and box are meant."""
    of_account = Account.number == staged.c.account_no
    customer = select(Customer.number).join(Account).where(of_account)
    point = select(MeterPoint.number).join(Account).where(of_account).order_by(MeterPoint.id).limit(1)
    box = select(MeterBox.number).join(MeterPoint).where(MeterPoint.number == staged.c.point_no)
    for column, stored, default in (
        (staged.c.customer_no, customer, staged.c.account_no),
        (staged.c.point_no, point, staged.c.account_no),
        (staged.c.box_no, box, staged.c.point_no),
    ):
        known = stored.correlate(staged).scalar_subquery()
        session.execute(update(staged).where(column.is_(None)).values({column: func.coalesce(known, default)}))


def _first(key: ColumnElement[str]) -> ColumnElement[bool]:
    """Of several rows with one key, the first speaks."""
    return staged.c.row.in_(select(func.min(staged.c.row)).group_by(key))


def add_customers(session: Session) -> None:
    """Customers that are not known yet."""
    rows = select(
        staged.c.customer_no,
        func.coalesce(staged.c.name, ""),
        func.coalesce(staged.c.initials, ""),
        func.coalesce(staged.c.kind, "household"),
    ).where(_first(staged.c.customer_no), ~exists().where(Customer.number == staged.c.customer_no))
    session.execute(insert(Customer).from_select(["number", "name", "initials", "kind"], rows))


def add_boxes(session: Session) -> None:
    """Boxes that are not known yet; a row with a position speaks before one without."""
    speaks = staged.c.box_rank.in_(select(func.min(staged.c.box_rank)).group_by(staged.c.box_no))
    rows = select(
        staged.c.box_no,
        staged.c.station_id,
        staged.c.area_id,
        func.coalesce(staged.c.box_address, ""),
        staged.c.position,
    ).where(speaks, ~exists().where(MeterBox.number == staged.c.box_no))
    columns = ["number", "station_id", "transformer_area_id", "address", "position"]
    session.execute(insert(MeterBox).from_select(columns, rows))


def add_accounts(session: Session) -> None:
    """Accounts that are not known yet."""
    rows = (
        select(staged.c.account_no, Customer.id, func.coalesce(staged.c.address, ""))
        .join(Customer, Customer.number == staged.c.customer_no)
        .where(_first(staged.c.account_no), ~exists().where(Account.number == staged.c.account_no))
    )
    session.execute(insert(Account).from_select(["number", "customer_id", "address"], rows))


def add_points(session: Session) -> None:
    """Metering points that are not known yet; assignment has not seen them."""
    rows = (
        select(staged.c.point_no, Account.id, MeterBox.id)
        .join(Account, Account.number == staged.c.account_no)
        .join(MeterBox, MeterBox.number == staged.c.box_no)
        .where(~exists().where(MeterPoint.number == staged.c.point_no))
    )
    session.execute(insert(MeterPoint).from_select(["number", "account_id", "box_id"], rows))


def link_rows(session: Session) -> None:
    """Note for every row the ids of what it speaks of."""
    rows: Select[tuple[int, ...]] = (
        select(staged.c.row, Customer.id, Account.id, MeterBox.id, MeterPoint.id)
        .join(Customer, Customer.number == staged.c.customer_no)
        .join(Account, Account.number == staged.c.account_no)
        .join(MeterBox, MeterBox.number == staged.c.box_no)
        .join(MeterPoint, MeterPoint.number == staged.c.point_no)
    )
    session.execute(insert(linked).from_select(["row", "customer_id", "account_id", "box_id", "point_id"], rows))
