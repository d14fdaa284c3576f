"""Temporary tables in which one assignment is worked out before anything is changed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Select, String, Table, insert, select, text, union
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


def note_scope(session: Session, boxes: Select | None, left_areas: Select | None) -> None:
    """Write down the boxes concerned, their transformer areas and those left, and the areas' unlocated boxes."""
    wanted = select(MeterBox.id)
    if boxes is not None:
        wanted = wanted.where(MeterBox.id.in_(boxes))
    session.execute(insert(scope).from_select(["box_id"], wanted))
    count_rows(session, scope)
    of_boxes = select(MeterBox.transformer_area_id).join(scope, scope.c.box_id == MeterBox.id)
    concerned = of_boxes.where(MeterBox.transformer_area_id.is_not(None))
    every = concerned.distinct() if left_areas is None else union(concerned, left_areas)
    session.execute(insert(areas).from_select(["area_id"], every))
    count_rows(session, areas)
    if boxes is None:
        return
    unlocated = select(MeterBox.id).where(
        MeterBox.position.is_(None),
        MeterBox.transformer_area_id.in_(select(areas.c.area_id)),
        MeterBox.id.not_in(select(scope.c.box_id)),
    )
    session.execute(insert(scope).from_select(["box_id"], unlocated))
    count_rows(session, scope)


def note_touched_cells(session: Session, changed: Iterable[int], all_of_them: bool) -> None:
    """Write down every cell that boxes and points of the scope leave, keep or enter, and those that changed (ids)."""
    if all_of_them:
        session.execute(insert(touched).from_select(["cell_id"], select(GridCell.id)))
        return
    boxes = select(MeterBox.cell_id).join(scope, scope.c.box_id == MeterBox.id)
    points = select(MeterPoint.cell_id).join(scope, scope.c.box_id == MeterPoint.box_id)
    changed_cells = select(GridCell.id).where(GridCell.id.in_(changed))
    cells = union(boxes, points, select(found.c.cell_id), changed_cells).subquery()
    known = select(cells.c.cell_id).where(cells.c.cell_id.is_not(None))
    session.execute(insert(touched).from_select(["cell_id"], known))
    count_rows(session, touched)
