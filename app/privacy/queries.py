"""Everything that is kept of one customer."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.audit.models import AuditEntry
from app.core.errors import NotFound
from app.customers.models import Account, Customer, MeterBox, MeterInstallation, MeterPoint
from app.imports.models import ImportRun


def customer_of_account(session: Session, number: str) -> Customer:
    """The customer who holds the account, with phones and care marks; or NotFound."""
    statement = (
        select(Customer)
        .join(Account, Account.customer_id == Customer.id)
        .where(Account.number == number)
        .options(selectinload(Customer.phones), selectinload(Customer.cares))
    )
    customer = session.scalar(statement)
    if customer is None:
        raise NotFound(_("There is no account with the number %(number)s.", number=number))
    return customer


def accounts_of(session: Session, customer: Customer) -> Sequence[Account]:
    """The customer's accounts."""
    return session.scalars(select(Account).where(Account.customer_id == customer.id).order_by(Account.id)).all()


def points_of(session: Session, customer: Customer) -> Sequence[MeterPoint]:
    """The metering points of all the customer's accounts, with box and cell."""
    statement = select(MeterPoint).join(Account).where(Account.customer_id == customer.id).order_by(MeterPoint.id)
    box = joinedload(MeterPoint.box)
    return session.scalars(statement.options(box.joinedload(MeterBox.station), joinedload(MeterPoint.cell))).all()


def meters_of(session: Session, customer: Customer) -> Sequence[MeterInstallation]:
    """The meters at these points, from day to day."""
    statement = select(MeterInstallation).join(MeterPoint).join(Account).where(Account.customer_id == customer.id)
    return session.scalars(statement.order_by(MeterInstallation.id)).all()


def acts_on(session: Session, customer: Customer) -> Sequence[AuditEntry]:
    """What the trail says about the customer, the oldest act first."""
    statement = select(AuditEntry).where(AuditEntry.customer_id == customer.id)
    return session.scalars(statement.order_by(AuditEntry.id)).all()


def runs_that_quote(session: Session, values: Sequence[str]) -> Sequence[ImportRun]:
    """Imports whose list of rejected rows holds one of the values."""
    quoted: list[Any] = [cast(ImportRun.issues, String).contains(value, autoescape=True) for value in values]
    return session.scalars(select(ImportRun).where(or_(*quoted))).all() if quoted else []
