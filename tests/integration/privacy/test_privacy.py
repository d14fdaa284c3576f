import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.audit.service import record
from app.core.access import EVERYWHERE
from app.core.errors import DomainError
from app.customers.models import Account, CustomerPhone, SpecialCare
from app.customers.search import index_accounts, search_accounts
from app.imports.models import ImportRun
from app.privacy import queries, service
from app.privacy.cli import privacy
from tests.factories import make_account, make_box, make_customer, make_meter_point

NAME, PHONE, NUMBER, ADDRESS = "陈建国", "13912345678", "0317000123456", "水门路12号501房"


@pytest.fixture
def account(session: Session) -> Account:
    customer = make_customer(session, name=NAME, number=NUMBER)
    session.add(CustomerPhone(customer_id=customer.id, number=PHONE))
    session.add(SpecialCare(customer_id=customer.id, kind="lives_alone"))
    account = make_account(session, customer, number=NUMBER, address=ADDRESS)
    make_meter_point(session, account=account, box=make_box(session), number=f"{NUMBER}01")
    index_accounts(session, select(Account.id))
    record(session, "agent", "customer.reveal", f"customer:{customer.id}", customer.id, reason="call")
    issue = {"row": 7, "column": "电话", "value": PHONE, "code": "bad_phone"}
    session.add(ImportRun(kind="customers", filename="x.csv", issues=[issue, {"row": 8, "value": "else"}]))
    session.commit()
    return account


def everything(session: Session) -> str:
    """All that any table holds, as text."""
    connection = session.connection()
    tables = [name for name in inspect(connection).get_table_names() if name != "spatial_ref_sys"]
    return "\n".join(repr(row) for name in tables for row in connection.execute(text(f"select * from {name}")))


def test_a_customer_is_shown_all_that_is_kept_and_who_looked(session: Session, account: Account) -> None:
    kept: Any = service.show(session, queries.customer_of_account(session, NUMBER), "shell:me")
    told = json.dumps(kept, ensure_ascii=False)
    for value in (NAME, PHONE, NUMBER, ADDRESS, "lives_alone", "agent", "customer.reveal"):
        assert value in told


def test_the_file_is_for_its_owner_alone(app: Flask, session: Session, account: Account, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(privacy, ["export", NUMBER, "--out", str(tmp_path / "kept.json")])
    assert result.exit_code == 0
    assert (tmp_path / "kept.json").stat().st_mode & 0o777 == 0o600


def test_nothing_tells_of_an_erased_customer_any_more(app: Flask, session: Session, account: Account) -> None:
    before = everything(session)
    session.rollback()
    result = app.test_cli_runner().invoke(privacy, ["erase", NUMBER, "--reason", "request 12", "--yes"])
    assert result.exit_code == 0, result.output
    after = everything(session)
    for value in (NAME, PHONE, NUMBER, ADDRESS, "lives_alone"):
        assert value in before
        assert value not in after
    assert search_accounts(session, EVERYWHERE, "水门路", 10) == []


def test_the_trail_keeps_what_was_done_and_by_whom(session: Session, account: Account) -> None:
    customer = queries.customer_of_account(session, NUMBER)
    service.erase(session, customer, "request 12", "shell:me")
    session.commit()
    acts = session.execute(select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.customer_id == customer.id))
    assert list(acts) == [("agent", "customer.reveal"), ("shell:me", "privacy.erase")]


def test_rejected_rows_of_others_stay(session: Session, account: Account) -> None:
    service.erase(session, queries.customer_of_account(session, NUMBER), "request 12", "shell:me")
    session.commit()
    assert session.scalars(select(ImportRun.issues)).one() == [{"row": 8, "value": "else"}]


def test_nothing_is_erased_without_a_reason(session: Session, account: Account) -> None:
    with pytest.raises(DomainError, match="why"):
        service.erase(session, queries.customer_of_account(session, NUMBER), " ", "shell:me")
