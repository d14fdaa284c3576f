"""What a coverage map shows."""

from datetime import date

import geopandas as gpd
import shapely
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.core.geometry import as_wkb
from app.customers.models import MeterBox, MeterPoint
from app.grid import queries as grid
from app.grid.models import CustomerManager
from app.organisation.models import OrganisationUnit
from app.organisation.scope import in_stations, units_seen


def cells(session: Session, scope: Scope, station: str | None, manager: str | None, day: date) -> gpd.GeoDataFrame:
    """The active cells of a station's or manager's area, or all that may be seen."""
    return grid.cells_frame(session, scope, station_code=station, manager_code=manager, day=day)


def uncovered(session: Session, scope: Scope, station: str | None, manager: str | None) -> gpd.GeoSeries:
    """One point for each metering point that has a position and no cell; none on a single manager's map."""
    if manager is not None:
        return gpd.GeoSeries([], crs=4326)
    statement = (
        select(as_wkb(MeterBox.position))
        .join(MeterPoint, MeterPoint.box_id == MeterBox.id)
        .where(MeterPoint.cell_id.is_(None), MeterBox.position.is_not(None), in_stations(scope, MeterBox.station_id))
    )
    if station is not None:
        statement = statement.join(MeterBox.station).where(OrganisationUnit.code == station)
    return gpd.GeoSeries(shapely.from_wkb(list(session.scalars(statement))), crs=4326)


def title(session: Session, scope: Scope, station: str | None, manager: str | None) -> str:
    """The heading of the map: whose area it shows."""
    if manager is not None:
        found = session.execute(
            select(CustomerManager.name, OrganisationUnit.name)
            .join(CustomerManager.station)
            .where(CustomerManager.code == manager)
        ).one()
        return " · ".join(found)
    if station is not None:
        return session.scalars(select(OrganisationUnit.name).where(OrganisationUnit.code == station)).one()
    seen = select(OrganisationUnit.id).where(units_seen(scope))
    top = select(OrganisationUnit.name).where(
        units_seen(scope), or_(OrganisationUnit.parent_id.is_(None), OrganisationUnit.parent_id.not_in(seen))
    )
    names = session.scalars(top.order_by(OrganisationUnit.id).limit(1 if scope.everywhere else None))
    return " · ".join(names)
