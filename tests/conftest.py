"""The application on both databases, empty and migrated, a fresh one for every test."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from hypothesis import settings as hypothesis_settings
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app
from app.core import migrate
from app.core.access import Role
from app.core.database import database, make_engine
from app.core.settings import Settings
from tests import postgis
from tests.factories import accounts
from tests.many_apps import lend_statements, share_routes, share_statements, spare_the_disk
from tests.postgis_reused import Reused

hypothesis_settings.register_profile("gridcrm", deadline=None)
hypothesis_settings.load_profile("gridcrm")
share_routes()
share_statements()
spare_the_disk()


def pytest_collection_finish() -> None:
    """What has been imported by now stays: no collection of garbage looks through it again."""
    gc.collect()
    gc.freeze()


REQUIRED = set(filter(None, os.environ.get("GRIDCRM_TEST_REQUIRE", "").split(",")))


def missing(what: str, reason: str) -> None:
    """Skip, or fail where the machine promised to have it."""
    if what in REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    engine.dispose()
    lend_statements(engine)
    return path


@pytest.fixture(scope="session")
def postgis_cluster() -> Iterator[str]:
    programs = postgis.find_programs()
    if programs is None:
        missing("postgis", "PostgreSQL with PostGIS is not installed")
    with postgis.cluster(programs) as maintenance:
        engine = make_engine(_driver(postgis.create_database(maintenance, "template_gridcrm")))
        migrate.upgrade(engine)
        engine.dispose()
        lend_statements(engine)
        yield maintenance


@pytest.fixture(scope="session")
def postgis_database(postgis_cluster: str) -> Reused:
    return Reused(postgis_cluster, "test", "template_gridcrm")


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(params=["sqlite", "postgis"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty, migrated database."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "test.sqlite3")
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    reused = request.getfixturevalue("postgis_database")
    yield reused.url
    reused.empty()


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(Settings(instance=tmp_path / "instance", database_url=database_url))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = Client
    with app.app_context(), force_locale("en"):
        yield app
        database().engine.dispose()
        app.extensions["gridcrm.jobs"].queue.storage.close()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session of the test's own; what it wants others to see it commits."""
    with database().sessions() as session:
        yield session


class Client(FlaskClient):
    """A client that reads every answer to its end, as a browser does; no request sees the test's own context."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        with self.application.app_context():
            return super().open(*args, buffered=buffered, **kwargs)


EVERY_ROLE = (Role.SUPERVISOR, Role.HOTLINE, Role.CLERK, Role.ADMINISTRATOR, Role.AUDITOR)


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    """A browser without a browser, reading English, in which nobody is signed in."""
    client = app.test_client()
    client.set_cookie("language", "en")
    return client


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """The same, signed in as somebody who may do everything everywhere."""
    return accounts.client_of(app, *EVERY_ROLE, login="chief")


@pytest.fixture
def run_jobs(app: Flask) -> Callable[[], None]:
    """Do what is queued, as the worker would, and come back when all of it has ended."""
    queue = app.extensions["gridcrm.jobs"].queue

    def run() -> None:
        while task := queue.dequeue():
            queue.execute(task)

    return run
