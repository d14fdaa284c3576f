"""The database is gone for ten seconds and back: requests say so, the job waits, and all of it is done once."""

import shlex
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.access import Permission
from app.customers.models import Account
from app.jobs.models import Job
from app.jobs.service import FORGOTTEN, Work, add_handler, enqueue, jobs
from tests import postgis
from tests.factories import make_account
from tests.integration.faults.conftest import state_of
from tests.processes import until

AWAY = 10.0
"""Seconds."""


@pytest.fixture
def control(request: pytest.FixtureRequest, session: Session) -> Callable[..., None]:
    """Stop and start the database server."""
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite has no server that could be away")
    maintenance = request.getfixturevalue("postgis_cluster")
    with psycopg.connect(maintenance) as connection:
        folder = connection.execute("show data_directory").fetchone()[0]  # type: ignore[index]
    program = postgis.find_programs() / "pg_ctl"  # type: ignore[operator]
    _program, _data, _folder, *options = shlex.split(Path(folder, "postmaster.opts").read_text())

    def control(*words: str) -> None:
        command = [str(program), "-D", folder, "-w", "-l", f"{folder}/../log", *words]
        if words[0] == "start":
            command += ["-o", shlex.join(options)]
        subprocess.run(postgis.as_postgres(command), check=True, stdout=subprocess.DEVNULL, cwd="/")

    return control


def test_ten_seconds_without_a_database(
    app: Flask, client: FlaskClient, session: Session, control: Callable[..., None]
) -> None:
    app.config.update(TESTING=False)
    half_done, attempts = threading.Event(), []

    def add_two(work: Work) -> dict[str, Any]:
        with work.database.transaction() as own:
            make_account(own)
            attempts.append(1)
            if len(attempts) == 1:
                half_done.set()
                time.sleep(AWAY / 4)
            make_account(own)
            return work.end(own, {"added": 2})

    add_handler(app, "add_two", add_two, Permission.GRID_EDIT)
    job = enqueue(session, "add_two", "A test")
    session.commit()
    job_id = job.id
    session.close()
    worker = threading.Thread(target=jobs().run, args=(job_id,))
    worker.start()
    assert half_done.wait(30)
    control("stop", "-m", "fast")  # the tests' cluster does not wait for the disk: a crash would lose what it was told
    began = time.monotonic()
    try:
        page, data = client.get("/"), client.get("/healthz")
        ready = client.get("/readyz")
        time.sleep(max(0, AWAY - (time.monotonic() - began)))
    finally:
        control("start")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert "The database cannot be reached at the moment" in page.text
    assert data.status_code == 200
    assert ready.json is not None
    assert ready.json["checks"]["database"] == "unreachable"
    worker.join(60)
    until(lambda: client.get("/").status_code == 200)
    assert session.scalar(select(Job.state).where(Job.id == job_id)) == "done"
    assert session.scalar(select(func.count(Account.id))) == 2
    assert len(attempts) == 2


def test_a_job_that_the_queue_was_not_told_of_is_found(
    app: Flask, session: Session, run_jobs: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any) -> None:
        raise psycopg.OperationalError("the connection was lost")

    add_handler(app, "nothing", lambda work: {}, Permission.GRID_EDIT)
    with monkeypatch.context() as broken:
        broken.setattr(jobs().queue.storage, "enqueue", refuse)
        job = enqueue(session, "nothing", "A test")
        session.commit()
    jobs().take_up_forgotten()
    assert jobs().queue.pending_count() == 0, "it may still be on its way"
    job.created_at -= 2 * FORGOTTEN
    session.commit()
    jobs().take_up_forgotten()
    run_jobs()
    assert state_of(session, job) == "done"
