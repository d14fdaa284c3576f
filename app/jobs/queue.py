"""The queue that wakes the worker, and the board where it writes how far it is.

Both lie beside the register, not in it: on SQLite a long import holds the register's only write lock,
and progress must move meanwhile.
"""

import json
import time
from typing import Any

import psycopg
from huey import Huey, SqliteHuey
from huey.storage import PostgresStorage

from app.core.settings import Settings

HEARTBEAT = "worker.heartbeat"


class _Tables(PostgresStorage):
    """The queue in PostgreSQL; a role that may not make tables finds them made, and a start needs no database."""

    def initialize_schema(self) -> None:
        """Make the queue's tables where there are none."""
        try:
            with psycopg.connect(self.dsn, connect_timeout=5) as connection:
                found = connection.execute("select to_regclass(%s), to_regclass(%s)", (self.table_task, self.table_kv))
                if None not in (found.fetchone() or (None,)):
                    return
        except psycopg.OperationalError:
            return
        super().initialize_schema()


def make_queue(settings: Settings) -> Huey:
    """SqliteHuey beside the embedded database, or tables in PostgreSQL."""
    if settings.is_sqlite:
        return SqliteHuey("gridcrm", filename=str(settings.instance / "jobs.sqlite3"), results=False, timeout=30)
    dsn = settings.database_url.replace("postgresql+psycopg://", "postgresql://")
    return Huey("gridcrm", storage_class=_Tables, dsn=dsn, results=False, connect_timeout=5)


class Board:
    """Small notes about running jobs, readable by every process at once."""

    def __init__(self, queue: Huey) -> None:
        self._storage = queue.storage

    def write(self, job_id: int, **notes: Any) -> None:
        """Replace the job's note."""
        self._storage.put_data(f"progress.{job_id}", json.dumps(notes).encode())

    def read(self, job_id: int) -> dict[str, Any]:
        """The job's note; empty where there is none."""
        return json.loads(self._storage.peek_data(f"progress.{job_id}") or b"{}") if self._has(job_id) else {}

    def _has(self, job_id: int) -> bool:
        return bool(self._storage.has_data_for_key(f"progress.{job_id}"))

    def ask_to_stop(self, job_id: int) -> None:
        """Ask the job to stop at its next report."""
        self._storage.put_data(f"stop.{job_id}", b"1")

    def must_stop(self, job_id: int) -> bool:
        """Whether somebody asked the job to stop."""
        return bool(self._storage.has_data_for_key(f"stop.{job_id}"))

    def beat(self) -> None:
        """Say that the worker is alive."""
        self._storage.put_data(HEARTBEAT, str(time.time()).encode())

    def last_beat(self) -> float | None:
        """When the worker last said so, in seconds since 1970."""
        if not self._storage.has_data_for_key(HEARTBEAT):
            return None
        return float(self._storage.peek_data(HEARTBEAT))

    def clear(self, job_id: int) -> None:
        """Forget the job."""
        for key in (f"progress.{job_id}", f"stop.{job_id}"):
            self._storage.pop_data(key)
