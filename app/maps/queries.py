"""What a coverage map shows."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import geopandas as gpd
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.geometry import as_wkb
from app.customers.models import MeterBox, MeterPoint
from app.grid import queries as grid
from app.grid.models import CustomerManager
from app.organisation.models import OrganisationUnit


def cells(session: Session, station: str | None, manager: str | None, day: date) -> gpd.GeoDataFrame:
    """The active cells of a station's or manager's area, or of the city."""
    return grid.cells_frame(session, station_code=station, manager_code=manager, day=day)


def uncovered(session: Session, station: str | None, manager: str | None) -> gpd.GeoSeries:
    """One point for each metering point that has a position and no cell; none on a single manager's map."""
    if manager is not None:
        return gpd.GeoSeries([], crs=4326)
    statement = (
        select(as_wkb(MeterBox.position))
        .join(MeterPoint, MeterPoint.box_id == MeterBox.id)
        .where(MeterPoint.cell_id.is_(None), MeterBox.position.is_not(None))
    )
    if station is not None:
        statement = statement.join(MeterBox.station).where(OrganisationUnit.code == station)
    return gpd.GeoSeries(shapely.from_wkb(list(session.scalars(statement))), crs=4326)


def title(session: Session, station: str | None, manager: str | None) -> str:
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
    top = select(OrganisationUnit.name).where(OrganisationUnit.parent_id.is_(None)).order_by(OrganisationUnit.id)
    return session.scalars(top.limit(1)).first() or ""


def stations(session: Session) -> Sequence[Any]:
    """Code and name of every station, for choosing one."""
    return session.execute(
        select(OrganisationUnit.code, OrganisationUnit.name)
        .where(OrganisationUnit.kind == "station")
        .order_by(OrganisationUnit.code)
    ).all()
