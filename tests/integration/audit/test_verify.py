"""Whatever is done to the trail behind its back is found, and named."""

import json

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit import verify as verifying
from app.audit.chain import GENESIS, link
from app.audit.cli import audit
from app.audit.models import AuditEntry
from app.audit.verify import Break, Place, verify, verify_end
from app.core.errors import constraint_name
from tests.integration.audit.tampering import make_acts, unguarded


def found(session: Session, *tampering: str) -> list[Break]:
    with unguarded(session):
        for statement in tampering:
            session.execute(text(statement))
    return verify(session).breaks


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "BATCH", 3)


def test_an_untouched_trail_is_whole(session: Session) -> None:
    assert verify(session).head == Place(0, GENESIS)
    make_acts(session, 10)
    verdict = verify(session)
    assert (verdict.is_whole, verdict.acts, verdict.head.number) == (True, 10, 10)


@pytest.mark.parametrize(
    "change",
    ["actor = 'ben'", "at = '2026-01-01 00:00:00'", "customer_id = 5", "details = '{}'", "hash = lower(actor)"],
)
def test_a_changed_act_is_found(session: Session, change: str) -> None:
    make_acts(session, 8)
    breaks = found(session, f"update audit_entry set {change} where id = 4")
    assert Break("changed", 4, 4) in breaks


def test_removed_acts_are_found(session: Session) -> None:
    make_acts(session, 8)
    assert found(session, "delete from audit_entry where id in (1, 2, 5)") == [
        Break("missing", 1, 2),
        Break("missing", 5, 5),
    ]


def test_a_removed_act_is_found_though_the_others_moved_up(session: Session) -> None:
    make_acts(session, 5)
    breaks = found(
        session, "delete from audit_entry where id = 3", "update audit_entry set id = id - 1 where id in (4, 5)"
    )
    assert {place.number for place in breaks} == {3, 4}


def test_acts_that_changed_places_are_found(session: Session) -> None:
    make_acts(session, 5)
    swap = [f"update audit_entry set id = {new} where id = {old}" for old, new in ((2, 99), (3, 2), (99, 3))]
    assert {place.number for place in found(session, *swap)} == {2, 3, 4}


@pytest.mark.parametrize("number", [0, 6])
def test_an_act_put_in_is_found(session: Session, number: int) -> None:
    make_acts(session, 5)
    values = f"select {number}, at, actor, action, subject, customer_id, details, previous, hash"
    breaks = found(session, f"insert into audit_entry {values} from audit_entry where id = 5")
    assert number in {place.number for place in breaks}


def test_a_forged_act_in_the_middle_tears_what_follows(session: Session) -> None:
    """Whoever computes the hash anew would have to do so for all acts that follow, up to the head kept elsewhere."""
    make_acts(session, 5)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.id == 3)).one()
    forged = link(3, entry.at, "ben", entry.action, entry.subject, None, entry.details, entry.previous)
    breaks = found(session, f"update audit_entry set actor = 'ben', hash = '{forged}' where id = 3")
    assert breaks == [Break("moved", 4, 4)]


def test_a_cut_off_end_is_found_by_a_head_kept_elsewhere(session: Session) -> None:
    make_acts(session, 5)
    kept = verify(session).head
    assert found(session, "delete from audit_entry where id > 3") == []
    assert verify(session, kept).breaks == [Break("cut_off", 4, 5)]


def test_a_trail_written_anew_is_found_by_a_head_kept_elsewhere(session: Session) -> None:
    make_acts(session, 3)
    assert verify(session, Place(2, "f" * 64)).breaks == [Break("other_head", 2, 2)]
    make_acts(session, 2)
    assert verify(session, verify_end(session, 1).head).is_whole


def test_the_newest_acts_are_proven_alone(session: Session) -> None:
    make_acts(session, 8)
    assert (verify_end(session, 3).acts, verify_end(session, 100).acts) == (3, 8)
    assert found(session, "update audit_entry set actor = 'ben' where id = 2") != []
    assert verify_end(session, 3).is_whole


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entry set actor = 'ben' where id = 2",
        "delete from audit_entry where id = 2",
        "insert into audit_entry select id + 7, at, actor, action, subject, null, details, previous, hash "
        "from audit_entry where id = 3",
        "insert into audit_entry select id + 1, at, actor, action, subject, null, details, previous, hash "
        "from audit_entry where id = 3",
    ],
)
def test_the_database_itself_refuses(session: Session, statement: str) -> None:
    make_acts(session, 3)
    with pytest.raises(IntegrityError) as refused:
        session.execute(text(statement))
    assert constraint_name(refused.value) == "audit_is_append_only"


def test_no_row_is_replaced_by_another(session: Session) -> None:
    make_acts(session, 3)
    replace = "insert or replace into audit_entry" if session.get_bind().dialect.name == "sqlite" else "truncate"
    values = "select id, at, 'ben', action, subject, null, details, previous, hash from audit_entry where id = 2"
    statement = f"{replace} {values}" if replace != "truncate" else "truncate audit_entry"
    with pytest.raises(IntegrityError) as refused:
        session.execute(text(statement))
    assert constraint_name(refused.value) == "audit_is_append_only"


def test_the_command_prints_the_head_and_fails_where_the_trail_is_torn(app: Flask, session: Session) -> None:
    make_acts(session, 4)
    run = CliRunner().invoke(audit, ["verify", "--json"])
    said = json.loads(run.output)
    assert (run.exit_code, said["whole"], said["acts"]) == (0, True, 4)
    assert CliRunner().invoke(audit, ["verify", "--expect", said["head"]]).exit_code == 0
    assert found(session, "delete from audit_entry where id = 4") == []
    run = CliRunner().invoke(audit, ["verify", "--expect", said["head"]])
    assert run.exit_code == 1
    assert "The newest acts, 4 to 4, were cut off." in run.output
    assert CliRunner().invoke(audit, ["verify", "--expect", "nonsense"]).exit_code == 1
