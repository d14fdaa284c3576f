"""Cells as GeoJSON features for programs (RFC 7946)."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Row

from app.grid.geojson import DECIMALS
from app.grid.models import CustomerManager

MIMETYPE = "application/geo+json"


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
    rounded = shapely.transform(shape, lambda degrees: np.round(degrees, DECIMALS))
    return shapely.to_geojson(shapely.orient_polygons(rounded))


def feature_text(code: str, properties: dict[str, Any], geometry: str) -> str:
    """One feature."""
    said = json.dumps(properties, ensure_ascii=False)
    return f'{{"type":"Feature","id":{json.dumps(code)},"properties":{said},"geometry":{geometry}}}'


def layer_text(rows: Iterable[Row[Any]], next_page: str | None = None) -> Iterator[str]:
    """A feature collection, piece by piece: FRAME_COLUMNS and `shape` (WKB) in, text out."""
    yield '{"type":"FeatureCollection","features":['
    for number, row in enumerate(rows):
        facts = {"code": row.code, "name": row.name, "households": row.households, "boxes": row.boxes} | owned(row)
        yield (",\n" if number else "") + feature_text(
            row.code, facts, geometry_text(shapely.from_wkb(bytes(row.shape)))
        )
    yield f'],"next":{json.dumps(next_page)}}}'
