"""Reads of the trail."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.core.clock import ZONE
from app.core.paging import Page, page_of

PURGE = "audit.purge"
BATCH = 2_000


@dataclass(frozen=True)
class Filter:
    """What the trail is narrowed to."""

    actor: str = ""
    action: str = ""
    customer_id: int | None = None
    first_day: date | None = None
    last_day: date | None = None

    def as_details(self) -> dict[str, Any]:
        """What was asked for, as the trail keeps it."""
        return {key: str(value) for key, value in asdict(self).items() if value}

    def narrow(self, statement: Select[Any]) -> Select[Any]:
        """The statement, for the acts that are meant."""
        if self.actor:
            statement = statement.where(AuditEntry.actor == self.actor)
        if self.action:
            statement = statement.where(AuditEntry.action == self.action)
        if self.customer_id is not None:
            statement = statement.where(AuditEntry.customer_id == self.customer_id)
        if self.first_day:
            statement = statement.where(AuditEntry.at >= midnight(self.first_day))
        if self.last_day:
            statement = statement.where(AuditEntry.at < midnight(self.last_day + timedelta(days=1)))
        return statement


def midnight(day: date) -> datetime:
    """When a day begins where the utility is."""
    return datetime.combine(day, time.min, ZONE).astimezone(UTC)


def in_zone(moment: datetime) -> datetime:
    """The moment of an act where the utility is; SQLite keeps UTC without saying so."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZONE)


def entry_page(session: Session, wanted: Filter, after: str | None, before: str | None) -> Page:
    """One page of acts, the newest first; each row's first value is the act."""
    statement = wanted.narrow(select(AuditEntry))
    return page_of(session, statement, AuditEntry.id, after, before, newest_first=True)


def newest(session: Session, wanted: Filter, limit: int) -> list[AuditEntry]:
    """The newest acts, in the order of their numbers."""
    statement = wanted.narrow(select(AuditEntry)).order_by(AuditEntry.id.desc()).limit(limit)
    return list(session.scalars(statement))[::-1]


def entries(session: Session, wanted: Filter) -> Iterator[AuditEntry]:
    """All the acts that are meant, in the order of their numbers, a batch at a time."""
    statement, number = wanted.narrow(select(AuditEntry)).order_by(AuditEntry.id).limit(BATCH), 0
    while batch := session.scalars(statement.where(AuditEntry.id > number)).all():
        yield from batch
        number = batch[-1].id
        session.expunge_all()


def purges(session: Session) -> list[tuple[int, str]]:
    """Number and hash of the last act that each purge took, the newest purge first."""
    statement = select(AuditEntry.details).where(AuditEntry.action == PURGE).order_by(AuditEntry.id.desc())
    return [(details["through"], details["hash"]) for details in session.scalars(statement)]


def latest_proof(session: Session) -> AuditEntry | None:
    """When all of the chain was last proven on the page."""
    statement = select(AuditEntry).where(AuditEntry.action == "audit.verify").order_by(AuditEntry.id.desc())
    return session.scalars(statement.limit(1)).first()


def last_before(session: Session, moment: datetime) -> tuple[int, str] | None:
    """Number and hash of the last act before which, itself included, all are older than the moment."""
    younger = select(AuditEntry.id).where(AuditEntry.at >= moment).order_by(AuditEntry.id).limit(1).scalar_subquery()
    older = select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    has_younger = session.scalar(select(younger)) is not None
    found = session.execute(older.where(AuditEntry.id < younger) if has_younger else older).one_or_none()
    return (found.id, found.hash) if found else None


def count_since(session: Session, day: date, actions: Sequence[str]) -> dict[str, int]:
    """How many acts of each of these kinds there have been since a day began; found by their numbers in an index."""
    first = select(AuditEntry.id).where(AuditEntry.at >= midnight(day)).order_by(AuditEntry.at).limit(1)
    number = session.scalar(first)
    if number is None:
        return dict.fromkeys(actions, 0)
    statement = select(AuditEntry.action, func.count()).where(AuditEntry.action.in_(actions), AuditEntry.id >= number)
    return dict.fromkeys(actions, 0) | dict(list(session.execute(statement.group_by(AuditEntry.action))))
