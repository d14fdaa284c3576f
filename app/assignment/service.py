"""Which cell every meter point belongs to, and why: worked out, stored, overruled."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from flask_babel import gettext as _
from numpy.typing import NDArray
from sqlalchemy import Boolean, Float, Select, bindparam, case, delete, func, insert, null, select
from sqlalchemy.orm import Session

from app.assignment.finding import Cells, Located, cells_near, has_cells
from app.assignment.models import AreaCell
from app.assignment.scratch import (
    areas,
    changed,
    count_rows,
    found,
    note_scope,
    note_touched_cells,
    scope,
    scratch_tables,
    touched,
)
from app.assignment.writing import QUIET, give, note_who_is_apart, recount
from app.audit.service import customer_subject, record
from app.core import staging
from app.core.errors import DomainError
from app.core.geometry import as_wkb
from app.core.progress import Progress, silent
from app.core.settings import settings
from app.customers.models import REASONS, MeterBox, MeterPoint
from app.grid.models import GridCell
from gis.assignment import majority_cells

BLOCK = 100_000
STEPS = 5
FEW = 500
"""So many cells are asked for by their ids; more are read with all others."""
ANY_SHARE = 1e-9
"""Every area keeps its main cell and its share; whether that is enough is asked where it is used."""

# Statements that never vary stand here, for to put one together takes longer than to run it for a few boxes.
LOCATED = (
    select(MeterBox.id, as_wkb(MeterBox.position))
    .join(scope, scope.c.box_id == MeterBox.id)
    .where(MeterBox.position.is_not(None))
)
_cell_of_box = case((found.c.box_id.is_not(None), found.c.cell_id), else_=MeterBox.cell_id)
AREAS_AND_CELLS = (
    select(MeterBox.transformer_area_id, func.coalesce(_cell_of_box, 0))
    .join(areas, areas.c.area_id == MeterBox.transformer_area_id)
    .outerjoin(found, found.c.box_id == MeterBox.id)
    .where(MeterBox.position.is_not(None))
)
FORGET_MAIN_CELLS = delete(AreaCell).where(AreaCell.transformer_area_id.in_(select(areas.c.area_id)))
_enough = AreaCell.share >= bindparam("enough", type_=Float)
_found_unlocated = (
    select(
        MeterBox.id,
        case((_enough, AreaCell.cell_id)),
        case((_enough, "transformer_area"), else_="unassigned"),
        case(
            (_enough, null()),
            (bindparam("no_cells", type_=Boolean), "no_cells"),
            (AreaCell.share.is_not(None), "area_divided"),
            else_="no_position",
        ),
    )
    .join(scope, scope.c.box_id == MeterBox.id)
    .outerjoin(AreaCell, AreaCell.transformer_area_id == MeterBox.transformer_area_id)
    .where(MeterBox.position.is_(None))
)
FIND_UNLOCATED = insert(found).from_select(["box_id", "cell_id", "reason", "cause"], _found_unlocated)
TOUCHED = select(touched.c.cell_id)
BY_REASON = (
    select(MeterPoint.reason, func.count()).join(scope, scope.c.box_id == MeterPoint.box_id).group_by(MeterPoint.reason)
)


@dataclass(frozen=True)
class Assigned:
    """Meter points looked at, by reason, and how long it took."""

    counts: dict[str, int]
    seconds: float


def assign(
    session: Session,
    boxes: Select | None = None,
    progress: Progress = silent,
    left_areas: Select | None = None,
    cells: Iterable[int] = (),
) -> Assigned:
    """Assign the meter points of these boxes (a SELECT of meter_box.id; all by default) again, and no others.

    Unlocated boxes of the same transformer areas, and of those that boxes have left (a SELECT of
    transformer_area.id), are looked at too, for their area's main cell may have changed. Whatever the boxes are, what
    is in `cells` (ids) is counted again.
    """
    started = time.perf_counter()
    session.flush()
    with scratch_tables(session):
        progress(0, STEPS, _("Reading the boxes' positions"))
        note_scope(session, boxes, left_areas)
        located = _located_boxes(session)
        near = cells_near(session, None if boxes is None else located)
        any_cells = len(near.ids) > 0 or has_cells(session)
        progress(1, STEPS, _("Looking for the cells that cover them"))
        _find_located(session, located, near, any_cells)
        _find_main_cells(session)
        _find_unlocated(session, any_cells)
        progress(2, STEPS, _("Writing cells and reasons"))
        note_touched_cells(session, cells, boxes is None)
        give(session)
        note_who_is_apart(session)
        progress(4, STEPS, _("Counting households"))
        recount(session, TOUCHED)
        counts = _counts(session)
    progress(STEPS, STEPS)
    return Assigned(counts, time.perf_counter() - started)


def _find_located(session: Session, located: Located, cells: Cells, any_cells: bool) -> None:
    """Write cell and reason of every located box of the scope."""
    places = cells.find(located.x, located.y, any_cells)
    columns = {
        "box_id": pa.array(located.ids),
        "cell_id": cells.ids_at(places.place),
        "reason": pa.array(places.reason, pa.string()),
        "cause": pa.array(places.cause, pa.string()),
    }
    staging.append(session, found.name, columns)
    count_rows(session, found)


def _located_boxes(session: Session) -> Located:
    """The boxes of the scope that have a position."""
    ids: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    xy: list[NDArray[np.float64]] = [np.empty((0, 2))]
    for block in session.execute(LOCATED, execution_options={"yield_per": BLOCK}).partitions():
        block_ids, wkb = zip(*block, strict=True)
        ids.append(np.array(block_ids, dtype=np.int64))
        xy.append(shapely.get_coordinates(shapely.from_wkb(wkb)))
    lonlat = np.concatenate(xy)
    return Located(np.concatenate(ids), lonlat[:, 0].copy(), lonlat[:, 1].copy())


def _find_main_cells(session: Session) -> None:
    """Work out the cell with most located boxes of every area concerned."""
    rows = [tuple(row) for row in session.execute(AREAS_AND_CELLS)]
    area, cell = np.array(rows or np.empty((0, 2)), dtype=np.int64).T
    held, at = np.unique(cell, return_inverse=True)
    active = _in_order(session, held)
    outside = len(active)  # counts as one more cell, so that boxes outside weigh against the others
    place = np.full(len(held), outside)
    place[np.searchsorted(held, active)] = np.arange(outside)
    main = majority_cells(area, place[at], share=ANY_SHARE)
    main = main[main["cell"] < outside]
    session.execute(FORGET_MAIN_CELLS, execution_options=QUIET)
    columns = {"transformer_area_id": main.index, "cell_id": active[main["cell"]], "share": main["share"]}
    arrays = {name: pa.array(np.asarray(values)) for name, values in columns.items()}
    staging.append(session, AreaCell.__tablename__, arrays)


def _in_order(session: Session, cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the cells (ids) that are active, in the order of their codes."""
    statement = select(GridCell.id).where(GridCell.retired_at.is_(None)).order_by(GridCell.code)
    if len(cells) <= FEW:
        statement = statement.where(GridCell.id.in_(cells.tolist()))
    active = np.array(session.scalars(statement).all(), dtype=np.int64)
    return active[np.isin(active, cells)]


