from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import null, select
from sqlalchemy.orm import Session

from app.customers.initials import initials_of
from app.customers.models import Account, MeterInstallation
from app.customers.search import index_accounts
from tests.factories import (
    make_account,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_station,
    own,
)


@dataclass(frozen=True)
class Household:
    """What a caller may say of itself."""

    account: str
    meter: str
    box: str
    point: str
    customer: str


Settle = Callable[..., Household]


@pytest.fixture
def settle(session: Session) -> Settle:
    """Settle a household in a cell of 林经理, whom 何经理 backs up."""
    station = make_station(session, name="江北供电所")
    backup = make_manager(session, station, code="KH9001", name="何后备", work_phone="13800009001")
    manager = make_manager(
        session, station, code="KH9000", name="林经理", work_phone="13800009000", backup_id=backup.id
    )
    cell = make_cell(session, station, code="JB-001")
    own(session, cell, manager)

    def make(name: str = "陈建国", address: str = "水门路12号3栋501房", phone: str = "13912345678") -> Household:
        customer = make_customer(session, (phone,), name=name, initials=initials_of([name])[0])
        account = make_account(session, customer, address=address)
        point = make_meter_point(
            session, make_box(session, station), account, cell_id=cell.id, reason="inside", cause=null()
        )
        meter = f"4413{point.id:010}"
        session.add(MeterInstallation(meter_point_id=point.id, asset_no=meter, valid_from=date(2020, 1, 1)))
        session.flush()
        index_accounts(session, select(Account.id).where(Account.id == account.id))
        household = Household(account.number, meter, point.box.number, point.number, customer.number)
        session.commit()
        return household

    return make
