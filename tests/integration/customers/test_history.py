"""What a customer's page tells of the past: meters, changes of hands, deeds, prints; looks to the auditor alone."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import null
from sqlalchemy.orm import Session

from app.assignment.service import override
from app.audit.service import customer_subject, record
from app.core.access import Role
from app.core.clock import today
from app.customers.models import MeterInstallation, MeterPoint
from app.grid.models import GridCell
from app.grid.queries import manager_of
from app.jobs.models import Job
from tests.factories import accounts, make_box, make_cell, make_manager, make_meter_point, make_station, own

SELECTION = {"day": "2026-03-14"}


@pytest.fixture
def point(session: Session) -> MeterPoint:
    """In a cell that 旧经理 (KH-OLD) had until 新经理 took it over."""
    station = make_station(session, code="ST")
    cell = make_cell(session, station, code="ST-A")
    own(session, cell, make_manager(session, station, code="KH-OLD", name="旧经理"), date(2020, 1, 1))
    own(session, cell, make_manager(session, station, code="KH-NEW", name="新经理"), date(2026, 4, 1))
    box = make_box(session, station, (114.405, 23.105), number="BX-1", cell_id=cell.id)
    made = make_meter_point(session, box, cell_id=cell.id, reason="inside", cause=null())
    session.add(MeterInstallation(meter_point_id=made.id, asset_no="44130001", valid_from=date(2021, 5, 6)))
    session.commit()
    return made


def printed(session: Session, selection: dict[str, object], left_out: str = "") -> None:
    issues = [{"box": left_out, "reason": "no_cell", "printed": False}] if left_out else []
    chosen = {"selection": SELECTION | selection}
    session.add(Job(kind="cards", title="", parameters=chosen, language="en", state="done", result={"issues": issues}))
    session.commit()


def test_the_latest_stands_first(client: FlaskClient, point: MeterPoint) -> None:
    page = client.get(f"/customers/{point.account_id}").text
    told = ["新经理 took cell ST-A over", "before: 旧经理", "Meter 44130001 was put in", "旧经理 took cell ST-A over"]
    places = [page.index(text) for text in told]
    assert places == sorted(places)


def test_what_was_given_and_given_back_on_one_day_is_no_change(
    session: Session, client: FlaskClient, point: MeterPoint
) -> None:
    assert point.cell
    own(session, point.cell, manager_of(session, point.cell, date(2026, 6, 1)), date(2026, 6, 1))
    session.commit()
    assert client.get(f"/customers/{point.account_id}").text.count("新经理 took cell ST-A over") == 1


@pytest.mark.parametrize("selection", [{"box": ["BX-1"]}, {"cell": "ST-A"}, {"station": "ST"}, {"manager": "KH-OLD"}])
def test_a_print_that_held_the_box_is_told_and_whether_its_card_is_old(
    session: Session, client: FlaskClient, point: MeterPoint, selection: dict[str, object]
) -> None:
    printed(session, selection)
    page = client.get(f"/customers/{point.account_id}").text
    assert "The card of box BX-1 was printed" in page
    assert "the card is out of date" in page


@pytest.mark.parametrize(
    ("selection", "left_out"), [({"manager": "KH-NEW"}, ""), ({"cell": "ST-B"}, ""), ({"cell": "ST-A"}, "BX-1")]
)
def test_a_print_without_the_box_is_not(
    session: Session, client: FlaskClient, point: MeterPoint, selection: dict[str, object], left_out: str
) -> None:
    printed(session, selection, left_out)
    assert "was printed" not in client.get(f"/customers/{point.account_id}").text


def test_a_card_of_today_s_manager_is_not_old(session: Session, client: FlaskClient, point: MeterPoint) -> None:
    printed(session, {"cell": "ST-A", "day": today().isoformat()})
    page = client.get(f"/customers/{point.account_id}").text
    assert "was printed" in page
    assert "out of date" not in page


def test_looks_are_told_to_the_auditor_and_reasons_to_who_decides(
    session: Session, app: Flask, point: MeterPoint
) -> None:
    customer_id = point.account.customer_id
    record(session, "agent7", "customers.reveal", customer_subject(customer_id), customer_id, why="caller")
    cell = session.get_one(GridCell, point.cell_id)
    override(session, point, cell, "boss", "seen on site")
    session.commit()
    address = f"/customers/{point.account_id}"
    hotline = accounts.client_of(app, Role.HOTLINE).get(address).text
    supervisor = accounts.client_of(app, Role.SUPERVISOR).get(address).text
    both = accounts.client_of(app, Role.SUPERVISOR, Role.AUDITOR).get(address).text
    assert [("agent7" in page, "seen on site" in page) for page in (hotline, supervisor, both)] == [
        (False, False),
        (False, True),
        (True, True),
    ]
