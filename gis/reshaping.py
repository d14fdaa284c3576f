"""Move a cell's border, and with it the borders of its neighbours."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.adjacency import Neighbours, components, neighbours
from gis.edit_rules import (
    FALLS_APART,
    FROZEN,
    INVALID_SHAPE,
    NO_TAKER,
    OUTSIDE_LAYER,
    VANISHES,
    EditError,
    require_proven,
)
from gis.metres import areas_m2, metres_per_degree
from gis.noding import dissolve, faces, joined, restored

SNAP_M = 1.0
"""A border drawn within this distance of the old one is the old one."""


class _Pieces(NamedTuple):
    """The neighbourhood in pieces: `polygon` (f,), `owner` (f,) row in the neighbourhood, `near` Neighbours."""

    polygon: NDArray[np.object_]
    owner: NDArray[np.int64]
    near: Neighbours


def reshape(
    cells: gpd.GeoSeries, position: int, new_shape: shapely.Geometry, frozen: ArrayLike | None = None
) -> dict[int, shapely.Geometry]:
    """Give a cell a new shape; its neighbours lose what it gains and get what it gives up.

    A piece that is given up goes to the neighbour with the longest border to it. The outline of the layer does not
    move. What differs from the old border by less than a metre is taken for an unsteady hand and stays as it was.

    Parameters
    ----------
    cells : GeoSeries of n (multi)polygons, EPSG:4326
    position : the cell, 0..n-1
    new_shape : (multi)polygon, EPSG:4326
    frozen : (n,) bools, optional
        Cells that must not change (another station's).

    Returns
    -------
    dict, position -> new geometry, of every cell that changes (also of those that only gain a vertex); empty when the
    new shape is the old one

    Raises
    ------
    EditError
        INVALID_SHAPE; OUTSIDE_LAYER (area_m2); FROZEN (positions); NO_TAKER (area_m2) for land that no neighbour
        could take over; VANISHES (position) and FALLS_APART (position) for the cell itself and for neighbours; TEARS.

    Examples
    --------
    >>> cells = gpd.GeoSeries([shapely.box(114, 23, 114.01, 23.01), shapely.box(114.01, 23, 114.02, 23.01)], crs=4326)
    >>> after = reshape(cells, 0, shapely.box(114, 23, 114.012, 23.01))
    >>> after[1].bounds[0]
    114.012
    """
    if new_shape.geom_type not in ("Polygon", "MultiPolygon") or new_shape.is_empty or not new_shape.is_valid:
        raise EditError(INVALID_SHAPE, position=position)
    snap = float(SNAP_M / metres_per_degree(new_shape.centroid.y)[1])
    cell = cells.iloc[position]
    touched = np.sort(cells.sindex.query([cell, new_shape], predicate="dwithin", distance=2 * snap)[1])
    touched = np.unique(touched)
    before = cells.iloc[touched].to_numpy()
    is_frozen = np.zeros(len(cells), dtype=bool) if frozen is None else np.asarray(frozen, dtype=bool)
    self_row = int(np.searchsorted(touched, position))

    shape = _snapped(new_shape, before, snap)
    land = shapely.union_all(before)
    _require_inside(shape, land, snap)
    pieces = _pieces(before, shape, land)
    owner = _new_owners(pieces, self_row, shape, is_frozen[touched], touched, snap)
    if np.array_equal(owner, pieces.owner):
        return {}
    after = _after(pieces.polygon, owner, before, touched)
    changed = {
        int(touched[row]): geometry
        for row, geometry in enumerate(after)
        if not is_frozen[touched[row]] and not shapely.equals_exact(geometry, before[row], normalize=True)
    }
    require_proven(before, np.array([changed.get(int(at), cells.iloc[at]) for at in touched], dtype=object))
    return changed


def _snapped(shape: shapely.Geometry, before: NDArray[np.object_], snap: float) -> shapely.Geometry:
    """The drawn shape with its vertices, where they are near, on the old borders and their vertices."""
    borders = shapely.union_all(shapely.boundary(before))
    snapped = shapely.snap(shape, borders, snap)

    def onto_borders(coords: NDArray[np.float64]) -> NDArray[np.float64]:
        points = shapely.points(coords)
        near = shapely.distance(points, borders) <= snap
        coords = coords.copy()
        coords[near] = shapely.get_coordinates(shapely.shortest_line(borders, points[near]))[::2]
        return coords

    snapped = shapely.transform(snapped, onto_borders)
    return snapped if snapped.is_valid else shapely.make_valid(snapped, method="structure", keep_collapsed=False)


def _require_inside(shape: shapely.Geometry, land: shapely.Geometry, snap: float) -> None:
    outside = shapely.get_parts(shapely.difference(shape, land))
    outside = outside[~_is_narrow(outside, snap)]
    if len(outside):
        raise EditError(OUTSIDE_LAYER, area_m2=float(areas_m2(outside).sum()))


def _is_narrow(polygons: NDArray[np.object_], snap: float) -> NDArray[np.bool_]:
    """Polygons in which no circle of the snapping distance as diameter fits."""
    return shapely.is_empty(shapely.buffer(polygons, -snap / 2))


def _pieces(before: NDArray[np.object_], shape: shapely.Geometry, land: shapely.Geometry) -> _Pieces:
    polygons = restored(faces([*shapely.boundary(before), shapely.boundary(shape)], land), before)
    inside = shapely.point_on_surface(polygons)
    piece, row = shapely.STRtree(before).query(inside, predicate="intersects")
    owner = np.full(len(polygons), -1)
    owner[piece[::-1]] = row[::-1]
    polygons, owner = polygons[owner >= 0], owner[owner >= 0]
    return _Pieces(polygons, owner, neighbours(gpd.GeoSeries(polygons)))


def _new_owners(
    pieces: _Pieces,
    self_row: int,
    shape: shapely.Geometry,
    frozen: NDArray[np.bool_],
    touched: NDArray[np.int64],
    snap: float,
) -> NDArray[np.int64]:
    """Row of the cell that has each piece after the edit."""
    owner = pieces.owner.copy()
    in_shape = shapely.intersects(shape, shapely.point_on_surface(pieces.polygon))
    for members in _connected(pieces, in_shape & (pieces.owner != self_row), snap):
        losers = np.unique(pieces.owner[members])
        if frozen[losers].any():
            raise EditError(FROZEN, positions=touched[losers[frozen[losers]]].tolist())
        owner[members] = self_row
    given_up = _connected(pieces, ~in_shape & (pieces.owner == self_row), snap)
    staying = owner != self_row
    for members in given_up:
        owner[members] = _taker(pieces, members, owner, staying & ~frozen[owner])
    return owner


def _connected(pieces: _Pieces, chosen: NDArray[np.bool_], snap: float) -> list[NDArray[np.int64]]:
    """Chosen pieces that hang together and are wider than an unsteady hand."""
    edges = pieces.near.edges[chosen[pieces.near.edges].all(axis=1)]
    part = components(len(chosen), edges)
    groups = [np.flatnonzero(chosen & (part == number)) for number in np.unique(part[chosen])]
    whole = np.array([joined(pieces.polygon[members]) for members in groups], dtype=object)
    return [members for members, narrow in zip(groups, _is_narrow(whole, snap), strict=True) if not narrow]


def _taker(pieces: _Pieces, members: NDArray[np.int64], owner: NDArray[np.int64], may_take: NDArray[np.bool_]) -> int:
    """Row of the neighbour with the longest border to a piece that is given up."""
    given = np.zeros(len(owner), dtype=bool)
    given[members] = True
    border = np.zeros(int(owner.max()) + 1)
    for one, other in (pieces.near.edges.T, pieces.near.edges.T[::-1]):
        across = given[one] & may_take[other]
        np.add.at(border, owner[other[across]], pieces.near.border_m[across])
    if not border.any():
        raise EditError(NO_TAKER, area_m2=float(areas_m2(pieces.polygon[members]).sum()))
    return int(border.argmax())


def _after(
    polygons: NDArray[np.object_], owner: NDArray[np.int64], before: NDArray[np.object_], touched: NDArray[np.int64]
) -> NDArray[np.object_]:
    gone = np.setdiff1d(np.arange(len(before)), owner)
    if len(gone):
        raise EditError(VANISHES, position=int(touched[gone[0]]))
    after = dissolve(polygons, owner)
    apart = np.flatnonzero(shapely.get_num_geometries(after) > shapely.get_num_geometries(before))
    if len(apart):
        raise EditError(FALLS_APART, position=int(touched[apart[0]]))
    return after
