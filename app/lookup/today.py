"""What waits for somebody today, by what they may do; each entry leads to the rows behind it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.models import RoleGrant, User
from app.assignment.queries import unassigned_by_cause
from app.audit import queries as trail
from app.core.access import Permission, Scope, Viewer
from app.customers.models import CAUSES
from app.grid import listing
from app.grid.queries import managers_with_load
from app.imports.models import ImportRun
from app.imports.queries import households_brought, run_page
from app.jobs import queries as jobs
from app.jobs.models import Job
from app.jobs.service import status

LATELY, SOON = timedelta(days=30), timedelta(days=14)
A_WEEK = timedelta(days=7)
SHOWN = 5

CAUSE_TASKS = {
    "no_position": lazy_gettext("metering points without a position"),
    "outside": lazy_gettext("metering points outside all cells"),
    "area_divided": lazy_gettext("metering points whose transformer area is divided"),
    "no_cells": lazy_gettext("metering points without any cell yet"),
}
ACT_TASKS = {
    "sign_in.refused": lazy_gettext("refused sign-ins in a week"),
    "customers.reveal_refused": lazy_gettext("times showing a customer in full was refused in a week"),
    "audit.export": lazy_gettext("exports of the trail in a week"),
    "privacy.export": lazy_gettext("customers’ data given out in a week"),
}


@dataclass(frozen=True)
class Task:
    """Something that waits: how much of it, in words, and the page on which it is done."""

    count: int
    words: Any
    endpoint: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Today:
    """What the start page shows besides the figures of coverage; empty is what the viewer has nothing to do with."""

    tasks: Sequence[Task]
    beats: Sequence[Row]
    changes: Sequence[Row]
    imports: Sequence[ImportRun]
    jobs: Sequence[tuple[Job, dict[str, Any]]]
    grants: Sequence[RoleGrant]
    newcomers: Sequence[User]
    growth: Sequence[tuple[date, int]]


def today_of(session: Session, viewer: Viewer, day: date, households: int) -> Today:
    """All of it, in a few statements however large the city; `households` are those there are now."""
    may = viewer.may
    managed = viewer.scope(Permission.USERS_MANAGE)
    imports = viewer.scope(Permission.IMPORTS_RUN)
    return Today(
        tasks=[task for task in _tasks(session, viewer, day) if task.count],
        beats=_own_beats(session, viewer.scope(Permission.GRID_READ), day),
        changes=_changes(session, viewer, day),
        imports=run_page(session, viewer, imports, None, SHOWN).rows if may(Permission.IMPORTS_RUN) else (),
        jobs=[(job, status(job)) for job in jobs.newest(session, viewer.user_id, SHOWN)],
        grants=people.ending_grants(session, managed, day, day + SOON, SHOWN) if not managed.is_empty else (),
        newcomers=people.users_without_role(session, managed, day, SHOWN) if not managed.is_empty else (),
        growth=_growth(session, households) if imports.everywhere else (),
    )


def _tasks(session: Session, viewer: Viewer, day: date) -> Iterator[Task]:
    ways: tuple[tuple[Permission, Callable[[Session, Viewer, date], Iterator[Task]]], ...] = (
        (Permission.ASSIGNMENT_DECIDE, _points_to_settle),
        (Permission.IMPORTS_RUN, _rows_to_mend),
        (Permission.AUDIT_READ, _acts_to_look_at),
    )
    for permission, way in ways:
        if viewer.may(permission):
            yield from way(session, viewer, day)


def _points_to_settle(session: Session, viewer: Viewer, _day: date) -> Iterator[Task]:
    counts = unassigned_by_cause(session, viewer.scope(Permission.ASSIGNMENT_DECIDE))
    for cause in CAUSES:
        yield Task(counts[cause], CAUSE_TASKS[cause], "assignment.worklist", {"tab": cause})


def _rows_to_mend(session: Session, viewer: Viewer, _day: date) -> Iterator[Task]:
    """Rejected rows of the own last import: it is to be mended by whoever brought it."""
    run = next(iter(run_page(session, viewer, Scope(), None, 1).rows), None)
    if run and run.outcome:
        words = lazy_gettext("rejected rows in your last import")
        yield Task(run.outcome["rejected"], words, "imports.show", {"run_id": run.id})


def _acts_to_look_at(session: Session, _viewer: Viewer, day: date) -> Iterator[Task]:
    since = day - A_WEEK
    counts = trail.count_since(session, since, tuple(ACT_TASKS))
    for action, words in ACT_TASKS.items():
        yield Task(counts[action], words, "audit.index", {"action": action, "from": since.isoformat()})


def _own_beats(session: Session, scope: Scope, day: date) -> Sequence[Row]:
    if not scope.managers:
        return ()
    return session.execute(managers_with_load(Scope(managers=scope.managers), day)).all()


def _changes(session: Session, viewer: Viewer, day: date) -> Sequence[Row]:
    """Cells that change hands about now: their cards are to be printed again."""
    if not viewer.may(Permission.CARDS_PRINT):
        return ()
    scope = viewer.scope(Permission.CARDS_PRINT)
    return listing.changes_of_hands(session, scope, day - LATELY, day + SOON, SHOWN)


def _growth(session: Session, households: int) -> list[tuple[date, int]]:
    """Households after each day on which a file brought some; before the first, those that were there."""
    brought = households_brought(session)
    if not brought:
        return []
    there = max(households - sum(count for _day, count in brought), 0)
    grown = [(brought[0][0] - timedelta(days=1), there)]
    for day, count in brought:
        there += count
        grown.append((day, there))
    return grown
