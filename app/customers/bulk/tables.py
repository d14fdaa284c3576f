"""The working tables of one bulk write, and where the register stood before it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, MetaData, Table, Text, func, select
from sqlalchemy.orm import Session

from app.core.geometry import Geometry
from app.customers.models import Account, Customer, MeterBox, MeterPoint


def temporary(name: str, *columns: Column[Any]) -> Table:
    """A table that only this connection sees."""
    return Table(name, MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")


def _key(name: str) -> Column[int]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


staged = temporary(
    "staged_row",
    _key("row"),
    Column("account_no", Text),
    Column("customer_no", Text),
    Column("name", Text),
    Column("initials", Text),
    Column("kind", Text),
    Column("address", Text),
    Column("point_no", Text),
    Column("asset_no", Text),
    Column("installed_on", Date),
    Column("box_no", Text),
    Column("box_address", Text),
    Column("box_rank", BigInteger),
    Column("station_id", Integer),
    Column("area_id", Integer),
    Column("position", Geometry("POINT")),
)
staged_phone = temporary("staged_phone", Column("row", Integer), Column("rank", Integer), Column("number", Text))
staged_care = temporary("staged_care", Column("row", Integer), Column("kind", Text))

novel = temporary(
    "novel_row",
    _key("row"),
    Column("customer", Boolean),
    Column("account", Boolean),
    Column("box", Boolean),
    Column("point", Boolean),
)
linked = temporary(
    "linked_row",
    _key("row"),
    Column("box_rank", BigInteger),
    Column("customer_id", Integer),
    Column("account_id", Integer),
    Column("box_id", Integer),
    Column("point_id", Integer),
)
LINKED_INDEXES = [
    Index(f"ix_linked_{name}", linked.c[name]) for name in ("customer_id", "account_id", "box_id", "point_id")
]
"""Made when there is something to compare with, after the table has been filled."""

altered_customer = temporary("altered_customer", _key("id"))
altered_account = temporary("altered_account", _key("id"))
altered_box = temporary("altered_box", _key("id"))
altered_point = temporary("altered_point", _key("id"))
ALTERED = {
    "customer": altered_customer,
    "account": altered_account,
    "meter_box": altered_box,
    "meter_point": altered_point,
}

box_to_assign = temporary("box_to_assign", _key("id"))
area_left = temporary("area_left", _key("id"))
account_to_index = temporary("stored_account", _key("id"))

WORKING = (staged, staged_phone, staged_care, novel, linked, *ALTERED.values())
RESULTS = (box_to_assign, area_left, account_to_index)


@dataclass(frozen=True)
class Marks:
    """The highest id of each table before the write: what lies above is new."""

    customer: int
    account: int
    meter_box: int
    meter_point: int

    @classmethod
    def of(cls, session: Session) -> "Marks":
        """Where the register stands now."""
        models = (Customer, Account, MeterBox, MeterPoint)
        return cls(*(session.scalar(select(func.coalesce(func.max(model.id), 0))) or 0 for model in models))

    @property
    def empty(self) -> bool:
        """Whether there is nothing yet to compare with."""
        return not (self.customer or self.account or self.meter_box or self.meter_point)
