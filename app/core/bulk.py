"""Many rows into a table at once, by the quickest way each database has."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session


def insert_rows(session: Session, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert plain values (numbers, text, dates, None) in the given columns: COPY on PostgreSQL, else executemany."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        _copy(connection.connection.driver_connection, table, columns, rows)
        return
    values = [tuple(row) for row in rows]
    if values:
        statement = insert(table).values(dict.fromkeys(columns)).compile(dialect=connection.dialect)
        connection.exec_driver_sql(str(statement), values)


def _copy(driver: Any, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    with driver.cursor() as cursor, cursor.copy(cast(Any, f'COPY "{table.name}" ({names}) FROM STDIN')) as copy:
        for row in rows:
            copy.write_row(row)
