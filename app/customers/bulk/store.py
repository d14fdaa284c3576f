"""One file of customers into the register: a few dozen statements, whatever the number of rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import ColumnElement, Select, false, func, insert, or_, select, union
from sqlalchemy.orm import Session

from app.core import staging
from app.core.clock import today
from app.core.indexes import MANY
from app.core.progress import Progress, silent
from app.customers.bulk import additions, changes, lists
from app.customers.bulk.first import FirstRows
from app.customers.bulk.places import UNKNOWN, Places, compare_places
from app.customers.bulk.placing import Placer
from app.customers.bulk.stage import Stage
from app.customers.bulk.tables import (
    ALTERED,
    RESULTS,
    WORKING,
    Marks,
    account_to_index,
    altered_customer,
    area_left,
    box_to_assign,
    linked,
    staged,
)
from app.customers.models import Account, Customer, CustomerPhone, MeterBox, MeterInstallation, MeterPoint, SpecialCare

WRITTEN = (Customer, CustomerPhone, SpecialCare, Account, MeterBox, MeterPoint, MeterInstallation)


@dataclass(frozen=True)
class Stored:
    """How many rows were new, changed something, or changed nothing; and what others must look at again."""

    created: int
    updated: int
    unchanged: int
    boxes: Select[int]
    """Ids of the boxes that are new, lie elsewhere than before, or have got a metering point."""
    areas: Select[int]
    """Ids of the transformer areas that a box has left."""
    accounts: Select[int]
    """Ids of the accounts that are new or changed, by themselves or through their customer, point or box.

    None of an empty register's: the first accounts are put into the search index as they are written.
    """
    places: Places
    """Where the file and the register, as it was, say that boxes stand."""


def store(
    session: Session, frames: Iterable[pd.DataFrame], progress: Progress = silent, placer: Placer | None = None
) -> Stored:
    """Write checked rows in the caller's transaction; a row that changes nothing writes nothing.

    `placer` finds the cells of new boxes before their points are written: a point begins with the cell of its box, and
    need not be written twice.

    The frames have the columns of `COLUMNS`: text, but `installed_on` (date) and `lon`, `lat` (WGS 84). What a file
    leaves empty stays as it is stored. The SELECTs can be read until the transaction ends.
    """
    staging.take_turn(session)
    session.flush()
    staging.create(session, *RESULTS)
    if Marks.of(session).empty:
        staging.lock_tables(session, *WRITTEN)
        return _store_first(session, frames, progress, placer)
    return _store_beside(session, frames, progress, placer)


def _store_first(session: Session, frames: Iterable[pd.DataFrame], progress: Progress, placer: Placer | None) -> Stored:
    """Write to an empty register, and to its search index: all is new."""
    boxes, indexed = select(MeterBox.id), select(Account.id).where(false())
    with FirstRows(session) as first:
        for frame in frames:
            first.add(frame)
        if first.count:
            first.write(progress, placer, today())
    if first.count >= MANY:  # PostgreSQL's planner has to look at the tables again
        staging.analyse(session, *(model.__table__ for model in WRITTEN))
    session.expire_all()
    return Stored(first.count, 0, 0, boxes, select(area_left.c.id), indexed, UNKNOWN)


def _store_beside(
    session: Session, frames: Iterable[pd.DataFrame], progress: Progress, placer: Placer | None
) -> Stored:
    """Compare with what is stored, and write the difference."""
    staging.create(session, *WORKING)
    stage = Stage(session)
    for frame in frames:
        stage.add(frame)
    staging.lock_tables(session, *WRITTEN)
    marks = Marks.of(session)
    staging.analyse(session, staged)
    additions.resolve_numbers(session)
    additions.note_novelties(session)
    places = compare_places(session, stage.count)
    _run(_steps(session, marks, placer), progress)
    created, updated = _count(session, marks)
    if created >= MANY:
        staging.analyse(session, *(model.__table__ for model in WRITTEN))
    staging.drop(session, *WORKING)
    session.expire_all()
    unchanged = stage.count - created - updated
    boxes, areas, accounts = (select(table.c.id) for table in RESULTS)
    return Stored(created, updated, unchanged, boxes, areas, accounts, places)


def _steps(session: Session, marks: Marks, placer: Placer | None) -> list[Callable[[], object]]:
    """What is done, in the order of the foreign keys."""
    return [
        lambda: additions.add_customers(session),
        lambda: additions.add_boxes(session),
        lambda: _place_new(marks, placer),
        lambda: additions.add_accounts(session),
        lambda: additions.add_points(session),
        lambda: additions.link_rows(session),
        lambda: staging.analyse(session, linked),
        lambda: changes.index_links(session),
        lambda: changes.change_customers(session, marks),
        lambda: changes.change_boxes(session, marks),
        lambda: changes.change_accounts(session, marks),
        lambda: changes.change_points(session, marks),
        lambda: lists.replace_phones(session),
        lambda: lists.replace_cares(session),
        lambda: lists.add_installations(session, today()),
        lambda: _collect(session, marks),
    ]


def _place_new(marks: Marks, placer: Placer | None) -> None:
    if placer is not None:
        placer.place_new(select(MeterBox.id).where(MeterBox.id > marks.meter_box))


def _run(steps: list[Callable[[], object]], progress: Progress) -> None:
    for done, step in enumerate(steps):
        progress(done, len(steps))
        step()
    progress(len(steps), len(steps))


def _is_new(marks: Marks) -> ColumnElement[bool]:
    return or_(linked.c.point_id > marks.meter_point, linked.c.account_id > marks.account)


def _is_altered(marks: Marks) -> ColumnElement[bool]:
    """Whether anything that a row speaks of is new or was changed."""
    parts = {
        "customer": (linked.c.customer_id, marks.customer),
        "account": (linked.c.account_id, marks.account),
        "meter_box": (linked.c.box_id, marks.meter_box),
        "meter_point": (linked.c.point_id, marks.meter_point),
    }
    return or_(*(or_(key > mark, key.in_(select(ALTERED[name].c.id))) for name, (key, mark) in parts.items()))


def _count(session: Session, marks: Marks) -> tuple[int, int]:
    """Rows that made something new, and rows that changed something."""
    rows = select(func.count().filter(_is_new(marks)), func.count().filter(_is_altered(marks))).select_from(linked)
    created, touched = session.execute(rows).one()
    return created, touched - created


def _collect(session: Session, marks: Marks) -> None:
    """What assignment and the search index must look at again."""
    got_point = select(linked.c.box_id).where(
        or_(linked.c.point_id > marks.meter_point, linked.c.box_id > marks.meter_box)
    )
    unnoted = linked.c.box_id.not_in(select(box_to_assign.c.id))
    session.execute(insert(box_to_assign).from_select(["id"], got_point.where(unnoted).distinct()))
    spoken_of = select(linked.c.account_id.label("id")).where(_is_altered(marks))
    of_customer = select(Account.id).join(altered_customer, altered_customer.c.id == Account.customer_id)
    session.execute(insert(account_to_index).from_select(["id"], union(spoken_of, of_customer)))
