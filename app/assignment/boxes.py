"""Where the meter boxes stand, and how many households hang in each."""

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.core.geometry import as_wkb
from app.customers.models import MeterBox, MeterPoint


def located_boxes(session: Session, *which: ColumnElement[bool]) -> pd.DataFrame:
    """Boxes with a position, all or some: id, station_id, area_id, x, y (EPSG:4326), households."""
    held = select(MeterPoint.box_id, func.count(MeterPoint.account_id.distinct()).label("households"))
    if which:
        held = held.join(MeterBox, MeterBox.id == MeterPoint.box_id).where(*which)
    held_by_box = held.group_by(MeterPoint.box_id).subquery()
    statement = (
        select(
            MeterBox.id,
            MeterBox.station_id,
            MeterBox.transformer_area_id,
            func.coalesce(held_by_box.c.households, 0),
            as_wkb(MeterBox.position),
        )
        .outerjoin(held_by_box, held_by_box.c.box_id == MeterBox.id)
        .where(MeterBox.position.is_not(None), *which)
    )
    rows = [tuple(row) for row in session.execute(statement)]
    ids, stations, areas, households, positions = zip(*rows, strict=True) if rows else ((),) * 5
    lonlat = shapely.get_coordinates(shapely.from_wkb(positions))
    columns = {"id": ids, "station_id": stations, "area_id": areas, "households": np.array(households, dtype=float)}
    return pd.DataFrame({**columns, "x": lonlat[:, 0], "y": lonlat[:, 1]})
