"""Who answers, answered or will answer for metering points on a day, whatever became of their cells since."""

from collections.abc import Sequence
from datetime import date, timedelta

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.audit.queries import midnight
from app.core import clock
from app.core.geometry import as_wkb
from app.customers.models import MeterPoint
from app.grid.models import CustomerManager, GridCell, Ownership
from app.grid.queries import at_work, manager_id_on, meets


def managers_of_points(session: Session, points: Sequence[MeterPoint], day: date) -> dict[int, CustomerManager]:
    """Who answers for each of a few metering points on a day, by the points' ids, with the backup."""
    cells = cells_on(session, points, day)
    statement = (
        select(GridCell.id, CustomerManager)
        .join(CustomerManager, CustomerManager.id == manager_id_on(GridCell.id, day))
        .where(GridCell.id.in_(set(cells.values())), at_work(day))
        .options(joinedload(CustomerManager.backup))
    )
    managers: dict[int, CustomerManager] = dict(list(session.execute(statement)))
    return {point: managers[cell] for point, cell in cells.items() if cell in managers}


def cells_on(session: Session, points: Sequence[MeterPoint], day: date) -> dict[int, int]:
    """The cell that says who answers for each point on a day: its own, or the one that lay there before.

    A cell that was merged from some of different managers tells nothing of the days on which they differed.
    """
    cells = {point.id: point.cell_id for point in points if point.cell_id}
    telling = select(Ownership.cell_id).where(Ownership.cell_id.in_(cells.values()), Ownership.valid_from <= day)
    known = set(session.scalars(telling.distinct())) if cells else set()
    silent = [point for point in points if cells.get(point.id) not in known and point.box.position]
    return cells | (_former_cells(session, silent, day) if silent and day < clock.today() else {})


def _former_cells(session: Session, points: Sequence[MeterPoint], day: date) -> dict[int, int]:
    """Of the cells that went after the day, the last that held each point's box and was somebody's by then."""
    told = select(Ownership.id).where(Ownership.cell_id == GridCell.id, Ownership.valid_from <= day)
    there = {point.box.position.bounds for point in points if point.box.position}
    statement = (
        select(GridCell.id, as_wkb(GridCell.shape).label("shape"))
        .where(GridCell.retired_at >= midnight(day + timedelta(days=1)), told.exists())
        .where(meets(*there))
        .order_by(GridCell.retired_at.desc(), GridCell.id)
    )
    former = [(row.id, shapely.from_wkb(bytes(row.shape))) for row in session.execute(statement)]
    found = {
        point.id: next((cell for cell, shape in former if shape.intersects(point.box.position)), None)
        for point in points
    }
    return {point: cell for point, cell in found.items() if cell}
