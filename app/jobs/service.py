"""Start long work, run it, and follow it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, current_app, has_request_context
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from huey import Huey
from sqlalchemy import event, or_, select, update
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE, Permission, Scope, Viewer, viewer
from app.core.database import Database
from app.core.errors import DomainError
from app.core.figures import JOB_SECONDS
from app.core.logs import log_fields
from app.core.model import now
from app.core.outages import Unavailable, outage_of
from app.core.progress import Progress, seconds_left
from app.core.settings import Settings
from app.jobs.models import WAITING, Job
from app.jobs.queue import Board, make_queue

logger = logging.getLogger(__name__)

REPORT_EVERY = 0.2
"""Seconds between two notes on the board."""
ASK_AGAIN = 1.0
"""Seconds between two attempts to reach a database that is away."""
FORGOTTEN = timedelta(seconds=20)
"""A job that has waited so long while the queue is empty was never told to the queue."""


class JobStopped(Exception):
    """Somebody asked the work to stop."""


@dataclass(frozen=True)
class Work:
    """What a handler gets: the job's parameters, the database, and whom to tell how far it is.

    A handler opens its own transaction, so that what it writes stands or falls as a whole, and ends the job within it:
    whoever kills the worker after that commit finds the job done, before it finds it to be done again.
    """

    job_id: int
    parameters: dict[str, Any]
    language: str
    database: Database
    progress: Progress
    viewer: Viewer | None = None
    """Whoever asked for it, with the rights of the day on which it is done; None for the shell."""
    scope: Scope = EVERYWHERE
    """Where they may do what the work is for."""

    def end(self, session: Session, result: dict[str, Any]) -> dict[str, Any]:
        """Call the job done in the transaction of what it wrote; returns the result for the handler to return."""
        _end(session, self.job_id, state="done", result=result)
        return result


def _end(session: Session, job_id: int, **outcome: Any) -> None:
    """Write down how a job ended, unless that is known."""
    statement = update(Job).where(Job.id == job_id, Job.state == "running")
    session.execute(statement.values(finished_at=now(), **outcome))


Handler = Callable[[Work], dict[str, Any]]
Rights = Callable[[Session, int], Viewer | None]
"""Says who a user is today and what they may do; None where they may not sign in any more."""


@dataclass
class Jobs:
    """The handlers of one application, its queue and its board."""

    app: Flask
    database: Database
    queue: Huey
    rights: Rights
    handlers: dict[str, Handler] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    """What each kind of work asks of whoever wants it done."""

    def __post_init__(self) -> None:
        self.board = Board(self.queue)
        self.wake = self.queue.task(name="run_job")(self.run)

    def run(self, job_id: int) -> None:
        """Do one job to its end and write down how it ended; wait where the database is away."""
        with log_fields(job=job_id):
            while True:
                try:
                    self._attempt(job_id)
                    self.board.clear(job_id)
                except Exception as error:
                    if not isinstance(outage_of(error), Unavailable):
                        raise
                    logger.warning("the database is away; the job waits")
                    time.sleep(ASK_AGAIN)
                else:
                    return

    def _attempt(self, job_id: int) -> None:
        """Do the job, unless it has ended; what an attempt that failed half-way wrote is gone with its transaction."""
        with self.database.transaction() as session:
            job = session.get(Job, job_id)
            if job is None or job.state not in ("queued", "running"):
                return
            job.state, job.started_at = "running", now()
        began = time.perf_counter()
        outcome = self._outcome(job)
        with self.database.transaction() as session:
            _end(session, job_id, **outcome)
        seconds = time.perf_counter() - began
        JOB_SECONDS.labels(job.kind, outcome["state"]).observe(seconds)
        fields = {"kind": job.kind, "state": outcome["state"], "ms": round(seconds * 1000)}
        logger.info("job ended", extra={"fields": fields})

    def _work_of(self, job: Job) -> Work:
        """The work, with the asker's rights as they are now, not as they were when it was asked for."""
        asker, scope = None, EVERYWHERE
        if job.user_id is not None:
            with self.database.reading() as session:
                asker = self.rights(session, job.user_id)
            scope = self._scope_of(asker, job)
        reporter = self._reporter(job.id)
        return Work(job.id, job.parameters, job.language, self.database, reporter, asker, scope)

    def _scope_of(self, asker: Viewer | None, job: Job) -> Scope:
        with self.app.app_context(), force_locale(job.language):
            if asker is None:
                raise DomainError(_("The account of whoever asked for it is disabled by now."))
            scope = asker.scope(self.permissions[job.kind])
            if scope.is_empty:
                raise DomainError(_("The role of whoever asked for it has ended by now."))
            return scope

    def _outcome(self, job: Job) -> dict[str, Any]:
        """How the work ended; a database that is away is no end."""
        try:
            return {"state": "done", "result": self.handlers[job.kind](self._work_of(job))}
        except JobStopped:
            return {"state": "stopped"}
        except DomainError as error:
            return {"state": "failed", "error": str(error)}
        except Exception as error:
            outage = outage_of(error)
            if isinstance(outage, Unavailable):
                raise
            if outage:
                return {"state": "failed", "error": self._said(outage, job.language)}
            logger.exception("the job failed", extra={"fields": {"kind": job.kind}})
            return {"state": "failed", "error": f"{type(error).__name__}: {error}"[:500]}

    def _said(self, outage: DomainError, language: str) -> str:
        with self.app.app_context(), force_locale(language):
            return str(outage)

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
        with self.database.reading() as session:
            for job_id in session.scalars(select(Job.id).where(Job.state.in_(("queued", "running"))).order_by(Job.id)):
                self.wake(job_id)

    def take_up_forgotten(self) -> None:
        """Queue what is written down but was never told to the queue, because it could not be reached just then."""
        if self.queue.pending_count():
            return
        with self.database.reading() as session:
            at_odds = or_(Job.created_at < now() - FORGOTTEN, Job.created_at > now() + FORGOTTEN)  # a clock set back
            for job_id in session.scalars(select(Job.id).where(Job.state == "queued", at_odds).order_by(Job.id)):
                self.wake(job_id)

    def tell(self, job_id: int) -> None:
        """Wake the worker; where the queue cannot be reached the worker finds the job by itself."""
        try:
            self.wake(job_id)
        except Exception:
            logger.exception("the queue could not be told of a job", extra={"fields": {"job": job_id}})


