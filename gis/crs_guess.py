"""Does a file that claims WGS 84 really hold GCJ-02, BD-09 or swapped coordinates? Compare it with a boundary."""

from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from gis.assignment import assign_points
from gis.coordinates import Floats, Pair, bd09_to_wgs84, gcj02_to_wgs84
from gis.metres import LocalPlane

_BESIDE_M = 100.0
"""Outside by less may be an error of survey or boundary; the coordinate systems differ by 300 m and more."""
FARTHEST_M = 5_000.0
"""Where distances end: whatever is farther off counts as this far."""

_SAMPLE = 5_000
_OUTLINE_MATCHES_M = 250.0  # half of what the offset systems differ by
_CLEARLY_LESS = 1 / 3
_ENOUGH_POINTS = 10
_POINTS, _POLYGONS = {0, 4}, {3, 6}


@dataclass(frozen=True)
class CrsGuess:
    """The coordinate system that brings a layer onto its boundary.

    `best` is "wgs84" (the claim holds), "gcj02", "bd09", "swapped" (latitude first), or None when the layers do not
    tell. The distances are metres, as claimed and by the nearest candidate: for polygons the median distance of the
    layer's outline from the boundary's lines, for points the mean distance outside the boundary. `misses` is what
    decided, by candidate: that distance for polygons, the share of points outside for points.
    """

    best: str | None
    claimed_distance_m: float
    best_distance_m: float
    misses: dict[str, float]


def likely_crs(geometries: Any, reference: Any) -> CrsGuess:
    """Find out which coordinate system a layer is in, by a boundary that is known to be in WGS 84.

    Parameters
    ----------
    geometries : GeoSeries or array of shapely geometries, shape (n,)
        All points or all polygons, claimed to be WGS 84 (longitude, latitude in degrees). None and empty ones are
        left out.
    reference : GeoSeries or array of (multi)polygons, shape (m,)
        Areas in WGS 84: stations, counties, or the city as one.

    Returns
    -------
    CrsGuess
        `best` is None unless one candidate fits clearly better than every other. Polygons: less than a third of the
        next candidate's distance, and within 250 m. Points: fewer than a third of the next candidate's points outside,
        with ten or more of those; a city's boundary tells little of points that are deep inside it.

    Raises
    ------
    ValueError
        When the geometries are neither all points nor all polygons, or the reference is empty.

    Notes
    -----
    Own method. Some 5,000 evenly chosen places of the layer are looked at. Outlines are those of the layer as a whole,
    lines of the reference are those of each area, so that a station's cells can be held against all stations of a
    city. Points outside under every candidate say nothing and are left out.

    Examples
    --------
    >>> from gis.coordinates import wgs84_to_gcj02
    >>> county = shapely.box(114.0, 23.0, 114.5, 23.4)
    >>> moved = shapely.transform(county, lambda xy: np.column_stack(wgs84_to_gcj02(*xy.T)))
    >>> likely_crs([moved], [county]).best
    'gcj02'
    """
    shapes = _present(geometries)
    areas = _present(reference)
    if len(areas) == 0:
        raise ValueError("the reference holds no area")
    kinds = set(shapely.get_type_id(shapes).tolist())
    if not (kinds <= _POINTS or kinds <= _POLYGONS):
        raise ValueError("the layer must hold points only or polygons only")
    if len(shapes) == 0:
        return CrsGuess(None, np.nan, np.nan, {})
    plane = LocalPlane.around(shapely.box(*shapely.total_bounds(areas)))
    areas = shapely.transform(areas, plane.to_metres)
    if kinds <= _POINTS:
        return _guess_by_points(_candidates(_thinned(shapely.get_coordinates(shapes)), plane), areas)
    return _guess_by_outlines(_candidates(_along_outline(shapes), plane), areas)


def _present(geometries: Any) -> NDArray[np.object_]:
    shapes = np.asarray(geometries, dtype=object)
    return shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]


