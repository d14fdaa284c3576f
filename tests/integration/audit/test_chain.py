"""Acts become one unbroken chain, whoever writes them and whatever is undone."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.chain import GENESIS, link
from app.audit.models import AuditEntry
from app.audit.service import record
from app.core.database import Database, database


def acts(session: Session) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def is_chain(entries: list[AuditEntry]) -> bool:
    previous = GENESIS
    for number, entry in enumerate(entries, start=1):
        values = (entry.at, entry.actor, entry.action, entry.subject, entry.customer_id, entry.details)
        if (entry.id, entry.previous, entry.hash) != (number, previous, link(number, *values, previous)):
            return False
        previous = entry.hash
    return True


def test_acts_are_chained_when_their_transaction_commits(session: Session) -> None:
    record(session, "anna", "cell.give", "C-1", before={"manager": None}, after={"manager": "M1"})
    record(session, "anna", "lookup.reveal", "customer:7", 7, at=[1, 2.5, "桥东"])
    assert acts(session) == []
    session.commit()
    record(session, "ben", "cell.give", "C-2")
    session.commit()
    assert [entry.actor for entry in acts(session)] == ["anna", "anna", "ben"]
    assert is_chain(acts(session))


def test_what_is_rolled_back_leaves_no_act_and_no_gap(session: Session) -> None:
    record(session, "anna", "cell.give", "C-1")
    session.rollback()
    record(session, "anna", "cell.give", "C-2")
    session.close()
    record(session, "anna", "cell.give", "C-3")
    session.commit()
    assert [(entry.id, entry.subject) for entry in acts(session)] == [(1, "C-3")]


def test_a_savepoint_takes_its_acts_with_it(session: Session) -> None:
    record(session, "anna", "cell.give", "before")
    undone = session.begin_nested()
    record(session, "anna", "cell.give", "undone")
    inner = session.begin_nested()
    record(session, "anna", "cell.give", "undone with the outer one")
    inner.commit()
    undone.rollback()
    with session.begin_nested():
        record(session, "anna", "cell.give", "kept")
    with pytest.raises(ZeroDivisionError), session.begin_nested():
        record(session, "anna", "cell.give", str(1 / 0))
    record(session, "anna", "cell.give", "after")
    session.commit()
    assert [entry.subject for entry in acts(session)] == ["before", "kept", "after"]
    assert is_chain(acts(session))


def test_many_at_once_make_one_chain(app: Flask, session: Session) -> None:
    store = database()

    def work(actor: int) -> None:
        for turn in range(20):
            _one_act(store, f"actor {actor}", turn)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    entries = acts(session)
    assert len(entries) == 160
    assert is_chain(entries)
    for actor in range(8):
        assert [entry.details["turn"] for entry in entries if entry.actor == f"actor {actor}"] == list(range(20))


def _one_act(store: Database, actor: str, turn: int) -> None:
    with store.transaction() as session:
        record(session, actor, "cell.give", "C-1", turn=turn)


def test_what_somebody_types_is_kept_as_every_database_takes_it(session: Session) -> None:
    record(session, "an\0na", "sign_in.refused", "user:\ud800" + "x" * 500, why="\0\ud800")
    session.commit()
    (entry,) = acts(session)
    assert entry.actor == "an�na"
    assert len(entry.subject) == 200
    assert is_chain([entry])
