"""Which coordinate system a file is in, as far as its first rows tell."""

from dataclasses import dataclass

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.geometry import as_wkb
from app.customers.models import MeterBox
from app.imports.checks.boundaries import misplaced
from app.imports.checks.positions import read_positions
from app.imports.checks.service_area import ServiceArea, is_on_earth
from app.imports.rows import Rows
from gis.coordinates import to_wgs84
from gis.crs_by_places import SYSTEMS, crs_by_same_places

WGS84_NAMES = ("epsg:4326", "epsg:4490", "ogc:crs84")
LOOKED_AT = 500
"""Boxes of the file that are looked for in the register."""


@dataclass(frozen=True)
class Hint:
    """The system that brings the rows to where they must lie; `metres` is how far off they lie as claimed."""

    best: str
    claimed: str
    metres: int

    @property
    def fits(self) -> bool:
        """Whether the claim holds."""
        return self.best == self.claimed


def crs_hint(session: Session, rows: Rows, claimed: str) -> Hint | None:
    """By the boxes that the register knows, else by the boundaries; None where neither tells."""
    claimed = "wgs84" if claimed.lower() in WGS84_NAMES else claimed.lower()
    if claimed not in SYSTEMS:
        return None
    if rows.geometry is None and not (rows.has("lon") and rows.has("lat")):
        return None
    if rows.has("lon") or rows.geometry is None:
        return _of_positions(session, rows, claimed)
    return _of_shapes(session, rows.geometry, claimed)


def _of_positions(session: Session, rows: Rows, claimed: str) -> Hint | None:
    _given_lon, _given_lat, lon, lat = read_positions(rows)
    known = is_on_earth(lon, lat)
    if not known.any():
        return None
    here = np.column_stack(to_wgs84(lon[known], lat[known], claimed))
    if rows.has("box_no"):
        stored = _stored_boxes(session, list(rows.codes("box_no")[known])[:LOOKED_AT])
        guess = crs_by_same_places(here[:LOOKED_AT], stored, claimed)
        if guess.best is not None:
            return Hint(guess.best, claimed, round(guess.claimed_distance_m))
    return _of_shapes(session, shapely.points(here), claimed)


def _stored_boxes(session: Session, numbers: list[str]) -> np.ndarray:
    """Where the register has these boxes; NaN for those that it does not have."""
    statement = select(MeterBox.number, as_wkb(MeterBox.position))
    statement = statement.where(MeterBox.number.in_(numbers), MeterBox.position.is_not(None))
    places = {number: shapely.from_wkb(bytes(wkb)) for number, wkb in session.execute(statement)}
    found = [places.get(number) for number in numbers]
    return np.column_stack([shapely.get_x(found), shapely.get_y(found)])


def _of_shapes(session: Session, shapes: np.ndarray, claimed: str) -> Hint | None:
    if claimed != "wgs84":
        return None
    for code, details in misplaced(shapes, ServiceArea.of(session).boundaries):
        best = "swapped" if code == "swapped_layer" else details["crs"]
        return Hint(best, claimed, details.get("metres", 0))
    return None
