"""Tables that are filled without their indexes: to make one for all rows at once costs a fraction of keeping it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import bindparam, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core.staging import is_sqlite

MANY = 10_000
"""From so many rows on it pays."""
PATIENCE = "3s"
"""So long PostgreSQL waits for those who read the tables; then the indexes stay."""


@dataclass(frozen=True)
class _Part:
    """An index or a constraint: how it is taken away, and made."""

    drop: str
    make: str


@contextmanager
def made_afterwards(
    session: Session, *tables: str, parents: Sequence[str] = (), meanwhile: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """Take away the tables' keys, indexes, foreign keys to `parents`, and all foreign keys to them, for a while.

    Rows that break a constraint make the block fail, at its end. On PostgreSQL nobody else reads the tables until the
    transaction ends; where they belong to another role, or are being read for long, the indexes stay as they are. On
    SQLite primary keys, unique constraints and foreign keys stay. `meanwhile` is called before each one is made.
    """
    if not is_sqlite(session) and not _are_ours_alone(session, [*tables, *parents, *_children(session, tables)]):
        yield
        return
    parts = _of_sqlite(session, tables) if is_sqlite(session) else _of_postgres(session, tables, parents)
    for part in parts:
        session.execute(text(part.drop))
    yield
    for part in reversed(parts):
        meanwhile()
        session.execute(text(part.make))


def _are_ours_alone(session: Session, tables: Sequence[str]) -> bool:
    owned = text("select bool_and(pg_has_role(relowner, 'usage')) from pg_class where oid = any(:tables ::regclass[])")
    if not session.scalar(owned, {"tables": list(tables)}):
        return False
    try:
        with session.begin_nested():
            session.execute(text(f"set local lock_timeout = '{PATIENCE}'"))
            session.execute(text(f"lock table {', '.join(tables)} in access exclusive mode"))
    except OperationalError:
        return False
    session.execute(text("set local lock_timeout = 0"))
    session.execute(text("set local maintenance_work_mem = '256MB'"))
    return True


def _children(session: Session, tables: Sequence[str]) -> Sequence[str]:
    """Other tables that refer to these."""
    referring = text(
        "select distinct conrelid::regclass::text from pg_constraint where contype = 'f'"
        " and confrelid = any(:tables ::regclass[]) and conrelid <> all(:tables ::regclass[])"
    )
    return session.scalars(referring, {"tables": list(tables)}).all()


def _of_sqlite(session: Session, tables: Sequence[str]) -> list[_Part]:
    """Those of CREATE INDEX; what belongs to a unique constraint cannot be taken away."""
    statement = text("select name, sql from sqlite_master where type = 'index' and sql > '' and tbl_name in :tables")
    found = session.execute(statement.bindparams(bindparam("tables", expanding=True)), {"tables": tables})
    return [_Part(f"drop index {name}", made) for name, made in found]


def _of_postgres(session: Session, tables: Sequence[str], parents: Sequence[str]) -> list[_Part]:
    """All of them, the foreign keys first: they need the keys that they refer to."""
    constraints = text(
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
        " where (contype in ('p', 'u') and conrelid = any(:tables ::regclass[]))"
        " or (contype = 'f' and confrelid = any(:tables ::regclass[]))"
        " or (contype = 'f' and conrelid = any(:tables ::regclass[]) and confrelid = any(:parents ::regclass[]))"
        " order by contype, conname"
    )
    indexes = text(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index"
        " where indrelid = any(:tables ::regclass[])"
        " and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))"
    )
    given = {"tables": list(tables), "parents": list(parents)}
    return [
        _Part(f"alter table {table} drop constraint {name}", f"alter table {table} add constraint {name} {made}")
        for table, name, made in session.execute(constraints, given)
    ] + [_Part(f"drop index {name}", made) for name, made in session.execute(indexes, {"tables": list(tables)})]
