"""Whether rows keep within the units of whoever imports them, and leave alone what belongs to others."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Column, MetaData, Select, Table, Text, case, func, select, union
from sqlalchemy.orm import Session

from app.core import staging
from app.core.access import Scope
from app.customers.models import Account, Customer, MeterBox, MeterPoint
from app.imports.rows import Issue, Mask, Rows, Texts
from app.organisation.models import OrganisationUnit

OUTSIDE = "outside_scope"

asked = Table(
    "asked_number",
    MetaData(),
    Column("kind", Text),
    Column("number", Text),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)


class Territory:
    """The units in which somebody imports. Everywhere is everywhere: nothing is asked then."""

    def __init__(self, session: Session, scope: Scope) -> None:
        self._session, self._scope = session, scope
        inside = select(OrganisationUnit.code).where(OrganisationUnit.id.in_(scope.stations))
        self.inside = frozenset() if scope.everywhere else frozenset(session.scalars(inside))

    @property
    def everywhere(self) -> bool:
        """Whether there is no border."""
        return self._scope.everywhere

    def beyond(self, units: Texts) -> Mask:
        """Which of the codes of units lie outside; None does not."""
        if self.everywhere:
            return np.zeros(len(units), dtype=bool)
        return np.array([unit is not None and self.is_beyond(unit) for unit in units], dtype=bool)

    def is_beyond(self, unit: str) -> bool:
        """Whether a unit lies outside."""
        return not self.everywhere and unit not in self.inside

    def unit(self, rows: Rows, name: str) -> Iterator[Issue]:
        """The unit that a field names must lie inside."""
        if not self.everywhere:
            units = rows.values[name]
            yield Issue(OUTSIDE, name, self.beyond(units), {"value": units})

    def thing(self, rows: Rows, name: str, model: Any) -> Iterator[Issue]:
        """What a field names (a code in `rows.values`) must, where it is known, belong to a unit inside."""
        if not self.everywhere:
            yield self.among(rows, name, self.beyond_of(model))

    def among(self, rows: Rows, name: str, outside: Collection[str]) -> Issue:
        """The issue of rows whose field holds one of the codes outside."""
        codes = rows.values[name]
        mask = np.array([code in outside for code in codes], dtype=bool) if outside else np.zeros(len(rows), dtype=bool)
        return Issue(OUTSIDE, name, mask, {"value": codes})

    def beyond_of(self, model: Any) -> frozenset[str]:
        """Codes of all that belong to a unit outside; none where everywhere is inside."""
        if self.everywhere:
            return frozenset()
        outside = select(model.code).where(model.station_id.not_in(self._scope.stations))
        return frozenset(self._session.scalars(outside))

    def numbers(self, rows: Rows, of_field: Mapping[str, Texts]) -> Iterator[Issue]:
        """Accounts, customers, points and boxes that are known must be wholly inside.

        What is said of a number that stands elsewhere, in another unit in part, or nowhere any more, is the same, and
        not more than that.
        """
        if self.everywhere:
            return
        taken = self._taken(of_field)
        for name, numbers in of_field.items():
            mask = np.array([number in taken[name] for number in numbers], dtype=bool)
            field = name if rows.has(name) else "account_no"
            yield Issue(OUTSIDE, field, mask, {"value": numbers})

    def _taken(self, of_field: Mapping[str, Texts]) -> dict[str, set[str]]:
        """Known numbers that are not wholly inside, in a handful of statements however many there are."""
        lists = [pd.DataFrame({"kind": kind, "number": pd.unique(numbers)}) for kind, numbers in of_field.items()]
        staging.create(self._session, asked)
        staging.fill(self._session, asked, pd.concat(lists).dropna())
        staging.analyse(self._session, asked)
        taken: dict[str, set[str]] = {kind: set() for kind in of_field}
        for found in (self._households(), self._points(), self._boxes()):
            for kind, number in self._session.execute(found):
                taken[kind].add(number)
        staging.drop(self._session, asked)
        return taken

    def _households(self) -> Select[Any]:
        """Customers and accounts, unless all metering points of the customer, one at least, are inside."""
        of_customer = (
            select(asked.c.kind, asked.c.number, Customer.id.label("customer"))
            .join(Customer, Customer.number == asked.c.number)
            .where(asked.c.kind == "customer_no")
        )
        of_account = (
            select(asked.c.kind, asked.c.number, Account.customer_id)
            .join(Account, Account.number == asked.c.number)
            .where(asked.c.kind == "account_no")
        )
        known = union(of_customer, of_account).cte("known")
        elsewhere = case((MeterBox.station_id.in_(self._scope.stations), 0), else_=1)
        inside = (
            select(Account.customer_id)
            .join(MeterPoint, MeterPoint.account_id == Account.id)
            .join(MeterBox, MeterBox.id == MeterPoint.box_id)
            .where(Account.customer_id.in_(select(known.c.customer)))
            .group_by(Account.customer_id)
            .having(func.sum(elsewhere) == 0)
        )
        return select(known.c.kind, known.c.number).where(known.c.customer.not_in(inside))

    def _points(self) -> Select[Any]:
        return (
            select(asked.c.kind, asked.c.number)
            .join(MeterPoint, MeterPoint.number == asked.c.number)
            .join(MeterBox, MeterBox.id == MeterPoint.box_id)
            .where(asked.c.kind == "meter_point_no", MeterBox.station_id.not_in(self._scope.stations))
        )

    def _boxes(self) -> Select[Any]:
        return (
            select(asked.c.kind, asked.c.number)
            .join(MeterBox, MeterBox.number == asked.c.number)
            .where(asked.c.kind == "box_no", MeterBox.station_id.not_in(self._scope.stations))
        )
