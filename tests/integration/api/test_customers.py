"""Customers, metering points and the look-up by the API."""

import pytest
from flask import Flask
from sqlalchemy import null, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.core.access import Role
from app.customers.models import Account, SpecialCare
from app.customers.search import index_accounts
from tests.factories import (
    accounts,
    make_account,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_station,
    own,
)
from tests.integration.api.conftest import Program


@pytest.fixture
def chen(session: Session) -> int:
    """陈建国 in a cell of 林经理, who lives alone; the id of the account."""
    station = make_station(session, code="JB", name="江北供电所")
    lin = make_manager(session, station, code="KH1", name="林经理", work_phone="13800000001")
    cell = make_cell(session, station, code="JB-001")
    own(session, cell, lin)
    customer = make_customer(session, ("13912345678",), name="陈建国")
    session.add(SpecialCare(customer_id=customer.id, kind="lives_alone"))
    account = make_account(session, customer, number="0317000123456", address="水门路12号3栋501房")
    inside = {"cell_id": cell.id, "reason": "inside", "cause": null()}
    make_meter_point(session, make_box(session, station, number="BX1"), account, number="JL0000001", **inside)
    index_accounts(session, select(Account.id))
    session.commit()
    return account.id


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_the_look_up_answers_with_the_manager(session: Session, program: Program, chen: int) -> None:
    (hit,) = program.get("/lookup", query_string={"q": "139 1234 5678"}).json or []
    assert set(hit) == {"id", "account_no", "name", "address", "cell", "manager", "reason"}
    assert (hit["id"], hit["name"], hit["account_no"]) == (chen, "陈**", "*********3456")
    assert hit["manager"] == {"code": "KH1", "name": "林经理", "phone": "13800000001"}
    assert actions(session) == ["lookup.look"]


def test_who_asks_nothing_finds_nothing(program: Program, chen: int) -> None:
    assert program.get("/lookup").json == []


def test_one_of_several_hits_is_chosen_by_its_id(program: Program, chen: int) -> None:
    (hit,) = program.get(f"/lookup?account={chen}").json or []
    assert hit["id"] == chen


def test_the_list_is_masked_and_narrowed(program: Program, chen: int) -> None:
    (row,) = (program.get("/customers?cell=JB-001&text=水门").json or {})["items"]
    assert (row["id"], row["name"], row["address"]) == (chen, "陈**", "水门路**号**栋**房")
    assert (program.get("/customers?cell=JB-002").json or {})["items"] == []


def test_pages_of_customers_follow_each_other(session: Session, program: Program, chen: int) -> None:
    for _number in range(4):
        make_account(session)
    session.commit()
    seen: list[int] = []
    address = "/customers?limit=2"
    while address:
        page = program.get(address).json or {}
        seen += [row["id"] for row in page["items"]]
        address = (page["next"] or "").removeprefix("/api/v1")
    assert len(seen) == len(set(seen)) == 5


def test_one_customer_is_masked(program: Program, chen: int) -> None:
    answer = program.get(f"/customers/{chen}")
    said = answer.json or {}
    assert (said["name"], said["phones"], said["has_care"], said["care"]) == ("陈**", ["139****5678"], True, [])
    assert said["points"][0]["number"] == "*****0001"
    assert said["needs_reason"]
    assert "陈建国" not in answer.text


def test_a_reveal_says_why_and_goes_on_record(session: Session, program: Program, chen: int) -> None:
    shown = program.post(f"/customers/{chen}/reveal", json={"reason": "caller"}).json or {}
    assert (shown["name"], shown["phones"], shown["care"]) == ("陈建国", ["13912345678"], ["lives_alone"])
    assert (shown["account_no"], shown["points"][0]["number"]) == ("0317000123456", "JL0000001")
    assert actions(session) == ["customers.reveal"]


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": "curious"}, {"reason": "other"}, *({"reason": "other", "note": text} for text in (" ", "abc"))],
)
def test_without_a_reason_nothing_is_shown(session: Session, program: Program, chen: int, body: dict[str, str]) -> None:
    assert program.post(f"/customers/{chen}/reveal", json=body).status_code == 422
    assert actions(session) == []


def test_metering_points_of_a_cell_and_of_a_box(program: Program, chen: int) -> None:
    for address in ("/cells/JB-001/meter-points", "/boxes/BX1/meter-points"):
        (row,) = (program.get(address).json or {})["items"]
        assert (row["number"], row["account_id"], row["reason"]) == ("*****0001", chen, "inside")
    assert program.get("/boxes/BX2/meter-points").status_code == 404


def test_a_metering_point_by_its_number(program: Program, chen: int) -> None:
    point = program.get("/meter-points/JL0000001").json or {}
    assert (point["cell"], point["manager"]["code"], point["account_id"]) == ("JB-001", "KH1", chen)


def test_customers_of_another_station_do_not_exist(app: Flask, session: Session, chen: int) -> None:
    other = make_station(session)
    session.commit()
    browser = accounts.client_of(app, Role.SUPERVISOR, unit=other)
    assert browser.get("/api/v1/lookup?q=13912345678").json == []
    assert (browser.get("/api/v1/customers").json or {})["items"] == []
    for path in (
        f"/customers/{chen}",
        "/meter-points/JL0000001",
        "/cells/JB-001/meter-points",
        "/boxes/BX1/meter-points",
    ):
        assert browser.get(f"/api/v1{path}").status_code == 404
