"""Which metering points stand on the ground of cells that the register does not have as a plan gives them.

Before a plan is published those are the cells that it has drawn; afterwards, those that others have split or merged.
Every point stands in one of them: where borders meet, in the first by key; without a place of its own, in the one that
takes over what people or transformer areas have put into its cell.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from app.core.geometry import as_wkb
from app.core.settings import settings
from app.customers.models import MeterBox, MeterPoint
from app.plans.models import Plan, PlanCell
from app.plans.queries import standing_edits
from app.plans.register import HALF, Heir
from gis.assignment import majority_cells

OTHERS = ""
"""The key of ground that was in none of the cells."""
ANYWHERE = shapely.box(-180, -90, 180, 90)

Ground = dict[str, tuple[int, ...]]
"""Ids of metering points by the keys of a plan's cells."""


def ground_drawn(session: Session, plan: Plan) -> Ground:
    """What will stand in each cell that a plan draws, once its edits are done in the register."""
    statement = (
        select(PlanCell.key, PlanCell.cell_id, PlanCell.gone, PlanCell.shape)
        .where(PlanCell.plan_id == plan.id, or_(PlanCell.gone, PlanCell.shape.is_not(None)))
        .order_by(PlanCell.key)
    )
    rows = session.execute(statement).all()
    heir = _heirs_in_plan(session, plan)
    drawn = {row.key: row.shape for row in rows if not row.gone}
    keeps = {row.cell_id: _last(heir, row.key) for row in rows if row.cell_id}
    return _placed(_points(session, keeps), drawn, keeps.__getitem__)


def ground_left(
    session: Session, heirs: Mapping[str, Sequence[Heir]], shapes: Mapping[str, shapely.Geometry]
) -> Ground:
    """What stands on the ground of cells (by key) that went, in the cells that are there now."""
    shares: dict[int, dict[str, float]] = {}
    for key, found in heirs.items():
        for each in found:
            shares.setdefault(each.cell, {})[key] = each.share
    keeper = {
        cell: max(parts, key=lambda key: parts[key]) if sum(parts.values()) >= HALF else OTHERS
        for cell, parts in shares.items()
    }
    return _placed(_points(session, shares), {**shapes, OTHERS: ANYWHERE}, keeper.__getitem__)


def adrift(session: Session, plan: Plan) -> dict[str, int]:
    """Households that will be in no cell once the plan's edits are done, by the keys that take their cells over.

    They have no place of their own and follow their transformer area, of which no cell will hold enough boxes.
    """
    statement = select(PlanCell.key, PlanCell.cell_id, PlanCell.gone, PlanCell.shape).where(
        PlanCell.plan_id == plan.id, or_(PlanCell.gone, PlanCell.shape.is_not(None))
    )
    rows = session.execute(statement).all()
    heir = _heirs_in_plan(session, plan)
    key = {row.cell_id: _last(heir, row.key) for row in rows if row.cell_id}
    follow = (
        select(MeterPoint.cell_id, MeterBox.transformer_area_id, func.count())
        .join(MeterBox, MeterBox.id == MeterPoint.box_id)
        .where(MeterPoint.cell_id.in_(key), MeterPoint.reason == "transformer_area")
        .group_by(MeterPoint.cell_id, MeterBox.transformer_area_id)
    )
    followers = session.execute(follow).all()
    held = _areas_held(session, {area for _cell, area, _count in followers if area}, rows) if followers else set()
    found: dict[str, int] = {}
    for cell, area, count in followers:
        if area not in held:
            found[key[cell]] = found.get(key[cell], 0) + count
    return found


def _areas_held(session: Session, areas: Collection[int], drawn: Sequence[Row]) -> set[int]:
    """The transformer areas of which one cell will hold most of the located boxes."""
    statement = (
        select(MeterBox.transformer_area_id, MeterBox.cell_id, as_wkb(MeterBox.position).label("position"))
        .where(MeterBox.transformer_area_id.in_(areas), MeterBox.position.is_not(None))
        .order_by(MeterBox.id)
    )
    boxes = session.execute(statement).all()
    drawn_cells = {row.cell_id for row in drawn if row.cell_id}
    first = _first_around(boxes, np.array([row.shape for row in drawn if not row.gone], dtype=object))
    place = [
        -2 - int(at) if box.cell_id in drawn_cells else box.cell_id or -1 for box, at in zip(boxes, first, strict=True)
    ]
    _places, number = np.unique(np.array(place, dtype=np.int64), return_inverse=True)
    area = [box.transformer_area_id for box in boxes]
    return set(majority_cells(area, number, share=settings().area_share).index.tolist())


def _heirs_in_plan(session: Session, plan: Plan) -> dict[str, str]:
    """The key that takes over from each key that a plan's edits let go: the larger part, or the merged cell."""
    heir: dict[str, str] = {}
    for step in standing_edits(session, plan):
        if step.kind == "split":
            heir[step.details["cell"]] = step.details["parts"][0]
        elif step.kind == "merge":
            heir |= dict.fromkeys(step.details["cells"], step.details["into"])
    return heir


def _last(heir: Mapping[str, str], key: str) -> str:
    while key in heir:
        key = heir[key]
    return key


def _points(session: Session, cells: Collection[int]) -> Sequence[Row]:
    statement = (
        select(MeterPoint.id, MeterPoint.cell_id, MeterPoint.reason, as_wkb(MeterBox.position).label("position"))
        .join(MeterBox, MeterBox.id == MeterPoint.box_id)
        .where(MeterPoint.cell_id.in_(cells))
        .order_by(MeterPoint.id)
    )
    return session.execute(statement).all()


def _placed(rows: Sequence[Row], shapes: Mapping[str, shapely.Geometry], keeper: Callable[[int], str]) -> Ground:
    """The points by the first of some shapes in which they stand; the others by the keeper of their cell."""
    keys = list(shapes)
    first = _first_around(rows, np.array(list(shapes.values()), dtype=object))
    ground: dict[str, list[int]] = {}
    for row, at in zip(rows, first.tolist(), strict=True):
        key = keys[at] if at < len(keys) and row.reason != "override" else keeper(row.cell_id)
        ground.setdefault(key, []).append(row.id)
    return {key: tuple(points) for key, points in ground.items()}


def _first_around(rows: Sequence[Row], shapes: NDArray[np.object_]) -> NDArray[np.int64]:
    """(rows,) the first shape around each row's position; their number where there is none."""
    places = shapely.from_wkb(np.array([row.position and bytes(row.position) for row in rows], dtype=object))
    first = np.full(len(rows), len(shapes))
    at, shape = shapely.STRtree(shapes).query(places, predicate="intersects")
    np.minimum.at(first, at, shape)
    return first
