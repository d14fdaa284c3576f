"""Figures for Prometheus: who may read them, and whether they are right."""

import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

from app import create_app
from app.core import figures
from app.core.access import Permission
from app.core.settings import Settings
from app.jobs.models import Job
from app.jobs.service import add_handler, enqueue
from app.operations import metrics
from tests.factories import make_account

TOKEN = "q8Xv2LrT5nWc7ZkY1mBd4HsG9fJp3QaE"


@pytest.fixture
def another_app(tmp_path: Path, database_url: str) -> Iterator[Callable[..., Flask]]:
    """Applications with settings of their own."""
    made = []

    def make(**chosen: Any) -> Flask:
        made.append(create_app(Settings(instance=tmp_path / "another", database_url=database_url, **chosen)))
        return made[-1]

    yield make
    for app in made:
        app.extensions["gridcrm.database"].engine.dispose()
        app.extensions["gridcrm.jobs"].queue.storage.close()


def values(text: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, in the order of the labels' names."""
    return {
        (sample.name, *(value for _name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read(client: FlaskClient) -> dict[tuple[str, ...], float]:
    return values(client.get("/metrics").text)


def test_requests_are_counted_by_their_pattern(anonymous: FlaskClient) -> None:
    before = read(anonymous).get(("gridcrm_requests_total", "GET", "/jobs/<int:job_id>", "302"), 0)
    anonymous.get("/jobs/7138")
    assert read(anonymous)["gridcrm_requests_total", "GET", "/jobs/<int:job_id>", "302"] == before + 1


def test_a_word_that_is_no_method_makes_no_figure(anonymous: FlaskClient) -> None:
    anonymous.open("/", method="PHONE13812345678")
    assert "13812345678" not in anonymous.get("/metrics").text


def test_the_register_and_its_jobs_are_told(
    app: Flask, session: Session, anonymous: FlaskClient, run_jobs: Callable[[], None]
) -> None:
    add_handler(app, "count", lambda work: {}, Permission.GRID_EDIT)
    make_account(session)
    enqueue(session, "count", "A test")
    session.commit()
    waiting = read(anonymous)
    assert waiting["gridcrm_queue_length",] == 1
    assert waiting["gridcrm_jobs", "count", "queued"] == 1
    assert ("gridcrm_rows", "account") in waiting
    run_jobs()
    done = read(anonymous)
    assert done["gridcrm_jobs", "count", "done"] == 1
    assert done["gridcrm_job_seconds_count", "count", "done"] >= 1
    assert session.query(Job).count() == 1


def test_the_age_of_the_last_backup_is_told(app: Flask, anonymous: FlaskClient) -> None:
    assert ("gridcrm_backup_age_seconds",) not in read(anonymous)
    metrics.note_backup(app.extensions["gridcrm.settings"], 1234)
    assert read(anonymous)["gridcrm_backup_bytes",] == 1234


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.1", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 404),
        ("192.0.2.1", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ("192.0.2.1", {"Authorization": f"Bearer {TOKEN}x"}, 404),
        ("192.0.2.1", {"Authorization": "Bearer "}, 404),
    ],
)
def test_only_this_machine_and_the_token_s_holder_may_read(
    another_app: Callable[..., Flask], address: str, headers: dict[str, str], status: int
) -> None:
    answer = (
        another_app(metrics_token=TOKEN)
        .test_client()
        .get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    )
    assert answer.status_code == status


def test_without_a_token_an_empty_one_opens_nothing(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/metrics", headers={"Authorization": "Bearer "}, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert answer.status_code == 404


def test_behind_a_trusted_proxy_the_client_s_own_address_counts(another_app: Callable[..., Flask]) -> None:
    client = another_app(trusted_proxies=1).test_client()
    forged = {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"}
    assert client.get("/metrics", headers=forged).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 200


def _ask(_number: int) -> None:
    figures.REQUESTS.labels("GET", "/of-two-processes", "200").inc()


def _two_processes(folder: Path, told: Any) -> None:
    figures.share(folder)
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=_ask, args=(number,)) for number in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))
    told.send(generate_latest(registry).decode())


def test_the_processes_of_the_service_add_up(tmp_path: Path) -> None:
    """In a process of its own: sharing figures is for the rest of a process's life."""
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "counter_1.db").write_bytes(b"left by an earlier start")
    told, tell = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_two_processes, args=(tmp_path / "metrics", tell))
    process.start()
    assert told.poll(60)
    assert values(told.recv())["gridcrm_requests_total", "GET", "/of-two-processes", "200"] == 2
    process.join()
