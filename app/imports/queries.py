"""Reads about imports."""

from collections.abc import Sequence
from dataclasses import replace

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from app.core.access import Scope, Viewer
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.imports.models import ImportRun
from app.jobs.models import Job

PAGE = 50


def run_of_job(session: Session, run_id: int) -> ImportRun:
    """The import that a job was asked to do."""
    return session.get_one(ImportRun, run_id)


def own_run(session: Session, viewer: Viewer, run_id: int) -> ImportRun:
    """The import of a file that the viewer has brought: the file and its rejected rows are nobody else's to see."""
    return _one(session, select(ImportRun).where(ImportRun.user_id == viewer.user_id), run_id)


def run_by_id(session: Session, viewer: Viewer, scope: Scope, run_id: int) -> ImportRun:
    """An import that the viewer may follow, or NotFound."""
    return _one(session, _followed(viewer, scope), run_id)


def latest_runs(session: Session, viewer: Viewer, scope: Scope, before: int | None = None) -> Sequence[ImportRun]:
    """The newest imports first, without their issues; one more than a page when there are older ones."""
    statement = _followed(viewer, scope).options(defer(ImportRun.issues))
    if before:
        statement = statement.where(ImportRun.id < before)
    return session.scalars(statement.order_by(ImportRun.id.desc()).limit(PAGE + 1)).all()


def _followed(viewer: Viewer, scope: Scope) -> Select[ImportRun]:
    """One's own imports; all of them for whoever imports everywhere."""
    statement = select(ImportRun)
    return statement if scope.everywhere else statement.where(ImportRun.user_id == viewer.user_id)


def _one(session: Session, statement: Select[ImportRun], run_id: int) -> ImportRun:
    run = session.scalar(statement.where(ImportRun.id == run_id))
    if run is None:
        raise NotFound(_("There is no such import."))
    return run


def job_of(session: Session, run: ImportRun) -> Job | None:
    """The job that does the import."""
    return session.get(Job, run.job_id) if run.job_id else None


def run_page(session: Session, viewer: Viewer, scope: Scope, after: str | None, size: int) -> Page:
    """One page of the imports that the viewer may follow, the newest first, without their issues."""
    statement = _followed(viewer, scope).options(defer(ImportRun.issues))
    page = page_of(session, statement, ImportRun.id, after, size=size, newest_first=True)
    return replace(page, rows=[row.ImportRun for row in page.rows])
