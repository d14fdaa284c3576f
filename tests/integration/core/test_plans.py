"""No page reads, counts or sorts a whole table of people, meter boxes or metering points: the databases' plans say so.

Every statement that the pages send is explained, on a register of some thousand households. SQLite plans by its indexes
whatever the size. PostgreSQL is told that the tables are as long as a city's, and may neither read one from end to end
nor join by reading both sides, so that what it does all the same has no index to go by.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, insert, select, text
from sqlalchemy.orm import Session

from app.core.access import Role
from app.core.database import database
from app.customers.models import Account, Customer, CustomerPhone, MeterBox, MeterInstallation, MeterPoint
from app.customers.search import index_accounts
from app.grid.models import CustomerManager, GridCell, Ownership, bounds_of
from app.organisation.models import OrganisationUnit
from tests.factories import make_area, make_manager, make_station, square
from tests.factories.accounts import client_of

LARGE = {table.__tablename__ for table in (Account, Customer, CustomerPhone, MeterBox, MeterInstallation, MeterPoint)}
OF_WORK = ("ix_meter_box_apart", "ix_meter_point_exceptional")
"""Indexes of the few rows that need somebody's work; these may be read from end to end."""
STATIONS, CELLS, BOXES, HOUSEHOLDS = 30, 3_000, 4_000, 12_000
CITY = 1_800_000
SQUARE = square()
FORBIDDEN = ("seqscan", "hashjoin", "mergejoin")
PATHS = (
    "/", "/lookup?q=水门路", "/lookup?q={account_no}", "/lookup?q=13800000007", "/lookup?q=0317", "/lookup/live?q=水门",
    "/customers", "/customers?text=水门路", "/customers?station={station}", "/customers?manager={manager}",
    "/customers?cell={cell}", "/customers?area={area}", "/customers?after={account}", "/customers?before={account}",
    "/customers/{account}", "/managers", "/managers?sort=households", "/managers?load=over", "/managers/{manager}",
    "/cells", "/cells?sort=households", "/cells?manager=none", "/cells?station={station}", "/cells/{cell}",
    "/boxes", "/boxes?station={station}", "/boxes?cell={cell}", "/boxes?manager={manager}", "/boxes?area={area}",
    "/areas", "/customers?station={district}", "/managers?station={district}", "/cells?station={district}&sort=boxes",
    "/cells.geojson?station={station}", "/cells.geojson?around={cell}", "/stations", "/stations/{station}", "/map/",
    "/worklist", "/worklist?tab=outside", "/worklist?tab=conflict", "/worklist?tab=conflict&station={station}",
    "/worklist?tab=override", "/worklist?tab=no_position&station={station}", "/worklist/{point}", "/layer", "/imports",
    "/api/v1/customers", "/api/v1/lookup?q=水门路", "/api/v1/cells?limit=50", "/api/v1/stations", "/api/v1/managers",
    "/api/v1/meter-points/{point}", "/api/v1/cells/{cell}/meter-points", "/api/v1/ownership", "/api/v1/imports",
    "/c/{token}",
)  # fmt: skip


