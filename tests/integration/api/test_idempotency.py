"""A POST with a key is done once, however often it is sent."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import ApiToken
from app.accounts.queries import hash_of
from app.core.access import Role
from app.core.api.models import IdempotencyKey
from app.core.database import database
from app.core.limits import limiter
from app.core.model import now
from app.jobs.models import Job
from tests.factories import make_box
from tests.integration.api.conftest import NewProgram, Program


@pytest.fixture
def order(session: Session) -> dict[str, object]:
    """Cards of a box that exists."""
    box = make_box(session)
    session.commit()
    return {"boxes": [box.number]}


def jobs(session: Session) -> int:
    count = session.scalar(select(func.count()).select_from(Job)) or 0
    session.rollback()
    return count


def test_the_same_again_gets_the_first_answer(session: Session, program: Program, order: dict[str, object]) -> None:
    key = {"Idempotency-Key": "a"}
    first, again = program.post("/cards", json=order, headers=key), program.post("/cards", json=order, headers=key)
    assert (first.status_code, again.status_code, first.json) == (202, 202, again.json)
    assert (first.headers["Location"], again.headers["Idempotency-Replayed"]) == (again.headers["Location"], "true")
    assert jobs(session) == 1


def test_another_body_under_the_same_key_is_refused(
    session: Session, program: Program, order: dict[str, object]
) -> None:
    key = {"Idempotency-Key": "a"}
    program.post("/cards", json=order, headers=key)
    assert program.post("/cards", json=order | {"start": 2}, headers=key).status_code == 422
    assert jobs(session) == 1


def test_keys_of_others_are_others(
    session: Session, program: Program, new_program: NewProgram, order: dict[str, object]
) -> None:
    for one in (program, new_program(Role.SUPERVISOR)):
        assert one.post("/cards", json=order, headers={"Idempotency-Key": "a"}).status_code == 202
    assert jobs(session) == 2


def test_an_act_that_failed_can_be_tried_again(session: Session, program: Program, order: dict[str, object]) -> None:
    key = {"Idempotency-Key": "a"}
    assert program.post("/cards", json={"manager": "KH77"}, headers=key).status_code == 404
    assert program.post("/cards", json=order, headers=key).status_code == 202


def test_a_key_is_forgotten_after_a_day(session: Session, program: Program, order: dict[str, object]) -> None:
    key = {"Idempotency-Key": "a"}
    program.post("/cards", json=order, headers=key)
    session.execute(update(IdempotencyKey).values(created_at=now() - timedelta(hours=25)))
    session.commit()
    assert "Idempotency-Replayed" not in program.post("/cards", json=order, headers=key).headers
    assert jobs(session) == 2


def test_the_same_request_under_way_is_a_conflict(program: Program, order: dict[str, object]) -> None:
    limiter.storage.incr(f"idempotency {owner_of(program)} a", 60)
    answer = program.post("/cards", json=order, headers={"Idempotency-Key": "a"})
    assert answer.status_code == 409
    assert "still under way" in (answer.json or {})["detail"]


def owner_of(program: Program) -> int:
    with database().reading() as session:
        return session.scalars(select(ApiToken.user_id).where(ApiToken.key_hash == hash_of(program.token))).one()


@pytest.mark.parametrize("key", ["", "x" * 256, "键"])
def test_odd_keys_are_refused(program: Program, order: dict[str, object], key: str) -> None:
    headers = {"Idempotency-Key": key.encode().decode("latin-1")}
    assert program.post("/cards", json=order, headers=headers).status_code == 400


def test_an_upload_is_the_same_under_another_boundary(session: Session, program: Program) -> None:
    def send(text: bytes) -> int:
        form = {"kind": "managers", "file": (io.BytesIO(text), "m.csv")}
        return program.post("/imports", data=form, headers={"Idempotency-Key": "a"}).status_code

    assert [send(b"code,name\n1,a\n"), send(b"code,name\n1,a\n"), send(b"code,name\n1,b\n")] == [202, 202, 422]
    assert jobs(session) == 1


def test_of_two_at_once_one_is_done(app: Flask, session: Session, program: Program, order: dict[str, object]) -> None:
    about_to_commit, other_answered = Event(), Event()

    def linger(_session: Session) -> None:
        """Hold the first one's commit up until the other is in, and has its answer or waits for that commit."""
        if not about_to_commit.is_set():
            about_to_commit.set()
            other_answered.wait(0.5)

    def send() -> TestResponse:
        return Program(app.test_client(), program.token).post("/cards", json=order, headers={"Idempotency-Key": "a"})

    event.listen(database().sessions, "before_commit", linger)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(send)
        assert about_to_commit.wait(30)
        second = send()
        other_answered.set()
    assert first.result().status_code == 202
    assert second.json == first.result().json or (second.status_code, "still under way" in second.text) == (409, True)
    assert jobs(session) == 1
