"""What a connection to PostgreSQL keeps between two transactions, and what becomes of one that its server has ended."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, func, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import postgres
from app.core.access import EVERYWHERE, Scope
from app.core.database import Database
from app.lookup.service import lookup
from tests.integration.lookup.test_lookup import DAY

KEPT = select(func.count()).select_from(text("pg_prepared_statements"))
pytestmark = pytest.mark.parametrize("database_url", ["postgis"], indirect=True)
MARKED = select(literal("marked")).execution_options(prepared=True)


@pytest.fixture
def store(app: Flask) -> Database:
    """The database; whoever reads alone is always given the same connection."""
    return app.extensions["gridcrm.database"]


def asked(store: Database, *statements: Select[Any]) -> list[Any]:
    with store.reading() as session:
        return [session.scalar(statement) for statement in statements]


def test_a_marked_statement_stays_planned_when_its_reader_has_gone(store: Database) -> None:
    (before,) = asked(store, KEPT)
    asked(store, MARKED)
    assert asked(store, KEPT) == [before + 1]


def test_other_statements_of_readers_are_planned_for_their_values(store: Database) -> None:
    (before,) = asked(store, KEPT)
    for number in range(8):
        asked(store, select(literal(number)))
    assert asked(store, KEPT) == [before]


def test_a_reader_that_failed_does_no_harm_to_the_next(store: Database) -> None:
    with pytest.raises(DBAPIError):
        asked(store, MARKED, select(text("1 / 0")))
    assert asked(store, MARKED) == ["marked"]


def test_a_writer_that_gives_up_undoes_what_it_wrote(store: Database) -> None:
    with store.session(reads=False) as session:
        session.execute(text("create table of_nobody (id integer)"))
    assert asked(store, select(func.to_regclass("of_nobody"))) == [None]


@pytest.mark.parametrize("quiet", [postgres.QUIET, 0])
def test_a_connection_that_its_server_ended_is_made_anew(
    store: Database, session: Session, quiet: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "QUIET", quiet)
    session.connection()
    (former,) = asked(store, select(func.pg_backend_pid()))
    session.scalar(select(func.pg_terminate_backend(former, 5000)))
    (present,) = asked(store, select(func.pg_backend_pid()))
    assert present != former


@pytest.mark.parametrize("scope", [EVERYWHERE, Scope(stations=frozenset({1, 2}), cells=frozenset({3}))])
@pytest.mark.parametrize("query", ["13912345678", "0317000000001", "0317000", "cjg"])
def test_look_ups_by_number_are_planned_once(store: Database, scope: Scope, query: str) -> None:
    def kept() -> int:
        with store.reading() as session:
            lookup(session, scope, query, DAY)
            return session.scalar(KEPT) or 0

    assert kept() == kept() == kept() > 0
