"""The figures of all processes, and what the register itself knows, in Prometheus's form."""

import json
import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core import staging
from app.core.figures import FIGURES
from app.core.settings import Settings
from app.customers.models import Account, Customer, MeterBox, MeterPoint
from app.grid.models import GridCell, Ownership
from app.jobs.models import Job

COUNTED = (Customer, Account, MeterBox, MeterPoint, GridCell, Ownership)
LAST_BACKUP = "last_backup.json"


def exposition(session: Session, settings: Settings) -> bytes:
    """All figures as text."""
    registry = CollectorRegistry()
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder:
        MultiProcessCollector(registry, folder)
    else:
        for figure in FIGURES:
            registry.register(figure)
    registry.register(_Register(list(_families(session, settings))))
    return generate_latest(registry)


class _Register:
    """What was read from the register, as prometheus-client wants to collect it."""

    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The figures read."""
        return self._families


def _families(session: Session, settings: Settings) -> Iterator[GaugeMetricFamily]:
    jobs = GaugeMetricFamily("gridcrm_jobs", "Jobs in the register, by kind and state.", labels=("kind", "state"))
    waiting = 0
    counted = select(Job.kind, Job.state, func.count()).group_by(Job.kind, Job.state)
    for kind, state, count in session.execute(counted):
        jobs.add_metric((kind, state), count)
        waiting += count if state == "queued" else 0
    yield jobs
    yield GaugeMetricFamily("gridcrm_queue_length", "Jobs that wait for the worker.", value=waiting)
    rows = GaugeMetricFamily("gridcrm_rows", "Rows of the register's tables, estimated.", labels=("table",))
    for table, count in _estimates(session).items():
        rows.add_metric((table,), count)
    yield rows
    last = last_backup(settings)
    if last:
        age = max(0.0, time.time() - last["at"])
        yield GaugeMetricFamily("gridcrm_backup_age_seconds", "Time since the last whole backup.", value=age)
        yield GaugeMetricFamily("gridcrm_backup_bytes", "Size of the last whole backup.", value=last["bytes"])


def _estimates(session: Session) -> dict[str, int]:
    """Rows by table: what PostgreSQL's planner thinks, and the highest id on SQLite; neither reads a table."""
    names = [model.__tablename__ for model in COUNTED]
    if staging.is_sqlite(session):
        estimate = " union all ".join(f"select '{name}', coalesce(max(id), 0) from {name}" for name in names)
    else:
        wanted = ", ".join(f"'{name}'::regclass" for name in names)
        estimate = f"select relname, greatest(reltuples, 0)::bigint from pg_class where oid in ({wanted})"
    counted = text(estimate).execution_options(scoped="estimates how many rows there are")
    return {str(table): int(count) for table, count in session.execute(counted)}


def last_backup(settings: Settings) -> dict[str, Any] | None:
    """When the last whole backup was made, and how large it is."""
    path = settings.instance / LAST_BACKUP
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def note_backup(settings: Settings, size: int) -> None:
    """Remember that a whole backup was made now."""
    path = settings.instance / LAST_BACKUP
    fresh = path.with_suffix(".part")
    fresh.write_text(json.dumps({"at": time.time(), "bytes": size}), "utf-8")
    fresh.replace(path)
