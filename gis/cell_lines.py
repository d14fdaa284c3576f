"""The lines along which an area is cut into cells, before they are clipped and noded."""

from itertools import pairwise
from math import sqrt

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.metres import LocalPlane, areas_m2
from gis.noding import matching_segments, segments_of

SQUARES_PER_CELL = 64
"""A fishnet is at the most so much finer than target cells of even density: a town in a wide, empty area."""
FINEST_SQUARE_M = 0.1
Lines = NDArray[np.object_]


def fishnet_lines(
    area: shapely.Geometry, plane: LocalPlane, xy: NDArray[np.float64], weight: NDArray[np.float64], target: float
) -> Lines:
    """Meridians and parallels, a side apart at which inhabited squares hold the target on average.

    Parameters
    ----------
    area : (multi)polygon, EPSG:4326
    plane : LocalPlane
    xy : (p, 2) floats, metres in the plane
    weight : (p,) households
    target : households a square

    Returns
    -------
    (l,) array of lines, EPSG:4326
    """
    side = _side_m(area, xy, weight, target)
    (west, south), (east, north) = _corners(area, plane)
    columns, rows = _steps(west, east, side), _steps(south, north, side)
    vertical = np.stack([np.column_stack([columns, np.full(len(columns), y)]) for y in (south, north)], axis=1)
    across = np.stack([np.column_stack([np.full(len(rows), x), rows]) for x in (west, east)], axis=1)
    return _to_lines(np.concatenate([vertical, across]), plane)


def hexagon_lines(
    area: shapely.Geometry, plane: LocalPlane, xy: NDArray[np.float64], weight: NDArray[np.float64], target: float
) -> Lines:
    """Edges of hexagons of the same area as the squares of `fishnet_lines`; parameters as there."""
    side = np.sqrt(2 / 3**1.5) * _side_m(area, xy, weight, target)
    step_x, step_y = np.sqrt(3) / 2 * side, side / 2
    (west, south), (east, north) = _corners(area, plane)
    rows = int((north - south) / (3 * step_y)) + 3
    columns = int((east - west) / (2 * step_x)) + 3
    row, column = (index.reshape(-1) for index in np.mgrid[0:rows, 0:columns])
    centre = np.column_stack([2 * column + row % 2, 3 * row])
    edges = np.array([[[0, -2], [1, -1]], [[1, -1], [1, 1]], [[1, 1], [0, 2]]])
    lattice = (centre[:, None, None, :] + edges).reshape(-1, 2, 2)
    return _to_lines(lattice * [step_x, step_y] + [west - 2 * step_x, south - 3 * step_y], plane)


def quadtree_lines(
    area: shapely.Geometry, plane: LocalPlane, xy: NDArray[np.float64], weight: NDArray[np.float64], most: float
) -> Lines:
    """Crosses that quarter every square with more than `most` households (Finkel and Bentley 1974).

    The points are sorted along a Z-order curve once, so a square is a slice of them. Squares are not cut below
    `FINEST_SQUARE_M`, nor where all households share one position.

    Parameters
    ----------
    area, plane, xy, weight : as in `fishnet_lines`
    most : households a square may hold

    Returns
    -------
    (l,) array of lines, EPSG:4326
    """
    (west, south), (east, north) = _corners(area, plane)
    size = max(east - west, north - south)
    depth = max(int(np.log2(size / FINEST_SQUARE_M)), 0)
    steps = np.clip((xy - [west, south]) / size * 2**depth, 0, 2**depth - 1).astype(np.int64)
    code = _interleaved(steps[:, 0]) | _interleaved(steps[:, 1]) << 1
    order = np.argsort(code)
    code, steps = code[order], steps[order]
    total = np.concatenate([[0.0], np.cumsum(weight[order])])

    crosses = []
    squares = [(0, len(code), 0)]
    while squares:
        first, last, level = squares.pop()
        if total[last] - total[first] <= most or code[first] == code[last - 1]:
            continue
        half = size / 2 ** (level + 1)
        corner = steps[first] >> (depth - level)
        x, y = np.array([west, south]) + (2 * corner + 1) * half
        crosses += [[(x - half, y), (x + half, y)], [(x, y - half), (x, y + half)]]
        shift = 2 * (depth - level - 1)
        quarters = ((code[first] >> (shift + 2)) * 4 + np.arange(5)) << shift
        bounds = first + np.searchsorted(code[first:last], quarters)
        squares += [(int(a), int(b), level + 1) for a, b in pairwise(bounds) if b > a]
    return _to_lines(np.array(crosses).reshape(-1, 2, 2), plane)


def area_lines(area: shapely.Geometry, plane: LocalPlane, xy: NDArray[np.float64], group: NDArray[np.int64]) -> Lines:
    """Edges of the boxes' Voronoi diagram that have different transformer areas on their two sides.

    Parameters
    ----------
    area, plane : as in `fishnet_lines`
    xy : (p, 2) floats, metres, no position twice
    group : (p,) ints, transformer area

    Returns
    -------
    (l,) array of lines, EPSG:4326
    """
    if len(xy) < 2:
        return np.empty(0, dtype=object)
    corners = np.array(_corners(area, plane))
    frame = shapely.box(*(corners[0] - np.ptp(corners)), *(corners[1] + np.ptp(corners)))
    diagram = shapely.voronoi_polygons(shapely.multipoints(xy), extend_to=frame, ordered=True)
    segments = segments_of(shapely.get_parts(diagram))
    first, second = matching_segments(segments)
    differ = group[segments.owner[first]] != group[segments.owner[second]]
    first = first[differ]
    return _to_lines(np.stack([segments.start[first], segments.end[first]], axis=1), plane)


def _side_m(area: shapely.Geometry, xy: NDArray[np.float64], weight: NDArray[np.float64], target: float) -> float:
    """Side of squares that hold the target on average where somebody lives, by bisection."""
    households = float(weight.sum())
    square_metres = float(areas_m2(np.array([area]))[0])
    fewest = max(households / target, 1.0)
    fine, coarse = sqrt(square_metres / (SQUARES_PER_CELL * fewest)), sqrt(square_metres / fewest)
    for _ in range(20):
        side = sqrt(fine * coarse)
        column, row = np.floor(xy / side).astype(np.int64).T
        if households / max(len(np.unique(column * 2**31 + row)), 1) > target:
            coarse = side
        else:
            fine = side
    return float(coarse)


def _corners(area: shapely.Geometry, plane: LocalPlane) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """South-west and north-east corner in metres, a metre outside the area."""
    south_west, north_east = plane.to_metres(np.array(shapely.bounds(area)).reshape(2, 2))
    return south_west - 1, north_east + 1


def _steps(low: float, high: float, step: float) -> NDArray[np.float64]:
    """Inner cuts of a stretch, centred in it."""
    count = max(int(np.ceil((high - low) / step)), 1)
    return (low + high - count * step) / 2 + step * np.arange(1, count, dtype=np.float64)


def _to_lines(ends: NDArray[np.float64], plane: LocalPlane) -> Lines:
    return shapely.linestrings(plane.to_degrees(ends.reshape(-1, 2)).reshape(-1, 2, 2))


def _interleaved(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Spread the lower 31 bits, a zero between each (Morton 1966)."""
    number = (number | number << 16) & 0x0000FFFF0000FFFF
    number = (number | number << 8) & 0x00FF00FF00FF00FF
    number = (number | number << 4) & 0x0F0F0F0F0F0F0F0F
    number = (number | number << 2) & 0x3333333333333333
    return (number | number << 1) & 0x5555555555555555
