"""Where the utility's customers can be."""

from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.geometry import as_wkb
from app.organisation.models import OrganisationUnit
from gis.metres import LocalPlane

MARGIN_M = 20_000.0
"""How far outside the boundaries a position is still believed."""

Floats = NDArray[np.float64]


def is_on_earth(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Which positions exist at all; NaN does not."""
    return (np.abs(lon) <= 180) & (np.abs(lat) <= 90)


def units_without_boundary(session: Session) -> set[str]:
    """Codes of the units that have no boundary, nor does anything above them."""
    unit = OrganisationUnit
    rows = session.execute(select(unit.id, unit.code, unit.parent_id, unit.boundary.is_not(None))).all()
    above = {pk: parent for pk, _code, parent, _bounded in rows}
    bounded = {pk for pk, _code, _parent, is_bounded in rows if is_bounded}

    def is_within_one(pk: int | None) -> bool:
        return pk is not None and (pk in bounded or is_within_one(above[pk]))

    return {code for pk, code, _parent, _bounded in rows if not is_within_one(pk)}


class ServiceArea:
    """The land of all units with a boundary, and 20 km around; the whole world where none has one."""

    def __init__(self, boundaries: NDArray[np.object_]) -> None:
        self.boundaries = boundaries

    @classmethod
    def of(cls, session: Session) -> "ServiceArea":
        """The service area by the boundaries in the register."""
        rows = session.scalars(select(as_wkb(OrganisationUnit.boundary)).where(OrganisationUnit.boundary.is_not(None)))
        return cls(shapely.from_wkb(np.array([bytes(row) for row in rows], dtype=object)))

    @cached_property
    def _outline(self) -> shapely.Geometry | None:
        if not len(self.boundaries):
            return None
        plane = LocalPlane.around(shapely.box(*shapely.total_bounds(self.boundaries)))
        rough = shapely.simplify(shapely.transform(self.boundaries, plane.to_metres), MARGIN_M / 40)
        around = shapely.union_all(shapely.buffer(rough, MARGIN_M, quad_segs=4))
        outline = shapely.transform(around, plane.to_degrees)
        shapely.prepare(outline)
        return outline

    def contains(self, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        """Which positions can be right; NaN never is."""
        possible = is_on_earth(lon, lat)
        if self._outline is None:
            return possible
        possible[possible] = shapely.contains_xy(self._outline, lon[possible], lat[possible])
        return possible
