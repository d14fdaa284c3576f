"""The whole service told to end, or killed, while a request and a job are under way."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts.models import ApiToken
from app.accounts.queries import hash_of
from app.audit.models import AuditEntry
from app.core.access import Permission, Role
from app.core.clock import today
from app.core.database import database
from app.core.settings import settings
from app.grid.models import CustomerManager, Ownership
from app.grid.tasks import SHARE_OUT
from app.jobs.models import Job
from app.jobs.service import jobs
from tests.factories import accounts, make_cell, make_manager, make_station, square
from tests.processes import PATIENCE, answers, end_all, free_port, service, until

TOKEN = "a token of a test"
PHONE = "13800000001"
CELLS = 12


@pytest.fixture
def manager(session: Session) -> CustomerManager:
    """A station's only manager, with twelve cells to be given, and a program that may change both."""
    station = make_station(session)
    for number in range(CELLS):
        make_cell(session, station=station, shape=square(114.4 + 0.01 * number, 23.1, 0.01))
    manager = make_manager(session, station=station)
    user = accounts.make_user(session, Role.SUPERVISOR)
    token = {"name": "test", "permissions": sorted(Permission), "last_day": today() + timedelta(days=1)}
    session.add(ApiToken(key_hash=hash_of(TOKEN), user_id=user.id, **token))
    session.commit()
    return manager


@contextmanager
def work_under_way(manager: CustomerManager) -> Iterator[Job]:
    """A job that the worker has begun and cannot end before this does."""
    station = manager.station.code
    until(lambda: jobs().board.last_beat() is not None)  # what waited before would be queued twice
    with database().transaction() as session:
        job = Job(kind=SHARE_OUT, title="A test", language="en", state="queued")
        job.parameters = {"station": station, "since": "2026-03-01", "actor": "test"}
        session.add(job)
    with database().transaction() as blocking:
        lock = "select 1" if settings().is_sqlite else "lock table ownership in exclusive mode"
        blocking.execute(text(lock))  # on SQLite whoever may write keeps all others from it
        jobs().wake(job.id)
        until(lambda: jobs().queue.pending_count() == 0 and (settings().is_sqlite or state(job) == "running"))
        yield job


def state(job: Job) -> str | None:
    with database().reading() as session:
        return session.scalar(select(Job.state).where(Job.id == job.id))


def given(session: Session) -> tuple[int, int]:
    """How many cells were given, and how often that is on record."""
    session.rollback()
    acts = select(func.count(AuditEntry.id)).where(AuditEntry.action == "cells.share_out")
    return session.scalar(select(func.count(Ownership.id))) or 0, session.scalar(acts) or 0


class Request:
    """A change of a manager's phone, of which the server has the head and waits for the rest."""

    def __init__(self, port: int, manager: CustomerManager) -> None:
        self._body = json.dumps({"work_phone": PHONE}).encode()
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        head = (
            f"PATCH /api/v1/managers/{manager.code} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
            f"If-Match: *\r\nContent-Type: application/json\r\nContent-Length: {len(self._body)}\r\n"
            "Expect: 100-continue\r\n\r\n"
        )
        self._socket.sendall(head.encode())
        assert self._socket.recv(100).startswith(b"HTTP/1.1 100 ")

    def finish(self) -> int:
        """Send the rest; returns the answer's status."""
        with self._socket:
            self._socket.sendall(self._body)
            answer = http.client.HTTPResponse(self._socket)
            answer.begin()
            return answer.status


def test_what_is_under_way_is_finished_before_the_service_ends(
    session: Session, manager: CustomerManager, environment: dict[str, str]
) -> None:
    with service(environment, port := free_port()) as process:
        with work_under_way(manager) as job:
            request = Request(port, manager)
            process.terminate()
            until(lambda: not answers(port))
        assert request.finish() == 200
        process.join(PATIENCE)
        assert process.exitcode == 0
    assert (state(job), given(session)) == ("done", (CELLS, 1))
    session.refresh(manager)
    assert manager.work_phone == PHONE


def test_a_job_that_was_cut_off_is_done_once_after_the_next_start(
    app: Flask, session: Session, manager: CustomerManager, environment: dict[str, str]
) -> None:
    with service(environment, port := free_port()) as process, work_under_way(manager) as job:
        end_all(process)
    assert state(job) != "done"
    assert given(session) == (0, 0)
    with service(environment, port):
        until(lambda: state(job) == "done")
    assert given(session) == (CELLS, 1)
