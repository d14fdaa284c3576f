"""Reads about jobs."""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.jobs.models import Job


def job_by_id(session: Session, job_id: int) -> Job:
    """The job, or NotFound."""
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound(_("There is no job number %(number)s.", number=job_id))
    return job


def latest(session: Session, kind: str | None = None, limit: int = 20) -> Sequence[Job]:
    """The newest jobs first."""
    statement = select(Job).order_by(Job.id.desc()).limit(limit)
    return session.scalars(statement.where(Job.kind == kind) if kind else statement).all()
