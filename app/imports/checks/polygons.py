"""Checks of shapes: polygons that are sound, and cells that do not overlap."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from app.imports.rows import Issue, Rows, as_array, blanked
from gis.coordinates import geometry_to_wgs84
from gis.metres import areas_m2

LEAST_OVERLAP_M2 = 1.0
"""Less is rounding of coordinates."""


def polygons(rows: Rows, crs: str, required: bool) -> Iterator[Issue]:
    """Sound polygons in WGS 84, as multipolygons in `values`."""
    shapes, unreadable = _read(rows)
    yield Issue("not_a_polygon", "geometry", unreadable, {"value": _shortened(rows.text("geometry"))})
    empty = (shapely.is_missing(shapes) | shapely.is_empty(shapes)) & ~unreadable
    shapes = blanked(shapes, empty)
    yield Issue("no_shape", "geometry", empty & required)
    kinds = as_array([shape.geom_type if shape is not None else "" for shape in shapes])
    other = ~np.isin(kinds, ["Polygon", "MultiPolygon"]) & ~empty & ~unreadable
    yield Issue("not_a_polygon", "geometry", other, {"value": kinds})
    shapes = geometry_to_wgs84(blanked(shapes, other | unreadable), crs)
    crossing = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    lon, lat = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for position in np.flatnonzero(crossing):
        lon[position], lat[position] = _where(shapely.is_valid_reason(shapes[position]))
    yield Issue("self_crossing", "geometry", crossing, {"lon": lon, "lat": lat})
    rows.values["geometry"] = as_array([_multi(shape) for shape in shapes])


def _read(rows: Rows) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Shapes of the file itself, or of a column with WKT; and which text is none."""
    if rows.geometry is not None and not rows.has("geometry"):
        return rows.geometry, np.zeros(len(rows), dtype=bool)
    text = rows.text("geometry")
    shapes = shapely.from_wkt(blanked(text, text == ""), on_invalid="ignore")
    return shapes, (text != "") & shapely.is_missing(shapes)


def _shortened(texts: NDArray[np.object_]) -> NDArray[np.object_]:
    return as_array([text if len(text) <= 40 else f"{text[:40]}…" for text in texts])


def _where(reason: str) -> tuple[float, float]:
    """GEOS says `Self-intersection[114.4 23.1]`."""
    _what, _bracket, place = reason.rstrip("]").rpartition("[")
    try:
        lon, lat = (float(part) for part in place.split()[:2])
    except ValueError:
        return np.nan, np.nan
    return lon, lat


def _multi(shape: Any) -> Any:
    return shapely.MultiPolygon([shape]) if shape is not None and shape.geom_type == "Polygon" else shape


def overlaps(rows: Rows, codes: NDArray[np.object_], others: tuple[NDArray[Any], NDArray[Any]]) -> Iterator[Issue]:
    """Cells that cover land of an earlier row, or of one of the `others` (codes and shapes of cells that stay)."""
    accepted = np.flatnonzero(~rows.rejected)
    shapes = np.concatenate([others[1], rows.values["geometry"][accepted]])
    names = np.concatenate([others[0], codes[accepted]])
    found: dict[int, tuple[str, float]] = {}
    later, earlier = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = (later > earlier) & (later >= len(others[1]))
    later, earlier = later[pairs], earlier[pairs]
    area = areas_m2(shapely.intersection(shapes[later], shapes[earlier]))
    kept_out: set[int] = set()
    for second, first, size in sorted(zip(later.tolist(), earlier.tolist(), area.tolist(), strict=True)):
        if size >= LEAST_OVERLAP_M2 and first not in kept_out and size > found.get(second, ("", 0.0))[1]:
            found[second] = (str(names[first]), size)
            kept_out.add(second)
    mask, other, square_metres = np.zeros(len(rows), dtype=bool), as_array([""] * len(rows)), np.zeros(len(rows))
    for second, (name, size) in found.items():
        position = accepted[second - len(others[1])]
        mask[position], other[position], square_metres[position] = True, name, round(size, 1)
    yield Issue("overlap", "geometry", mask, {"other": other, "area": square_metres})
