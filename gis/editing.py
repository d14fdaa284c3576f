"""Edit cells so that the layer stays proven: split, halve, merge, reshape."""

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.adjacency import components, neighbours
from gis.edit_rules import (
    INVALID_SHAPE,
    LINE_CROSSES_ITSELF,
    LINE_CUTS_NOTHING,
    NOT_ADJACENT,
    NOTHING_TO_HALVE,
    PART_TOO_SMALL,
    TOO_MANY_PARTS,
    EditError,
    require_proven,
)
from gis.metres import LocalPlane, areas_m2
from gis.noding import faces, joined, restored, with_vertices
from gis.reshaping import reshape

__all__ = ["EditError", "Split", "merge", "reshape", "split", "split_in_half"]

SMALLEST_PART_M2 = 1.0
DIRECTIONS = 18
"""Cuts tried by `split_in_half`: one every 10 degrees."""
BALANCE_STEP = 0.02
"""Halves that differ by less than this share of the households are equally good; the shorter cut wins."""
OVERSHOOT_DEGREES = 1e-9
SAMPLES = 20


class Split(NamedTuple):
    """Two `parts` in place of a cell, and its `neighbours` (position -> geometry) that gain an end of the cut."""

    parts: tuple[shapely.Geometry, shapely.Geometry]
    neighbours: dict[int, shapely.Geometry]


def split(cells: gpd.GeoSeries, position: int, line: shapely.LineString) -> Split:
    """Cut a cell in two along a drawn line.

    An end of the line that lies inside the cell is carried on straight to the border; what sticks out is cut off.
    Parts of a multipart cell that the line does not cut go with the nearer half.

    Parameters
    ----------
    cells : GeoSeries of n (multi)polygons, EPSG:4326
    position : the cell, 0..n-1
    line : LineString, EPSG:4326

    Returns
    -------
    Split, the larger part first

    Raises
    ------
    EditError
        INVALID_SHAPE, LINE_CROSSES_ITSELF, LINE_CUTS_NOTHING, TOO_MANY_PARTS (parts), PART_TOO_SMALL (area_m2), TEARS.

    Examples
    --------
    >>> cells = gpd.GeoSeries([shapely.box(114, 23, 114.02, 23.01)], crs="EPSG:4326")
    >>> halves = split(cells, 0, shapely.LineString([(114.01, 23.002), (114.01, 23.008)]))
    >>> [part.bounds[0] for part in halves.parts]
    [114.0, 114.01]
    """
    if line.geom_type != "LineString" or line.is_empty or line.length == 0:
        raise EditError(INVALID_SHAPE, position=position)
    if not line.is_simple:
        raise EditError(LINE_CROSSES_ITSELF, position=position)
    cell = cells.iloc[position]
    parts = _cut(cell, _carried_on(cell, line, to_far_side=False))
    if parts is None:
        parts = _cut(cell, _carried_on(cell, line, to_far_side=True))
    if parts is None:
        raise EditError(LINE_CUTS_NOTHING, position=position)
    return _proven_split(cells, position, parts)


def split_in_half(
    cells: gpd.GeoSeries, position: int, x: ArrayLike, y: ArrayLike, weight: ArrayLike | None = None
) -> Split:
    """Cut a cell along a short straight line into halves with as equal households as possible.

    Parameters
    ----------
    cells : GeoSeries of n (multi)polygons, EPSG:4326
    position : the cell, 0..n-1
    x, y : (p,) floats, degrees; points outside the cell do not count, without any inside the land is halved
    weight : (p,) floats, optional
        Households at each point, 1 by default.

    Returns
    -------
    Split, the larger part first

    Raises
    ------
    EditError
        NOTHING_TO_HALVE when all households share one position or no straight line cuts the cell in two; TEARS.

    Examples
    --------
    >>> cells = gpd.GeoSeries([shapely.box(114, 23, 114.02, 23.01)], crs="EPSG:4326")
    >>> [round(part.area, 6) for part in split_in_half(cells, 0, [114.001, 114.003], [23.005, 23.005]).parts]
    [0.000176, 2.4e-05]
    """
    cell = cells.iloc[position]
    lonlat, households = _inside(cell, np.column_stack([x, y]).astype(float), weight)
    plane = LocalPlane.around(cell)
    xy = plane.to_metres(lonlat)
    halves, best = None, (np.inf, np.inf)
    for cut in sorted(_balanced_cuts(cell, plane, xy, households), key=lambda cut: cut.at_best):
        if cut.at_best >= best:
            break
        parts = _cut(cell, cut.line)
        if parts is None or len(parts) != 2 or areas_m2(parts).min() < SMALLEST_PART_M2:
            continue
        held = households[shapely.intersects_xy(parts[0], *lonlat.T)].sum() / households.sum()
        if (found := (float(_unevenness(held)), cut.at_best[1])) < best:
            best, halves = found, parts
    if halves is None:
        raise EditError(NOTHING_TO_HALVE, position=position)
    return _proven_split(cells, position, halves)


