"""A request reads personal data by marked statements alone, however the statement was built."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, TextClause, func, select, text
from sqlalchemy.orm import Session, joinedload, selectinload

from app.core.access import NOWHERE
from app.customers.guard import Unscoped
from app.customers.models import Account, Customer, MeterPoint
from app.customers.pairs import account_text
from app.customers.scope import within
from tests.factories import make_customer, make_meter_point

OUTSIDE = {
    "a table": select(Account.number),
    "an alias in a subquery": select(func.count()).select_from(select(Account.id).subquery()),
    "a condition": select(MeterPoint.id).where(select(Customer.id).exists()),
    "a joined relationship": select(MeterPoint).options(joinedload(MeterPoint.account)),
    "a relationship loaded after": select(MeterPoint).options(selectinload(MeterPoint.account)),
    "an index": select(account_text.c.name),
    "several tables": text("select 1 from meter_point, customer"),
    "a common table expression": text("with named as (select * from customer_phone) select 1 from named"),
}


@pytest.mark.parametrize("statement", OUTSIDE.values(), ids=OUTSIDE)
def test_an_unmarked_statement_is_refused(session: Session, app: Flask, statement: Select[Any] | TextClause) -> None:
    make_meter_point(session)
    with app.test_request_context(), pytest.raises(Unscoped):
        session.execute(statement).all()
    session.execute(statement).all()


def test_a_relationship_touched_later_is_refused(session: Session, app: Flask) -> None:
    make_meter_point(session)
    session.expire_all()
    with app.test_request_context():
        point = session.scalars(select(MeterPoint)).one()
        with pytest.raises(Unscoped):
            point.account  # noqa: B018


def test_a_marked_statement_is_let_through(session: Session, app: Flask) -> None:
    make_meter_point(session)
    make_customer(session, ("13912345678",))
    session.expire_all()
    with app.test_request_context():
        assert session.scalars(within(select(Account), NOWHERE, Account.id)).all() == []
        counted = select(func.count()).select_from(Customer).execution_options(scoped="counts customers")
        assert session.scalar(counted) == 2
        customers = select(Customer).options(selectinload(Customer.phones)).execution_options(scoped="test")
        assert sorted(len(customer.phones) for customer in session.scalars(customers)) == [0, 1]


def test_what_is_near_personal_data_is_let_through(session: Session, app: Flask) -> None:
    with app.test_request_context():
        session.execute(select(MeterPoint.account_id)).all()
        session.execute(text("select customer_id from audit_entry")).all()
