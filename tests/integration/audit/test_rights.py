"""On PostgreSQL the application's own role can do its work, and to the trail nothing but append."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from app import create_app
from app.assignment.service import assign
from app.audit.cli import audit
from app.audit.models import AuditEntry
from app.audit.rights import grant_to_application
from app.audit.service import record
from app.audit.verify import verify
from app.core.database import database, make_engine
from app.core.settings import Settings
from app.imports.cli import import_command
from tests.factories import make_cell, make_manager, make_meter_point

ROLE = "gridcrm_application"


@pytest.fixture
def weak(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application under its own role, over tables that somebody else owns."""
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has no roles")
    with psycopg.connect(database_url, autocommit=True) as connection:
        if not connection.execute("select 1 from pg_roles where rolname = %s", (ROLE,)).fetchone():
            connection.execute(f"create role {ROLE} login")
    owner = create_app(Settings(instance=tmp_path / "owner", database_url=database_url, application_role=ROLE))
    owner.extensions["gridcrm.jobs"].queue.storage.close()
    engine = make_engine(owner.extensions["gridcrm.settings"].database_url)
    grant_to_application(engine, ROLE)
    engine.dispose()
    owner.extensions["gridcrm.database"].engine.dispose()
    url = database_url.replace("postgres@", f"{ROLE}@")
    app = create_app(Settings(instance=tmp_path / "weak", database_url=url, application_role=ROLE))
    with app.app_context(), force_locale("en"):
        yield app
        database().engine.dispose()
        app.extensions["gridcrm.jobs"].queue.storage.close()


def test_it_does_the_daily_work(weak: Flask, tmp_path: Path) -> None:
    with database().transaction() as session:
        cell = make_cell(session)
        make_manager(session, cell.station)
        make_meter_point(session)
        assign(session)
        record(session, "anna", "cell.give", cell.code)
        station = cell.station.code
    file = tmp_path / "customers.csv"
    file.write_text(f"户号,户名,计量点编号,表箱编号,供电所编码\n0101,陈建国,P-1,B-1,{station}\n", "utf-8")
    run = CliRunner().invoke(import_command, ["customers", str(file)])
    assert run.exit_code == 0, run.output
    weak.extensions["gridcrm.jobs"].board.beat()
    with database().reading() as session:
        assert verify(session).acts == 2


def test_it_brings_in_the_first_customers(weak: Flask, tmp_path: Path) -> None:
    with database().transaction() as session:
        station = make_cell(session).station.code
    file = tmp_path / "customers.csv"
    file.write_text(f"户号,户名,计量点编号,表箱编号,供电所编码\n0101,陈建国,P-1,B-1,{station}\n", "utf-8")
    run = CliRunner().invoke(import_command, ["customers", str(file)])
    assert run.exit_code == 0, run.output


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entry set actor = 'ben'",
        "delete from audit_entry",
        "truncate audit_entry",
        "drop table audit_entry",
        "drop trigger audit_entry_guard on audit_entry",
        "alter table audit_entry disable trigger all",
        "drop function audit_entry_guard() cascade",
        "create or replace function audit_entry_guard() returns trigger language plpgsql as 'begin return new; end'",
        "set session_replication_role = replica",
    ],
)
def test_it_can_only_append_to_the_trail(weak: Flask, statement: str) -> None:
    with database().transaction() as session:
        record(session, "anna", "cell.give", "C-1")
    with database().sessions() as session, pytest.raises(ProgrammingError, match=r"must be owner|permission denied"):
        session.execute(text(statement))
    with database().reading() as session:
        assert session.scalars(select(AuditEntry.actor)).all() == ["anna"]


def test_a_purge_is_the_owners(weak: Flask) -> None:
    run = CliRunner().invoke(audit, ["purge"])
    assert run.exit_code == 1
    assert "may only append to the trail" in run.output