def merge(cells: gpd.GeoSeries, positions: Sequence[int]) -> shapely.Geometry:
    """Join cells that hang together by shared borders.

    Parameters
    ----------
    cells : GeoSeries of n (multi)polygons, EPSG:4326
    positions : two or more different cells

    Returns
    -------
    The (multi)polygon that replaces them; no other cell changes.

    Raises
    ------
    EditError
        NOT_ADJACENT (positions) where a common border is missing; TEARS.

    Examples
    --------
    >>> cells = gpd.GeoSeries([shapely.box(114, 23, 114.01, 23.01), shapely.box(114.01, 23, 114.02, 23.01)], crs=4326)
    >>> merge(cells, [0, 1]).bounds
    (114.0, 23.0, 114.02, 23.01)
    """
    chosen = sorted(set(positions))
    near = neighbours(cells.iloc[chosen])
    if len(chosen) < 2 or components(len(chosen), near.edges).any():
        raise EditError(NOT_ADJACENT, positions=chosen)
    before = cells.iloc[chosen].to_numpy()
    merged = joined(before)
    require_proven(before, np.array([merged]))
    return merged


def _carried_on(cell: shapely.Geometry, line: shapely.LineString, to_far_side: bool) -> shapely.LineString:
    """A line whose ends inside the cell reach its border, or the border's far side (past a hole)."""
    coords = shapely.get_coordinates(line)
    ends = []
    for end, inner in ((coords[0], coords[1]), (coords[-1], coords[-2])):
        west, south, east, north = cell.bounds
        direction = (end - inner) / np.hypot(*(end - inner))
        ray = shapely.LineString([end, end + direction * 2 * np.hypot(east - west, north - south)])
        hits = shapely.get_coordinates(shapely.intersection(ray, shapely.boundary(cell)))
        if not shapely.contains_xy(cell, *end) or not len(hits):
            ends.append(end)
            continue
        distance = np.hypot(*(hits - end).T)
        ends.append(
            end + direction * (distance.max() if to_far_side else distance.min()) + direction * OVERSHOOT_DEGREES
        )
    return shapely.LineString([ends[0], *coords, ends[1]])


def _cut(cell: shapely.Geometry, line: shapely.Geometry) -> NDArray[np.object_] | None:
    """The parts into which a line cuts a cell, or None when it cuts nothing."""
    pieces = restored(faces([line], cell), np.array([cell]))
    uncut = shapely.get_parts(cell)
    if len(pieces) == len(uncut):
        return None
    if len(uncut) == 1:
        return pieces
    whole = shapely.covers(uncut[:, None], shapely.point_on_surface(pieces)).argmax(axis=0)
    is_cut = np.bincount(whole, minlength=len(uncut))[whole] > 1
    halves, rest = pieces[is_cut], pieces[~is_cut]
    nearest = shapely.distance(rest[:, None], halves).argmin(axis=1) if len(rest) else np.empty(0, dtype=int)
    return np.array([
        shapely.union_all([half, *rest[nearest == number]]) if (nearest == number).any() else half
        for number, half in enumerate(halves)
    ], dtype=object)  # fmt: skip


def _proven_split(cells: gpd.GeoSeries, position: int, parts: NDArray[np.object_]) -> Split:
    if len(parts) != 2:
        raise EditError(TOO_MANY_PARTS, position=position, parts=len(parts))
    area = areas_m2(parts)
    if area.min() < SMALLEST_PART_M2:
        raise EditError(PART_TOO_SMALL, position=position, area_m2=float(area.min()))
    larger, smaller = parts[np.argsort(-area, kind="stable")]
    cell = cells.iloc[position]
    around = cells.sindex.query(cell, predicate="intersects")
    around = np.sort(around[around != position])
    added = np.setdiff1d(_as_complex(parts), _as_complex(np.array([cell])))
    points = np.column_stack([added.real, added.imag])
    others = {int(near): with_vertices(cells.iloc[near], points) for near in around}
    changed = {
        near: geometry
        for near, geometry in others.items()
        if shapely.get_num_coordinates(geometry) > shapely.get_num_coordinates(cells.iloc[near])
    }
    before = cells.iloc[[position, *changed]].to_numpy()
    kept = cells.iloc[[near for near in others if near not in changed]].to_numpy()
    require_proven(before, np.array([larger, smaller, *changed.values()], dtype=object), kept)
    return Split((larger, smaller), changed)


