"""Metering points as the API gives them out."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.core.masking import mask_account
from app.customers import queries
from app.customers.models import MeterPoint
from app.customers.responsible import managers_of_points
from app.grid.features import person


def points_json(session: Session, points: Sequence[MeterPoint], day: date, in_full: bool) -> list[dict[str, Any]]:
    """The points with the meters that hang there, and who answers for them, on a day; a few queries for any number."""
    managers = managers_of_points(session, points, day)
    meters: dict[int, str | None] = {}
    for row in queries.installations(session, points) if points else ():
        if row.valid_from <= day:
            meters.setdefault(row.meter_point_id, row.asset_no)
    return [
        {
            "number": point.number if in_full else mask_account(point.number),
            "account_id": point.account_id,
            "box": point.box.number,
            "area": point.box.transformer_area.name if point.box.transformer_area else None,
            "station": point.box.station.name,
            "cell": point.cell.code if point.cell else None,
            "reason": point.reason,
            "cause": point.cause,
            "meter": meters.get(point.id),
            "manager": person(managers.get(point.id)),
        }
        for point in points
    ]
