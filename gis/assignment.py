"""Which cell covers each point, at the size of a city."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.tiles import Outlines, Sifted, sift

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_BLOCK = 32_768
_SMALL_BLOCK = 2_048
_FEW = 1_000
"""Up to so many points, bounds and GEOS are quicker than a raster."""
_POLYGON, _MULTIPOLYGON = 3, 6


class Located(NamedTuple):
    """Where points lie: the position of the covering cell (-1: none), and whether two or more cells cover the point."""

    cell: Ints
    on_border: Bools


def assign_points(x: ArrayLike, y: ArrayLike, cells: geopandas.GeoSeries) -> Ints:
    """Find the cell that covers each point.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        Coordinates in the CRS of `cells`.
    cells : GeoSeries of Polygon or MultiPolygon, shape (m,)
        Valid shapes; they may have holes and may overlap. None and empty ones cover nothing.

    Returns
    -------
    ndarray of int64, shape (n,)
        The position in `cells` (not the index label) of the cell that covers the point, border included; the lowest
        where several do, -1 where none does and for NaN and infinite coordinates.

    Raises
    ------
    ValueError
        When x and y differ in shape, or a cell is neither polygon nor multipolygon.

    Notes
    -----
    Own method: `gis.tiles` settles most points by a raster, GEOS tests the rest. The cells are copied before they are
    prepared, so nothing of the caller's is changed, prepared state included.

    Examples
    --------
    >>> cells = geopandas.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> assign_points([0.5, 1.0, 1.5, 9.0, np.nan], [0.5, 0.5, 0.5, 0.5, 0.5], cells)
    array([ 0,  0,  1, -1, -1])
    """
    return _locate(x, y, cells, borders=False).cell


def locate(x: ArrayLike, y: ArrayLike, cells: geopandas.GeoSeries) -> Located:
    """Find the cell that covers each point, and whether the point is on a border of two.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        Coordinates in the CRS of `cells`.
    cells : GeoSeries of Polygon or MultiPolygon, shape (m,)
        As in `assign_points`.

    Returns
    -------
    Located
        `cell` as of `assign_points`; `on_border` is true where two or more cells cover the point: a shared border or
        corner, or the inside of an overlap.

    Raises
    ------
    ValueError
        As `assign_points`.

    Examples
    --------
    >>> cells = geopandas.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> locate([0.0, 1.0], [0.5, 0.5], cells)
    Located(cell=array([0, 0]), on_border=array([False,  True]))
    """
    return _locate(x, y, cells, borders=True)


def nearest_cells(x: ArrayLike, y: ArrayLike, cells: geopandas.GeoSeries, max_distance: float) -> tuple[Ints, Floats]:
    """Find the nearest cell of each point within a distance.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        Coordinates in the CRS of `cells`, which has to be a projected one.
    cells : GeoSeries of Polygon or MultiPolygon, shape (m,)
        As in `assign_points`.
    max_distance : float
        In the unit of the CRS, metres; more than 0, itself allowed.

    Returns
    -------
    cell : ndarray of int64, shape (n,)
        The position of the nearest cell, the lowest where several are equally near, -1 where none is near enough.
    distance : ndarray of float64, shape (n,)
        0 inside a cell, NaN where there is none.

    Raises
    ------
    ValueError
        As `assign_points`; when `max_distance` is not more than 0; when the CRS of `cells` counts in degrees.

    Examples
    --------
    >>> cells = geopandas.GeoSeries([shapely.box(0, 0, 100, 100), shapely.box(120, 0, 200, 100)])
    >>> nearest_cells([110.0, 230.0, 900.0], [50.0, 50.0, 50.0], cells, 50)
    (array([ 0,  1, -1]), array([10., 30., nan]))
    """
    if not max_distance > 0:
        raise ValueError(f"max_distance must be more than 0, not {max_distance}")
    if cells.crs is not None and cells.crs.is_geographic:
        raise ValueError("cells in degrees: distances need a projected CRS")
    x, y = _coordinates(x, y)
    positions, polygons = _polygons(cells)
    cell, distance = np.full(len(x), -1), np.full(len(x), np.nan)
    finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    (point, near), metres = shapely.STRtree(polygons).query_nearest(
        shapely.points(x[finite], y[finite]), max_distance=max_distance, return_distance=True
    )
    order = np.lexsort((-near, point))  # the last write, the lowest cell's, stays
    cell[finite[point[order]]] = positions[near[order]]
    distance[finite[point[order]]] = metres[order]
    return cell, distance


def majority_cells(group: ArrayLike, cell: ArrayLike, share: float = 0.8) -> pd.DataFrame:
    """Find the groups of which at least a given share lies in one cell.

    Parameters
    ----------
    group : array_like of int, shape (n,)
        The group, such as the transformer area, of each meter box.
    cell : array_like of int, shape (n,)
        The box's cell; boxes with -1 are not counted.
    share : float
        More than 0, at most 1.

    Returns
    -------
    DataFrame
        Index `group`, ascending; `cell` (int64), `share` (float64) of the group's counted boxes. Groups that no cell
        has to that share are left out; of equal cells, possible up to one half, the lowest is taken.

    Raises
    ------
    ValueError
        When the shapes differ or `share` is out of range.

    Examples
    --------
    >>> majority_cells([1, 1, 1, 1, 1, 2, 2], [7, 7, 7, 7, 3, 5, 6]).reset_index()
       group  cell  share
    0      1     7    0.8
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be more than 0 and at most 1, not {share}")
    group, cell = np.asarray(group, dtype=np.int64), np.asarray(cell, dtype=np.int64)
    if group.shape != cell.shape or group.ndim != 1:
        raise ValueError(f"group and cell must be of one length, not {group.shape} and {cell.shape}")
    group, cell = group[cell >= 0], cell[cell >= 0]
    in_order = np.lexsort((cell, group))
    group, cell = group[in_order], cell[in_order]
    first = np.flatnonzero((np.diff(group, prepend=group[:1] - 1) != 0) | (np.diff(cell, prepend=cell[:1] - 1) != 0))
    held = np.diff(first, append=len(group))
    group, cell = group[first], cell[first]
    groups, place = np.unique(group, return_inverse=True)
    of_group = held / np.bincount(place, weights=held)[place]
    best_first = np.lexsort((cell, -held, group))
    largest = best_first[np.searchsorted(group[best_first], groups)]
    largest = largest[of_group[largest] >= share]
    found = pd.Index(group[largest], name="group")
    return pd.DataFrame({"cell": cell[largest], "share": of_group[largest]}, index=found)


