"""Which cell the boxes lie in, and why that one: worked out on arrays, nothing stored."""

from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import false, select
from sqlalchemy.orm import Session

from app.core.settings import settings
from app.grid.models import GridCell
from app.grid.queries import cells_at, meets
from gis.assignment import locate, nearest_cells
from gis.metres import metres_per_degree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Texts = NDArray[np.object_]


class Located(NamedTuple):
    """Boxes with a position: ids and WGS 84 degrees."""

    ids: Integers
    x: Floats
    y: Floats


class Found(NamedTuple):
    """Of each box the position of its cell (-1: none), the reason, and the cause where there is none."""

    place: Integers
    reason: Texts
    cause: Texts


@dataclass(frozen=True)
class Cells:
    """Active cells in the order of their codes, so that the lowest position is the lowest code."""

    ids: Integers
    shapes: gpd.GeoSeries

    def ids_at(self, places: Integers) -> pa.Array:
        """The ids at these positions; none for -1."""
        return pa.array(np.append(self.ids, 0)[places], mask=places < 0)

    def find(self, x: Floats, y: Floats, has_cells: bool) -> Found:
        """Where located boxes belong; `has_cells` says whether there are cells at all, be they not near."""
        place, on_border = locate(x, y, self.shapes)
        reason = np.where(place < 0, "unassigned", np.where(on_border, "border", "inside")).astype(object)
        lost = np.flatnonzero(place < 0)
        if len(lost) and len(self.ids):
            place[lost] = near = self._nearest(x[lost], y[lost])
            reason[lost[near >= 0]] = "nearest"
        cause = np.full(len(place), None, dtype=object)
        cause[place < 0] = "outside" if has_cells else "no_cells"
        return Found(place, reason, cause)

    def _nearest(self, x: Floats, y: Floats) -> Integers:
        """The nearest cell within the set distance, -1 for none; measured in metres among the cells at hand."""
        points, metres = gpd.GeoSeries.from_xy(x, y, crs=self.shapes.crs), settings().nearest_metres
        degrees = 1.01 * metres / min(metres_per_degree(np.abs(y).max()))
        place = np.full(len(x), -1)
        candidates = np.unique(self.shapes.sindex.query(points, predicate="dwithin", distance=degrees)[1])
        if len(candidates):
            plane = points.estimate_utm_crs()
            points = points.to_crs(plane)
            near, _distance = nearest_cells(points.x, points.y, self.shapes.iloc[candidates].to_crs(plane), metres)
            place[near >= 0] = candidates[near[near >= 0]]
        return place


def cells_near(session: Session, located: Located | None) -> Cells:
    """The active cells that these boxes may belong to; without boxes, all."""
    near = []
    if located is not None:
        bounds = (located.x.min(), located.y.min(), located.x.max(), located.y.max()) if len(located.ids) else None
        margin = 1.01 * settings().nearest_metres / float(min(metres_per_degree(np.abs(located.y).max(initial=0))))
        near = [meets(bounds, margin=margin) if bounds else false()]
    layer = cells_at(session, *near)
    return Cells(layer.ids, layer.shapes)


def has_cells(session: Session) -> bool:
    """Whether any cell is in use."""
    return session.scalar(select(GridCell.id).where(GridCell.retired_at.is_(None)).limit(1)) is not None
