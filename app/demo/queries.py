"""Reads about the loaded demo city."""

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.clock import today
from app.customers.models import Account, Customer, CustomerPhone, MeterPoint
from app.grid.models import CustomerManager
from app.grid.queries import owners_on
from app.organisation.models import OrganisationUnit


def is_empty(session: Session) -> bool:
    """Whether the register holds nothing yet."""
    return session.scalar(select(OrganisationUnit.id).limit(1)) is None


def ids_by(session: Session, key: InstrumentedAttribute[str]) -> dict[str, int]:
    """Ids of a table's rows by their natural key."""
    return dict(list(session.execute(select(key, key.class_.id))))


def number_of(session: Session, key: InstrumentedAttribute[int]) -> int:
    """How many rows a table has."""
    return session.scalar(select(func.count(key))) or 0


def example(session: Session) -> tuple[str, str]:
    """The phone of a customer and the code of the manager who answers for that customer."""
    owner = owners_on(today())
    statement = (
        select(CustomerPhone.number, CustomerManager.code)
        .join(Customer, Customer.id == CustomerPhone.customer_id)
        .join(Account, Account.customer_id == Customer.id)
        .join(MeterPoint, MeterPoint.account_id == Account.id)
        .join(owner, owner.c.cell_id == MeterPoint.cell_id)
        .join(CustomerManager, CustomerManager.id == owner.c.manager_id)
        .where(Customer.kind == "household")
        .order_by(Account.number)
        .limit(1)
    )
    phone, manager = session.execute(statement).one()
    return phone, manager