@pytest.fixture
def register(session: Session) -> dict[str, Any]:
    """Some thousand households, and the names of one of them."""
    district = make_station(session, code="D", kind="district")
    stations = [make_station(session, code=f"S{number}", parent_id=district.id) for number in range(STATIONS)]
    areas = [make_area(session, station) for station in stations]
    managers = [make_manager(session, station) for station in stations]
    session.execute(insert(GridCell.__table__), [
        {"id": at, "code": f"C{at}", "station_id": stations[at % STATIONS].id, "shape": SQUARE, **bounds_of(SQUARE)}
        for at in range(1, CELLS + 1)
    ])  # fmt: skip
    session.execute(insert(Ownership.__table__), [
        {"cell_id": at, "manager_id": managers[at % STATIONS].id, "valid_from": date(2026, 1, 1)}
        for at in range(1, CELLS + 1)
    ])  # fmt: skip
    _fill(session, stations, [area.id for area in areas])
    index_accounts(session, select(Account.id))
    session.commit()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("analyze"))
        longer = text("update pg_class set reltuples = reltuples * :times where relname = any(:tables)")
        session.execute(longer, {"times": CITY // HOUSEHOLDS, "tables": [*LARGE]})
        session.commit()
    return {
        "district": "D",
        "station": "S7",
        "station_id": stations[7].id,
        "area": areas[7].code,
        "manager": managers[7].code,
        "manager_id": managers[7].id,
        "cell": "C8",
        "token": session.get_one(GridCell, 8).card_token,
        "account": 7,
        "account_no": "03170007",
        "point": "P7",
    }


def _fill(session: Session, stations: list[OrganisationUnit], areas: list[int]) -> None:
    """Households evenly over the cells; of a hundred boxes one has no cell, one no position, and one lies apart."""
    boxes, households = range(1, BOXES + 1), range(1, HOUSEHOLDS + 1)
    here = shapely.Point(114.005, 23.105)
    session.execute(insert(MeterBox.__table__), [
        {"id": at, "number": f"B{at}", "station_id": stations[at % STATIONS].id, "address": "",
         "transformer_area_id": areas[at % STATIONS], "position": here if at % 100 != 2 else None,
         "apart": at % 100 == 3, **_place(at)} for at in boxes
    ])  # fmt: skip
    session.execute(insert(Customer.__table__), [
        {"id": at, "number": f"K{at}", "name": f"测试{at}", "initials": "cs"} for at in households
    ])  # fmt: skip
    session.execute(insert(Account.__table__), [
        {"id": at, "number": f"0317{at:04}", "customer_id": at, "address": f"水门路{at}号"} for at in households
    ])  # fmt: skip
    session.execute(insert(CustomerPhone.__table__), [
        {"customer_id": at, "number": f"138{at:08}", "rank": 0} for at in households
    ])  # fmt: skip
    session.execute(insert(MeterPoint.__table__), [
        {"id": at, "number": f"P{at}", "account_id": at, "box_id": 1 + at % BOXES, **_place(1 + at % BOXES)}
        for at in households
    ])  # fmt: skip
    session.execute(insert(MeterInstallation.__table__), [
        {"meter_point_id": at, "asset_no": f"M{at}", "valid_from": date(2026, 1, 1)} for at in households
    ])  # fmt: skip


def _place(box: int) -> dict[str, Any]:
    if box % 100 == 1:
        return {"cell_id": None, "reason": "unassigned", "cause": "outside"}
    return {"cell_id": 1 + box % CELLS, "reason": "inside", "cause": None}


def people(app: Flask, session: Session, register: dict[str, Any]) -> Iterator[FlaskClient]:
    """Somebody who sees the city, a supervisor of one station, and a manager."""
    station = session.get_one(OrganisationUnit, register["station_id"])
    manager = session.get_one(CustomerManager, register["manager_id"])
    yield client_of(app, Role.SUPERVISOR, Role.HOTLINE)
    yield client_of(app, Role.SUPERVISOR, unit=station)
    yield client_of(app, Role.MANAGER, manager=manager)


def test_no_page_reads_a_large_table_from_end_to_end(app: Flask, session: Session, register: dict[str, Any]) -> None:
    engine, found = database().engine, []
    for client in people(app, session, register):
        for path in PATHS:
            sent = _statements(engine, client, path.format(**register))
            found += [f"{path}: {fault}\n{statement}" for statement, values in sent
                      for fault in _faults(engine, statement, values)]  # fmt: skip
    assert not found, "\n\n".join(dict.fromkeys(found))


def _statements(engine: Engine, client: FlaskClient, path: str) -> list[tuple[str, Any]]:
    """What a page asks the database, with the values."""
    sent: dict[str, Any] = {}

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        if statement.lstrip().lower().startswith(("select", "with")):
            sent[statement] = values

    event.listen(engine, "before_cursor_execute", note)
    answer = client.get(path)
    event.remove(engine, "before_cursor_execute", note)
    assert answer.status_code in (200, 403, 404), f"{path} answers {answer.status_code}"
    return list(sent.items())


def _faults(engine: Engine, statement: str, values: Any) -> list[str]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            plan = [row[3] for row in connection.exec_driver_sql(f"explain query plan {statement}", values)]
            return _sqlite_faults(plan)
        for way in FORBIDDEN:
            connection.exec_driver_sql(f"set local enable_{way} = off")
        answer = connection.exec_driver_sql(f"explain (format json) {statement}", values).scalar_one()
        plan = answer if isinstance(answer, list) else json.loads(answer)
        return list(_postgres_faults(plan[0]["Plan"], limited=False))


def _sqlite_faults(plan: list[str]) -> list[str]:
    """Steps that read a large table or a whole index of it; a walk in the order of the page stops after the page."""
    sorts = any("TEMP B-TREE FOR ORDER BY" in step for step in plan)
    return [step for step in plan if step.startswith("SCAN") and step.split()[1] in LARGE
            and not any(name in step for name in OF_WORK) and (sorts or " USING " not in step)]  # fmt: skip


def _postgres_faults(node: dict[str, Any], limited: bool) -> Iterator[str]:
    """Nodes that read a large table without a condition in an index, unless a page ends the walk through it."""
    kind = node["Node Type"]
    limited = kind == "Limit" or (limited and kind in ("Nested Loop", "Index Scan", "Subquery Scan", "Memoize"))
    index = node.get("Index Name", "")
    if node.get("Relation Name") in LARGE and "Index Cond" not in node and index not in OF_WORK and not (
        kind == "Bitmap Heap Scan" or (limited and kind.startswith("Index") and "Filter" not in node)
    ):  # fmt: skip
        yield f"{kind} {node['Relation Name']} {index}".rstrip()
    for part in node.get("Plans", ()):
        yield from _postgres_faults(part, limited)
