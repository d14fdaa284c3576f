"""Alembic's environment: one migration tree for SQLite and PostGIS."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from sqlalchemy import Connection, text

from app import models  # noqa: F401 - fills the metadata
from app.core.geometry import Geometry
from app.core.model import Base

LOCK = 0x67726964


def include_name(name, kind, parents):
    """Only what the models describe: not PostGIS's tables, the queue's, the text index's, nor GiST indexes."""
    if kind == "index":
        return not (name or "").startswith("gist_")
    return kind != "table" or name in Base.metadata.tables


def render_item(kind, item, autogen_context):
    """Geometry columns as our own type."""
    if kind == "type" and isinstance(item, Geometry):
        autogen_context.imports.add("from app.core.geometry import Geometry")
        return f"Geometry({item.impl_instance.geometry_type!r})"
    return False


def run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        connection.execute(text("create extension if not exists postgis"))
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=include_name,
        render_item=render_item,
        render_as_batch=False,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


@contextmanager
def rebuilding(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew: to drop the old one must not touch the rows that refer to it."""
    raw = connection.connection.driver_connection
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        raw.execute("pragma foreign_keys = off")  # has no effect once the transaction has begun
    try:
        yield
    finally:
        if is_sqlite:
            raw.execute("pragma foreign_keys = on")


with context.config.attributes["engine"].connect() as connection, rebuilding(connection), connection.begin():
    run(connection)
