"""Make grid cells that fill an area exactly."""

from typing import Literal, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.adjacency import neighbours
from gis.assignment import assign_points
from gis.cell_lines import area_lines, fishnet_lines, hexagon_lines, quadtree_lines
from gis.cell_merging import join_islands, merge_small
from gis.metres import LocalPlane
from gis.noding import dissolve, faces

Method = Literal["fishnet", "hexagon", "quadtree", "transformer-areas"]
METHODS: tuple[Method, ...] = ("fishnet", "hexagon", "quadtree", "transformer-areas")

COLLINEAR_DEGREES = 1e-9
"""Vertices that bend a border by less than 0.1 mm are left out of merged cells."""


class Located(NamedTuple):
    """Points inside the area: `lonlat` (p, 2) degrees, `weight` (p,) households, `group` (p,) ints, -1 for none."""

    lonlat: NDArray[np.float64]
    weight: NDArray[np.float64]
    group: NDArray[np.int64]


def make_cells(
    area: shapely.Polygon | shapely.MultiPolygon,
    x: ArrayLike,
    y: ArrayLike,
    method: Method,
    target_households: float = 200,
    weight: ArrayLike | None = None,
    group: ArrayLike | None = None,
) -> gpd.GeoSeries:
    """Cut an area into cells of about so many households, without a gap or an overlap.

    Neighbours share every vertex of their border. A cell that the outline cuts in pieces becomes several cells;
    pieces without households join a neighbour, on islands the nearest cell (a multipart cell then).
    Points outside the area, and points without a position (NaN), do not count.

    Parameters
    ----------
    area : valid (multi)polygon, EPSG:4326
    x, y : (p,) floats, degrees east and north
    method : 'fishnet', 'hexagon', 'quadtree' or 'transformer-areas'
        Squares or hexagons, of a size that inhabited ones hold the target on average; squares quartered until none
        holds more than twice the target (points within 0.1 m of each other stay together), then small ones joined;
        Voronoi cells of the points joined by group, so that each point lies in its group's cell.
    target_households : households a cell should hold; 'transformer-areas' does not use it
    weight : (p,) floats, optional
        Households at each point, 1 by default.
    group : (p,) labels, optional
        Transformer area of each point; None, NaN or '' where it is not known. Only 'transformer-areas' uses it.

    Returns
    -------
    GeoSeries of (multi)polygons, EPSG:4326, neighbours in the layer near each other in the series (Hilbert curve)

    Raises
    ------
    ValueError
        `area` is no valid, non-empty (multi)polygon, the target is not positive, or the method is unknown.

    Examples
    --------
    >>> len(make_cells(shapely.box(114, 23, 114.02, 23.01), [114.005, 114.015], [23.005, 23.005], 'quadtree', 0.5))
    2
    """
    if area.geom_type not in ("Polygon", "MultiPolygon") or area.is_empty or not area.is_valid:
        raise ValueError("the area must be a valid, non-empty polygon or multipolygon")
    if not target_households > 0:
        raise ValueError("target_households must be positive")
    located = _located(area, x, y, weight, group)
    if method == "fishnet":
        return fishnet(area, located, target_households)
    if method == "hexagon":
        return hexagons(area, located, target_households)
    if method == "quadtree":
        return quadtree(area, located, target_households)
    if method == "transformer-areas":
        return from_transformer_areas(area, located)
    raise ValueError(f"unknown method {method!r}, known are {', '.join(METHODS)}")


def fishnet(area: shapely.Geometry, located: Located, target: float) -> gpd.GeoSeries:
    """Squares; those with less than an eighth of the target join a neighbour."""
    plane = LocalPlane.around(area)
    lines = fishnet_lines(area, plane, plane.to_metres(located.lonlat), located.weight, target)
    return _merged(faces(lines, area), located, least=target / 8, most=1.5 * target)


def hexagons(area: shapely.Geometry, located: Located, target: float) -> gpd.GeoSeries:
    """Hexagons; those with less than an eighth of the target join a neighbour."""
    plane = LocalPlane.around(area)
    lines = hexagon_lines(area, plane, plane.to_metres(located.lonlat), located.weight, target)
    return _merged(faces(lines, area), located, least=target / 8, most=1.5 * target)


def quadtree(area: shapely.Geometry, located: Located, target: float) -> gpd.GeoSeries:
    """Squares of different sizes, none with more than twice the target; those under half of it join a neighbour."""
    plane = LocalPlane.around(area)
    lines = quadtree_lines(area, plane, plane.to_metres(located.lonlat), located.weight, 2 * target)
    return _merged(faces(lines, area), located, least=target / 2, most=1.5 * target)