def _locate(x: ArrayLike, y: ArrayLike, cells: geopandas.GeoSeries, *, borders: bool) -> Located:
    x, y = _coordinates(x, y)
    positions, polygons = _polygons(cells)
    found = Located(np.full(len(x), -1), np.zeros(len(x), dtype=bool))
    if len(polygons) == 0:
        return found
    shapely.prepare(polygons)
    tree = shapely.STRtree(polygons)
    west, south, east, north = shapely.total_bounds(polygons)
    # NaN and infinity compare false.
    points = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
    few = [(points, _by_bounds(tree, x[points], y[points]))] if len(points) <= _FEW else None
    for block, sifted in few or _sifted(points, x, y, polygons, tree):
        _test_open(sifted, x[block], y[block], polygons, borders=borders)
        found.cell[block] = np.where(sifted.cell >= 0, positions[sifted.cell], -1)
        if borders:
            found.on_border[block] = sifted.shared
    return found


def _sifted(
    points: Ints, x: Floats, y: Floats, polygons: NDArray[np.object_], tree: shapely.STRtree
) -> Iterator[tuple[Ints, Sifted]]:
    """Sift points on all processors; GEOS is the caller's, for two threads must not ask one prepared geometry."""
    outlines = Outlines.of(polygons)
    tree.query(shapely.Point(0, 0))  # builds it, before threads share it

    def sift_strip(strip: Ints) -> list[tuple[Ints, Sifted]]:
        blocks = _cut(strip, y, -(-len(strip) // _BLOCK))
        return [pair for block in blocks for pair in _sift_block(block, x, y, outlines, tree)]

    strips = _cut(points, x, int(np.ceil(np.sqrt(len(points) / _BLOCK))))
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        for strip in workers.map(sift_strip, strips):
            yield from strip


def _coordinates(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"x and y must be of one length, not {x.shape} and {y.shape}")
    return x, y


def _polygons(cells: geopandas.GeoSeries) -> tuple[Ints, NDArray[np.object_]]:
    """Give the cells that cover anything: their positions, and copies of them."""
    geometries = np.asarray(cells, dtype=object)
    kind = shapely.get_type_id(geometries)
    strange = np.flatnonzero(~np.isin(kind, (-1, _POLYGON, _MULTIPOLYGON)) & ~shapely.is_empty(geometries))
    if len(strange):
        raise ValueError(f"cell {strange[0]} is a {geometries[strange[0]].geom_type}, not a polygon")
    positions = np.flatnonzero((kind != -1) & ~shapely.is_empty(geometries))
    return positions, shapely.force_2d(geometries[positions])


def _cut(points: Ints, along: Floats, pieces: int) -> list[Ints]:
    """Cut points into pieces of equal number along one axis, roughly sorted."""
    if pieces < 2:
        return [points] if len(points) else []
    values = along[points]
    low, high = values.min(), values.max()
    scale = 65_535 / (high - low) if high > low else 0.0
    key = ((values - low) * scale).astype(np.uint16)  # 16 bits: numpy sorts them by radix
    return np.array_split(points[np.argsort(key, kind="stable")], pieces)


def _sift_block(
    block: Ints, x: Floats, y: Floats, outlines: Outlines, tree: shapely.STRtree
) -> Iterator[tuple[Ints, Sifted]]:
    block_x, block_y = x[block], y[block]
    sifted = sift(outlines, block_x, block_y)
    if sifted is not None:
        yield block, sifted
    elif len(block) <= _SMALL_BLOCK:
        yield block, _by_bounds(tree, block_x, block_y)
    else:
        along = x if np.ptp(block_x) >= np.ptp(block_y) else y
        for half in np.array_split(block[np.argsort(along[block], kind="stable")], 2):
            yield from _sift_block(half, x, y, outlines, tree)


def _by_bounds(tree: shapely.STRtree, x: Floats, y: Floats) -> Sifted:
    """Leave every point open, against the cells in whose bounds it lies."""
    point, cell = tree.query(shapely.points(x, y))
    order = np.lexsort((cell, point))
    count = np.bincount(point, minlength=len(x))
    nothing = np.zeros(len(x), dtype=bool)
    return Sifted(
        np.full(len(x), -1), nothing, np.arange(len(x)), np.cumsum(count) - count, count, cell[order].astype(np.int64)
    )


def _test_open(sifted: Sifted, x: Floats, y: Floats, polygons: NDArray[np.object_], *, borders: bool) -> None:
    """Settle the open points of a block in place, a candidate at a time, the lowest first."""
    sifted.cell[sifted.open] = -1
    sifted.shared[sifted.open] = False
    point, at, left = sifted.open, sifted.start, sifted.count
    while True:
        going = left > 0
        point, at, left = point[going], at[going], left[going]
        if len(point) == 0:
            return
        cell = sifted.candidates[at]
        hit = shapely.intersects_xy(polygons[cell], x[point], y[point])
        again = hit & (sifted.cell[point] >= 0)
        sifted.shared[point[again]] = True
        first = hit & ~again
        sifted.cell[point[first]] = cell[first]
        left = np.where(again if borders else hit, 0, left - 1)
        at = at + 1
