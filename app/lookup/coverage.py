"""How far the city is covered, in the figures of the start page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.core.loads import load_state
from app.customers.models import REASONS, MeterPoint, is_exceptional
from app.customers.scope import within
from app.grid.models import GridCell
from app.grid.queries import at_work, managers_with_load, owners_on
from app.grid.scope import cells_seen


@dataclass(frozen=True)
class Loads:
    """Households against the target, over all managers at work."""

    shares: tuple[float, ...]
    """Each manager's; 1 is a load on target."""
    over: int
    under: int

    @property
    def managers(self) -> int:
        """How many serve."""
        return len(self.shares)

    @property
    def lowest(self) -> float:
        """The least load."""
        return min(self.shares, default=0.0)

    @property
    def middle(self) -> float:
        """The load that half of them stay below."""
        return median(self.shares) if self.shares else 0.0

    @property
    def highest(self) -> float:
        """The greatest load."""
        return max(self.shares, default=0.0)


@dataclass(frozen=True)
class Coverage:
    """The state of the register on a day."""

    reasons: dict[str, int]
    """Households by why they belong to their cell, or to none."""
    cells: int
    cells_without_manager: int
    loads: Loads

    @property
    def households(self) -> int:
        """All there are."""
        return sum(self.reasons.values())

    @property
    def unassigned(self) -> int:
        """Those in no cell."""
        return self.reasons["unassigned"]

    @property
    def assigned(self) -> int:
        """Those in a cell."""
        return self.households - self.unassigned

    @property
    def assigned_share(self) -> float:
        """Households with a cell, of all."""
        return self.assigned / self.households if self.households else 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been brought in yet."""
        return not (self.households or self.cells or self.loads.managers)


def coverage(session: Session, scope: Scope, day: date) -> Coverage:
    """The figures of a scope, from the cells' own counts and the few exceptional points, in three statements."""
    owner = owners_on(day)
    active = and_(GridCell.retired_at.is_(None), cells_seen(scope))
    ownerless = select(func.count()).select_from(GridCell).outerjoin(owner, owner.c.cell_id == GridCell.id)
    counts = session.execute(
        select(
            select(func.coalesce(func.sum(GridCell.households), 0)).where(active).scalar_subquery(),
            _in_no_cell(scope).scalar_subquery(),
            select(func.count()).select_from(GridCell).where(active).scalar_subquery(),
            ownerless.where(active, owner.c.manager_id.is_(None)).scalar_subquery(),
        )
    ).one()
    assigned, unassigned, cells, without_manager = counts
    return Coverage(
        reasons=_reasons(session, scope, assigned, unassigned),
        cells=cells,
        cells_without_manager=without_manager,
        loads=_loads(session, scope, day),
    )


def _in_no_cell(scope: Scope) -> Select[int]:
    """How many metering points lie in no cell."""
    statement = select(func.count()).select_from(MeterPoint).where(MeterPoint.cell_id.is_(None))
    return within(statement, scope, MeterPoint)


def _reasons(session: Session, scope: Scope, assigned: int, unassigned: int) -> dict[str, int]:
    """The households of the cells by reason: what is not exceptional lies inside."""
    of_some = MeterPoint.reason.in_([reason for reason in REASONS if reason not in ("inside", "unassigned")])
    statement = select(MeterPoint.reason, func.count()).where(is_exceptional(), of_some).group_by(MeterPoint.reason)
    if not scope.everywhere:
        statement = statement.where(MeterPoint.cell_id.in_(select(GridCell.id).where(cells_seen(scope))))
    counts = dict.fromkeys(REASONS, 0) | dict(list(session.execute(statement)))
    return counts | {"inside": max(assigned - sum(counts.values()), 0), "unassigned": unassigned}


def _loads(session: Session, scope: Scope, day: date) -> Loads:
    serving = managers_with_load(scope, day).where(at_work(day))
    return summary([row.households / row.target for row in session.execute(serving)])


def summary(shares: Sequence[float]) -> Loads:
    """How the loads spread; a share of 1 is a load on target."""
    states = [load_state(share, 1) for share in shares]
    return Loads(tuple(shares), states.count("over"), states.count("under"))