def from_transformer_areas(area: shapely.Geometry, located: Located) -> gpd.GeoSeries:
    """One cell for each transformer area, multipart where another one's boxes lie between."""
    known = located.group >= 0
    located = Located(located.lonlat[known], located.weight[known], located.group[known])
    plane = LocalPlane.around(area)
    boxes, first_at = _positions_with_one_group(located)
    lines = area_lines(area, plane, plane.to_metres(located.lonlat[first_at]), boxes)
    pieces = faces(lines, area)
    held = _weight_in(pieces, located._replace(weight=np.ones(len(located.weight))))
    label = _joined(pieces, held, least=np.finfo(float).tiny, most=np.inf)
    owner = _owners(pieces, located.lonlat[first_at], boxes, plane)
    inhabited = np.flatnonzero(held > 0)
    group_of_label = dict(zip(label[inhabited].tolist(), owner[inhabited].tolist(), strict=True))
    return _series(pieces, np.array([group_of_label.get(number, -1) for number in label.tolist()]))


def _located(
    area: shapely.Geometry, x: ArrayLike, y: ArrayLike, weight: ArrayLike | None, group: ArrayLike | None
) -> Located:
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    shapely.prepare(area)
    inside = shapely.intersects_xy(area, x, y)
    households = np.ones(len(x)) if weight is None else np.asarray(weight, dtype=float)
    groups = np.full(len(x), -1) if group is None else _numbered(np.asarray(group, dtype=object))
    return Located(np.column_stack([x, y])[inside], households[inside], groups[inside])


def _numbered(labels: NDArray[np.object_]) -> NDArray[np.int64]:
    known = np.array([label is not None and label == label and label != "" for label in labels], dtype=bool)
    numbers = np.full(len(labels), -1)
    numbers[known] = np.unique(labels[known].astype(str), return_inverse=True)[1]
    return numbers


def _positions_with_one_group(located: Located) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Group of every distinct position (1 cm), the weightiest where several share it; and a point that has it."""
    _, first_at, position = np.unique(located.lonlat.round(7), axis=0, return_index=True, return_inverse=True)
    position = position.reshape(-1)
    pairs, at = np.unique(np.column_stack([position, located.group]), axis=0, return_inverse=True)
    total = np.bincount(at.reshape(-1), weights=located.weight, minlength=len(pairs))
    best = np.lexsort([pairs[:, 1], -total, pairs[:, 0]])
    _, leading = np.unique(pairs[best, 0], return_index=True)
    return pairs[best[leading], 1], first_at


def _weight_in(pieces: NDArray[np.object_], located: Located) -> NDArray[np.float64]:
    """Households in each face; a point on a shared border counts for the lowest."""
    face = assign_points(located.lonlat[:, 0], located.lonlat[:, 1], gpd.GeoSeries(pieces))
    inside = face >= 0
    return np.bincount(face[inside], weights=located.weight[inside], minlength=len(pieces)).astype(float)


def _owners(
    pieces: NDArray[np.object_], boxes: NDArray[np.float64], group: NDArray[np.int64], plane: LocalPlane
) -> NDArray[np.int64]:
    """Group of the box nearest to a point inside each face, -1 without boxes."""
    if not len(boxes):
        return np.full(len(pieces), -1)
    inside = shapely.points(plane.to_metres(shapely.get_coordinates(shapely.point_on_surface(pieces))))
    tree = shapely.STRtree(shapely.points(plane.to_metres(boxes)))
    return group[tree.query_nearest(inside, all_matches=False)[1]]


def _joined(pieces: NDArray[np.object_], weight: NDArray[np.float64], least: float, most: float) -> NDArray[np.int64]:
    label = merge_small(weight, shapely.area(pieces), neighbours(gpd.GeoSeries(pieces)), least, most)
    return join_islands(pieces, weight, label)


def _merged(pieces: NDArray[np.object_], located: Located, least: float, most: float) -> gpd.GeoSeries:
    return _series(pieces, _joined(pieces, _weight_in(pieces, located), least, most))


def _series(pieces: NDArray[np.object_], label: NDArray[np.int64]) -> gpd.GeoSeries:
    cells = shapely.coverage_simplify(dissolve(pieces, label), COLLINEAR_DEGREES, simplify_boundary=False)
    series = gpd.GeoSeries(cells, crs="EPSG:4326")
    return series.iloc[np.argsort(series.hilbert_distance(), kind="stable")].reset_index(drop=True)
