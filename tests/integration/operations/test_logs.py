"""The log tells what happened and never to whom: phones, names and numbers are pushed in everywhere."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from app.core import logs
from app.core.access import Permission
from app.jobs.service import add_handler, enqueue
from tests.factories import make_account, make_customer

PHONE, NAME, NUMBER = "13812345678", "欧阳晓明", "0317009988776"
PRIVATE = (PHONE, NAME, NUMBER)


@pytest.fixture
def log(app: Flask) -> Iterator[io.StringIO]:
    """What the service would write to standard error."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    root, former = logging.getLogger(), logging.getLogger("gridcrm").level
    root.addHandler(handler)
    for name in logs.OWN:
        logging.getLogger(name).setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    for name in logs.OWN:
        logging.getLogger(name).setLevel(former)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_request_is_one_line_without_its_address(client: FlaskClient, log: io.StringIO) -> None:
    answer = client.get(f"/jobs/7?q={PHONE}")
    (line,) = [line for line in lines(log) if line["logger"] == "gridcrm.request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/jobs/<int:job_id>", 404)
    assert line["request"] == answer.headers["X-Request-ID"]
    assert isinstance(line["user"], int)
    assert {"time", "level", "message", "ms"} <= line.keys()


def fitting(converter: BaseConverter | None) -> Any:
    """A value that the part of an address takes, a private one where it takes any."""
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 1 if isinstance(converter, IntegerConverter) else NUMBER


def test_nobody_s_data_reaches_the_log(
    app: Flask, client: FlaskClient, session: Session, log: io.StringIO, run_jobs: Callable[[], None]
) -> None:
    """Every route by every method, with private values in path, query, form, JSON and headers; then errors."""
    app.config.update(TESTING=False)
    make_account(session, make_customer(session, phones=(PHONE,), name=NAME), number=NUMBER)
    session.commit()
    for rule in app.url_map.iter_rules():
        values = {name: fitting(rule._converters.get(name)) for name in rule.arguments}
        address = app.url_map.bind("localhost").build(rule.endpoint, values)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            if rule.endpoint.endswith("sign_out"):
                continue
            client.open(
                address, method=method, query_string={"q": PHONE, "name": NAME},
                headers={"Referer": f"http://localhost/?q={PHONE}", "X-Request-ID": NUMBER},
                **({} if method == "GET" else {"data": {"q": PHONE, "reason": NAME, "login": NUMBER}}),
            )  # fmt: skip
    assert len(lines(log)) > len(list(app.url_map.iter_rules())) / 2
    assert [word for word in PRIVATE if word in log.getvalue()] == []


def test_an_error_tells_its_place_and_nobody_s_data(
    app: Flask, client: FlaskClient, session: Session, log: io.StringIO, run_jobs: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    app.config.update(TESTING=False)

    def fail(*_arguments: Any, **_options: Any) -> None:
        try:
            session.execute(text("select * from there_is_no_such_table where name = :name"), {"name": NAME})
        finally:
            session.rollback()
        raise AssertionError("the statement should have failed")

    def quote(_work: Any) -> dict[str, Any]:
        raise ValueError(f"{NAME} {PHONE} cannot be read")

    monkeypatch.setattr("app.lookup.views.lookup", fail, raising=False)
    monkeypatch.setitem(app.view_functions, "operations.healthz", fail)
    app.view_functions["operations.healthz"].permission = Permission.PUBLIC  # type: ignore[attr-defined]
    assert client.get(f"/healthz?q={PHONE}").status_code == 500
    add_handler(app, "quote", quote, Permission.GRID_EDIT)
    job = enqueue(session, "quote", NAME, phone=PHONE)
    session.commit()
    run_jobs()
    failed = [line for line in lines(log) if line["level"] == "error"]
    assert [line["message"] for line in failed] == ["a request failed", "the job failed"]
    assert failed[1]["job"] == job.id
    assert "ValueError" in failed[1]["error"][0]
    assert any(place.split()[-1] == "quote" for place in failed[1]["error"])
    assert [word for word in PRIVATE if word in log.getvalue()] == []


def test_other_people_s_libraries_tell_their_pattern_only(log: io.StringIO) -> None:
    logging.getLogger("gunicorn.error").error("Error handling request %s", f"/?q={PHONE}")
    assert lines(log)[-1]["message"] == "Error handling request %s"


def test_a_terminal_gets_lines_for_people() -> None:
    record = logging.LogRecord("gridcrm.request", logging.INFO, __file__, 1, "request", (), None)
    record.fields = {"status": 200, "user": None}
    told = logs.Readable().format(record)
    assert told.endswith("info    gridcrm.request: request status=200")