def _thinned(lonlat: Floats) -> Floats:
    lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
    return lonlat[:: -(-len(lonlat) // _SAMPLE) or 1]


def _along_outline(polygons: NDArray[np.object_]) -> Floats:
    """Points at even steps along the outline of all polygons together."""
    outline = shapely.get_parts(shapely.boundary(shapely.union_all(shapely.make_valid(polygons))))
    length = shapely.length(outline)
    count = np.ceil(length / length.sum() * _SAMPLE).astype(np.int64)
    line = np.repeat(np.arange(len(outline)), count)
    step = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    return shapely.get_coordinates(shapely.line_interpolate_point(outline[line], step * (length / count)[line]))


def _candidates(lonlat: Floats, plane: LocalPlane) -> dict[str, Pair]:
    """Positions in local metres, if the coordinates were of each system."""
    lon, lat = lonlat.T
    positions = {
        "wgs84": (lon, lat),
        "gcj02": gcj02_to_wgs84(lon, lat),
        "bd09": bd09_to_wgs84(lon, lat),
        "swapped": (lat, lon),
    }
    in_metres = {name: plane.to_metres(np.column_stack(position)) for name, position in positions.items()}
    return {name: (xy[:, 0], xy[:, 1]) for name, xy in in_metres.items()}


def _guess_by_outlines(candidates: dict[str, Pair], areas: NDArray[np.object_]) -> CrsGuess:
    lines = _segments(areas)
    misses = {name: float(np.median(_distance(lines, *position))) for name, position in candidates.items()}
    best, second = sorted(misses, key=lambda name: misses[name])[:2]
    clear = misses[best] <= _OUTLINE_MATCHES_M and misses[best] < misses[second] * _CLEARLY_LESS
    return CrsGuess(best if clear else None, misses["wgs84"], misses[best], misses)


def _guess_by_points(candidates: dict[str, Pair], areas: NDArray[np.object_]) -> CrsGuess:
    cells, lines = geopandas.GeoSeries(areas), _segments(areas)
    outside = {name: _clearly_outside(cells, lines, *position) for name, position in candidates.items()}
    if outside["swapped"].mean() > 0.5:  # some swapped rows in a sound file are dirt, not a coordinate system
        del outside["swapped"]
    telling = ~np.logical_and.reduce(list(outside.values()))
    if not telling.any():
        return CrsGuess(None, FARTHEST_M, FARTHEST_M, dict.fromkeys(candidates, 1.0))
    misses = {name: float(out[telling].mean()) for name, out in outside.items()}
    best, second = sorted(misses, key=lambda name: misses[name])[:2]
    enough = misses[second] * telling.sum() >= _ENOUGH_POINTS
    clear = enough and misses[best] < misses[second] * _CLEARLY_LESS

    def mean_beyond(name: str) -> float:
        x, y = candidates[name]
        far = outside[name] & telling
        return float(_distance(lines, x[far], y[far]).sum() / telling.sum())

    return CrsGuess(best if clear else None, mean_beyond("wgs84"), mean_beyond(best), misses)


def _clearly_outside(cells: geopandas.GeoSeries, lines: shapely.STRtree, x: Floats, y: Floats) -> NDArray[np.bool_]:
    outside = assign_points(x, y, cells) < 0
    outside[outside] = _distance(lines, x[outside], y[outside]) > _BESIDE_M
    return outside


def _segments(areas: NDArray[np.object_]) -> shapely.STRtree:
    rings = shapely.get_rings(shapely.get_parts(areas))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    return shapely.STRtree(shapely.linestrings(np.stack([xy[start], xy[start + 1]], axis=1)))


def _distance(lines: shapely.STRtree, x: Floats, y: Floats) -> Floats:
    distance = np.full(len(x), FARTHEST_M)
    (point, _), metres = lines.query_nearest(
        shapely.points(x, y), max_distance=FARTHEST_M, return_distance=True, all_matches=False
    )
    distance[point] = metres
    return distance
