"""The ways to an account: by phone, by the numbers on bill, meter and box, by initials."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import (
    BindParameter,
    Date,
    Integer,
    Row,
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

from app.core.access import Scope
from app.core.one_of import numbers_given, one_of
from app.customers.models import Account, Customer, CustomerPhone, MeterBox, MeterInstallation, MeterPoint
from app.customers.scope import (
    GIVEN,
    Bounds,
    accounts_inside,
    accounts_of_points_inside,
    bounds_of,
    ids_in_one_row,
    marked,
    parameters,
    within,
)

Found = Select[*tuple[Any, ...]]
LOOKED_AT = 200
"""How many of the city's accounts are looked at for a scope before its own are gone through."""


@dataclass(frozen=True)
class Match:
    """An account, the metering point through which it was found, and the kind of what was typed."""

    account_id: int
    point_id: int | None
    kind: str


def by_exact_keys(
    session: Session, scope: Scope, phone: str | None, numbers: Sequence[str], day: date, limit: int
) -> list[Match]:
    """Accounts in a scope of which one of the numbers, or the phone, is a key; the likeliest kind first."""
    asked = {"phone": phone or "", "numbers": list(numbers), "day": day, "limit": limit}
    return _matches(session.execute(_exact(bounds_of(scope)), asked | parameters(scope)))


def by_first_characters(session: Session, scope: Scope, numbers: Sequence[str], day: date, limit: int) -> list[Match]:
    """Accounts in a scope of which a key begins with one of the numbers, as typed or in another spelling."""
    most = limit if scope.everywhere else LOOKED_AT
    begins = {"typed": numbers[0], "other": numbers[-1], "length": len(numbers[0])}
    rows = session.execute(_beginning(), begins | {"day": day, "limit": most}).all()
    if scope.everywhere:
        return _matches(rows)
    found = _seen(session, scope, _matches(rows))
    counts = Counter((row.kind, row.place) for row in rows)
    for kind in {kind for (kind, _place), count in counts.items() if count == most}:
        way, number = _numbered()[kind]
        begin = func.substr(number, 1, len(numbers[0])).in_(numbers)
        found += _inside(session, scope, way.where(begin), {"day": day}, limit)
    return _matches(found)[:limit]


def by_initials(session: Session, scope: Scope, initials: str, limit: int) -> list[Match]:
    """Accounts in a scope of customers with these initials."""
    most = limit if scope.everywhere else LOOKED_AT
    rows = session.execute(_with_initials(), {"initials": initials, "limit": most}).all()
    if scope.everywhere:
        return _matches(rows)
    found = _seen(session, scope, _matches(rows))
    if len(rows) == most:
        bearers = select(Account.id).join(Customer, Customer.id == Account.customer_id)
        ids = ids_in_one_row(session, bearers.where(Customer.initials == initials))
        inside = np.intersect1d(ids, accounts_inside(session, scope))[:limit]
        found += [Match(account_id, None, "initials") for account_id in inside.tolist()]
    return _matches(found)[:limit]


# What is no whole key is looked for in the city first; what lies outside the scope is then left out. Where the city
# has more than is looked at, the rest is looked for among the accounts of the scope.


def _seen(session: Session, scope: Scope, matches: Sequence[Match]) -> list[Match]:
    """Those of a few matches that lie in a scope."""
    asked = {"ids": [match.account_id for match in matches]} | parameters(scope)
    seen = set(session.scalars(_seen_of_few(), asked))
    return [match for match in matches if match.account_id in seen]


def _inside(session: Session, scope: Scope, way: Found, asked: dict[str, Any], limit: int) -> list[Match]:
    """Matches among the accounts of a scope, from the scope onwards."""
    statement = way.where(Account.id.in_(accounts_of_points_inside(scope))).limit(limit)
    return _matches(session.execute(marked(statement), asked))


# The statements are built once: building one takes several times as long as running it. The limit is rendered as a
# literal, for a plan that does not know it prepares for a tenth of all rows.

_LIMIT: BindParameter[int] = bindparam("limit", type_=Integer(), literal_execute=True)
_ASKED_NEXT = "ids alone; which of them lie in the scope is asked next"
_DAY: BindParameter[date] = bindparam("day", type_=Date())


@cache
def _exact(bounds: Bounds) -> Found:
    numbers: BindParameter[str] = bindparam("numbers", expanding=True)
    phone = _way("phone").join(CustomerPhone, CustomerPhone.customer_id == Account.customer_id)
    ways = [phone.where(CustomerPhone.number == bindparam("phone"))]
    ways += [way.where(number.in_(numbers)) for way, number in _numbered().values()]
    inside = [within(way, bounds, Account.id).limit(_LIMIT) for way in ways]
    return marked(_in_turn(inside)).execution_options(prepared=True)


@cache
def _seen_of_few() -> Select[int]:
    few = select(Account.id).where(one_of(Account.id, numbers_given("ids")))
    return within(few, GIVEN, Account.id).execution_options(prepared=True)


@cache
def _beginning() -> Found:
    """What begins with a number follows it directly in the order of the index, whatever the database's collation."""
    ways = []
    for begin in (bindparam("typed", type_=String()), bindparam("other", type_=String())):
        for way, number in _numbered().values():
            following = way.add_columns(number.label("number")).where(number >= begin).order_by(number).limit(_LIMIT)
            near = following.subquery()
            begins = func.substr(near.c.number, 1, bindparam("length", type_=Integer())) == begin
            ways.append(select(near.c.account_id, near.c.point_id, near.c.kind).where(begins))
    return _in_turn(ways).execution_options(scoped=_ASKED_NEXT, prepared=True)


@cache
def _with_initials() -> Found:
    way = _of_customer("initials").where(Customer.initials == bindparam("initials")).order_by(Customer.id)
    return _in_turn([way.limit(_LIMIT)]).execution_options(scoped=_ASKED_NEXT, prepared=True)


def _way(kind: str, point: SQLColumnExpression[Any] | None = None) -> Found:
    point_id = cast(null(), Integer) if point is None else point
    return select(Account.id.label("account_id"), point_id.label("point_id"), literal(kind).label("kind"))


def _of_customer(kind: str) -> Found:
    return _way(kind).join(Customer, Customer.id == Account.customer_id)


def _numbered() -> dict[str, tuple[Found, SQLColumnExpression[Any]]]:
    """Each kind of number with the way from it to the account."""
    meter, box, point = (
        _way(kind, MeterPoint.id).join(MeterPoint, MeterPoint.account_id == Account.id)
        for kind in ("meter", "box", "point")
    )
    return {
        "account": (_way("account"), Account.number),
        "meter": (meter.join(MeterInstallation).where(*_in_place()), MeterInstallation.asset_no),
        "box": (box.join(MeterBox, MeterBox.id == MeterPoint.box_id), MeterBox.number),
        "point": (point, MeterPoint.number),
        "customer": (_of_customer("customer"), Customer.number),
    }


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


def _matches(rows: Iterable[Row[Any] | Match]) -> list[Match]:
    """Of several ways to an account the first counts."""
    matches: dict[int, Match] = {}
    for row in rows:
        matches.setdefault(row.account_id, Match(row.account_id, row.point_id, row.kind))
    return list(matches.values())
