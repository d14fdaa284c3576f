"""What the database alone needs to take up tables that are finished: the floor under every way of filling them.

On PostgreSQL its own pg_restore reads them back from a dump, with their keys, indexes and foreign keys, in one
transaction. On SQLite they are copied row by row from one file to another, and their indexes made afterwards.
"""

import sqlite3
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from cities import City

from app.core.database import SQLITE_PRAGMAS
from tests import postgis


def seconds_to_restore(city: City, tables: Sequence[str]) -> float:
    """Take these tables out of a register and bring them back; `tables` in the order of their foreign keys."""
    return _by_pg_restore(city, tables) if city.maintenance else _by_copying(city, tables)


def _by_pg_restore(city: City, tables: Sequence[str]) -> float:
    programs, dump = postgis.find_programs(), city.instance / "tables.dump"
    assert programs is not None
    named = [f"--table={table}" for table in tables]
    subprocess.run([programs / "pg_dump", "-Fc", "-Z0", *named, "-f", dump, city.url], check=True)
    with psycopg.connect(city.url, autocommit=True) as connection:
        connection.execute(f"drop table {', '.join(tables)} cascade")  # type: ignore[arg-type]
    start = time.perf_counter()
    subprocess.run([programs / "pg_restore", "--single-transaction", "-d", city.url, dump], check=True)
    seconds = time.perf_counter() - start
    dump.unlink()
    return seconds


def _by_copying(city: City, tables: Sequence[str]) -> float:
    given = Path(city.url.removeprefix("sqlite:///"))
    copy = given.with_name("restored.sqlite3")
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("attach ? as given", (str(given),))
        made = connection.execute(
            "select type, name, tbl_name, sql from given.sqlite_master where sql > '' and name not like 'sqlite_%'"
        ).fetchall()
        for kind, name, _table, sql in made:
            if kind == "table":
                connection.execute(sql)
                if name not in tables:
                    connection.execute(f"insert into main.{name} select * from given.{name}")
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        start = time.perf_counter()
        connection.execute("begin immediate")
        for name in tables:
            connection.execute(f"insert into main.{name} select * from given.{name}")
        for kind, _name, table, sql in made:
            if kind != "table" and table in tables:
                connection.execute(sql)
        connection.execute("commit")
        seconds = time.perf_counter() - start
    copy.unlink()
    return seconds
