"""Who answers, answered or will answer for metering points on a day, whatever became of their cells since."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import shapely
from sqlalchemy import Row, select
from sqlalchemy.orm import Session, joinedload

from app.audit.queries import midnight
from app.core import clock
from app.core.geometry import as_wkb
from app.customers.models import MeterPoint
from app.grid.models import CustomerManager, FormerShape, GridCell, Ownership
from app.grid.queries import at_work, bounds_meet, manager_id_on, meets


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

    Of the days before a border moved the cell tells that held the point until then. A cell that was merged from some of
    different managers tells nothing of the days on which they differed.
    """
    cells = {point.id: point.cell_id for point in points if point.cell_id}
    if day < clock.today():
        cells |= _before_borders_moved(session, points, day)
    telling = select(Ownership.cell_id).where(Ownership.cell_id.in_(cells.values()), Ownership.valid_from <= day)
    known = set(session.scalars(telling.distinct())) if cells else set()
    silent = [point for point in points if cells.get(point.id) not in known and point.box.position]
    return cells | (_former_cells(session, silent, day) if silent and day < clock.today() else {})


def _before_borders_moved(session: Session, points: Sequence[MeterPoint], day: date) -> dict[int, int]:
    """The cells that held points on the day and were drawn otherwise later, unless somebody chose the point's cell."""
    drawn = [point for point in points if point.reason != "override" and point.box.position]
    if not drawn:
        return {}
    statement = (
        select(FormerShape.cell_id, as_wkb(FormerShape.shape).label("shape"))
        .where(FormerShape.replaced_at >= midnight(day + timedelta(days=1)), bounds_meet(FormerShape, _places(drawn)))
        .order_by(FormerShape.replaced_at, FormerShape.cell_id)
    )
    return _first_around(drawn, session.execute(statement))


def _former_cells(session: Session, points: Sequence[MeterPoint], day: date) -> dict[int, int]:
    """Of the cells that went after the day, the last that held each point's box and was somebody's by then."""
    told = select(Ownership.id).where(Ownership.cell_id == GridCell.id, Ownership.valid_from <= day)
    statement = (
        select(GridCell.id, as_wkb(GridCell.shape).label("shape"))
        .where(GridCell.retired_at >= midnight(day + timedelta(days=1)), told.exists(), meets(*_places(points)))
        .order_by(GridCell.retired_at.desc(), GridCell.id)
    )
    return _first_around(points, session.execute(statement))


def _places(points: Sequence[MeterPoint]) -> set[tuple[float, ...]]:
    return {point.box.position.bounds for point in points if point.box.position}


def _first_around(points: Sequence[MeterPoint], cells: Iterable[Row[int, bytes]]) -> dict[int, int]:
    """For each point the first cell in whose shape its box stands."""
    shapes = [(cell, shapely.from_wkb(bytes(wkb))) for cell, wkb in cells]
    found = {
        point.id: next((cell for cell, shape in shapes if shape.intersects(point.box.position)), None)
        for point in points
    }
    return {point: cell for point, cell in found.items() if cell}
