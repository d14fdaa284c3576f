"""Whatever the description allows is asked, and much that it forbids: schemathesis finds nothing."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from sqlalchemy import null, select
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from app.customers.models import Account
from app.customers.search import index_accounts
from tests.factories import (
    make_account,
    make_area,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_plan,
    make_station,
    own,
    square,
)
from tests.integration.api.conftest import Program

NUMBERS = itertools.count()
CONFIG = Path(__file__).with_name("schemathesis.toml")


def settle(session: Session) -> None:
    """A small register: two neighbouring cells, two managers, a customer in each of three boxes; a plan."""
    station = make_station(session, code="JB", boundary=square())
    area = make_area(session, station)
    managers = [make_manager(session, station, code=f"KH{number}") for number in (1, 2)]
    for number, manager in enumerate(managers):
        cell = make_cell(session, station, code=f"JB-00{number}", shape=square(114.4 + number / 100), households=2)
        own(session, cell, manager)
        box = make_box(session, station, (114.405 + number / 100, 23.105), transformer_area_id=area.id)
        account = make_account(session, make_customer(session, ("13912345678",)), address="水门路12号3栋501房")
        make_meter_point(session, box, account, cell_id=cell.id, reason="inside", cause=null())
    make_meter_point(session, make_box(session, station))
    make_plan(session, station)
    index_accounts(session, select(Account.id))
    session.commit()


@schemathesis.hook
def before_call(_context: object, case: schemathesis.Case, _kwargs: dict[str, object]) -> None:
    """Whoever names two acts alike is refused, and rightly so: that has tests of its own."""
    name = case.headers.get("Idempotency-Key")
    if name:
        number = str(next(NUMBERS))
        kept = name if len(name) < 200 else name[: -len(number)]  # the longest stay as long as they are
        case.headers["Idempotency-Key"] = kept + number


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application listens: schemathesis asks over HTTP, as clients do."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.extensions["gridcrm.settings"].__dict__["requests_per_minute"] = 0
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Quiet(WSGIRequestHandler):
    """Logs nothing: hundreds of lines would hide a failure."""

    def log(self, *_args: object) -> None:
        """Say nothing."""


def test_schemathesis_finds_nothing(
    session: Session, program: Program, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(session)
    monkeypatch.setenv("GRIDCRM_TOKEN", program.token)
    config = SchemathesisConfig.from_path(CONFIG)
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json", config=config)
    found: list[str] = []
    asked = 0
    for event in from_schema(schema).execute():
        if isinstance(event, FatalError):
            raise event.exception
        if isinstance(event, NonFatalError):
            found.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, ScenarioFinished):
            asked += len(event.recorder.interactions)
            for case, checks in event.recorder.checks.items():
                command = event.recorder.cases[case].value.as_curl_command()
                found += [
                    f"{check.failure_info.failure.title}: {check.failure_info.failure.message}: {command}"[:1500]
                    for check in checks
                    if check.failure_info
                ]
    assert found == [], "\n\n".join(sorted(found))
    assert asked > 500
