"""The clock is set back an hour: nothing has a negative age, nothing new is taken for old."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.cards import tasks as cards
from app.cards.queries import Selection
from app.cards.service import printing
from app.core import clock
from app.core.access import EVERYWHERE, Permission
from app.core.settings import settings
from app.jobs.service import add_handler, enqueue, jobs
from app.maps import service as maps
from app.operations import metrics
from app.operations.backup import service
from tests.integration.cards.scene import make_beat
from tests.integration.faults.conftest import state_of

HOUR = 3600


def in_an_hour(path: Path) -> None:
    """As if the file had been written before the clock was set back."""
    os.utime(path, (time.time() + HOUR, time.time() + HOUR))


def test_a_job_that_was_queued_in_an_hour_is_done_now(
    app: Flask, session: Session, run_jobs: Callable[[], None]
) -> None:
    add_handler(app, "nothing", lambda work: {}, Permission.GRID_EDIT)
    job = enqueue(session, "nothing", "A test")
    job.created_at += timedelta(hours=1)
    session.commit()
    jobs().queue.storage.flush_queue()
    jobs().take_up_forgotten()
    run_jobs()
    assert state_of(session, job) == "done"


def test_a_new_print_is_not_the_oldest(session: Session, run_jobs: Callable[[], None]) -> None:
    job = cards.enqueue(session, Selection(manager=make_beat(session).manager.code), printing())
    session.commit()
    folder = cards.print_file(job.id).parent
    folder.mkdir(parents=True)
    for number in range(cards.KEPT_PRINTS):
        older = folder / f"{number - cards.KEPT_PRINTS}.pdf"
        older.touch()
        in_an_hour(older)
    run_jobs()
    assert cards.print_file(job.id).exists()


def test_a_new_map_is_not_the_oldest(session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_beat(session)
    monkeypatch.setattr(maps, "KEPT_FILES", 1)
    (tmp_path / "older.html").touch()
    in_an_hour(tmp_path / "older.html")
    assert maps.cached(session, EVERYWHERE, maps.Extent(), clock.today(), "html", tmp_path).exists()


def test_a_backup_from_the_future_is_of_no_age(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + HOUR
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: later)
        metrics.note_backup(settings(), 1)
    assert "gridcrm_backup_age_seconds 0.0" in anonymous.get("/metrics").text


def test_a_moment_that_comes_twice_takes_no_backup_s_name(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "present_moment", lambda: "2026-11-01T01:30:00+00:00")
    first, second = (service.back_up(settings(), tmp_path).path for _number in range(2))
    assert (first.name, second.name) == ("gridcrm-20261101T013000Z.gridcrm", "gridcrm-20261101T013000Z-2.gridcrm")
    assert service.forget_older(tmp_path, first, keep=1) == [second]
    assert first.exists()
