import itertools
from datetime import date
from typing import Any

import shapely
from sqlalchemy.orm import Session

from app.grid.models import CustomerManager, GridCell, Ownership
from app.organisation.models import OrganisationUnit
from tests.factories.organisation import make_station

NUMBERS = itertools.count(1)


def square(lon: float = 114.40, lat: float = 23.10, side: float = 0.01) -> shapely.MultiPolygon:
    """A square in degrees with its lower left corner at (lon, lat)."""
    return shapely.MultiPolygon([shapely.box(lon, lat, lon + side, lat + side)])


def make_cell(session: Session, station: OrganisationUnit | None = None, **values: Any) -> GridCell:
    station = station or make_station(session)
    cell = GridCell(**{"code": f"C{next(NUMBERS):04}", "station_id": station.id, "shape": square()} | values)
    session.add(cell)
    session.flush()
    return cell


def make_manager(session: Session, station: OrganisationUnit | None = None, **values: Any) -> CustomerManager:
    number = next(NUMBERS)
    station = station or make_station(session)
    defaults = {"code": f"KH{number:04}", "name": f"经理{number}", "work_phone": f"1380000{number:04}"}
    manager = CustomerManager(**defaults | {"station_id": station.id} | values)
    session.add(manager)
    session.flush()
    return manager


def own(session: Session, cell: GridCell, manager: CustomerManager | None, since: date = date(2020, 1, 1)) -> None:
    session.add(Ownership(cell_id=cell.id, manager_id=manager and manager.id, valid_from=since))
    session.flush()
