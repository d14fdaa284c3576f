"""How far the city is covered, in the figures of the start page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.customers.models import MeterBox, MeterPoint
from app.customers.scope import boxes_inside, within
from app.grid.models import GridCell
from app.grid.queries import at_work, managers_with_load, owners_on
from app.grid.scope import cells_seen
from app.imports.models import ImportRun

TOLERANCE = 0.05


@dataclass(frozen=True)
class Loads:
    """Households against the target, over all managers at work."""

    managers: int
    over: int
    under: int
    lowest: float
    middle: float
    highest: float


@dataclass(frozen=True)
class Coverage:
    """The state of the register on a day."""

    households: int
    assigned: int
    unassigned: int
    boxes: int
    located: int
    cells: int
    cells_without_manager: int
    loads: Loads
    last_import: ImportRun | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been brought in yet."""
        return not (self.households or self.boxes or self.cells or self.loads.managers)

    @property
    def assigned_share(self) -> float:
        """Households with a cell, of all."""
        return self.assigned / self.households if self.households else 0.0

    @property
    def located_share(self) -> float:
        """Meter boxes with a position, of all."""
        return self.located / self.boxes if self.boxes else 0.0


def coverage(session: Session, scope: Scope, day: date) -> Coverage:
    """The figures of a scope, from the cells' own counts and three statements, whatever the size of the city."""
    owner = owners_on(day)
    active = and_(GridCell.retired_at.is_(None), cells_seen(scope))
    ownerless = select(func.count()).select_from(GridCell).outerjoin(owner, owner.c.cell_id == GridCell.id)
    boxes_there, boxes_located = _boxes(scope)
    counts = session.execute(
        select(
            select(func.coalesce(func.sum(GridCell.households), 0)).where(active).scalar_subquery(),
            _in_no_cell(scope).scalar_subquery(),
            boxes_there.scalar_subquery(),
            boxes_located.scalar_subquery(),
            select(func.count()).select_from(GridCell).where(active).scalar_subquery(),
            ownerless.where(active, owner.c.manager_id.is_(None)).scalar_subquery(),
        )
    ).one()
    assigned, unassigned, boxes, located, cells, without_manager = counts
    return Coverage(
        households=assigned + unassigned,
        assigned=assigned,
        unassigned=unassigned,
        boxes=boxes,
        located=located,
        cells=cells,
        cells_without_manager=without_manager,
        loads=_loads(session, scope, day),
        last_import=_last_import(session) if scope.everywhere else None,
    )


def _in_no_cell(scope: Scope) -> Select[int]:
    """How many metering points lie in no cell."""
    statement = select(func.count()).select_from(MeterPoint).where(MeterPoint.cell_id.is_(None))
    return within(statement, scope, MeterPoint)


def _boxes(scope: Scope) -> tuple[Select[int], Select[int]]:
    """How many meter boxes there are, and how many of them have a position."""
    if scope.everywhere:
        count = select(func.count()).select_from(MeterBox)
        return count, count.where(MeterBox.position.is_not(None))
    boxes = boxes_inside(scope).subquery()
    count = select(func.count()).select_from(boxes)
    return count, count.where(boxes.c.is_located)


def _last_import(session: Session) -> ImportRun | None:
    finished = select(ImportRun).where(ImportRun.finished_at.is_not(None))
    return session.scalar(finished.order_by(ImportRun.id.desc()).limit(1))


def _loads(session: Session, scope: Scope, day: date) -> Loads:
    serving = managers_with_load(scope, day).where(at_work(day))
    shares = [row.households / row.target for row in session.execute(serving)]
    return summary(shares)


def summary(shares: Sequence[float]) -> Loads:
    """How the loads spread; a share of 1 is a load on target."""
    return Loads(
        managers=len(shares),
        over=sum(share > 1 + TOLERANCE for share in shares),
        under=sum(share < 1 - TOLERANCE for share in shares),
        lowest=min(shares, default=0.0),
        middle=median(shares) if shares else 0.0,
        highest=max(shares, default=0.0),
    )
