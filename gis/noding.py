"""Linework whose lines meet in shared vertices, and the faces between the lines."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

GRID_DEGREES = 1e-11
"""Precision grid of the layer: a micrometre, so 1,000 km of border moved onto it sweep less than 1 m2 in all, and
WKB's doubles hold it exactly."""


class Segments(NamedTuple):
    """Straight pieces of polygon rings: `start` and `end` (s, 2) in degrees, `owner` (s,) position of the polygon."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    owner: NDArray[np.int64]


def segments_of(polygons: NDArray[np.object_]) -> Segments:
    """Take polygons apart into segments.

    Parameters
    ----------
    polygons : (n,) array of (multi)polygons, any CRS

    Returns
    -------
    Segments, in the order of the polygons

    Examples
    --------
    >>> segments_of(np.array([shapely.box(0, 0, 1, 1)])).owner
    array([0, 0, 0, 0])
    """
    parts, part_owner = shapely.get_parts(polygons, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    return Segments(coords[:-1][inner], coords[1:][inner], part_owner[ring_part[ring[:-1][inner]]])


def matching_segments(segments: Segments) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of segments with the same two ends, bit for bit.

    Parameters
    ----------
    segments : Segments

    Returns
    -------
    (first, second) : (m,) int arrays, positions of the segments; a segment is in one pair at the most

    Examples
    --------
    >>> first, second = matching_segments(segments_of(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])))
    >>> len(first)
    1
    """
    swap = (segments.start[:, 0] > segments.end[:, 0]) | (
        (segments.start[:, 0] == segments.end[:, 0]) & (segments.start[:, 1] > segments.end[:, 1])
    )
    low = np.where(swap[:, None], segments.end, segments.start)
    high = np.where(swap[:, None], segments.start, segments.end)
    keys = np.column_stack([low, high])
    order = np.lexsort(keys.T)
    keys = keys[order]
    same = (keys[1:] == keys[:-1]).all(axis=1)
    same[1:] &= ~same[:-1]
    at = np.flatnonzero(same)
    return order[at], order[at + 1]


def faces(lines: Iterable[shapely.Geometry], within: shapely.Geometry) -> NDArray[np.object_]:
    """The polygons that lines cut out of an area.

    Snap rounding onto `GRID_DEGREES` (Hobby 1999, as in GEOS OverlayNG), so neighbours share every vertex,
    T-junctions too.

    Parameters
    ----------
    lines : line geometries, EPSG:4326
    within : (multi)polygon, EPSG:4326; its boundary joins the lines

    Returns
    -------
    (f,) array of polygons that fill `within`

    Examples
    --------
    >>> len(faces([shapely.LineString([(1, -1), (1, 3)])], shapely.box(0, 0, 2, 2)))
    2
    """
    linework = shapely.union_all([*lines, shapely.boundary(within)], grid_size=GRID_DEGREES)
    polygons = shapely.get_parts(shapely.polygonize(shapely.get_parts(linework)))
    shapely.prepare(within)
    return polygons[shapely.contains(within, shapely.point_on_surface(polygons))]


def dissolve(polygons: NDArray[np.object_], label: NDArray[np.int64]) -> NDArray[np.object_]:
    """Join polygons that carry the same label.

    Parameters
    ----------
    polygons : (f,) array of polygons side by side
    label : (f,) ints

    Returns
    -------
    (number of different labels,) array of (multi)polygons, in ascending order of labels

    Examples
    --------
    >>> dissolve(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]), np.array([7, 7]))[0].area
    2.0
    """
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.diff(label[order], prepend=label[order[:1]] - 1))
    groups = np.split(polygons[order], starts[1:])
    return np.array([joined(group) for group in groups], dtype=object)


def joined(polygons: NDArray[np.object_]) -> shapely.Geometry:
    """Join polygons that lie side by side.

    Parameters
    ----------
    polygons : (f,) array of polygons, f > 0; where they share every vertex, that makes it quick

    Returns
    -------
    (multi)polygon

    Examples
    --------
    >>> joined(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0.5, 2, 1)])).area
    1.5
    """
    if len(polygons) == 1:
        return polygons[0]
    return shapely.coverage_union_all(polygons) if shapely.coverage_is_valid(polygons) else shapely.union_all(polygons)


def restored(polygons: NDArray[np.object_], originals: NDArray[np.object_]) -> NDArray[np.object_]:
    """Undo what snap rounding did to the vertices that were there before.

    Parameters
    ----------
    polygons : (f,) array of polygons made by `faces`
    originals : geometries whose vertices have to stay as they were, bit for bit

    Returns
    -------
    (f,) array; vertices within ten grid steps of an original vertex lie exactly on it

    Examples
    --------
    >>> near = np.array([shapely.box(0, 0, 1, 1 + 1e-12)])
    >>> restored(near, np.array([shapely.box(0, 0, 1, 1)]))[0].bounds
    (0.0, 0.0, 1.0, 1.0)
    """
    vertices = np.unique(shapely.get_coordinates(originals).view(np.complex128)).view(np.float64).reshape(-1, 2)
    tree = shapely.STRtree(shapely.points(vertices))

    def put_back(coords: NDArray[np.float64]) -> NDArray[np.float64]:
        at, near = tree.query_nearest(shapely.points(coords), max_distance=10 * GRID_DEGREES, all_matches=False)
        coords = coords.copy()
        coords[at] = vertices[near]
        return coords

    return shapely.transform(polygons, put_back)


def with_vertices(polygon: shapely.Geometry, points: NDArray[np.float64]) -> shapely.Geometry:
    """Insert points that lie on a polygon's border as vertices of it.

    Parameters
    ----------
    polygon : (multi)polygon, EPSG:4326
    points : (p, 2) degrees; those further than ten grid steps from the border are left out

    Returns
    -------
    (multi)polygon of the same shape

    Examples
    --------
    >>> len(with_vertices(shapely.box(0, 0, 1, 1), np.array([[0.5, 0], [9, 9]])).exterior.coords)
    6
    """
    points = points[shapely.dwithin(polygon, shapely.points(points), 11 * GRID_DEGREES)]
    if not len(points):
        return polygon
    parts = [
        shapely.Polygon(
            _ring_with(shapely.get_coordinates(part.exterior), points),
            [_ring_with(shapely.get_coordinates(ring), points) for ring in part.interiors],
        )
        for part in shapely.get_parts(polygon)
    ]
    return parts[0] if polygon.geom_type == "Polygon" else shapely.MultiPolygon(parts)


def _ring_with(ring: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    start, along = ring[:-1, None, :], np.diff(ring, axis=0)[:, None, :]
    share = ((points - start) * along).sum(axis=2) / (along**2).sum(axis=2)
    distance = np.hypot(*np.moveaxis(start + share[:, :, None] * along - points, 2, 0))
    vertex = (points[:, None, :] == ring).all(axis=2).any(axis=1)
    segment, point = np.nonzero((share > 0) & (share < 1) & (distance <= 10 * GRID_DEGREES) & ~vertex)
    order = np.lexsort([share[segment, point], segment])
    return np.insert(ring, segment[order] + 1, points[point[order]], axis=0)
