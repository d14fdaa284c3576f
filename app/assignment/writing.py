"""Writing down what was found for boxes and metering points; equal rows are not written."""

from typing import Any

from sqlalchemy import Select, Update, func, select, update
from sqlalchemy.orm import Session

from app.assignment.models import MOSTLY, AreaCell
from app.assignment.scratch import areas, found, scope
from app.customers.models import MeterBox, MeterPoint
from app.grid.models import GridCell

QUIET: Any = {"synchronize_session": False}


def _giving(table: type[MeterBox] | type[MeterPoint], box_id: Any) -> Update:
    changes = (
        table.cell_id.is_distinct_from(found.c.cell_id)
        | (table.reason != found.c.reason)
        | table.cause.is_distinct_from(found.c.cause)
    )
    return (
        update(table)
        .values(cell_id=found.c.cell_id, reason=found.c.reason, cause=found.c.cause)
        .where(box_id == found.c.box_id, table.reason != "override", changes)
    )


GIVE = (_giving(MeterBox, MeterBox.id), _giving(MeterPoint, MeterPoint.box_id))
_elsewhere = (
    select(AreaCell.cell_id)
    .where(
        AreaCell.transformer_area_id == MeterBox.transformer_area_id,
        AreaCell.share > MOSTLY,
        AreaCell.cell_id != MeterBox.cell_id,
    )
    .exists()
)
_of_areas = MeterBox.transformer_area_id.in_(select(areas.c.area_id))
_of_none = MeterBox.transformer_area_id.is_(None) & MeterBox.id.in_(select(scope.c.box_id))
NOTE_APART = (
    update(MeterBox).values(apart=_elsewhere).where(_of_areas, MeterBox.apart != _elsewhere),
    update(MeterBox).values(apart=False).where(_of_none, MeterBox.apart),
)


def give(session: Session) -> None:
    """Give boxes, and points that nobody overruled, what was found for them."""
    for statement in GIVE:
        session.execute(statement, execution_options=QUIET)


def note_who_is_apart(session: Session) -> None:
    """Note which boxes of the areas concerned lie in another cell than most of their area."""
    for statement in NOTE_APART:
        session.execute(statement, execution_options=QUIET)


def recount(session: Session, cells: Select) -> None:
    """Count households and boxes of these cells (a SELECT of grid_cell.id) again."""
    households = select(func.count(MeterPoint.account_id.distinct())).where(MeterPoint.cell_id == GridCell.id)
    boxes = select(func.count()).select_from(MeterBox).where(MeterBox.cell_id == GridCell.id)
    held = {"households": households.scalar_subquery(), "boxes": boxes.scalar_subquery()}
    columns = [GridCell.id, *(count.label(name) for name, count in held.items())]
    counted = select(*columns).where(GridCell.id.in_(cells)).subquery()
    differs = (GridCell.households != counted.c.households) | (GridCell.boxes != counted.c.boxes)
    session.execute(
        update(GridCell)
        .values(households=counted.c.households, boxes=counted.c.boxes)
        .where(GridCell.id == counted.c.id, differs),
        execution_options=QUIET,
    )
    session.expire_all()
