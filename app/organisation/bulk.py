"""Write many units, feeders and transformer areas at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.core.upsert import Written, ids_by_code, upsert
from app.organisation.models import Feeder, OrganisationUnit, TransformerArea

Row = dict[str, Any]


def store_units(session: Session, rows: Sequence[Row]) -> Written:
    """Bureaus, districts and stations: code, name, kind, parent (a code, of the rows or stored), supervision_phone,
    boundary (a multipolygon). None keeps what is stored; a new unit is a station, named by its code.
    """
    known = ids_by_code(session, OrganisationUnit)
    units = [
        {
            "code": row["code"],
            "name": row["name"] or (None if row["code"] in known else row["code"]),
            "kind": row["kind"] or (None if row["code"] in known else "station"),
            "supervision_phone": row["supervision_phone"],
            "boundary": row["boundary"],
        }
        for row in rows
    ]
    written = upsert(session, OrganisationUnit, units)
    ids = ids_by_code(session, OrganisationUnit)
    parents = [{"code": row["code"], "parent_id": ids.get(row["parent"])} for row in rows if row["parent"]]
    return upsert(session, OrganisationUnit, parents, written)


def store_areas(session: Session, rows: Sequence[Row]) -> Written:
    """Transformer areas: code, name, station (a code), feeder (a code), feeder_name; feeders that are new are made."""
    stations = ids_by_code(session, OrganisationUnit)
    feeders = {
        row["feeder"]: {
            "code": row["feeder"],
            "name": row["feeder_name"],
            "station_id": stations[row["station"]],
        }
        for row in reversed(rows)
        if row["feeder"]
    }
    known = ids_by_code(session, Feeder)
    for code, feeder in feeders.items():
        if code in known:
            feeder["station_id"] = None
        else:
            feeder["name"] = feeder["name"] or code
    fed = upsert(session, Feeder, list(feeders.values()))
    ids = ids_by_code(session, Feeder)
    known = ids_by_code(session, TransformerArea)
    areas = [
        {
            "code": row["code"],
            "name": row["name"] or (None if row["code"] in known else row["code"]),
            "station_id": stations[row["station"]],
            "feeder_id": ids.get(row["feeder"]),
        }
        for row in rows
    ]
    written = upsert(session, TransformerArea, areas)
    renamed = set(fed.keys("updated"))
    for row in rows:
        if row["feeder"] in renamed:
            written.mark(row["code"], "updated")
    return written
