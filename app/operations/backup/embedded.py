"""The register in SQLite: copied as it is at one moment while others write, and put back as one transaction."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask_babel import gettext as _

from app.core import migrate
from app.core.database import make_engine
from app.core.errors import DomainError
from app.operations.backup.manifest import Contents

PART = "register.sqlite3"
PATIENCE = 60
"""Seconds to wait for somebody who writes."""
MASK = (1 << 64) - 1


@contextmanager
def _snapshot(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that sees the register as it is now, whatever others write meanwhile."""
    with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
        connection.execute("begin")
        connection.execute("select count(*) from sqlite_master").fetchone()
        yield connection


def dump(path: Path, folder: Path, with_digests: bool) -> tuple[Path, dict[str, Contents]]:
    """Copy the register into `folder`; returns the copy and what was in the register at that moment."""
    out = folder / PART
    with _snapshot(path) as source, closing(sqlite3.connect(out, isolation_level=None)) as target:
        tables = contents(source, with_digests)
        source.backup(target)
        target.execute("pragma journal_mode = delete")
    return out, tables


def contents(connection: sqlite3.Connection, with_digests: bool) -> dict[str, Contents]:
    """What the tables hold."""
    named = "select name from sqlite_master where type = 'table' and name not like 'sqlite%' order by name"
    names = [name for (name,) in connection.execute(named).fetchall()]
    return {name: _contents(connection, name, with_digests) for name in names}


def _contents(connection: sqlite3.Connection, table: str, with_digests: bool) -> Contents:
    if not with_digests:
        return Contents(connection.execute(f'select count(*) from "{table}"').fetchone()[0])
    rows = total = 0
    for row in connection.execute(f'select * from "{table}"'):
        rows += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=8).digest())
    return Contents(rows, f"{total & MASK:016x}")


def contents_of(path: Path, with_digests: bool) -> dict[str, Contents]:
    """What the tables of a register file hold; says so where the file is broken."""
    with _snapshot(path) as connection:
        found = connection.execute("pragma integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise DomainError(_("The backup is damaged: %(part)s is not what was written.", part=PART))
        return contents(connection, with_digests)


def revision_of(path: Path) -> str | None:
    """The schema's revision."""
    with _snapshot(path) as connection:
        row = connection.execute("select version_num from alembic_version").fetchone()
    return row[0] if row else None


def load(copy: Path, live: Path, afterwards: str) -> None:
    """Bring a restored copy to the newest schema, run one more statement on it, and put it in the register's place.

    SQLite writes the copy over the register as one transaction: who is connected goes on with the new rows, and
    whoever is killed in the middle leaves the old ones.
    """
    engine = make_engine(f"sqlite:///{copy}")
    try:
        migrate.upgrade(engine)
    finally:
        engine.dispose()
    with (
        closing(sqlite3.connect(copy, isolation_level=None)) as source,
        closing(sqlite3.connect(live, timeout=PATIENCE, isolation_level=None)) as target,
    ):
        source.execute(afterwards)
        target.execute("pragma journal_mode = wal")
        source.backup(target)
        target.execute("pragma wal_checkpoint(truncate)")
