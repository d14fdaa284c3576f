"""Temporary tables in which one assignment is worked out before anything is changed."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import (
    Column,
    CursorResult,
    Executable,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    bindparam,
    insert,
    select,
    text,
    union,
)
from sqlalchemy.orm import Session

from app.core import staging
from app.customers.models import MeterBox, MeterPoint
from app.grid.models import GridCell

TABLES = MetaData()


def _temporary(name: str, key: str, *columns: Column[Any]) -> Table:
    key_column = Column(key, Integer, primary_key=True, autoincrement=False)
    return Table(name, TABLES, key_column, *columns, prefixes=["TEMPORARY"])


scope = _temporary("assigning_box", "box_id")
areas = _temporary("assigning_area", "area_id")
found = _temporary(
    "assigned_box",
    "box_id",
    Column("cell_id", Integer),
    Column("reason", String, nullable=False),
    Column("cause", String),
)
touched = _temporary("touched_cell", "cell_id")

# Statements that never vary stand here, for to put one together takes longer than to run it for a few boxes.
AREAS_CONCERNED = (
    select(MeterBox.transformer_area_id)
    .join(scope, scope.c.box_id == MeterBox.id)
    .where(MeterBox.transformer_area_id.is_not(None))
)
NOTE_UNLOCATED = insert(scope).from_select(
    ["box_id"],
    select(MeterBox.id).where(
        MeterBox.position.is_(None),
        MeterBox.transformer_area_id.in_(select(areas.c.area_id)),
        MeterBox.id.not_in(select(scope.c.box_id)),
    ),
)
_concerned = union(
    select(MeterBox.cell_id).join(scope, scope.c.box_id == MeterBox.id),
    select(MeterPoint.cell_id).join(scope, scope.c.box_id == MeterPoint.box_id),
    select(found.c.cell_id),
    select(GridCell.id).where(GridCell.id.in_(bindparam("edited", expanding=True))),
).subquery()
NOTE_TOUCHED = insert(touched).from_select(
    ["cell_id"], select(_concerned.c.cell_id).where(_concerned.c.cell_id.is_not(None))
)


@contextmanager
def scratch_tables(session: Session) -> Iterator[None]:
    """The tables, empty, for as long as the block runs; after an error the rollback takes them away."""
    staging.create(session, *TABLES.tables.values())
    yield
    staging.drop(session, *TABLES.tables.values())


def count_rows(session: Session, *tables: Table) -> None:
    """Tell the planner of either database how much is in the tables, lest it read the register for a few boxes."""
    for table in tables:
        name = f"temp.{table.name}" if staging.is_sqlite(session) else table.name
        session.execute(text(f"analyze {name}"))


def changed(session: Session, statement: Executable, values: Mapping[str, Any] | None = None) -> int:
    """Run an INSERT, UPDATE or DELETE; returns to how many rows it did something."""
    return cast(CursorResult[Any], session.execute(statement, values)).rowcount


def note_scope(session: Session, boxes: Select | None, left_areas: Select | None) -> None:
    """Write down the boxes concerned, their transformer areas and those left, and the areas' unlocated boxes."""
    wanted = select(MeterBox.id)
    if boxes is not None:
        wanted = wanted.where(MeterBox.id.in_(boxes))
    session.execute(insert(scope).from_select(["box_id"], wanted))
    count_rows(session, scope)
    every = AREAS_CONCERNED.distinct() if left_areas is None else union(AREAS_CONCERNED, left_areas)
    session.execute(insert(areas).from_select(["area_id"], every))
    count_rows(session, areas)
    if boxes is not None and changed(session, NOTE_UNLOCATED):
        count_rows(session, scope)


def note_touched_cells(session: Session, edited: Iterable[int], all_of_them: bool) -> None:
    """Write down every cell that boxes and points of the scope leave, keep or enter, and those that changed (ids)."""
    if all_of_them:
        session.execute(insert(touched).from_select(["cell_id"], select(GridCell.id)))
        return
    session.execute(NOTE_TOUCHED, {"edited": list(edited)})
    count_rows(session, touched)
