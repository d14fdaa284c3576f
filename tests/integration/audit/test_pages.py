"""The auditor's page and its export."""

import csv
import io
import json

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.cli import audit
from app.audit.models import AuditEntry
from app.audit.service import customer_subject, record
from app.core.access import Role
from app.core.clock import today
from tests.factories import make_account
from tests.factories.accounts import client_of


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    return client_of(app, Role.AUDITOR, login="auditor")


@pytest.fixture
def account(session: Session) -> str:
    """The number of an account whose holder was looked up; somebody else gave a cell away."""
    made = make_account(session)
    record(session, "anna", "lookup.reveal", customer_subject(made.customer_id), made.customer_id, query="139****5678")
    record(session, "ben", "cell.give", "C-1", before={"C-1": None}, after={"C-1": "M1"}, since="2026-03-01")
    session.commit()
    return made.number


def test_acts_are_shown_in_words_with_before_and_after(auditor: FlaskClient, account: str) -> None:
    page = auditor.get("/audit").text
    assert "cell given to a manager" in page
    assert "C-1: – → M1" in page
    assert "acts are unbroken" in page
    auditor.set_cookie("language", "zh")
    assert "网格移交" in auditor.get("/audit").text


def test_why_a_customer_was_shown_in_full_is_on_the_page(session: Session, auditor: FlaskClient) -> None:
    customer = make_account(session).customer_id
    record(session, "anna", "customers.reveal", customer_subject(customer), customer, why="other", note="退费核对")
    session.commit()
    rows = _rows(auditor.get("/audit?actor=anna").text)
    assert "customer shown in full" in rows
    assert "note: 退费核对" in rows


def test_acts_are_searched_by_person_customer_day_and_kind(auditor: FlaskClient, account: str) -> None:
    for query in ("actor=ben", "action=cell.give", f"actor=ben&from={today()}&to={today()}"):
        rows = _rows(auditor.get(f"/audit?{query}").text)
        assert "C-1: – → M1" in rows
        assert "139****5678" not in rows
    assert "C-1: – → M1" not in _rows(auditor.get(f"/audit?customer={account}").text)
    assert "139****5678" in _rows(auditor.get(f"/audit?customer={account}").text)
    assert "Nothing on record answers to this" in auditor.get("/audit?from=2020-01-01&to=2020-01-02").text
    assert auditor.get("/audit?customer=nobody").status_code == 404
    assert auditor.get("/audit?from=yesterday").status_code == 422


def _rows(page: str) -> str:
    return page[page.index("<tbody>") : page.index("</tbody>")]


def test_the_newest_acts_come_first_and_pages_follow(session: Session, auditor: FlaskClient) -> None:
    for number in range(60):
        record(session, "anna", "cell.give", f"C-{number:02}")
    session.commit()
    first = auditor.get("/audit?actor=anna").text
    assert "C-59" in first
    assert "C-09" not in first
    link = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = auditor.get(link).text
    assert "C-09" in second
    assert "C-10" not in _rows(second)


def test_the_export_is_safe_to_open_and_an_act_itself(session: Session, auditor: FlaskClient) -> None:
    record(session, "=anna", "cell.give", "+C-1")
    session.commit()
    text = auditor.get("/audit/export.csv?action=cell.give").text
    assert text.startswith("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["Person"], row["Act"], row["Subject"]) == ("'=anna", "cell given to a manager", "'+C-1")
    newest = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (newest.actor, newest.action, newest.details) == (
        "auditor",
        "audit.export",
        {"asked": {"action": "cell.give"}},
    )


def test_proving_all_of_it_goes_on_record(session: Session, auditor: FlaskClient, account: str) -> None:
    page = auditor.post("/audit/verify", follow_redirects=True).text
    assert "nothing was changed or removed" in page
    assert "last proven on" in page
    assert "audit.verify" in session.scalars(select(AuditEntry.action)).all()


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR, Role.HOTLINE])
def test_nobody_but_the_auditor_reads_the_trail(app: Flask, role: Role) -> None:
    assert client_of(app, role).get("/audit").status_code == 403


def test_the_command_shows_acts(account: str) -> None:
    run = CliRunner().invoke(audit, ["show", "--customer", account, "--json"])
    (shown,) = json.loads(run.output)
    assert (shown["actor"], shown["details"]) == ("anna", {"query": "139****5678"})
    said = CliRunner().invoke(audit, ["show", "--person", "ben", "--day", today().isoformat()]).output
    assert "C-1: – → M1" in said
    assert CliRunner().invoke(audit, ["show", "--customer", "nobody"]).exit_code == 1
