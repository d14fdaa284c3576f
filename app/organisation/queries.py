"""Reads about the organisation's units."""

from collections.abc import Sequence

import geopandas as gpd
import shapely
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.geometry import as_wkb
from app.organisation.models import OrganisationUnit


def stations(session: Session) -> Sequence[OrganisationUnit]:
    """All supply stations in the order of their codes."""
    statement = select(OrganisationUnit).where(OrganisationUnit.kind == "station")
    return session.scalars(statement.order_by(OrganisationUnit.code)).all()


def unit_by_code(session: Session, code: str) -> OrganisationUnit:
    """The station, district or bureau; or NotFound."""
    unit = session.scalar(select(OrganisationUnit).where(OrganisationUnit.code == code))
    if unit is None:
        raise NotFound(_("There is no station with the code %(code)s.", code=code))
    return unit


def boundaries(session: Session) -> gpd.GeoSeries:
    """Boundaries (EPSG:4326) of the stations that have one, indexed by id, in the order of the stations' codes."""
    statement = select(OrganisationUnit.id, as_wkb(OrganisationUnit.boundary)).where(
        OrganisationUnit.kind == "station", OrganisationUnit.boundary.is_not(None)
    )
    rows = session.execute(statement.order_by(OrganisationUnit.code)).all()
    shapes = shapely.from_wkb([bytes(row[1]) for row in rows])
    return gpd.GeoSeries(list(shapes), index=[row[0] for row in rows], crs="EPSG:4326")
