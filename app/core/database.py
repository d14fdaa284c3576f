"""Engine, sessions and the one place that commits."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, current_app, g
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

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


def make_engine(url: str) -> Engine:
    """An engine for the database at `url`, with SQLite set up for one writer and many readers."""
    is_sqlite = url.startswith("sqlite")
    engine = create_engine(
        url,
        pool_pre_ping=not is_sqlite,
        hide_parameters=True,  # an error's text goes to the log, and parameters are people's data
        connect_args={} if is_sqlite else {"connect_timeout": 5},
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late to cover DDL and SELECT
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


class Database:
    """The engine of one application and its sessions."""

    def __init__(self, settings: Settings) -> None:
        self.engine = make_engine(settings.database_url)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits once at the end, or rolls back as a whole."""
        with self.sessions() as session, session.begin():
            yield session


def init_app(app: Flask, settings: Settings) -> None:
    """Give every request one session, committed after a response that is no error."""
    app.extensions["gridcrm.database"] = Database(settings)

    @app.after_request
    def _commit(response: Response) -> Response:
        session: Session | None = g.get("session")
        if session is not None:
            if response.status_code < 400:
                session.commit()
            else:
                session.rollback()
        return response

    @app.teardown_request
    def _close(_error: BaseException | None) -> None:
        session: Session | None = g.pop("session", None)
        if session is not None:
            session.close()


def database() -> Database:
    """The running application's database."""
    return current_app.extensions["gridcrm.database"]


def current_session() -> Session:
    """The session of the present request."""
    if "session" not in g:
        g.session = database().sessions()
    return g.session
