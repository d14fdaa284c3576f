"""The cells around a place as a plan has them, those of other units, and the households that stand there."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assignment.boxes import located_boxes
from app.core.access import EVERYWHERE
from app.core.geometry import as_wkb
from app.customers.models import MeterBox
from app.grid.models import GridCell, Ownership
from app.grid.queries import active_layer, meets
from app.organisation.queries import unit_ids_under
from app.plans.models import Plan, PlanCell

MARGIN_DEGREES = 1e-4
"""About ten metres: more than a border that is drawn by hand is moved by itself."""
COLUMNS = ["key", "station_id", "mine"]


def layer_around(session: Session, plan: Plan, places: Sequence[shapely.Geometry], rings: int = 1) -> gpd.GeoDataFrame:
    """The cells that meet these places, with two rings those around them too: key, station_id, mine, geometry.

    `mine` are the plan's; the others are the register's of units that the plan is not for.
    """
    bounds = [place.bounds for place in places]
    layer = _layer(session, plan, bounds)
    for _ring in range(1, rings):
        layer = _layer(session, plan, [tuple(layer.total_bounds)])
    return layer


def _layer(session: Session, plan: Plan, bounds: Sequence[tuple[float, ...]]) -> gpd.GeoDataFrame:
    near = meets(*bounds, margin=MARGIN_DEGREES)
    statement = (
        select(PlanCell.key, PlanCell.station_id, as_wkb(PlanCell.shape), as_wkb(GridCell.shape))
        .outerjoin(GridCell, GridCell.id == PlanCell.cell_id)
        .where(PlanCell.plan_id == plan.id, ~PlanCell.gone, near | PlanCell.shape.is_not(None))
        .order_by(PlanCell.key)
    )
    rows: list[tuple[Any, ...]] = [tuple(row) for row in session.execute(statement)]
    shapes = shapely.from_wkb([bytes(row[3] if row[2] is None else row[2]) for row in rows])
    own = gpd.GeoDataFrame(
        pd.DataFrame([(*row[:2], True) for row in rows], columns=COLUMNS), geometry=list(shapes), crs="EPSG:4326"
    )
    boxes = shapely.box(*np.array(bounds).T)
    touched = own.geometry.sindex.query(boxes, predicate="dwithin", distance=MARGIN_DEGREES)[1]
    foreign = GridCell.station_id.not_in(unit_ids_under(session, plan.unit))
    others = active_layer(session, EVERYWHERE, near, foreign).rename(columns={"code": "key"}).assign(mine=False)
    mine = own.iloc[np.unique(touched)]
    if not len(others):
        return mine.reset_index(drop=True)
    return gpd.GeoDataFrame(pd.concat([mine, others[[*COLUMNS, "geometry"]]], ignore_index=True), crs="EPSG:4326")


def boxes_within(session: Session, area: shapely.Geometry) -> pd.DataFrame:
    """The register's located boxes of the cells that meet an area: x, y, households."""
    near = select(GridCell.id).where(GridCell.retired_at.is_(None), meets(area.bounds))
    return located_boxes(session, MeterBox.cell_id.in_(near))


def households_in(boxes: pd.DataFrame, shapes: Sequence[shapely.Geometry]) -> list[int]:
    """The households of the boxes in each of some shapes; one on a border belongs to the first."""
    x, y = boxes["x"].to_numpy(), boxes["y"].to_numpy()
    inside = np.array([shapely.intersects_xy(shape, x, y) for shape in shapes])
    first = inside & (np.cumsum(inside, axis=0) == 1)
    return [int(boxes["households"].to_numpy()[each].sum()) for each in first]


def turns_of(session: Session, cell_ids: Collection[int], day: date) -> dict[int, tuple[object, ...]]:
    """Who has each cell of the register on a day, and what changes later: alike where that is."""
    statement = select(Ownership.cell_id, Ownership.valid_from, Ownership.manager_id)
    statement = statement.where(Ownership.cell_id.in_(cell_ids)).order_by(Ownership.valid_from)
    present: dict[int, object] = dict.fromkeys(cell_ids)
    later: dict[int, list[tuple[object, object]]] = {cell: [] for cell in cell_ids}
    for cell, since, manager in session.execute(statement):
        if since <= day:
            present[cell] = manager
        else:
            later[cell].append((since, manager))
    return {cell: (present[cell], *later[cell]) for cell in cell_ids}
