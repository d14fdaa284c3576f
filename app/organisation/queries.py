"""Reads about the organisation's units."""

from collections.abc import Iterator, Mapping, Sequence

import geopandas as gpd
import shapely
from flask_babel import gettext as _
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.core.errors import NotFound
from app.core.geometry import as_wkb
from app.organisation.models import OrganisationUnit
from app.organisation.scope import units_seen
from gis.wgs84 import WGS84


def stations(session: Session, scope: Scope) -> Sequence[OrganisationUnit]:
    """The supply stations that may be seen, in the order of their codes."""
    statement = select(OrganisationUnit).where(OrganisationUnit.kind == "station", units_seen(scope))
    return session.scalars(statement.order_by(OrganisationUnit.code)).all()


def units_of(session: Session, scope: Scope) -> Sequence[Row]:
    """Every unit that may be seen, by code: id, code, name, kind, parent_id."""
    unit = OrganisationUnit
    statement = select(unit.id, unit.code, unit.name, unit.kind, unit.parent_id).where(units_seen(scope))
    return session.execute(statement.order_by(unit.code)).all()


def unit_ids_under(session: Session, unit: OrganisationUnit) -> frozenset[int]:
    """The unit and all units below it."""
    above = parents(session)
    return frozenset(each for each in above if unit.id in _upwards(above, each))


def at_or_below(code: str) -> Select[int]:
    """The ids of the unit with that code and of all units below it, for a condition of a query."""
    top = select(OrganisationUnit.id).where(OrganisationUnit.code == code).cte("unit", recursive=True)
    units = top.union(select(OrganisationUnit.id).join(top, OrganisationUnit.parent_id == top.c.id))
    return select(units.c.id)


def unit_by_code(session: Session, scope: Scope, code: str) -> OrganisationUnit:
    """The station, district or bureau; or NotFound."""
    unit = session.scalar(select(OrganisationUnit).where(OrganisationUnit.code == code, units_seen(scope)))
    if unit is None:
        raise NotFound(_("There is no unit with the code %(code)s.", code=code))
    return unit


def parents(session: Session) -> dict[int, int | None]:
    """The unit above each unit, by id."""
    return dict(list(session.execute(select(OrganisationUnit.id, OrganisationUnit.parent_id))))


def in_one_line(parents: Mapping[int, int | None], one: int, other: int) -> bool:
    """Whether two units are the same, or one stands somewhere above the other.

    >>> bureau_over_two_stations = {1: None, 2: 1, 3: 1}
    >>> in_one_line(bureau_over_two_stations, 1, 3), in_one_line(bureau_over_two_stations, 2, 3)
    (True, False)
    """
    return one in _upwards(parents, other) or other in _upwards(parents, one)


def _upwards(parents: Mapping[int, int | None], unit: int) -> Iterator[int]:
    at: int | None = unit
    while at is not None:
        yield at
        at = parents[at]


def boundaries(session: Session) -> gpd.GeoSeries:
    """Boundaries (EPSG:4326) of the stations that have one, indexed by id, in the order of the stations' codes."""
    statement = select(OrganisationUnit.id, as_wkb(OrganisationUnit.boundary)).where(
        OrganisationUnit.kind == "station", OrganisationUnit.boundary.is_not(None)
    )
    rows = session.execute(statement.order_by(OrganisationUnit.code)).all()
    shapes = shapely.from_wkb([bytes(row[1]) for row in rows])
    return gpd.GeoSeries(list(shapes), index=[row[0] for row in rows], crs=WGS84)


def has_boundaries(session: Session, scope: Scope) -> bool:
    """Whether the boundary of a station that may be seen is known."""
    statement = select(OrganisationUnit.id).where(
        OrganisationUnit.kind == "station", OrganisationUnit.boundary.is_not(None), units_seen(scope)
    )
    return session.scalar(statement.limit(1)) is not None


def boundaries_seen(session: Session, scope: Scope, station: str | None = None) -> gpd.GeoDataFrame:
    """Boundaries (EPSG:4326) of the stations that may be seen, or of one of them: code, name, geometry."""
    columns = OrganisationUnit.code, OrganisationUnit.name, as_wkb(OrganisationUnit.boundary)
    statement = select(*columns).where(
        OrganisationUnit.kind == "station", OrganisationUnit.boundary.is_not(None), units_seen(scope)
    )
    if station:
        statement = statement.where(OrganisationUnit.code == station)
    rows = session.execute(statement.order_by(OrganisationUnit.code)).all()
    shapes = shapely.from_wkb([bytes(row[2]) for row in rows])
    named = {"code": [row[0] for row in rows], "name": [row[1] for row in rows]}
    return gpd.GeoDataFrame(named, geometry=list(shapes), crs=WGS84)
