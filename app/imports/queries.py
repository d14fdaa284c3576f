"""Reads about imports."""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from app.core.errors import NotFound
from app.imports.models import ImportRun
from app.jobs.models import Job

PAGE = 50


def run_by_id(session: Session, run_id: int) -> ImportRun:
    """The import, or NotFound."""
    run = session.get(ImportRun, run_id)
    if run is None:
        raise NotFound(_("There is no such import."))
    return run


def latest_runs(session: Session, before: int | None = None) -> Sequence[ImportRun]:
    """The newest imports first, without their issues; one more than a page when there are older ones."""
    statement = select(ImportRun).options(defer(ImportRun.issues)).order_by(ImportRun.id.desc()).limit(PAGE + 1)
    return session.scalars(statement.where(ImportRun.id < before) if before else statement).all()


def job_of(session: Session, run: ImportRun) -> Job | None:
    """The job that does the import."""
    return session.get(Job, run.job_id) if run.job_id else None