def init_app(app: Flask, settings: Settings, rights: Rights) -> None:
    """Make the application's queue; slices add their handlers with `add_handler`."""
    app.extensions["gridcrm.jobs"] = Jobs(app, app.extensions["gridcrm.database"], make_queue(settings), rights)


def jobs() -> Jobs:
    """The running application's jobs."""
    return current_app.extensions["gridcrm.jobs"]


def add_handler(app: Flask, kind: str, handler: Handler, permission: Permission) -> None:
    """Say who does jobs of this kind, and what whoever asks for one must be allowed when it is done.

    The handler runs inside the application, in the language of whoever asked.
    """
    known = app.extensions["gridcrm.jobs"]

    def within(work: Work) -> dict[str, Any]:
        with app.app_context(), force_locale(work.language):
            return handler(work)

    known.handlers[kind], known.permissions[kind] = within, permission


def enqueue(session: Session, kind: str, title: str, **parameters: Any) -> Job:
    """Write the job down, and who asked for it; the worker is woken when the caller's transaction commits."""
    asker = viewer().user_id if has_request_context() else None
    job = Job(kind=kind, title=title, parameters=parameters, language=str(get_locale()), user_id=asker)
    session.add(job)
    session.flush()
    tell, job_id = jobs().tell, job.id
    event.listen(session, "after_commit", lambda _session: tell(job_id), once=True)
    return job


def stop(job: Job) -> None:
    """Ask a job to stop; it does so at its next report and leaves nothing half-done."""
    jobs().board.ask_to_stop(job.id)


def status(job: Job) -> dict[str, Any]:
    """State and progress of a job, as the page and the API show it."""
    board = jobs().board
    note = board.read(job.id) if job.state == "running" else {}
    if job.started_at and note.get("total"):
        taken = (now() - _in_utc(job.started_at)).total_seconds()
        note = {**note, "seconds_left": seconds_left(taken, note["done"], note["total"])}
    stopping = job.state in WAITING and board.must_stop(job.id)
    return {"id": job.id, "kind": job.kind, "title": job.title, "state": job.state, "error": job.error,
            "result": job.result, "stopping": stopping, **note}  # fmt: skip


def _in_utc(moment: datetime) -> datetime:
    """SQLite gives moments back without their zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
