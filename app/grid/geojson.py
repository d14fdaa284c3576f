"""Cells as GeoJSON for the maps on pages."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from flask import url_for
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.grid.models import GridCell
from app.grid.queries import cells_frame, manager_loads, neighbours_of

DECIMALS = 6
"""A tenth of a metre."""


def cells_geojson(
    session: Session,
    scope: Scope,
    station: str | None = None,
    manager: str | None = None,
    cell: str | None = None,
    around: GridCell | None = None,
    day: date | None = None,
) -> str:
    """A FeatureCollection of cells; `load` is all households of the manager against the target.

    Those around a cell that may not be seen have a shape and a code, and nothing else.
    """
    frame = cells_frame(session, scope, station, manager, day, cell)
    beyond: list[str] = []
    if around is not None:
        neighbours = neighbours_of(session, scope, around)
        frame = frame[frame["code"].isin([near.code for near in neighbours.seen])]
        bare = zip(neighbours.beyond["code"], _drawn(neighbours.beyond), strict=True)
        beyond = [_feature({"code": code}, shape) for code, shape in bare]
    loads = {row.code: row.households / row.target for row in manager_loads(session, scope, day)}
    features = []
    for row, shape in zip(frame.itertuples(), _drawn(frame), strict=True):
        properties = {
            "code": row.code,
            "name": row.name,
            "station": row.station_name,
            "manager": f"{row.manager_name} ({row.manager_code})" if row.manager_code else None,
            "phone": row.manager_phone,
            "households": row.households,
            "boxes": row.boxes,
            "load": round(loads[row.manager_code], 3) if row.manager_code in loads else None,
            "url": url_for("grid.cell", code=row.code),
        }
        features.append(_feature(properties, shape))
    return '{"type":"FeatureCollection","features":[' + ",\n".join(features + beyond) + "]}"


def _drawn(frame: gpd.GeoDataFrame) -> Sequence[str]:
    """The shapes as GeoJSON."""
    rounded = shapely.transform(frame.geometry.to_numpy(), lambda degrees: np.round(degrees, DECIMALS))
    return shapely.to_geojson(rounded)


def _feature(properties: dict[str, Any], shape: str) -> str:
    text = json.dumps({key: value for key, value in properties.items() if value is not None}, ensure_ascii=False)
    return f'{{"type":"Feature","properties":{text},"geometry":{shape}}}'
