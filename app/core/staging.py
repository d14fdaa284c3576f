"""Temporary tables, filled the fastest way that each database has."""

import io
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv
import shapely
from numpy.typing import NDArray
from sqlalchemy import Select, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable, ExecutableDDLElement

from app.core.geometry import WGS84
from app.core.model import Base

LOCK = 0x696D706F
"""The advisory lock of bulk writes on PostgreSQL."""
AT_ONCE = 128
"""So many rows an INSERT brings to SQLite; above this hardly anything is gained."""


def create(session: Session, *tables: Table) -> None:
    """Make the tables for this connection alone, empty, in place of what an earlier run left."""
    _run(session, [*_dropping(tables), *(CreateTable(table) for table in tables)])


def drop(session: Session, *tables: Table) -> None:
    """Take the tables away, with the room that they hold."""
    _run(session, _dropping(tables))


def _dropping(tables: Sequence[Table]) -> list[ExecutableDDLElement]:
    return [DropTable(table, if_exists=True) for table in tables]


def _run(session: Session, statements: Sequence[ExecutableDDLElement]) -> None:
    """Make the statements in order; PostgreSQL takes all of them in one journey."""
    connection = session.connection()
    words = [str(statement.compile(dialect=connection.dialect)) for statement in statements]
    for journey in words if is_sqlite(session) else [";".join(words)]:
        connection.exec_driver_sql(journey)


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
        session.execute(text("set local random_page_cost = 4"))  # bulk work reads whole tables
        session.execute(text("set local work_mem = '128MB'"))


def is_sqlite(session: Session) -> bool:
    """Whether the session speaks to the embedded database."""
    return session.get_bind().dialect.name == "sqlite"


def points(session: Session, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.object_]:
    """WGS 84 points as each database takes them in bulk: WKB on SQLite, hexadecimal EWKB on PostGIS; None for NaN."""
    known = np.isfinite(lon) & np.isfinite(lat)
    stored = np.full(len(lon), None, dtype=object)
    made = shapely.points(lon[known], lat[known])
    if is_sqlite(session):
        stored[known] = shapely.to_wkb(made)
    else:
        stored[known] = shapely.to_wkb(shapely.set_srid(made, WGS84), hex=True, include_srid=True)
    return stored


def fill(session: Session, table: Table, frame: pd.DataFrame) -> None:
    """Append the frame's rows, past the ORM and its statements; NaN and None become null."""
    append(
        session, table.name, {column.name: pa.array(frame[column.name], from_pandas=True) for column in table.columns}
    )


def append(session: Session, table: str, columns: Mapping[str, pa.Array]) -> None:
    """Append rows given by column."""
    raw: Any = session.connection().connection.driver_connection
    names = ", ".join(columns)
    try:
        if is_sqlite(session):
            _insert(raw, f"insert into {table} ({names}) values", [*map(_plain_values, columns.values())])
            return
        buffer = io.BytesIO()
        options = pyarrow.csv.WriteOptions(include_header=False)
        pyarrow.csv.write_csv(pa.table(dict(columns)), buffer, options)
        with raw.cursor() as cursor, cursor.copy(f"copy {table} ({names}) from stdin (format csv)") as copy:
            copy.write(buffer.getbuffer())
    except (sqlite3.IntegrityError, psycopg.IntegrityError) as error:
        raise IntegrityError(f"insert into {table}", None, error) from error


def _insert(raw: sqlite3.Connection, insert: str, columns: list[list[Any]]) -> None:
    """Insert rows many at a time: for each statement SQLite opens the table, its indexes and all that it refers to."""
    count, width = len(columns[0]), len(columns)
    marks = f"({', '.join('?' * width)})"
    whole = count - count % AT_ONCE
    together = [values for row in zip(*columns, strict=True) for values in row][: whole * width]
    size = AT_ONCE * width
    many = f"{insert} {', '.join([marks] * AT_ONCE)}"
    raw.executemany(many, (together[start : start + size] for start in range(0, len(together), size)))
    raw.executemany(f"{insert} {marks}", zip(*(column[whole:] for column in columns), strict=True))


def _plain_values(array: pa.Array) -> list[Any]:
    """What SQLite's driver takes, several times as fast as pyarrow's own lists where there is a way."""
    if pa.types.is_date(array.type):
        array = array.cast(pa.string())
    if array.null_count and pa.types.is_integer(array.type):
        values = array.fill_null(0).to_numpy().astype(object)
        values[np.asarray(array.is_null())] = None
        return values.tolist()
    return array.to_numpy(zero_copy_only=False).tolist()


def count_on(session: Session, table: str) -> None:
    """Number later rows after those that brought their own ids; SQLite does so by itself."""
    if not is_sqlite(session):
        last = f"select setval(pg_get_serial_sequence('{table}', 'id'), max(id)) from {table}"
        session.execute(text(last))
