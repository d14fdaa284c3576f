"""Requests that ask only read; what they must put on record is written before the answer leaves, or there is none."""

from collections.abc import Callable

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audit import chain
from app.audit.models import AuditEntry
from app.audit.service import record, record_apart
from app.audit.verify import verify
from app.core.access import public
from app.core.database import current_session, database
from app.organisation.models import OrganisationUnit
from tests.factories import make_station


@pytest.fixture
def route(app: Flask) -> Callable[..., None]:
    """Add a route of the test's own."""

    def add(view: Callable[[], str], method: str = "GET") -> None:
        app.add_url_rule("/probe", "probe", public(view), methods=[method])

    return add


def subjects(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(AuditEntry.subject).order_by(AuditEntry.id)))


def test_a_look_is_on_record_when_the_answer_arrives(
    session: Session, anonymous: FlaskClient, route: Callable[..., None]
) -> None:
    def look() -> str:
        record(current_session(), "anna", "lookup.reveal", "customer:7", 7)
        return "seen"

    route(look)
    assert anonymous.get("/probe").text == "seen"
    assert subjects(session) == ["customer:7"]


def test_no_record_no_answer(
    session: Session, anonymous: FlaskClient, route: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look() -> str:
        record(current_session(), "anna", "lookup.reveal", "customer:7", 7)
        return "seen"

    route(look)
    monkeypatch.setitem(anonymous.application.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(chain, "end", lambda _session: (-5, "torn"))
    answer = anonymous.get("/probe")
    assert answer.status_code >= 400
    assert "seen" not in answer.text
    assert subjects(session) == []


def test_a_look_that_was_refused_is_not_on_record(
    session: Session, anonymous: FlaskClient, route: Callable[..., None]
) -> None:
    def refuse() -> str:
        record(current_session(), "anna", "lookup.reveal", "customer:7", 7)
        abort(403)

    route(refuse)
    assert anonymous.get("/probe").status_code == 403
    assert subjects(session) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refusal_can_be_on_record_by_itself(
    session: Session, anonymous: FlaskClient, route: Callable[..., None], method: str
) -> None:
    def refuse() -> str:
        current_session().execute(text("select 1"))
        record(current_session(), "anna", "cell.give", "undone")
        record_apart("anna", "sign_in.refused", "user:anna", step="password")
        abort(401)

    route(refuse, method)
    assert anonymous.open("/probe", method=method).status_code == 401
    assert subjects(session) == ["user:anna"]


def test_a_page_that_only_asks_cannot_write(
    session: Session, anonymous: FlaskClient, route: Callable[..., None]
) -> None:
    def write() -> str:
        make_station(current_session())
        return "written"

    route(write)
    with pytest.raises(DBAPIError, match=r"read-?only"):
        anonymous.get("/probe")
    assert session.scalars(select(OrganisationUnit)).all() == []


def test_reading_and_writing_take_turns_on_a_connection(app: Flask) -> None:
    for _turn in range(3):
        with database().reading() as reader:
            reader.scalars(select(OrganisationUnit)).all()
            with pytest.raises(DBAPIError, match=r"read-?only"):
                make_station(reader)
        with database().transaction() as writer:
            record(writer, "anna", "cell.give", "C-1")
    with database().reading() as reader:
        assert verify(reader).acts == 3


def test_whoever_reads_first_can_still_write_when_another_wrote_in_between(app: Flask, session: Session) -> None:
    with database().reading() as reader:
        reader.scalars(select(OrganisationUnit)).all()
        with database().transaction() as writer:
            writer.scalars(select(OrganisationUnit)).all()
            record(writer, "anna", "cell.give", "C-1")
    assert subjects(session) == ["C-1"]
