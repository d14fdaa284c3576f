import itertools
from typing import Any

import shapely
from sqlalchemy.orm import Session

from app.customers.models import Account, Customer, CustomerPhone, MeterBox, MeterPoint
from app.organisation.models import OrganisationUnit
from tests.factories.organisation import make_station

NUMBERS = itertools.count(1)


def make_customer(session: Session, phones: tuple[str, ...] = (), **values: Any) -> Customer:
    number = next(NUMBERS)
    customer = Customer(**{"number": f"K{number:06}", "name": "陈测试", "initials": "ccs"} | values)
    customer.phones = [CustomerPhone(number=phone, rank=rank) for rank, phone in enumerate(phones)]
    session.add(customer)
    session.flush()
    return customer


def make_account(session: Session, customer: Customer | None = None, **values: Any) -> Account:
    customer = customer or make_customer(session)
    account = Account(**{"number": f"03170{next(NUMBERS):08}", "customer_id": customer.id} | values)
    session.add(account)
    session.flush()
    return account


def make_box(
    session: Session, station: OrganisationUnit | None = None, at: tuple[float, float] | None = None, **values: Any
) -> MeterBox:
    station = station or make_station(session)
    position = shapely.Point(at) if at else None
    defaults = {"number": f"BX{next(NUMBERS):06}", "station_id": station.id, "position": position}
    box = MeterBox(**defaults | values)
    session.add(box)
    session.flush()
    return box


def make_meter_point(
    session: Session, box: MeterBox | None = None, account: Account | None = None, **values: Any
) -> MeterPoint:
    box, account = box or make_box(session), account or make_account(session)
    point = MeterPoint(
        **{"number": f"JL{next(NUMBERS):07}", "box_id": box.id, "account_id": account.id} | values,
    )
    session.add(point)
    session.flush()
    return point
