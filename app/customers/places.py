"""What the address of a meter box says to whoever stands before it."""

import re

from sqlalchemy import ColumnElement, func, or_, select

from app.customers.models import Account, Customer, MeterBox, MeterPoint

LONGEST_ADDRESS = 64
"""Characters; in more, the place of a box that one stands before is not said any better."""
SHORTEST_NAME = 2
"""Names of one character stand in addresses by chance."""
_ROOM = re.compile(r"[\s,，\-－]*(?:[A-Za-z]?\d+[A-Za-z]?|[一二三四五六七八九十]+)\s*(?:单元|层|楼|室|房|户|铺).*$")
_BARE_ROOM = re.compile(r"(?<=[栋座幢])[\s\-－]*\d{3,4}\s*$")


def place_of(address: str) -> str:
    """An address down to the building: whose door it is, is nobody's business at a meter box.

    >>> place_of("惠城区水门路12号3栋2单元501房")
    '惠城区水门路12号3栋'
    >>> place_of("惠城区水门路12号3栋501")
    '惠城区水门路12号3栋'
    """
    place = _BARE_ROOM.sub("", _ROOM.sub("", address))
    return place if len(place) <= LONGEST_ADDRESS else place[: LONGEST_ADDRESS - 1] + "…"


def tells_on_a_customer() -> ColumnElement[bool]:
    """Whether a box's address holds the name or the account number of somebody behind it."""
    return (
        select(MeterPoint.id)
        .join(Account, Account.id == MeterPoint.account_id)
        .join(Customer, Customer.id == Account.customer_id)
        .where(MeterPoint.box_id == MeterBox.id)
        .where(
            or_(
                (func.length(Customer.name) >= SHORTEST_NAME) & MeterBox.address.contains(Customer.name),
                MeterBox.address.contains(Account.number),
            )
        )
        .exists()
    )
