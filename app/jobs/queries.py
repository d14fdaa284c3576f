"""Reads about jobs."""

from collections.abc import Sequence
from dataclasses import replace

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.jobs.models import STATES, WAITING, Job


def own_job(session: Session, user_id: int, job_id: int) -> Job:
    """The job that the user asked for; NotFound where there is none or somebody else asked for it."""
    job = session.scalar(select(Job).where(Job.id == job_id, Job.user_id == user_id))
    if job is None:
        raise NotFound(_("There is no job number %(number)s.", number=job_id))
    return job


def latest(session: Session, user_id: int, kind: str, limit: int = 20) -> Sequence[Job]:
    """The newest jobs of a kind that the user asked for."""
    statement = select(Job).where(Job.user_id == user_id, Job.kind == kind)
    return session.scalars(statement.order_by(Job.id.desc()).limit(limit)).all()


def job_page(session: Session, user_id: int, after: str | None, size: int) -> Page:
    """One page of the jobs that the user asked for, the newest first."""
    statement = select(Job).where(Job.user_id == user_id)
    page = page_of(session, statement, Job.id, after, size=size, newest_first=True)
    return replace(page, rows=[row.Job for row in page.rows])


def own_jobs(session: Session, user_id: int, state: str, after: str | None, before: str | None) -> Page:
    """One page of the jobs that the user asked for, in one state or in any, the newest first."""
    statement = select(Job).where(Job.user_id == user_id)
    if state in STATES:
        statement = statement.where(Job.state == state)
    page = page_of(session, statement, Job.id, after, before, newest_first=True)
    return replace(page, rows=[row.Job for row in page.rows])


def jobs_before(session: Session, job: Job) -> int:
    """How many jobs, anybody's, are done before this one begins."""
    if job.state != "queued":
        return 0
    waiting = select(func.count()).select_from(Job).where(Job.state.in_(WAITING), Job.id < job.id)
    return session.scalar(waiting) or 0


def newest(session: Session, user_id: int, limit: int) -> Sequence[Job]:
    """The newest jobs that the user asked for, of whatever kind."""
    return session.scalars(select(Job).where(Job.user_id == user_id).order_by(Job.id.desc()).limit(limit)).all()


def newest_done(session: Session, kind: str, limit: int) -> Sequence[Job]:
    """The newest jobs of a kind that came to their end, whoever asked for them."""
    statement = select(Job).where(Job.kind == kind, Job.state == "done")
    return session.scalars(statement.order_by(Job.id.desc()).limit(limit)).all()
