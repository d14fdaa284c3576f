"""The ways to an account: by phone, by the numbers on bill, meter and box, by initials."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Date,
    Integer,
    Select,
    SQLColumnExpression,
    String,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from app.customers.models import Account, Customer, CustomerPhone, MeterBox, MeterInstallation, MeterPoint

Found = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Match:
    """An account, the metering point through which it was found, and the kind of what was typed."""

    account_id: int
    point_id: int | None
    kind: str


def by_exact_keys(session: Session, phone: str | None, numbers: Sequence[str], day: date, limit: int) -> list[Match]:
    """Accounts of which one of the numbers, or the phone, is a key; the likeliest kind first."""
    return _matches(session, _exact(), {"phone": phone or "", "numbers": list(numbers), "day": day, "limit": limit})


def by_first_characters(session: Session, numbers: Sequence[str], day: date, limit: int) -> list[Match]:
    """Accounts of which a key begins with one of the numbers, as typed or in another spelling."""
    begins = {"typed": numbers[0], "other": numbers[-1], "length": len(numbers[0])}
    return _matches(session, _beginning(), begins | {"day": day, "limit": limit})


def by_initials(session: Session, initials: str, limit: int) -> list[Match]:
    """Accounts of customers with these initials."""
    return _matches(session, _with_initials(), {"initials": initials, "limit": limit})


# The statements are built once: building one takes several times as long as running it. The limit is rendered as a
# literal, for a plan that does not know it prepares for a tenth of all rows.

_LIMIT: BindParameter[int] = bindparam("limit", type_=Integer(), literal_execute=True)
_DAY: BindParameter[date] = bindparam("day", type_=Date())


@cache
def _exact() -> Found:
    numbers: BindParameter[str] = bindparam("numbers", expanding=True)
    phone = _way("phone").join(CustomerPhone, CustomerPhone.customer_id == Account.customer_id)
    ways = [phone.where(CustomerPhone.number == bindparam("phone"))]
    ways += [way.where(number.in_(numbers)) for way, number in _numbered()]
    return _in_turn([way.limit(_LIMIT) for way in ways])


@cache
def _beginning() -> Found:
    """What begins with a number follows it directly in the order of the index, whatever the database's collation."""
    ways = []
    for begin in (bindparam("typed", type_=String()), bindparam("other", type_=String())):
        for way, number in _numbered():
            following = way.add_columns(number.label("number")).where(number >= begin).order_by(number).limit(_LIMIT)
            near = following.subquery()
            begins = func.substr(near.c.number, 1, bindparam("length", type_=Integer())) == begin
            ways.append(select(near.c.account_id, near.c.point_id, near.c.kind).where(begins))
    return _in_turn(ways)


@cache
def _with_initials() -> Found:
    way = _way("initials").join(Customer, Customer.id == Account.customer_id)
    return _in_turn([way.where(Customer.initials == bindparam("initials")).order_by(Customer.id).limit(_LIMIT)])


def _way(kind: str, point: SQLColumnExpression[Any] | None = None) -> Found:
    point_id = cast(null(), Integer) if point is None else point
    return select(Account.id.label("account_id"), point_id.label("point_id"), literal(kind).label("kind"))


def _numbered() -> Iterable[tuple[Found, SQLColumnExpression[Any]]]:
    """Each kind of number with the way from it to the account."""
    meter = _way("meter", MeterPoint.id).join(MeterPoint, MeterPoint.account_id == Account.id)
    box = _way("box", MeterPoint.id).join(MeterPoint, MeterPoint.account_id == Account.id)
    point = _way("point", MeterPoint.id).join(MeterPoint, MeterPoint.account_id == Account.id)
    return (
        (_way("account"), Account.number),
        (meter.join(MeterInstallation).where(*_in_place()), MeterInstallation.asset_no),
        (box.join(MeterBox, MeterBox.id == MeterPoint.box_id), MeterBox.number),
        (point, MeterPoint.number),
        (_way("customer").join(Customer, Customer.id == Account.customer_id), Customer.number),
    )


def _in_place() -> tuple[SQLColumnExpression[bool], ...]:
    """The meter hangs there on the day, and no later row of the point has taken it out."""
    later = aliased(MeterInstallation)
    replaced = select(later.id).where(
        later.meter_point_id == MeterInstallation.meter_point_id,
        later.valid_from > MeterInstallation.valid_from,
        later.valid_from <= _DAY,
    )
    return MeterInstallation.valid_from <= _DAY, ~replaced.exists()


def _in_turn(ways: Sequence[Found]) -> Found:
    """All ways as one statement, their matches in the order of the ways."""
    numbered = [way.add_columns(literal(place).label("place")).subquery() for place, way in enumerate(ways)]
    found = union_all(*map(select, numbered)).subquery()
    return select(found).order_by(found.c.place, found.c.account_id, found.c.point_id)


def _matches(session: Session, statement: Found, parameters: dict[str, Any]) -> list[Match]:
    """Of several ways to an account the first counts."""
    matches: dict[int, Match] = {}
    for row in session.execute(statement, parameters):
        matches.setdefault(row.account_id, Match(row.account_id, row.point_id, row.kind))
    return list(matches.values())
