"""A customer in full: for a reason, so often an hour, on record."""

import dataclasses

import pytest
from flask import Flask
from sqlalchemy import null, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.core.access import Role
from app.customers.models import Account
from app.grid.models import CustomerManager
from tests.factories import make_account, make_box, make_cell, make_customer, make_manager, make_meter_point, own
from tests.factories.accounts import client_of

SECRETS = ("陈建国", "13912345678", "水门路12")


@pytest.fixture
def account(session: Session) -> Account:
    account = make_account(session, make_customer(session, ("13912345678",), name="陈建国"), address="水门路12号")
    cell = make_cell(session)
    make_meter_point(session, make_box(session), account, cell_id=cell.id, reason="inside", cause=null())
    own(session, cell, make_manager(session))
    session.commit()
    return account


@pytest.fixture
def manager(session: Session, account: Account) -> CustomerManager:
    return session.scalars(select(CustomerManager)).one()


def trail(session: Session) -> list[tuple[str, str, int | None, dict[str, str]]]:
    session.rollback()
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(entry.action, entry.subject, entry.customer_id, entry.details) for entry in entries]


def test_the_own_manager_needs_no_reason(
    session: Session, app: Flask, account: Account, manager: CustomerManager
) -> None:
    client = client_of(app, Role.MANAGER, manager=manager)
    assert "Show in full, because" not in client.get(f"/customers/{account.id}").text
    full = client.post(f"/customers/{account.id}/reveal").text
    for secret in (*SECRETS, account.number):
        assert secret in full
    customer = account.customer_id
    assert trail(session) == [("customers.reveal", f"customer:{customer}", customer, {"why": "own_beat"})]


@pytest.mark.parametrize("role", [Role.HOTLINE, Role.SUPERVISOR])
def test_others_say_why(session: Session, app: Flask, account: Account, role: Role) -> None:
    client = client_of(app, role)
    assert "Show in full, because" in client.get(f"/customers/{account.id}").text
    for none in ({}, {"reason": "curious"}, {"reason": "other", "note": " "}, {"reason": "other", "note": "退费  "}):
        refused = client.post(f"/customers/{account.id}/reveal", data=none)
        assert (refused.status_code, "Say why" in refused.text) == (422, True)
        assert not [secret for secret in SECRETS if secret in refused.text]
    assert "陈建国" in client.post(f"/customers/{account.id}/reveal", data={"reason": "caller"}).text
    client.post(f"/customers/{account.id}/reveal", data={"reason": "other", "note": "退费核对"})
    assert [entry[3] for entry in trail(session)] == [{"why": "caller"}, {"why": "other", "note": "退费核对"}]


def test_so_many_an_hour(session: Session, app: Flask, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = dataclasses.replace(app.extensions["gridcrm.settings"], reveals_an_hour=2)
    monkeypatch.setitem(app.extensions, "gridcrm.settings", chosen)
    client = client_of(app, Role.HOTLINE)
    address, why = f"/customers/{account.id}/reveal", {"reason": "caller"}
    assert [client.post(address, data=why).status_code for _each in range(2)] == [200, 200]
    refused = client.post(address, data=why)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert "as many customers in full as one hour allows. Try again in 60 minutes." in refused.text
    assert "陈建国" not in refused.text
    assert [entry[0] for entry in trail(session)] == [*["customers.reveal"] * 2, "customers.reveal_refused"]
    assert client_of(app, Role.HOTLINE).post(address, data=why).status_code == 200
