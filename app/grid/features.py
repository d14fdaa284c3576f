"""Cells as GeoJSON features for programs (RFC 7946)."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Row

from app.grid.geojson import DECIMALS, ENCODER
from app.grid.models import CustomerManager

MIMETYPE = "application/geo+json"
AT_A_TIME = 250
"""So many features are made and sent at once: many at once are quicker, and few are there sooner."""


def person(manager: CustomerManager | None) -> dict[str, Any] | None:
    """A manager as others name one."""
    return {"code": manager.code, "name": manager.name, "phone": manager.work_phone} if manager else None


def owned(row: Row[Any]) -> dict[str, Any]:
    """Station and manager of a row that has FRAME_COLUMNS."""
    manager = {"code": row.manager_code, "name": row.manager_name, "phone": row.manager_phone}
    return {
        "station": {"code": row.station_code, "name": row.station_name},
        "manager": manager if row.manager_code else None,
    }


def geometry_text(shape: shapely.Geometry) -> str:
    """The shape to a tenth of a metre, its outer rings counter-clockwise."""
    return geometry_texts(np.array([shape]))[0]


def geometry_texts(shapes: NDArray[np.object_]) -> Sequence[str]:
    """The same of many shapes."""
    rounded = shapely.transform(shapes, lambda degrees: np.round(degrees, DECIMALS))
    return shapely.to_geojson(shapely.orient_polygons(rounded))


def feature_text(code: str, properties: dict[str, Any], geometry: str) -> str:
    """One feature."""
    said = ENCODER.encode(properties)
    return f'{{"type":"Feature","id":{ENCODER.encode(code)},"properties":{said},"geometry":{geometry}}}'


def layer_text(rows: Iterable[Row[Any]], next_page: str | None = None) -> Iterator[str]:
    """A feature collection, some hundred features a piece: FRAME_COLUMNS and `shape` (WKB) in, text out."""
    yield '{"type":"FeatureCollection","features":['
    left, comma = iter(rows), ""
    while piece := list(islice(left, AT_A_TIME)):
        shapes = geometry_texts(shapely.from_wkb([bytes(row.shape) for row in piece]))
        features = (feature_text(row.code, _facts(row), shape) for row, shape in zip(piece, shapes, strict=True))
        yield comma + ",\n".join(features)
        comma = ",\n"
    yield f'],"next":{json.dumps(next_page)}}}'


def _facts(row: Row[Any]) -> dict[str, Any]:
    return {"code": row.code, "name": row.name, "households": row.households, "boxes": row.boxes} | owned(row)