def _find_unlocated(session: Session, any_cells: bool) -> None:
    """Write cell and reason of the boxes that have no position, by their area's main cell."""
    if changed(session, FIND_UNLOCATED, {"enough": settings().area_share, "no_cells": not any_cells}):
        count_rows(session, found)


def _counts(session: Session) -> dict[str, int]:
    counted = dict(list(session.execute(BY_REASON)))
    return {reason: counted.get(reason, 0) for reason in REASONS}


def override(session: Session, point: MeterPoint, cell: GridCell, actor: str, why: str) -> None:
    """Put a meter point into a cell because a person says so; it stays there until released."""
    if cell.retired_at is not None:
        raise DomainError(_("Cell %(code)s is no longer in use. Choose the cell that took its place.", code=cell.code))
    if not why.strip():
        raise DomainError(_("Say why the metering point belongs to that cell."))
    former, before = point.cell_id, _place(point)
    point.cell, point.reason, point.cause = cell, "override", None
    session.flush()
    _record(session, actor, "assignment.override", point, before, why=why.strip())
    recount(session, select(GridCell.id).where(GridCell.id.in_({former, cell.id} - {None})))


def release(session: Session, point: MeterPoint, actor: str) -> None:
    """Take a person's word back: the meter point follows its box again."""
    former, before = point.cell_id, _place(point)
    box = session.get_one(MeterBox, point.box_id)
    point.cell, point.reason, point.cause = box.cell, box.reason, box.cause
    session.flush()
    _record(session, actor, "assignment.release", point, before)
    recount(session, select(GridCell.id).where(GridCell.id.in_({former, box.cell_id} - {None})))


def _place(point: MeterPoint) -> dict[str, str | None]:
    """Where a metering point belongs and why, as the trail keeps it."""
    return {"cell": point.cell.code if point.cell else None, "reason": point.reason}


def _record(
    session: Session, actor: str, action: str, point: MeterPoint, before: dict[str, str | None], **details: str
) -> None:
    customer_id = point.account.customer_id
    about: dict[str, Any] = {"point": point.id, "before": before, "after": _place(point), **details}
    record(session, actor, action, customer_subject(customer_id), customer_id, **about)
