"""Killed with -9 while it works: nothing is lost, nothing is doubled, nothing half-done looks whole."""

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.cards import tasks as cards
from app.cards.queries import Selection
from app.cards.service import printing
from app.core.errors import DomainError
from app.core.settings import settings
from app.core.staging import is_sqlite
from app.customers.models import Account
from app.grid.models import Ownership
from app.grid.tasks import SHARE_OUT
from app.jobs.models import Job
from app.jobs.service import enqueue, jobs
from app.operations.backup import service
from tests.factories import make_account, make_cell, make_manager, make_station, square
from tests.integration.cards.scene import make_beat
from tests.integration.faults.conftest import state_of
from tests.processes import Program

SINCE = date(2026, 3, 1)
KILLS = 2
WORK = "app.extensions['gridcrm.jobs'].run({})"
"""Do a job as the worker does."""
WORK_AND_DIE = (
    "known = app.extensions['gridcrm.jobs']; done = known.handlers[{kind!r}]; "
    "known.handlers[{kind!r}] = lambda work: (done(work), os.kill(os.getpid(), 9)); known.run({job})"
)
"""Do the work of a job, and be killed before anything else can be written down."""
WORK_HALF_AND_DIE = (
    "from app.grid import tasks; share = tasks.share_out; "
    "tasks.share_out = lambda *given: (share(*given), given[0].flush(), os.kill(os.getpid(), 9)); "
    "app.extensions['gridcrm.jobs'].run({})"
)
"""Write all that a job writes, and be killed before the commit."""


@pytest.fixture
def station(session: Session) -> Any:
    """A station with twelve cells in a row and three managers."""
    station = make_station(session)
    for number in range(12):
        make_cell(session, station=station, shape=square(114.4 + 0.01 * number, 23.1, 0.01))
    for _number in range(3):
        make_manager(session, station=station)
    session.commit()
    return station


@pytest.fixture
def share_out(session: Session, station: Any) -> Job:
    """The station's cells are to be given to its managers."""
    job = enqueue(session, SHARE_OUT, "A test", station=station.code, since=SINCE.isoformat(), actor="test")
    session.commit()
    return job


def given(session: Session) -> tuple[int, int]:
    """How many cells were given, and how often that is on record."""
    session.rollback()
    acts = select(func.count(AuditEntry.id)).where(AuditEntry.action == "cells.share_out")
    return session.scalar(select(func.count(Ownership.id))) or 0, session.scalar(acts) or 0


def again(session: Session, job: Job) -> None:
    """As it was before the job began."""
    session.execute(text("delete from ownership"))
    session.execute(text("update job set state = 'queued', result = null"))
    session.commit()


def test_cells_are_given_wholly_or_not_at_all(session: Session, share_out: Job, program: Program) -> None:
    moments = random.Random(7)
    _code, duration = program.run(WORK.format(share_out.id))
    assert state_of(session, share_out) == "done"
    once, acts = given(session)
    assert once == 12
    for _number in range(KILLS):
        again(session, share_out)
        program.run(WORK.format(share_out.id), kill_after=moments.uniform(0.1, 0.99) * duration)
        done = state_of(session, share_out) == "done"
        acts += done
        assert given(session) == (12 if done else 0, acts)


def test_work_that_was_committed_is_not_done_again(session: Session, share_out: Job, program: Program) -> None:
    code, _seconds = program.run(WORK_AND_DIE.format(kind=SHARE_OUT, job=share_out.id))
    assert code == -9
    assert (state_of(session, share_out), given(session)) == ("done", (12, 1))
    jobs().take_up()
    assert jobs().queue.dequeue() is None


def test_what_was_cut_off_is_done_once_by_the_next_worker(
    session: Session, share_out: Job, program: Program, run_jobs: Callable[[], None]
) -> None:
    code, _seconds = program.run(WORK_HALF_AND_DIE.format(share_out.id))
    assert code == -9
    assert (state_of(session, share_out), given(session)) == ("running", (0, 0))
    jobs().take_up()
    run_jobs()
    assert (state_of(session, share_out), given(session)) == ("done", (12, 1))


def test_a_print_appears_whole_or_not_at_all(app: Flask, session: Session, program: Program) -> None:
    beat = make_beat(session)
    selection = Selection(manager=beat.manager.code)
    job = cards.enqueue(session, selection, printing())
    session.commit()
    out = cards.print_file(job.id)
    moments = random.Random(7)
    _code, duration = program.run(WORK.format(job.id))
    assert (state_of(session, job), job.error) == ("done", None)
    assert out.read_bytes().rstrip().endswith(b"%%EOF")
    for _number in range(KILLS):
        out.unlink(missing_ok=True)
        session.execute(text("update job set state = 'queued', result = null"))
        session.commit()
        program.run(WORK.format(job.id), kill_after=moments.uniform(0.2, 0.99) * duration)
        assert not out.exists() or out.read_bytes().rstrip().endswith(b"%%EOF")
        assert state_of(session, job) != "done" or out.exists()


def test_a_backup_that_was_killed_does_not_look_whole(session: Session, program: Program, tmp_path: Path) -> None:
    for _number in range(30):
        make_account(session)
    session.commit()
    folder = tmp_path / "backups"
    folder.mkdir()
    code, duration = program.command("backup", str(folder / "whole.gridcrm"))
    assert code == 0
    moments = random.Random(7)
    for number in range(KILLS):
        path = folder / f"{number}.gridcrm"
        program.command("backup", str(path), kill_after=moments.uniform(0.2, 0.99) * duration)
        if path.exists():
            with service.archive.reading(path) as (archive, manifest):
                service.archive.extract(archive, manifest, tmp_path / f"out-{number}")
    for left in folder.rglob(".gridcrm-scratch/*.part"):
        assert_whole_or_refused(left, tmp_path / left.name)
    assert program.command("backup", str(folder / "last.gridcrm"))[0] == 0
    assert not (folder / ".gridcrm-scratch").exists()


def assert_whole_or_refused(left: Path, out: Path) -> None:
    """Whoever is killed after the last byte leaves a backup that is whole and has no name yet."""
    try:
        with service.archive.reading(left) as (archive, manifest):
            service.archive.extract(archive, manifest, out)
    except DomainError as error:
        if "no whole backup" not in str(error):
            raise


def test_a_restore_that_was_killed_leaves_the_old_register_or_the_new(
    session: Session, program: Program, tmp_path: Path
) -> None:
    for _number in range(30):
        make_account(session)
    session.commit()
    made = service.back_up(settings(), tmp_path / "thirty.gridcrm")
    make_account(session)
    session.commit()
    moments, duration = random.Random(7), 0.0
    for kill in (False, *[True] * KILLS):
        after = moments.uniform(0.3, 0.99) * duration if kill else None
        code, seconds = program.command("restore", str(made.path), "--replace", kill_after=after)
        duration = duration or seconds
        session.close()
        session.get_bind().dispose()  # type: ignore[union-attr]
        accounts = session.scalar(select(func.count(Account.id)))
        assert accounts == 30 if code == 0 else accounts in (30, 31)
        if accounts == 30:
            make_account(session)
        session.commit()
    if is_sqlite(session):
        assert session.scalar(text("pragma integrity_check")) == "ok"
