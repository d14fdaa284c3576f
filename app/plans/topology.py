"""Where a plan's cells lie and which of them are neighbours: dear to find, so it is found once for each layer."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.plans.models import Plan
from app.plans.queries import shapes_of
from gis.adjacency import neighbours
from gis.metres import LocalPlane

KEPT = 8
"""Layers that a process remembers; one of 9,000 cells takes a megabyte."""


@dataclass(frozen=True)
class Topology:
    """n cells in the order of their keys."""

    edges: NDArray[np.int64]
    """(m, 2) pairs that share a border."""
    border_m: NDArray[np.float64]
    position: NDArray[np.float64]
    """(n, 2) metres east and north of the middle of all, of a point inside each cell."""


_found: OrderedDict[bytes, Topology] = OrderedDict()
_turn = Lock()


def topology_of(session: Session, plan: Plan) -> Topology:
    """The topology of a plan's cells as they are now."""
    return topology_of_shapes(shapes_of(session, plan))


def topology_of_shapes(rows: Sequence[Row]) -> Topology:
    """The topology of the rows' shapes; found anew only where one of them has changed."""
    mark = _mark(rows)
    with _turn:
        if mark in _found:
            _found.move_to_end(mark)
            return _found[mark]
    made = _find(rows)
    with _turn:
        _found[mark] = made
        while len(_found) > KEPT:
            _found.popitem(last=False)
    return made


def _mark(rows: Sequence[Row]) -> bytes:
    """Of all the shapes in their order: shapes that differ in a bit have another one."""
    parts = (part for row in rows for part in (len(row.shape).to_bytes(8), row.shape))
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()


def _find(rows: Sequence[Row]) -> Topology:
    shapes = shapely.from_wkb([bytes(row.shape) for row in rows])
    near = neighbours(gpd.GeoSeries(shapes, crs="EPSG:4326"))
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes))
    plane = LocalPlane.around(shapely.MultiPoint(middles))
    return Topology(near.edges, near.border_m, plane.to_metres(middles))
