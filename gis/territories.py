"""Areas for stations that came without a boundary, from nothing but their boxes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.assignment import locate
from gis.cells import make_cells
from gis.metres import LocalPlane, areas_m2

MARGIN_M = 300.0
"""How far the land reaches beyond the outermost box."""
HULL_RATIO = 0.2
"""Between 0 (the hull follows every bay of the boxes) and 1 (convex)."""
NOISE_M2 = 1.0


def outline(x: ArrayLike, y: ArrayLike) -> shapely.Polygon:
    """Draw one polygon without holes around points, with a margin.

    Parameters
    ----------
    x, y : (p,) floats, degrees east and north, p at least 1

    Returns
    -------
    Polygon, EPSG:4326

    Raises
    ------
    ValueError
        There are no points.

    Examples
    --------
    >>> outline([114.0, 114.01], [23.0, 23.0]).contains(shapely.Point(114.005, 23.0))
    True
    """
    lonlat = np.unique(np.column_stack([x, y]).astype(float), axis=0)
    if not len(lonlat):
        raise ValueError("an outline needs points")
    plane = LocalPlane.around(shapely.MultiPoint(lonlat))
    hull = shapely.concave_hull(shapely.MultiPoint(plane.to_metres(lonlat)), ratio=HULL_RATIO)
    filled = shapely.Polygon(shapely.buffer(hull, MARGIN_M, quad_segs=4).exterior)
    return shapely.transform(filled, plane.to_degrees)


def territories(x: ArrayLike, y: ArrayLike, group: ArrayLike, weight: ArrayLike | None = None) -> gpd.GeoSeries:
    """Share the land around points out among groups: every place to the group of the nearest point.

    Separate hulls would overlap where stations meet and leave gaps where they do not. So one outline is drawn around
    all points and cut along the borders of the points' Voronoi cells: the parts fill it exactly.

    Parameters
    ----------
    x, y : (p,) floats, degrees east and north
    group : (p,) labels of one type that can be sorted
    weight : (p,) floats, optional; where several groups share a position the weightiest has it

    Returns
    -------
    GeoSeries of (multi)polygons, EPSG:4326, indexed by group; a group whose every position is another's is left out

    Raises
    ------
    ValueError
        There are no points.

    Examples
    --------
    >>> parts = territories([114.0, 114.02], [23.0, 23.0], ["west", "east"])
    >>> float(round(parts["west"].bounds[2], 6))
    114.01
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    labels, number = np.unique(np.asarray(group), return_inverse=True)
    area = outline(x, y)
    parts = gpd.GeoSeries([area], crs="EPSG:4326")
    if len(labels) > 1:
        parts = make_cells(area, x, y, "transformer-areas", weight=weight, group=number.reshape(-1))
    points = pd.DataFrame({"part": locate(x, y, parts).cell, "group": number.reshape(-1)})
    held = points.assign(weight=1.0 if weight is None else weight).groupby(["part", "group"])["weight"].sum()
    main = held.reset_index().sort_values("weight", kind="stable", ascending=False).drop_duplicates("part")
    main = main[main["part"] >= 0]
    named = gpd.GeoSeries(parts.iloc[main["part"]].to_numpy(), index=labels[main["group"]], crs="EPSG:4326")
    return named.sort_index()


def without_overlap(areas: gpd.GeoSeries) -> gpd.GeoSeries:
    """Let every area give up what it has in common with an earlier one; areas that only touch stay bit for bit.

    Parameters
    ----------
    areas : GeoSeries of (multi)polygons, EPSG:4326

    Returns
    -------
    GeoSeries with the same index; wholly covered areas are empty

    Examples
    --------
    >>> areas = gpd.GeoSeries([shapely.box(114, 23, 114.02, 23.01), shapely.box(114.01, 23, 114.03, 23.01)], crs=4326)
    >>> without_overlap(areas)[1].bounds[0]
    114.02
    """
    shapes: NDArray[np.object_] = areas.to_numpy().copy()
    later, earlier = areas.sindex.query(shapes, predicate="intersects")
    pairs = pd.DataFrame({"later": later, "earlier": earlier}).query("earlier < later")
    for position, rows in pairs.groupby("later"):
        before = shapes[rows["earlier"].to_numpy()]
        common = areas_m2(shapely.intersection(before, shapes[position]))
        for other in before[common > NOISE_M2]:
            shapes[position] = _polygonal(shapely.difference(shapes[position], other))
    return gpd.GeoSeries(shapes, index=areas.index, crs=areas.crs)


def _polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(geometry)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
