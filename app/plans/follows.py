"""What follows from a plan: who gets another manager, whose card changes, which beats there will be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import shapely
from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.access import Scope
from app.core.geometry import as_wkb
from app.core.masking import mask_account, mask_address, mask_name
from app.customers.models import Account, Customer, MeterBox, MeterPoint, SpecialCare
from app.customers.queries import Person
from app.customers.scope import within
from app.grid.models import CustomerManager, GridCell
from app.grid.queries import meets
from app.plans.models import Plan, PlanCell
from app.plans.queries import managers_of, standing_edits
from app.plans.register import heirs, is_given

READ_AT_ONCE = 100
"""Cells whose households are read by one statement: a list of the whole city never stands in memory."""


@dataclass(frozen=True)
class Move:
    """A cell that goes from one manager to another (None: nobody); `cell_id` is None while only the plan has it."""

    key: str
    cell_id: int | None
    former: Person | None
    fresh: Person | None
    households: int
    drawn: shapely.Geometry | None = None
    """The shape of a cell that only the plan has."""

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
        select(PlanCell.key, PlanCell.cell_id, PlanCell.households, former, fresh, PlanCell.shape)
        .outerjoin(former, former.id == PlanCell.base_manager_id)
        .outerjoin(fresh, fresh.id == PlanCell.manager_id)
        .where(PlanCell.plan_id == plan.id, is_given())
    )
    rows = session.execute(statement).all()
    now = heirs(session, [row.cell_id for row in rows if row.cell_id])
    counts = _households(session, [heir for each in now.values() for heir in each])
    moves = [
        Move(row.key, cell, _person(row[3]), _person(row[4]), counts.get(cell, 0))
        for row in rows
        for cell in now.get(row.cell_id, ())
    ]
    moves += [
        Move(row.key, None, _person(row[3]), _person(row[4]), row.households, row.shape)
        for row in rows
        if row.cell_id is None
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
        rows = session.execute(_points(scope, list(by_cell))).all()
        placed = [(part[by_cell[row.cell_id]], row) for row in rows]
        placed.sort(key=lambda pair: (by_cell[pair[1].cell_id], pair[1].box, pair[1].account_no))
        yield from _named(placed, _cares(session, cares, list(by_cell)) if cares else {})
    for move in moves:
        if move.drawn is not None:
            near = session.scalars(select(GridCell.id).where(GridCell.retired_at.is_(None), meets(move.drawn.bounds)))
            cells = list(near)
            inside = _inside(move.drawn, session.execute(_points(scope, cells).order_by(MeterBox.number)).all())
            yield from _named([(move, row) for row in inside], _cares(session, cares, cells) if cares else {})


def _named(placed: Sequence[tuple[Move, Row]], cares: Mapping[int, tuple[str, ...]]) -> Iterator[Household]:
    for move, row in placed:
        named = (row.customer_id, row.account_no, row.name, row.address, row.box, row.cell)
        yield Household(move, *named, cares.get(row.customer_id, ()))


def _inside(shape: shapely.Geometry, rows: Sequence[Row]) -> list[Row]:
    """Those whose box stands in a shape."""
    places = shapely.from_wkb([None if row.position is None else bytes(row.position) for row in rows])
    return [row for row, inside in zip(rows, shapely.intersects(shape, places), strict=True) if inside]


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
            as_wkb(MeterBox.position).label("position"),
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
    """Whose walks hold boxes with a card that becomes wrong: in cells that change hands, are new or drawn anew."""
    drawn = _drawn_anew(session, plan)
    made = select(PlanCell.cell_id, PlanCell.manager_id).where(PlanCell.plan_id == plan.id, ~PlanCell.gone)
    made = made.where(or_(PlanCell.base_mark.is_(None), PlanCell.key.in_(drawn)), PlanCell.cell_id.is_not(None))
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


def _drawn_anew(session: Session, plan: Plan) -> set[str]:
    """Cells whose border moves across boxes."""
    steps = (step for step in standing_edits(session, plan) if step.kind == "reshape")
    return {key for step in steps for key, fields in step.after.items() if "households" in fields}
