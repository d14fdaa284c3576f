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
        possible = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        if self._outline is None:
            return possible
        possible[possible] = shapely.contains_xy(self._outline, lon[possible], lat[possible])
        return possible
