"""The ways to an account: by phone, by the numbers on bill, meter and box, by initials."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Integer, Select, SQLColumnExpression, cast, func, literal, null, select, union_all
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
    ways: list[Found] = []
    if phone:
        ways.append(_by_phone(phone))
    if numbers:
        ways += [way.where(number.in_(numbers)) for way, number in _numbered(day)]
    return _matches(session, [way.limit(limit) for way in ways])


def by_first_characters(session: Session, numbers: Sequence[str], day: date, limit: int) -> list[Match]:
    """Accounts of which a key begins with one of the numbers.

    What begins with a number follows it directly in the order of the index, whatever the database's collation.
    """
    ways = []
    for begin in numbers:
        for way, number in _numbered(day):
            following = way.add_columns(number.label("number")).where(number >= begin).order_by(number).limit(limit)
            near = following.subquery()
            ways.append(
                select(near.c.account_id, near.c.point_id, near.c.kind).where(
                    func.substr(near.c.number, 1, len(begin)) == begin
                )
            )
    return _matches(session, ways)


def by_initials(session: Session, initials: str, limit: int) -> list[Match]:
    """Accounts of customers with these initials."""
    way = _way("initials").join(Customer, Customer.id == Account.customer_id).where(Customer.initials == initials)
    return _matches(session, [way.order_by(Customer.id).limit(limit)])


def _way(kind: str, point: SQLColumnExpression[Any] | None = None) -> Found:
    point_id = cast(null(), Integer) if point is None else point
    return select(Account.id.label("account_id"), point_id.label("point_id"), literal(kind).label("kind"))


def _by_phone(phone: str) -> Found:
    way = _way("phone").join(CustomerPhone, CustomerPhone.customer_id == Account.customer_id)
    return way.where(CustomerPhone.number == phone)


def _numbered(day: date) -> Iterable[tuple[Found, SQLColumnExpression[Any]]]:
    """Each kind of number with the way from it to the account."""
    meter = _way("meter", MeterPoint.id).join(MeterPoint, MeterPoint.account_id == Account.id)
    box = _way("box", MeterPoint.id).join(MeterPoint, MeterPoint.account_id == Account.id)
    point = _way("point", MeterPoint.id).join(MeterPoint, MeterPoint.account_id == Account.id)
    return (
        (_way("account"), Account.number),
        (meter.join(MeterInstallation).where(*_in_place(day)), MeterInstallation.asset_no),
        (box.join(MeterBox, MeterBox.id == MeterPoint.box_id), MeterBox.number),
        (point, MeterPoint.number),
        (_way("customer").join(Customer, Customer.id == Account.customer_id), Customer.number),
    )


def _in_place(day: date) -> tuple[SQLColumnExpression[bool], ...]:
    """The meter hangs there on the day, and no later row of the point has taken it out."""
    later = aliased(MeterInstallation)
    replaced = select(later.id).where(
        later.meter_point_id == MeterInstallation.meter_point_id,
        later.valid_from > MeterInstallation.valid_from,
        later.valid_from <= day,
    )
    return MeterInstallation.valid_from <= day, ~replaced.exists()


def _matches(session: Session, ways: Sequence[Found]) -> list[Match]:
    """Run all ways as one statement; of several ways to an account the first counts."""
    if not ways:
        return []
    numbered = [way.add_columns(literal(place).label("place")).subquery() for place, way in enumerate(ways)]
    found = union_all(*map(select, numbered)).subquery()
    matches: dict[int, Match] = {}
    for row in session.execute(select(found).order_by(found.c.place, found.c.account_id, found.c.point_id)):
        matches.setdefault(row.account_id, Match(row.account_id, row.point_id, row.kind))
    return list(matches.values())
