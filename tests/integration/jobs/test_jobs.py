"""Long work: it ends as done, failed or stopped, and a restart takes up what was left."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.accounts.queries import user_named
from app.core.access import Permission
from app.core.errors import DomainError
from app.jobs import service
from app.jobs.models import Job
from app.jobs.service import Work, add_handler, enqueue


def work_well(work: Work) -> dict[str, int]:
    work.progress(1, 2, "half")
    return {"doubled": work.parameters["number"] * 2}


def work_badly(work: Work) -> dict[str, int]:
    raise DomainError("There is no row %(row)s.", row=7)


def work_until_stopped(work: Work) -> dict[str, int]:
    service.jobs().board.ask_to_stop(work.job_id)
    work.progress(1, 2)
    raise AssertionError("the report should have stopped the work")


@pytest.fixture
def start(app: Flask, session: Session) -> Callable[..., Job]:
    for handler in (work_well, work_badly, work_until_stopped):
        add_handler(app, handler.__name__, handler, Permission.GRID_EDIT)

    def start(kind: str, **parameters: int) -> Job:
        job = enqueue(session, kind, "A test", **parameters)
        session.commit()
        return job

    return start


def test_a_job_is_done(start: Callable[..., Job], run_jobs: Callable[[], None], session: Session) -> None:
    job = start("work_well", number=21)
    run_jobs()
    session.refresh(job)
    assert (job.state, job.result) == ("done", {"doubled": 42})


def test_a_mistake_is_told_in_its_own_words(
    start: Callable[..., Job], run_jobs: Callable[[], None], session: Session
) -> None:
    job = start("work_badly")
    run_jobs()
    session.refresh(job)
    assert (job.state, job.error) == ("failed", "There is no row 7.")


def test_a_job_stops_when_asked(start: Callable[..., Job], run_jobs: Callable[[], None], session: Session) -> None:
    job = start("work_until_stopped")
    run_jobs()
    session.refresh(job)
    assert job.state == "stopped"


def test_nothing_is_queued_before_the_commit(start: Callable[..., Job], session: Session) -> None:
    enqueue(session, "work_well", "A test", number=1)
    session.rollback()
    assert service.jobs().queue.dequeue() is None


def test_a_restart_takes_up_what_was_left(
    start: Callable[..., Job], run_jobs: Callable[[], None], session: Session
) -> None:
    job = start("work_well", number=1)
    service.jobs().queue.storage.flush_queue()
    service.jobs().take_up()
    run_jobs()
    session.refresh(job)
    assert job.state == "done"


def test_the_page_shows_how_it_ended(
    start: Callable[..., Job], run_jobs: Callable[[], None], client: FlaskClient, session: Session
) -> None:
    job = start("work_badly")
    job.user_id = user_named(session, "chief").id
    session.commit()
    assert "Waiting for the worker" in client.get(f"/jobs/{job.id}").text
    run_jobs()
    assert "There is no row 7." in client.get(f"/jobs/{job.id}").text


def test_a_job_speaks_the_language_of_whoever_asked(app: Flask, session: Session, run_jobs: Callable[[], None]) -> None:
    add_handler(app, "say", lambda work: {"said": _("Done.")}, Permission.GRID_EDIT)
    with force_locale("zh"):
        job = enqueue(session, "say", "A test")
    session.commit()
    run_jobs()
    session.refresh(job)
    assert job.result == {"said": "已完成。"}
