"""What follows from a plan: who gets another manager, whose card changes, which beats there will be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.access import Scope
from app.core.masking import mask_account, mask_address, mask_name
from app.customers.models import Account, Customer, MeterBox, MeterPoint, SpecialCare
from app.customers.queries import Person
from app.customers.scope import within
from app.grid.models import CustomerManager, GridCell
from app.plans.collisions import BEFORE_ITS_DAY
from app.plans.ground import ground_drawn, ground_left
from app.plans.models import Plan, PlanCell
from app.plans.queries import managers_of, standing_edits
from app.plans.register import heirs, is_given, shapes_that_went

READ_AT_ONCE = 100
"""Cells whose households are read by one statement: a list of the whole city never stands in memory."""
POINTS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Move:
    """A cell that goes from one manager to another (None: nobody)."""

    key: str
    cells: tuple[int, ...]
    """Ids of the register's cells that have its land; none while only the plan has it."""
    former: Person | None
    fresh: Person | None
    households: int
    points: tuple[int, ...] | None = None
    """Ids of the metering points that move, where those are not just the ones of the cell in the register."""

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
        select(PlanCell.key, PlanCell.cell_id, former, fresh, PlanCell.shape.is_not(None).label("drawn"))
        .outerjoin(former, former.id == PlanCell.base_manager_id)
        .outerjoin(fresh, fresh.id == PlanCell.manager_id)
        .where(PlanCell.plan_id == plan.id, is_given())
    )
    rows = session.execute(statement).all()
    drawn = {row.key for row in rows if row.drawn} if plan.state in BEFORE_ITS_DAY else set()
    known = {row.key: row.cell_id for row in rows if row.cell_id and row.key not in drawn}
    shapes, now = shapes_that_went(session, known.values()), heirs(session, known.values())
    left = {key: now[cell] for key, cell in known.items() if cell in shapes}
    ground = ground_drawn(session, plan) if drawn else {}
    ground |= ground_left(session, left, {key: shapes[known[key]] for key in left}) if left else {}
    counts = _households(session, [cell for key, cell in known.items() if key not in left])
    moves = []
    for row in rows:
        people = _person(row[2]), _person(row[3])
        if row.key in drawn or row.key in left:
            points = ground.get(row.key, ())
            heirs_of = tuple(heir.cell for heir in left.get(row.key, ())) or (row.cell_id,) * bool(row.cell_id)
            moves.append(Move(row.key, heirs_of, *people, len(points), points))
        elif row.cell_id:
            moves.append(Move(row.key, (row.cell_id,), *people, counts.get(row.cell_id, 0)))
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
    whole = [move for move in moves if move.points is None]
    for part in (whole[at : at + READ_AT_ONCE] for at in range(0, len(whole), READ_AT_ONCE)):
        by_cell = {move.cells[0]: move for move in part}
        yield from _read(session, scope, cares, MeterPoint.cell_id.in_(by_cell), by_cell)
    for move in moves:
        ids = move.points or ()
        for some in (ids[at : at + POINTS_AT_ONCE] for at in range(0, len(ids), POINTS_AT_ONCE)):
            yield from _read(session, scope, cares, MeterPoint.id.in_(some), move)


def _read(
    session: Session, scope: Scope, cares: Scope | None, which: ColumnElement[bool], moves: Mapping[int, Move] | Move
) -> Iterator[Household]:
    rows = session.execute(within(_points().where(which), scope, MeterPoint)).all()
    placed = sorted(
        ((moves if isinstance(moves, Move) else moves[row.cell_id], row) for row in rows),
        key=lambda pair: (*pair[0].pair, pair[0].key, pair[1].box, pair[1].account_no),
    )
    marks = _cares(session, cares, which) if cares else {}
    for move, row in placed:
        named = (row.customer_id, row.account_no, row.name, row.address, row.box, row.cell)
        yield Household(move, *named, marks.get(row.customer_id, ()))


def _points() -> Select[*tuple[Any, ...]]:
    return (
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
    )


