"""Acts wait in their session and are chained to the trail at the last moment before it commits."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table, event, func, insert, select
from sqlalchemy.orm import Session, SessionTransaction

from app.audit.models import AuditEntry
from app.core.model import now

GENESIS = "0" * 64
"""What the first act has for the hash of the act before."""
LOCK = 0x61756469
"""The advisory lock under which PostgreSQL's transactions chain one after another."""
LONGEST = 200
entry = cast(Table, AuditEntry.__table__)
LAST = select(entry.c.id, entry.c.hash).order_by(entry.c.id.desc()).limit(1)
WAIT_FOR_LOCK = select(func.pg_advisory_xact_lock(LOCK))
_compact = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
WAITING, MARKS = "audit.waiting", "audit.marks"


@dataclass(frozen=True)
class Act:
    """Who did what to what, before it has its place in the chain."""

    actor: str
    action: str
    subject: str
    customer_id: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        """Take the texts as any database takes them, and the details as they will be read back."""
        for name in ("actor", "action", "subject"):
            object.__setattr__(self, name, _plain(getattr(self, name)))
        object.__setattr__(self, "details", json.loads(json.dumps(self.details, allow_nan=False)))


def _plain(said: str) -> str:
    """The text, short and without what cannot be printed: somebody may have typed it into a sign-in."""
    return "".join(character if character.isprintable() else "�" for character in said[:LONGEST])


def link(
    number: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    customer_id: int | None,
    details: Any,
    previous: str,
) -> str:
    """The hash of an act: SHA-256 over all its values and the hash of the act before, as compact JSON in ASCII."""
    moment = (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)).isoformat(timespec="microseconds")
    values = [number, moment, actor, action, subject, customer_id, details, previous]
    return hashlib.sha256(_compact(values).encode()).hexdigest()


def rows(acts: Iterable[Act], number: int, previous: str) -> Iterator[dict[str, Any]]:
    """The acts as rows that follow the act of that number and hash."""
    for act in acts:
        number += 1
        values = (act.at, act.actor, act.action, act.subject, act.customer_id, act.details)
        fresh = link(number, *values, previous)
        names = ("at", "actor", "action", "subject", "customer_id", "details")
        yield {"id": number, **dict(zip(names, values, strict=True)), "previous": previous, "hash": fresh}
        previous = fresh


def waiting(session: Session) -> list[Act]:
    """The acts that the session's transaction will put on record if it commits."""
    return session.info.setdefault(WAITING, [])


def wait(session: Session, acts: Iterable[Act]) -> None:
    """Let acts wait for the commit of the session's transaction, which begins now if it has not."""
    if not session.in_transaction():
        session.begin()
    waiting(session).extend(acts)


def end(session: Session) -> tuple[int, str]:
    """Number and hash of the last act."""
    last = session.execute(LAST).first()
    return (last.id, last.hash) if last else (0, GENESIS)


@event.listens_for(Session, "before_commit")
def _chain(session: Session) -> None:
    """Write what waits, after all else: from here to the commit, which is near, no other transaction can chain."""
    acts = session.info.get(WAITING)
    if not acts or session.in_nested_transaction():
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(WAIT_FOR_LOCK)
    session.execute(insert(entry), list(rows(acts, *end(session))))
    acts.clear()


@event.listens_for(Session, "after_transaction_create")
def _mark(session: Session, transaction: SessionTransaction) -> None:
    """Remember what waited when a savepoint was made."""
    if transaction.nested:
        session.info.setdefault(MARKS, {})[transaction] = len(waiting(session))


@event.listens_for(Session, "after_soft_rollback")
def _undo(session: Session, transaction: SessionTransaction) -> None:
    """Forget what was done since the savepoint that is undone."""
    if transaction.nested:
        del waiting(session)[session.info[MARKS][transaction] :]


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    """Nothing waits beyond the end of its transaction."""
    if transaction.parent is None:
        session.info.pop(WAITING, None)
        session.info.pop(MARKS, None)
