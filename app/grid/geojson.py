"""Cells as GeoJSON for the maps on pages."""

import json
from datetime import date

import numpy as np
import shapely
from flask import url_for
from sqlalchemy.orm import Session

from app.grid.models import GridCell
from app.grid.queries import cells_frame, manager_loads, neighbours_of

DECIMALS = 6
"""A tenth of a metre."""


def cells_geojson(
    session: Session,
    station: str | None = None,
    manager: str | None = None,
    cell: str | None = None,
    around: GridCell | None = None,
    day: date | None = None,
) -> str:
    """A FeatureCollection of cells; `load` is all households of the manager against the target."""
    frame = cells_frame(session, station, manager, day, cell)
    if around is not None:
        frame = frame[frame["code"].isin([near.code for near in neighbours_of(session, around)])]
    loads = {row.code: row.households / row.target for row in manager_loads(session, day)}
    rounded = shapely.transform(frame.geometry.to_numpy(), lambda degrees: np.round(degrees, DECIMALS))
    shapes = shapely.to_geojson(rounded)
    features = []
    for row, shape in zip(frame.itertuples(), shapes, strict=True):
        properties = {
            "code": row.code,
            "name": row.name,
            "station": row.station_name,
            "manager": f"{row.manager_name} ({row.manager_code})" if row.manager_code else None,
            "phone": row.manager_phone,
            "households": row.households,
            "boxes": row.boxes,
            "load": round(loads[row.manager_code], 3) if row.manager_code else None,
            "url": url_for("grid.cell", code=row.code),
        }
        text = json.dumps({key: value for key, value in properties.items() if value is not None}, ensure_ascii=False)
        features.append(f'{{"type":"Feature","properties":{text},"geometry":{shape}}}')
    return '{"type":"FeatureCollection","features":[' + ",\n".join(features) + "]}"
