"""A bureau with two districts, to see what somebody sees who is for a part of it."""

from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.assignment.service import assign
from app.core.access import Role
from app.customers.models import MeterBox, MeterPoint
from app.grid.models import CustomerManager, GridCell
from app.organisation.models import OrganisationUnit
from tests.factories.accounts import client_of
from tests.factories.customers import make_account, make_box, make_customer, make_meter_point
from tests.factories.grid import make_cell, make_manager, own, square
from tests.factories.organisation import make_station

CUSTOMER = "欧阳测试"
SEEN_CELLS = {
    "supervisor of a district": {"E1-A", "E1-B", "E2-A"},
    "supervisor of a station": {"E1-A", "E1-B"},
    "administrator of a station": {"E1-A", "E1-B"},
    "manager": {"E1-A"},
}
"""What people of the east see; each of them sees the managers of the same cells, who have the same letters."""


@dataclass
class Districts:
    """East with the stations E1 (cells A and B) and E2, west with W1; the cells lie in a row from E1-A to W1-A.

    Each cell has a manager of its own (KH-E1-A ...), and a box BX-E1-A with a point JL-E1-A; each station has a point
    JL-E1 whose box nobody has found.
    """

    units: dict[str, OrganisationUnit]
    cells: dict[str, GridCell]
    managers: dict[str, CustomerManager]
    boxes: dict[str, MeterBox]
    points: dict[str, MeterPoint]


def make_districts(session: Session) -> Districts:
    made = Districts({}, {}, {}, {}, {})
    for code, kind, above in (
        ("B", "bureau", None), ("EAST", "district", "B"), ("WEST", "district", "B"),
        ("E1", "station", "EAST"), ("E2", "station", "EAST"), ("W1", "station", "WEST"),
    ):  # fmt: skip
        parent = made.units[above].id if above else None
        made.units[code] = make_station(session, code=code, name=f"{code}单位", kind=kind, parent_id=parent)
    for place, code in enumerate(("E1-A", "E1-B", "E2-A", "W1-A")):
        west = 114.40 + place / 100
        station = made.units[code[:2]]
        cell = make_cell(session, station, code=code, shape=square(west))
        manager = make_manager(session, station, code=f"KH-{code}", name=f"{code}经理")
        own(session, cell, manager)
        box = make_box(session, station, (west + 0.005, 23.105), number=f"BX-{code}")
        made.cells[code], made.managers[code], made.boxes[code] = cell, manager, box
        made.points[code] = _point(session, code, box)
    for code in ("E1", "E2", "W1"):
        made.points[code] = _point(session, code, make_box(session, made.units[code]))
    made.managers["E1-A"].backup_id = made.managers["W1-A"].id
    assign(session)
    session.commit()
    return made


def _point(session: Session, code: str, box: MeterBox) -> MeterPoint:
    account = make_account(session, make_customer(session, name=CUSTOMER), address=f"{code}路12号")
    return make_meter_point(session, box, account, number=f"JL-{code}")


def person_of_the_east(app: Flask, districts: Districts, who: str) -> FlaskClient:
    """A client signed in as one of those whose view stands in SEEN_CELLS."""
    station = districts.units["E1"]
    if who == "manager":
        return client_of(app, Role.MANAGER, manager=districts.managers["E1-A"])
    if who == "administrator of a station":
        return client_of(app, Role.ADMINISTRATOR, unit=station)
    return client_of(app, Role.SUPERVISOR, unit=districts.units["EAST"] if "district" in who else station)