def _as_complex(geometries: NDArray[np.object_]) -> NDArray[np.complex128]:
    coords = shapely.get_coordinates(geometries)
    return coords[:, 0] + 1j * coords[:, 1]


def _inside(
    cell: shapely.Geometry, lonlat: NDArray[np.float64], weight: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points of the cell with their households; a raster over its land where it has none."""
    households = np.ones(len(lonlat)) if weight is None else np.asarray(weight, dtype=float)
    inside = shapely.intersects_xy(cell, *lonlat.T) & (households > 0)
    if inside.any():
        return lonlat[inside], households[inside]
    west, south, east, north = cell.bounds
    raster = np.stack(np.meshgrid(np.linspace(west, east, SAMPLES), np.linspace(south, north, SAMPLES)), axis=-1)
    raster = raster.reshape(-1, 2)
    raster = raster[shapely.contains_xy(cell, *raster.T)]
    return raster, np.ones(len(raster))


class _Cut(NamedTuple):
    """A straight line, and how it compares at best with others: unevenness of the halves, then length in metres."""

    line: shapely.LineString
    at_best: tuple[float, float]


def _unevenness(held: ArrayLike) -> NDArray[np.float64]:
    """Steps by which the halves differ when one of them holds this share."""
    return np.floor(np.abs(2 * np.asarray(held) - 1) / BALANCE_STEP)


def _balanced_cuts(
    cell: shapely.Geometry, plane: LocalPlane, xy: NDArray[np.float64], households: NDArray[np.float64]
) -> list[_Cut]:
    """For each direction, the stretches across the cell of the straight line that halves the households best."""
    if len(xy) < 2:
        return []
    west, south, east, north = plane.to_metres(np.array(cell.bounds).reshape(2, 2)).reshape(-1)
    ends, held = _balanced_lines(xy, households, 2 * np.hypot(east - west, north - south))
    lines = shapely.linestrings(plane.to_degrees(ends.reshape(-1, 2)).reshape(-1, 2, 2))
    stretches, line = shapely.get_parts(shapely.intersection(lines, cell), return_index=True)
    stretches, line = stretches[real := shapely.length(stretches) > 0], line[real]
    # A line that crosses the cell in one stretch divides its households as reckoned; of the others that is not known.
    is_whole = np.bincount(line, minlength=len(lines))[line] == 1
    unevenness = np.where(is_whole, _unevenness(held)[line], 0)
    cuts = _longer(stretches)
    metres = shapely.length(shapely.transform(cuts, plane.to_metres))
    return [_Cut(*cut) for cut in zip(cuts, zip(unevenness, metres, strict=True), strict=True)]


def _balanced_lines(
    xy: NDArray[np.float64], households: NDArray[np.float64], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each direction in which a line can part the points, the ends (d, 2, 2) of the best, and what it parts (d,).

    Its ends lie as far as `reach` from its middle; what it parts is the share of the households on its one side.
    """
    angle = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    normal, along = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    across = (xy @ normal).round(3)
    order = np.argsort(across, axis=0, kind="stable")
    offset, held = np.take_along_axis(across, order, axis=0), np.cumsum(households[order], axis=0)
    share = held[:-1] / held[-1]
    off_half = np.where(offset[1:] > offset[:-1], np.abs(share - 0.5), np.inf)
    at, direction = off_half.argmin(axis=0), np.arange(DIRECTIONS)
    middle = normal * (offset[at, direction] + offset[at + 1, direction]) / 2
    ends = np.stack([middle - along * reach, middle + along * reach]).transpose(2, 0, 1)
    parting = np.isfinite(off_half[at, direction])
    return ends[parting], share[at, direction][parting]


def _longer(stretches: NDArray[np.object_]) -> NDArray[np.object_]:
    """Straight lines that reach a trifle beyond both ends of each."""
    start, end = (shapely.get_coordinates(shapely.get_point(stretches, at)) for at in (0, -1))
    beyond = (end - start) / np.hypot(*(end - start).T)[:, None] * OVERSHOOT_DEGREES
    return shapely.linestrings(np.stack([start - beyond, end + beyond], axis=1))