def _cares(session: Session, scope: Scope, which: ColumnElement[bool]) -> dict[int, tuple[str, ...]]:
    """The kinds of the care marks by customer, of those who have one of these metering points in the scope."""
    statement = (
        select(SpecialCare.customer_id, SpecialCare.kind)
        .distinct()
        .join(Account, Account.customer_id == SpecialCare.customer_id)
        .join(MeterPoint, MeterPoint.account_id == Account.id)
        .where(which)
        .order_by(SpecialCare.customer_id, SpecialCare.kind)
    )
    rows = session.execute(within(statement, scope, MeterPoint))
    return {
        customer: tuple(row.kind for row in group) for customer, group in groupby(rows, lambda row: row.customer_id)
    }


@dataclass(frozen=True)
class Sheet:
    """What one manager hands over to another, special care first."""

    former: Person | None
    fresh: Person | None
    households: list[Household]

    @property
    def marked(self) -> int:
        """Households with special care."""
        return sum(bool(each.cares) for each in self.households)


def sheets_of(session: Session, scope: Scope, cares: Scope, moves: Sequence[Move]) -> Iterator[Sheet]:
    """A sheet for each pair of managers who hand anybody over, one after the other."""
    for _codes, group in groupby(moves, key=lambda move: move.pair):
        of_pair = list(group)
        listed = sorted(households(session, scope, of_pair, cares), key=lambda each: not each.cares)
        if listed:
            yield Sheet(of_pair[0].former, of_pair[0].fresh, listed)


@dataclass(frozen=True)
class Cards:
    """The boxes whose cards one manager has to change: codes of the cells, and how many boxes hang there."""

    manager: Person
    cells: list[str]
    boxes: int


def cards_of(session: Session, plan: Plan, moves: Sequence[Move]) -> list[Cards]:
    """Whose walks hold boxes with a card that becomes wrong: in cells that change hands, are new or drawn anew."""
    statement = (
        select(PlanCell.key, PlanCell.manager_id, GridCell.code, GridCell.boxes)
        .outerjoin(GridCell, GridCell.id == PlanCell.cell_id)
        .where(PlanCell.plan_id == plan.id, ~PlanCell.gone, GridCell.retired_at.is_(None))
        .where(or_(PlanCell.base_mark.is_(None), PlanCell.key.in_(_drawn_anew(session, plan))))
    )
    people = {row.id: Person(row.code, row.name, row.work_phone) for row in managers_of(session, plan)}
    rows = session.execute(statement.where(PlanCell.manager_id.is_not(None))).all()
    is_ahead = plan.state in BEFORE_ITS_DAY
    drawn = _boxes_on_drawn_ground(session, plan) if rows and is_ahead else {}
    concerned: dict[str, tuple[str, int]] = {}
    for row in rows:
        boxes = drawn.get(row.key, 0) if is_ahead else row.boxes
        concerned[row.code or row.key] = people[row.manager_id].code, boxes
    new_owner = {cell: move.fresh.code for move in moves if move.fresh for cell in move.cells}
    given = select(GridCell.id, GridCell.code, GridCell.boxes).where(GridCell.id.in_(new_owner))
    for cell_id, code, boxes in session.execute(given.where(GridCell.retired_at.is_(None))):
        concerned[code] = new_owner[cell_id], drawn.get(code, boxes)
    by_code = {person.code: person for person in people.values()}
    found: dict[str, list[str]] = {}
    for cell in sorted(concerned):
        found.setdefault(concerned[cell][0], []).append(cell)
    return [
        Cards(by_code[code], cells, sum(concerned[cell][1] for cell in cells)) for code, cells in sorted(found.items())
    ]


def _boxes_on_drawn_ground(session: Session, plan: Plan) -> dict[str, int]:
    """How many boxes will hang in each cell that a plan draws, by key."""
    ground = {point: key for key, points in ground_drawn(session, plan).items() for point in points}
    points = list(ground)
    boxes: dict[str, set[int]] = {}
    for some in (points[at : at + POINTS_AT_ONCE] for at in range(0, len(points), POINTS_AT_ONCE)):
        for row in session.execute(select(MeterPoint.id, MeterPoint.box_id).where(MeterPoint.id.in_(some))):
            boxes.setdefault(ground[row.id], set()).add(row.box_id)
    return {key: len(found) for key, found in boxes.items()}


def _drawn_anew(session: Session, plan: Plan) -> set[str]:
    """Cells whose border moves across boxes."""
    steps = (step for step in standing_edits(session, plan) if step.kind == "reshape")
    return {key for step in steps for key, fields in step.after.items() if "households" in fields}
