"""Reads about imports."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from app.accounts.models import User
from app.audit.queries import in_zone
from app.core.access import Scope, Viewer
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.core.upsert import CREATED, UPDATED
from app.customers.models import Account
from app.customers.queries import Served, served_accounts
from app.customers.scope import within
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


@dataclass(frozen=True)
class RunFilter:
    """What the history of imports is narrowed to."""

    kind: str = ""
    file: str = ""
    person: str = ""
    state: str = ""
    """One of STATES."""


_REJECTED = ImportRun.outcome["rejected"].as_integer()
_TRIAL = ImportRun.outcome["dry_run"].as_boolean()
STATES = {
    "rejected": _REJECTED > 0,
    "clean": _REJECTED == 0,
    "trial": _TRIAL.is_(True),
    "unfinished": ImportRun.finished_at.is_(None),
}
"""In which state an import can be, as the history asks for it."""


def history(
    session: Session, viewer: Viewer, scope: Scope, wanted: RunFilter, after: str | None, before: str | None
) -> Page:
    """One page of the imports that the viewer may follow, the newest first, with the names of who brought them."""
    person = User.name.label("person")
    statement = _followed(viewer, scope).options(defer(ImportRun.issues)).add_columns(person)
    statement = statement.outerjoin(User, User.id == ImportRun.user_id)
    if wanted.kind:
        statement = statement.where(ImportRun.kind == wanted.kind)
    if wanted.file:
        statement = statement.where(ImportRun.filename.icontains(wanted.file, autoescape=True))
    if wanted.person:
        named = User.name.icontains(wanted.person, autoescape=True)
        statement = statement.where(named | (User.login == wanted.person.lower()))
    if wanted.state in STATES:
        statement = statement.where(STATES[wanted.state])
    return page_of(session, statement, ImportRun.id, after, before, PAGE, newest_first=True)


def person_of(session: Session, run: ImportRun) -> str | None:
    """The name of whoever brought the file; None for the shell."""
    return session.scalar(select(User.name).where(User.id == run.user_id))


@dataclass(frozen=True)
class Behind:
    """Some of the things that an import has made or changed; `after` is where the next page begins."""

    accounts: Sequence[Served] = ()
    codes: Sequence[str] = ()
    after: int | None = None


def rows_behind(session: Session, scope: Scope, run: ImportRun, state: str, after: int, day: date) -> Behind:
    """What a figure of an import counts, as far as it lies in the scope and is still there."""
    known = (run.outcome or {}).get("behind", {})
    if "codes" in known:
        return Behind(codes=known["codes"][state])
    accounts = known.get("accounts") or {CREATED: None, UPDATED: []}
    chosen = Account.id.in_(accounts[UPDATED])
    if state == CREATED:
        first, last = accounts[CREATED] or (1, 0)
        chosen = Account.id.between(first, last)
    statement = select(Account.id).where(chosen, Account.id > after).order_by(Account.id).limit(PAGE + 1)
    ids = list(session.scalars(within(statement, scope, Account.id)))
    served = served_accounts(session, scope, ids[:PAGE], day)
    return Behind(accounts=served, after=ids[PAGE - 1] if len(ids) > PAGE else None)


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


def households_brought(session: Session) -> list[tuple[date, int]]:
    """How many households the files of customers brought, by the day on which they had come in."""
    statement = select(ImportRun.finished_at, ImportRun.outcome, ImportRun.options).where(
        ImportRun.kind == "customers", ImportRun.finished_at.is_not(None)
    )
    days: dict[date, int] = {}
    for finished_at, outcome, options in session.execute(statement.order_by(ImportRun.finished_at)):
        if outcome and outcome.get("created") and not (options or {}).get("dry_run"):
            day = in_zone(finished_at).date()
            days[day] = days.get(day, 0) + outcome["created"]
    return list(days.items())
