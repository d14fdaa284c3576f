"""Engine, sessions and the one place that commits."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from app.core import postgres
from app.core.settings import Settings

logger = logging.getLogger(__name__)

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 30000",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = FILE",
    "PRAGMA mmap_size = 268435456",
)
ACCESS = "gridcrm_access"
"""The option of a connection that says whether its transactions read or write."""
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


PLANNING = "-c jit=off -c random_page_cost=1.1"
"""PostgreSQL would compile for two seconds what it guesses to be dear, and then run it in milliseconds; and it would
read a whole table sooner than a few thousand of its rows, as if these lay on a turning disk."""


def make_engine(url: str) -> Engine:
    """An engine for the database at `url`, with SQLite set up for one writer and many readers."""
    is_sqlite = url.startswith("sqlite")
    of_postgres = {"connect_args": {"connect_timeout": 5, "options": PLANNING}, "pool_use_lifo": True}
    engine = create_engine(
        url,
        hide_parameters=True,  # an error's text goes to the log, and parameters are people's data
        **({} if is_sqlite else of_postgres),
    )
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin)
    else:
        postgres.set_up(engine)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late to cover DDL and SELECT
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    """Take SQLite's write lock at once: whoever reads first and writes later fails when another wrote in between."""
    access = connection.get_execution_options().get(ACCESS)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(access == 'read')}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if access == "write" else "BEGIN")


class Database:
    """The engine of one application and its sessions."""

    def __init__(self, settings: Settings) -> None:
        self.engine = make_engine(settings.database_url)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._writer = self.engine.execution_options(**{ACCESS: "write"})
        self._reader = self.engine.execution_options(**{ACCESS: "read"}, postgresql_readonly=True)

    def session(self, reads: bool) -> Session:
        """A session that only reads, or one that writes; the caller ends it."""
        return self.sessions(bind=self._reader if reads else self._writer)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits once at the end, or rolls back as a whole."""
        with self.session(reads=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, and so keeps nobody from writing, however long it takes."""
        with self.session(reads=True) as session:
            yield session


def init_app(app: Flask, settings: Settings) -> None:
    """Give every request one session: read-only for those that ask, committed for those that change."""
    app.extensions["gridcrm.database"] = Database(settings)
    app.after_request(end_session)

    @app.teardown_request
    def _close(_error: BaseException | None) -> None:
        session: Session | None = g.pop("session", None)
        if session is not None:
            session.close()


def end_session(response: Response) -> Response:
    """Commit what a request changed, if its response is no error."""
    session: Session | None = g.get("session")
    if session is not None:
        if response.status_code < 400 and request.method not in READING_METHODS:
            session.commit()
        else:
            session.rollback()
    return response


def database() -> Database:
    """The running application's database."""
    return current_app.extensions["gridcrm.database"]


def current_session() -> Session:
    """The session of the present request."""
    if "session" not in g:
        g.session = database().session(reads=request.method in READING_METHODS)
    return g.session


def hold(session: Session, row: Any) -> None:
    """Read a row anew, and keep others from changing it until the transaction ends."""
    session.flush()  # a refresh would drop what was changed here
    session.refresh(row, with_for_update={"of": type(row)})
