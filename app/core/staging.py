"""Temporary tables, filled the fastest way that each database has."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import shapely
from sqlalchemy import Select, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable

from app.core.geometry import WGS84
from app.core.model import Base

LOCK = 0x696D706F
"""The advisory lock of bulk writes on PostgreSQL."""


def create(session: Session, *tables: Table) -> None:
    """Make the tables for this connection alone, empty, in place of what an earlier run left."""
    drop(session, *tables)
    for table in tables:
        session.execute(CreateTable(table))


def drop(session: Session, *tables: Table) -> None:
    """Take the tables away, with the room that they hold."""
    for table in tables:
        session.execute(DropTable(table, if_exists=True))


def insert_new(session: Session, model: type[Base], columns: Sequence[str], rows: Select[Any]) -> None:
    """Insert the rows, in their order, whose `number` is not taken by a stored or an earlier row."""
    make: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    statement = make(model).from_select(columns, rows).on_conflict_do_nothing(index_elements=["number"])
    session.execute(statement)


def analyse(session: Session, *tables: Any) -> None:
    """Tell PostgreSQL's planner what is in the tables; SQLite plans by its indexes."""
    if not is_sqlite(session):
        session.execute(text(f"analyze {', '.join(table.name for table in tables)}"))


def take_turn(session: Session) -> None:
    """Let one bulk write run at a time; on SQLite that is the right to write at all, until the transaction ends."""
    if is_sqlite(session):
        session.execute(text("delete from alembic_version where 0 = 1"))
    else:
        session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def lock_tables(session: Session, *models: type[Base]) -> None:
    """Keep all others from writing these tables, until the transaction ends; SQLite has but one writer anyway."""
    if not is_sqlite(session):
        tables: list[Any] = [model.__table__ for model in models]
        session.execute(text(f"lock table {', '.join(table.name for table in tables)} in share row exclusive mode"))
        session.execute(text("set local jit = off"))
        session.execute(text("set local work_mem = '128MB'"))


def is_sqlite(session: Session) -> bool:
    """Whether the session speaks to the embedded database."""
    return session.get_bind().dialect.name == "sqlite"


def points(session: Session, lon: pd.Series, lat: pd.Series) -> pd.Series:
    """WGS 84 points as each database takes them in bulk: WKB on SQLite, hexadecimal EWKB on PostGIS; None for NaN."""
    known = (np.isfinite(lon) & np.isfinite(lat)).to_numpy()
    stored = np.full(len(lon), None, dtype=object)
    made = shapely.points(lon.to_numpy()[known], lat.to_numpy()[known])
    if is_sqlite(session):
        stored[known] = shapely.to_wkb(made)
    else:
        stored[known] = shapely.to_wkb(shapely.set_srid(made, WGS84), hex=True, include_srid=True)
    return pd.Series(stored, index=lon.index, dtype=object)


def fill(session: Session, table: Table, frame: pd.DataFrame) -> None:
    """Append the frame's rows, past the ORM and its statements; NaN and None become null."""
    columns = [column.name for column in table.columns]
    arrays = [pa.array(frame[name], from_pandas=True) for name in columns]
    raw: Any = session.connection().connection.driver_connection
    if is_sqlite(session):
        rows = zip(*(array.to_pylist() for array in arrays), strict=True)
        marks = ", ".join("?" * len(columns))
        raw.executemany(f"insert into {table.name} ({', '.join(columns)}) values ({marks})", rows)
        return
    buffer = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False)
    pyarrow.csv.write_csv(pa.table(arrays, names=columns), buffer, options)
    with (
        raw.cursor() as cursor,
        cursor.copy(f"copy {table.name} ({', '.join(columns)}) from stdin (format csv)") as copy,
    ):
        copy.write(buffer.getbuffer())
