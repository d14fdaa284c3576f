"""Prove that a layer of cells leaves no gap and has no overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.assignment import assign_points
from gis.metres import areas_m2, latitudes, metres_per_degree
from gis.wgs84 import WGS84, require_wgs84

NOISE_M2 = 0.01
NOISE_WIDTH_M = 1e-5
"""Slivers below this size, or below this mean width, are rounding: borders whose vertices lie on the layer's grid of a
micrometre instead of exactly on their line. Every larger gap and overlap counts."""


@dataclass(frozen=True)
class Places:
    """Land where a layer is wrong: n `polygons` (EPSG:4326), their `area_m2`, the positions of the `cells` of each."""

    polygons: NDArray[np.object_]
    area_m2: NDArray[np.float64]
    cells: Sequence[tuple[int, ...]]

    @classmethod
    def none(cls) -> Self:
        """No such land."""
        return cls(np.empty(0, dtype=object), np.empty(0), ())

    def frame(self) -> gpd.GeoDataFrame:
        """The same as a table: area_m2, cells, geometry."""
        columns = {"area_m2": self.area_m2, "cells": list(self.cells)}
        return gpd.GeoDataFrame(columns, geometry=list(self.polygons), crs=WGS84)


@dataclass(frozen=True)
class CoverageReport:
    """What is wrong with a layer, and where.

    A gap names all cells around it, an overlap the two that share it. `empty`, `multipart` and `invalid` are positions
    of cells; `households_outside` is None when no points were given.
    """

    cells: int
    gap_places: Places
    overlap_places: Places
    empty: NDArray[np.int64]
    multipart: NDArray[np.int64]
    invalid: NDArray[np.int64]
    households_outside: float | None

    @cached_property
    def gaps(self) -> gpd.GeoDataFrame:
        """The gaps as a table: area_m2, cells, geometry."""
        return self.gap_places.frame()

    @cached_property
    def overlaps(self) -> gpd.GeoDataFrame:
        """The overlaps as a table: area_m2, cells, geometry."""
        return self.overlap_places.frame()

    @property
    def gap_m2(self) -> float:
        """Area of all gaps."""
        return float(self.gap_places.area_m2.sum())

    @property
    def overlap_m2(self) -> float:
        """Area of all overlaps."""
        return float(self.overlap_places.area_m2.sum())

    @property
    def is_proven(self) -> bool:
        """No gap, no overlap, and no cell that is empty or crosses itself."""
        places = len(self.gap_places.cells) + len(self.overlap_places.cells)
        return not (places or len(self.empty) or len(self.invalid))


def check(
    cells: gpd.GeoSeries,
    boundary: shapely.Geometry | gpd.GeoSeries | None = None,
    points: tuple[ArrayLike, ArrayLike] | None = None,
    weight: ArrayLike | None = None,
) -> CoverageReport:
    """Find every gap and overlap of a layer.

    Where the cells are a clean coverage (all borders shared vertex by vertex; GEOS CoverageValidator), there is no
    overlap and the union is quick; else the cells with a border that does not match are compared with all around.

    Parameters
    ----------
    cells : GeoSeries of n (multi)polygons, EPSG:4326
    boundary : (multi)polygon, or GeoSeries of them (one a station), EPSG:4326, optional
        What the cells have to fill. Without it only holes inside the layer are gaps.
    points : (x, y) of (p,) floats in degrees, optional
        Positions of households; those without one (NaN) do not count as outside.
    weight : (p,) floats, optional
        Households at each point, 1 by default.

    Returns
    -------
    CoverageReport

    Raises
    ------
    ValueError
        The CRS of cells or boundary is not EPSG:4326.

    Examples
    --------
    >>> cells = gpd.GeoSeries([shapely.box(114, 23, 114.01, 23.01)], crs="EPSG:4326")
    >>> report = check(cells, shapely.box(114, 23, 114.02, 23.01))
    >>> report.is_proven, len(report.gaps)
    (False, 1)
    """
    require_wgs84(cells)
    given = cells.to_numpy()
    empty = shapely.is_missing(given) | shapely.is_empty(given)
    invalid = ~empty & ~shapely.is_valid(given)
    polygons = given.copy()
    polygons[empty] = shapely.Polygon()
    polygons[invalid] = [_polygonal(shapely.make_valid(geometry)) for geometry in given[invalid]]

    unmatched = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(polygons)))
    union = shapely.union_all(polygons) if len(unmatched) else shapely.coverage_union_all(polygons)
    return CoverageReport(
        cells=len(cells),
        gap_places=_gaps(polygons, union, boundary),
        overlap_places=_overlaps(polygons, unmatched),
        empty=np.flatnonzero(empty),
        multipart=np.flatnonzero(shapely.get_num_geometries(given) > 1),
        invalid=np.flatnonzero(invalid),
        households_outside=None if points is None else _households_outside(polygons, points, weight),
    )


def _polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(geometry)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _gaps(
    polygons: NDArray[np.object_], union: shapely.Geometry, boundary: shapely.Geometry | gpd.GeoSeries | None
) -> Places:
    if boundary is None:
        rings = shapely.get_rings(shapely.get_parts(union))
        missing = shapely.difference(shapely.union_all(shapely.polygons(rings)), union)
    else:
        if isinstance(boundary, gpd.GeoSeries):
            require_wgs84(boundary)
            boundary = shapely.union_all(boundary.to_numpy())
        missing = shapely.difference(boundary, union)
    pieces = shapely.get_parts(missing)
    pieces = pieces[_is_real(pieces)]
    if not len(pieces):
        return Places.none()
    piece, cell = shapely.STRtree(polygons).query(pieces, predicate="intersects")
    around = [tuple(np.sort(cell[piece == number]).tolist()) for number in range(len(pieces))]
    return Places(pieces, areas_m2(pieces), around)


def _overlaps(polygons: NDArray[np.object_], unmatched: NDArray[np.int64]) -> Places:
    if not len(unmatched):
        return Places.none()
    suspect, other = shapely.STRtree(polygons).query(polygons[unmatched], predicate="intersects")
    pairs = np.sort(np.column_stack([unmatched[suspect], other]), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)
    meets = shapely.intersection(polygons[pairs[:, 0]], polygons[pairs[:, 1]])
    pieces, pair = shapely.get_parts(meets, return_index=True)
    real = _is_real(pieces)
    pieces, pair = pieces[real], pair[real]
    return Places(pieces, areas_m2(pieces), [(first, second) for first, second in pairs[pair].tolist()])


def _is_real(pieces: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Polygons that are more than rounding."""
    area, degrees = areas_m2(pieces), shapely.length(pieces)
    shortest_degree_m = metres_per_degree(latitudes(pieces))[0]
    return (area >= NOISE_M2) & (2 * area >= NOISE_WIDTH_M * degrees * shortest_degree_m)


def _households_outside(
    polygons: NDArray[np.object_], points: tuple[ArrayLike, ArrayLike], weight: ArrayLike | None
) -> float:
    x, y = (np.asarray(axis, dtype=float) for axis in points)
    households = np.ones(len(x)) if weight is None else np.asarray(weight, dtype=float)
    outside = (assign_points(x, y, gpd.GeoSeries(polygons)) < 0) & ~(np.isnan(x) | np.isnan(y))
    return float(households[outside].sum())
