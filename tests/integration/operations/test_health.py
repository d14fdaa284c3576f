"""Whether the service lives and can work, as a monitor asks."""

import shutil
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.database import database
from app.jobs.queue import HEARTBEAT
from app.jobs.service import jobs
from tests.statements import counted


def beat(ago: float) -> None:
    jobs().queue.storage.put_data(HEARTBEAT, str(time.time() - ago).encode())


def checks(client: FlaskClient) -> tuple[int, dict[str, str]]:
    answer = client.get("/readyz")
    assert answer.json is not None
    return answer.status_code, answer.json["checks"]


def test_the_process_answers_without_its_database(anonymous: FlaskClient, session: Session) -> None:
    with counted(session) as statements:
        assert anonymous.get("/healthz").json == {"status": "ok"}
    assert statements == []


def test_ready_is_who_has_all_it_needs(anonymous: FlaskClient) -> None:
    jobs().board.beat()
    assert anonymous.get("/readyz").json == {
        "status": "ok",
        "checks": {"database": "ok", "worker": "ok", "disk": "ok"},
    }


@pytest.mark.parametrize("ago", [60, -3600], ids=["gone", "gone before the clock was set back"])
def test_a_worker_that_is_not_heard_is_missed(anonymous: FlaskClient, ago: float) -> None:
    beat(ago)
    assert checks(anonymous) == (503, {"database": "ok", "worker": "silent", "disk": "ok"})


def test_an_older_schema_is_not_ready(anonymous: FlaskClient, session: Session) -> None:
    jobs().board.beat()
    session.execute(text("update alembic_version set version_num = '0001_create_the_register'"))
    session.commit()
    assert checks(anonymous) == (503, {"database": "schema", "worker": "ok", "disk": "ok"})


def test_a_full_disk_is_not_ready(anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs().board.beat()
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=0))
    assert checks(anonymous) == (503, {"database": "ok", "worker": "ok", "disk": "full"})


def test_a_database_that_is_away_is_told_in_one_word(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any) -> None:
        raise OSError("no route to 192.0.2.7")

    jobs().board.beat()
    monkeypatch.setattr(database().engine.pool, "connect", refuse)
    answer = anonymous.get("/readyz")
    assert answer.json == {
        "status": "unready",
        "checks": {"database": "unreachable", "worker": "ok", "disk": "ok"},
    }
