import itertools
from typing import Any

from sqlalchemy.orm import Session

from app.organisation.models import Feeder, OrganisationUnit, TransformerArea

NUMBERS = itertools.count(1)


def make_station(session: Session, **values: Any) -> OrganisationUnit:
    number = next(NUMBERS)
    station = OrganisationUnit(**{"code": f"ST{number:02}", "name": f"测试{number}供电所", "kind": "station"} | values)
    session.add(station)
    session.flush()
    return station


def make_feeder(session: Session, station: OrganisationUnit | None = None, **values: Any) -> Feeder:
    number = next(NUMBERS)
    station = station or make_station(session)
    feeder = Feeder(**{"code": f"F{number:03}", "name": f"测试{number}线", "station_id": station.id} | values)
    session.add(feeder)
    session.flush()
    return feeder


def make_area(session: Session, station: OrganisationUnit | None = None, **values: Any) -> TransformerArea:
    number = next(NUMBERS)
    station = station or make_station(session)
    area = TransformerArea(**{"code": f"TQ{number:04}", "name": f"测试{number}台区", "station_id": station.id} | values)
    session.add(area)
    session.flush()
    return area
