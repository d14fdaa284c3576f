"""What a coverage map shows."""

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import shapely
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.core.geometry import as_wkb
from app.core.loads import load_state
from app.customers.models import MeterBox, MeterPoint
from app.customers.scope import within
from app.grid import queries as grid
from app.grid.models import CustomerManager, GridCell
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


@dataclass(frozen=True)
class Figures:
    """What a coverage map shows, in numbers."""

    cells: int
    ownerless: int
    households: int
    uncovered: int
    managers: int
    over: int
    under: int


def figures(session: Session, scope: Scope, station: str | None, manager: str | None, day: date) -> Figures:
    """The numbers of a station's or manager's map, or of all that may be seen; from the cells' own counts."""
    counted = grid.cells_with_owner(scope, station, manager, day=day).with_only_columns(
        func.count().label("cells"),
        func.count().filter(CustomerManager.id.is_(None)).label("ownerless"),
        func.coalesce(func.sum(GridCell.households), 0).label("households"),
    )
    cells = session.execute(counted).one()
    serving = grid.managers_with_load(scope, day, station).where(grid.at_work(day))
    if manager is not None:
        serving = serving.where(CustomerManager.code == manager)
    states = [load_state(row.households, row.target) for row in session.execute(serving)]
    homeless = select(func.count()).select_from(MeterPoint).where(MeterPoint.cell_id.is_(None))
    if station is not None:
        homeless = homeless.join(MeterPoint.box).join(MeterBox.station).where(OrganisationUnit.code == station)
    return Figures(
        cells.cells,
        cells.ownerless,
        int(cells.households),
        0 if manager is not None else session.scalar(within(homeless, scope, MeterPoint)) or 0,
        len(states),
        states.count("over"),
        states.count("under"),
    )


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
