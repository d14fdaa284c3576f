"""Prove that no act of the trail was changed, removed, put in or put elsewhere."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import queries
from app.audit.chain import GENESIS, link
from app.audit.models import AuditEntry

BATCH = 5_000
NOTED = 1_000
"""How many places are noted one by one; a chain that is torn everywhere needs no longer list."""
COLUMNS = (
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.actor,
    AuditEntry.action,
    AuditEntry.subject,
    AuditEntry.customer_id,
    AuditEntry.details,
    AuditEntry.previous,
    AuditEntry.hash,
)


@dataclass(frozen=True)
class Place:
    """An act's number and hash: from a place kept elsewhere the trail can be proven to its end."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True)
class Break:
    """Where the chain is torn, and how: changed, moved, missing, cut_off, other_head."""

    kind: str
    number: int
    last: int
    """The last of the acts that are missing; otherwise the number again."""


@dataclass
class Verdict:
    """What the proof found."""

    acts: int = 0
    start: Place = field(default_factory=lambda: Place(0, GENESIS))
    """After which act it began: that of the last purge."""
    head: Place = field(default_factory=lambda: Place(0, GENESIS))
    breaks: list[Break] = field(default_factory=list)
    torn: int = 0
    seconds: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.torn

    def note(self, kind: str, number: int, last: int | None = None) -> None:
        """Note where the chain is torn."""
        self.torn += 1
        if len(self.breaks) < NOTED:
            self.breaks.append(Break(kind, number, number if last is None else last))

    def as_json(self) -> dict[str, Any]:
        """The verdict for programs."""
        places = [{"kind": place.kind, "number": place.number, "last": place.last} for place in self.breaks]
        figures = {"acts": self.acts, "torn": self.torn, "breaks": places, "seconds": round(self.seconds, 2)}
        return {"whole": self.is_whole, "start": str(self.start), "head": str(self.head), **figures}


def verify(session: Session, expected: Place | None = None) -> Verdict:
    """Follow the chain from its beginning, or from the last purge, to its end.

    `expected` is a place that was kept elsewhere: without one, nobody can tell that the newest acts were cut off.
    """
    return _follow(session, _beginning(session), expected)


def verify_end(session: Session, acts: int) -> Verdict:
    """Follow the chain through its newest acts."""
    newest = session.scalar(select(func.max(AuditEntry.id))) or 0
    before = session.execute(
        select(AuditEntry.id, AuditEntry.hash).where(AuditEntry.id == newest - acts)
    ).one_or_none()  # fmt: skip
    return _follow(session, Place(*before) if before else _beginning(session), None)


def _beginning(session: Session) -> Place:
    """What stands before the first act: nothing, or the last act that was purged, as the purge put it on record."""
    first = session.scalar(select(func.min(AuditEntry.id)))
    if first is not None:
        for through, last in queries.purges(session):
            if through == first - 1:
                return Place(through, last)
    return Place(0, GENESIS)


def _follow(session: Session, start: Place, expected: Place | None) -> Verdict:
    began = time.perf_counter()
    verdict, number, previous = Verdict(start=start), start.number, start.hash
    seen = start.hash if expected and expected.number == start.number else None
    for row in _rows(session, start.number):
        if row[0] != number + 1:
            verdict.note("missing", number + 1, row[0] - 1)
        elif row[7] != previous:
            verdict.note("moved", row[0])
        if link(*row[:8]) != row[8]:
            verdict.note("changed", row[0])
        number, previous = row[0], row[8]
        verdict.acts += 1
        if expected and expected.number == number:
            seen = previous
    if expected and expected.number > number:
        verdict.note("cut_off", number + 1, expected.number)
    elif expected and expected.number >= start.number and seen != expected.hash:
        verdict.note("other_head", expected.number)
    verdict.head, verdict.seconds = Place(number, previous), time.perf_counter() - began
    return verdict


def _rows(session: Session, number: int) -> Iterator[Any]:
    """The acts after a number, in their order, a batch at a time."""
    statement = select(*COLUMNS).order_by(AuditEntry.id).limit(BATCH)
    if number == 0:  # whatever somebody put in before the first act is read too
        number = -(2**31)
    while batch := session.execute(statement.where(AuditEntry.id > number)).all():
        yield from batch
        number = batch[-1].id
