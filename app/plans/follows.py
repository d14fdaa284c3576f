"""What follows from a plan: who gets another manager, whose card changes, which beats there will be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session, aliased

from app.core.access import Scope
from app.core.masking import mask_account, mask_address, mask_name
from app.customers.models import Account, Customer, MeterBox, MeterPoint, SpecialCare
from app.customers.scope import within
from app.grid.models import CustomerManager, GridCell
from app.plans.models import Plan, PlanCell
from app.plans.queries import managers_of
from app.plans.register import heirs, is_given

READ_AT_ONCE = 100
"""Cells whose households are read by one statement: a list of the whole city never stands in memory."""


@dataclass(frozen=True)
class Person:
    """A customer manager."""

    code: str
    name: str
    phone: str | None


@dataclass(frozen=True)
class Move:
    """A cell that goes from one manager to another (None: nobody); `cell_id` is None while only the plan has it."""

    key: str
    cell_id: int | None
    former: Person | None
    fresh: Person | None
    households: int

    @property
    def pair(self) -> tuple[str, str]:
        """The codes of both managers, the new one first."""
        return (self.fresh.code if self.fresh else "", self.former.code if self.former else "")


@dataclass(frozen=True)
class Pair:
    """What one manager hands over to another."""

    former: Person | None
    fresh: Person | None
    cells: list[str]
    households: int


@dataclass(frozen=True)
class Household:
    """A metering point whose customer gets another manager."""

    move: Move
    customer_id: int
    account_no: str
    name: str
    address: str
    box: str
    cell: str
    cares: tuple[str, ...] = ()

    def masked(self) -> tuple[str, str, str]:
        """Account number, name and address, as lists show them."""
        return mask_account(self.account_no), mask_name(self.name), mask_address(self.address)


def moves_of(session: Session, plan: Plan) -> list[Move]:
    """The cells that change hands, by new manager, former manager and key; of a cell that went since, its heirs."""
    former, fresh = aliased(CustomerManager), aliased(CustomerManager)
    statement = (
        select(PlanCell.key, PlanCell.cell_id, PlanCell.households, former, fresh)
        .outerjoin(former, former.id == PlanCell.base_manager_id)
        .outerjoin(fresh, fresh.id == PlanCell.manager_id)
        .where(PlanCell.plan_id == plan.id, is_given())
    )
    rows = session.execute(statement).all()
    now = heirs(session, [row.cell_id for row in rows if row.cell_id])
    counts = _households(session, [heir for each in now.values() for heir in each])
    moves = [
        Move(row.key, cell, _person(row[3]), _person(row[4]), row.households if cell is None else counts.get(cell, 0))
        for row in rows
        for cell in (now[row.cell_id] if row.cell_id else [None])
    ]
    return sorted(moves, key=lambda move: (*move.pair, move.key))


def _person(manager: CustomerManager | None) -> Person | None:
    return Person(manager.code, manager.name, manager.work_phone) if manager else None


def _households(session: Session, cells: Sequence[int]) -> dict[int | None, int]:
    statement = select(MeterPoint.cell_id, func.count()).where(MeterPoint.cell_id.in_(cells))
    return dict(list(session.execute(statement.group_by(MeterPoint.cell_id))))


def pairs_of(moves: Sequence[Move]) -> list[Pair]:
    """The moves by pairs of managers."""
    pairs = []
    for _codes, group in groupby(moves, key=lambda move: move.pair):
        of_pair = list(group)
        keys = list(dict.fromkeys(move.key for move in of_pair))
        pairs.append(Pair(of_pair[0].former, of_pair[0].fresh, keys, sum(move.households for move in of_pair)))
    return pairs


def households(
    session: Session, scope: Scope, moves: Sequence[Move], cares: Scope | None = None
) -> Iterator[Household]:
    """The households in the moves' cells as far as a scope goes, move by move, box by box, a part at a time.

    With a scope for care marks those marks come along that lie in it.
    """
    known = [move for move in moves if move.cell_id]
    for part in (known[at : at + READ_AT_ONCE] for at in range(0, len(known), READ_AT_ONCE)):
        by_cell = {move.cell_id: at for at, move in enumerate(part)}
        marks = _cares(session, cares, list(by_cell)) if cares else {}
        rows = session.execute(_points(scope, list(by_cell))).all()
        for row in sorted(rows, key=lambda row: (by_cell[row.cell_id], row.box, row.account_no)):
            kinds = marks.get(row.customer_id, ())
            named = (row.customer_id, row.account_no, row.name, row.address, row.box, row.cell)
            yield Household(part[by_cell[row.cell_id]], *named, kinds)


def _points(scope: Scope, cells: Sequence[int | None]) -> Select[*tuple[Any, ...]]:
    statement = (
        select(
            MeterPoint.cell_id,
            Account.customer_id,
            Account.number.label("account_no"),
            Customer.name,
            Account.address,
            MeterBox.number.label("box"),
            GridCell.code.label("cell"),
        )
        .join(Account, Account.id == MeterPoint.account_id)
        .join(Customer, Customer.id == Account.customer_id)
        .join(MeterBox, MeterBox.id == MeterPoint.box_id)
        .join(GridCell, GridCell.id == MeterPoint.cell_id)
        .where(MeterPoint.cell_id.in_(cells))
    )
    return within(statement, scope, MeterPoint)


def _cares(session: Session, scope: Scope, cells: Sequence[int | None]) -> dict[int, tuple[str, ...]]:
    """The kinds of the care marks by customer, of those who are metered in these cells and in the scope."""
    statement = (
        select(SpecialCare.customer_id, SpecialCare.kind)
        .distinct()
        .join(Account, Account.customer_id == SpecialCare.customer_id)
        .join(MeterPoint, MeterPoint.account_id == Account.id)
        .where(MeterPoint.cell_id.in_(cells))
        .order_by(SpecialCare.customer_id, SpecialCare.kind)
    )
    rows = session.execute(within(statement, scope, MeterPoint))
    return {
        customer: tuple(row.kind for row in group) for customer, group in groupby(rows, lambda row: row.customer_id)
    }


@dataclass(frozen=True)
class Cards:
    """The boxes whose cards one manager has to change: codes of the cells, and how many boxes hang there."""

    manager: Person
    cells: list[str]
    boxes: int


def cards_of(session: Session, plan: Plan, moves: Sequence[Move]) -> list[Cards]:
    """Whose walks hold boxes with a card that becomes wrong: in cells that change hands, and in cells newly made."""
    made = select(PlanCell.cell_id, PlanCell.manager_id).where(
        PlanCell.plan_id == plan.id, ~PlanCell.gone, PlanCell.base_mark.is_(None), PlanCell.cell_id.is_not(None)
    )
    owners = {row.cell_id: row.manager_id for row in session.execute(made)}
    new_owner = {move.cell_id: move.fresh.code for move in moves if move.fresh and move.cell_id}
    statement = select(GridCell.id, GridCell.code, GridCell.boxes).where(GridCell.id.in_({*owners, *new_owner}))
    people = {row.id: Person(row.code, row.name, row.work_phone) for row in managers_of(session, plan)}
    by_code = {person.code: person for person in people.values()}
    found: dict[str, list[Row]] = {}
    for row in session.execute(statement.where(GridCell.retired_at.is_(None)).order_by(GridCell.code)):
        code = new_owner.get(row.id) or (people[owners[row.id]].code if owners.get(row.id) else None)
        if code:
            found.setdefault(code, []).append(row)
    return [
        Cards(by_code[code], [row.code for row in rows], sum(row.boxes for row in rows))
        for code, rows in sorted(found.items())
    ]
