"""Start long work, run it, and follow it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app
from flask_babel import force_locale, get_locale
from huey import Huey
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from app.core.database import Database
from app.core.errors import DomainError
from app.core.model import now
from app.core.progress import Progress
from app.core.settings import Settings
from app.jobs.models import Job
from app.jobs.queue import Board, make_queue

logger = logging.getLogger(__name__)

REPORT_EVERY = 0.2
"""Seconds between two notes on the board."""


class JobStopped(Exception):
    """Somebody asked the work to stop."""


@dataclass(frozen=True)
class Work:
    """What a handler gets: the job's parameters, the database, and whom to tell how far it is.

    A handler opens its own transactions, so that what it writes stands or falls as a whole.
    """

    job_id: int
    parameters: dict[str, Any]
    language: str
    database: Database
    progress: Progress


Handler = Callable[[Work], dict[str, Any]]


@dataclass
class Jobs:
    """The handlers of one application, its queue and its board."""

    database: Database
    queue: Huey
    handlers: dict[str, Handler] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.board = Board(self.queue)
        self.wake = self.queue.task(name="run_job")(self.run)

    def run(self, job_id: int) -> None:
        """Do one job to its end and write down how it ended."""
        with self.database.transaction() as session:
            job = session.get(Job, job_id)
            if job is None or job.state not in ("queued", "running"):
                return
            job.state, job.started_at = "running", now()
        work = Work(job_id, job.parameters, job.language, self.database, self._reporter(job_id))
        try:
            outcome: dict[str, Any] = {"state": "done", "result": self.handlers[job.kind](work)}
        except JobStopped:
            outcome = {"state": "stopped"}
        except DomainError as error:
            outcome = {"state": "failed", "error": str(error)}
        except Exception as error:
            logger.exception("job %s (%s) failed", job_id, job.kind)
            outcome = {"state": "failed", "error": f"{type(error).__name__}: {error}"[:500]}
        with self.database.transaction() as session:
            session.execute(update(Job).where(Job.id == job_id).values(finished_at=now(), **outcome))
        self.board.clear(job_id)

    def _reporter(self, job_id: int) -> Progress:
        last = 0.0

        def report(done: int, total: int, message: str = "") -> None:
            nonlocal last
            if time.monotonic() - last < REPORT_EVERY and done < total:
                return
            last = time.monotonic()
            if self.board.must_stop(job_id):
                raise JobStopped
            self.board.write(job_id, done=done, total=total, message=str(message))

        return report

    def take_up(self) -> None:
        """Queue again what was waiting or running when the worker last ended."""
        self.queue.storage.flush_queue()
        with self.database.transaction() as session:
            for job_id in session.scalars(select(Job.id).where(Job.state.in_(("queued", "running"))).order_by(Job.id)):
                self.wake(job_id)


def init_app(app: Flask, settings: Settings) -> None:
    """Make the application's queue; slices add their handlers with `handler`."""
    app.extensions["gridcrm.jobs"] = Jobs(app.extensions["gridcrm.database"], make_queue(settings))


def jobs() -> Jobs:
    """The running application's jobs."""
    return current_app.extensions["gridcrm.jobs"]


def add_handler(app: Flask, kind: str, handler: Handler) -> None:
    """Say who does jobs of this kind; the handler runs inside the application, in the language of whoever asked."""
    known = app.extensions["gridcrm.jobs"]

    def within(work: Work) -> dict[str, Any]:
        with app.app_context(), force_locale(work.language):
            return handler(work)

    known.handlers[kind] = within


def enqueue(session: Session, kind: str, title: str, **parameters: Any) -> Job:
    """Write the job down; the worker is woken when the caller's transaction commits."""
    job = Job(kind=kind, title=title, parameters=parameters, language=str(get_locale()))
    session.add(job)
    session.flush()
    wake, job_id = jobs().wake, job.id
    event.listen(session, "after_commit", lambda _session: wake(job_id), once=True)
    return job


def stop(job: Job) -> None:
    """Ask a job to stop; it does so at its next report and leaves nothing half-done."""
    jobs().board.ask_to_stop(job.id)


def status(job: Job) -> dict[str, Any]:
    """State and progress of a job, as the page and the API show it."""
    note = jobs().board.read(job.id) if job.state == "running" else {}
    return {"id": job.id, "kind": job.kind, "title": job.title, "state": job.state, "error": job.error,
            "result": job.result, **note}  # fmt: skip
