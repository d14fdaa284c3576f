"""Old acts go; what is left can still be proven, and that they went is on record."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import purge
from app.audit.chain import Act, wait
from app.audit.cli import audit
from app.audit.models import AuditEntry
from app.audit.queries import Filter, newest
from app.audit.verify import verify

NOW = datetime.now(UTC)


def act(session: Session, days_ago: float, subject: str) -> None:
    wait(session, [Act("anna", "cell.give", subject, at=NOW - timedelta(days=days_ago))])
    session.commit()


def subjects(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(AuditEntry.subject).order_by(AuditEntry.id)))


def test_old_acts_go_and_the_rest_is_proven_from_there(app: Flask, session: Session) -> None:
    for number, days in enumerate((1200, 1190, 1180, 10, 5), start=1):
        act(session, days, f"C-{number}")
    kept = verify(session).head
    run = CliRunner().invoke(audit, ["purge"])
    assert "3 acts removed" in run.output
    assert subjects(session) == ["C-4", "C-5", "trail"]
    verdict = verify(session, kept)
    assert (verdict.is_whole, verdict.acts, verdict.start.number) == (True, 3, 3)
    assert "0 acts removed" in CliRunner().invoke(audit, ["purge"]).output
    assert subjects(session) == ["C-4", "C-5", "trail"]


def test_everything_old_goes_but_the_act_that_says_so(app: Flask, session: Session) -> None:
    for number in (1, 2):
        act(session, 2000, f"C-{number}")
    CliRunner().invoke(audit, ["purge"])
    assert subjects(session) == ["trail"]
    act(session, 1, "C-3")
    assert verify(session).is_whole


def test_an_old_act_behind_a_young_one_stays(app: Flask, session: Session) -> None:
    """The clock was set back: acts go from the beginning only, as far as all of them are old."""
    for days, subject in ((1200, "C-1"), (1, "C-2"), (1200, "C-3")):
        act(session, days, subject)
    CliRunner().invoke(audit, ["purge"])
    assert subjects(session) == ["C-2", "C-3", "trail"]
    assert verify(session).is_whole


def test_a_purge_that_was_broken_off_is_finished_by_the_next(app: Flask, session: Session) -> None:
    act(session, 1200, "C-1")
    act(session, 1, "C-2")
    purge.mark(session, NOW - timedelta(days=1095), "anna")
    session.commit()
    assert verify(session).is_whole
    assert "1 acts removed" in CliRunner().invoke(audit, ["purge"]).output
    assert verify(session).is_whole


def test_the_clock_set_back_an_hour_tears_nothing(session: Session) -> None:
    for hours in (3, 2, 1, 2, 1, 0):
        act(session, hours / 24, f"{hours} h ago")
    assert verify(session).is_whole
    assert [entry.id for entry in newest(session, Filter(), 10)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("at", "day", "is_on_it"),
    [
        (datetime(2026, 3, 13, 15, 59, 59, tzinfo=UTC), 14, False),
        (datetime(2026, 3, 13, 16, tzinfo=UTC), 14, True),
        (datetime(2026, 3, 14, 15, 59, 59, tzinfo=UTC), 14, True),
        (datetime(2026, 3, 14, 16, tzinfo=UTC), 14, False),
    ],
)
def test_a_day_is_the_utilitys_own(session: Session, at: datetime, day: int, is_on_it: bool) -> None:
    wait(session, [Act("anna", "cell.give", "C-1", at=at)])
    session.commit()
    on = datetime(2026, 3, day).date()
    assert bool(newest(session, Filter(first_day=on, last_day=on), 10)) == is_on_it
