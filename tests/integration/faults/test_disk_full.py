"""The disk is full: a sentence says so, nothing is lost, and all goes on when there is room."""

import io
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from app import create_app
from app.cards import tasks as cards
from app.cards.queries import Selection
from app.cards.service import printing
from app.core.access import Permission
from app.core.database import database
from app.core.settings import Settings
from app.customers.models import Account
from app.jobs.models import Job
from app.jobs.service import add_handler, enqueue
from app.operations.backup import service
from tests import postgis
from tests.factories import make_account, make_station
from tests.integration.cards.scene import make_beat
from tests.integration.faults.conftest import small_disk, state_of

FULL = "The server's disk is full; nothing was changed."
STATION = "新建供电所" * 30


def write_much(session: Session) -> None:
    """More than there is room for."""
    for number in range(400):
        make_station(session, code=f"X{number}", name=STATION)


@pytest.fixture
def full_sqlite(app: Flask, session: Session) -> Iterator[None]:
    """An embedded database that may not grow, as on a full disk."""
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL has a full disk of its own below")
    engine, limits = database().engine, {"pages": 1}

    def limit(connection: Any, *_rest: Any) -> None:
        connection.execute(f"pragma max_page_count = {limits['pages']}")

    event.listen(engine, "checkout", limit)
    engine.dispose()
    yield
    event.remove(engine, "checkout", limit)
    engine.dispose()


def stations(session: Session) -> int:
    session.rollback()
    return session.scalar(text("select count(*) from organisation_unit")) or 0


@pytest.mark.usefixtures("full_sqlite")
def test_a_job_on_a_full_sqlite_ends_with_a_sentence(
    app: Flask, session: Session, run_jobs: Callable[[], None]
) -> None:
    def much(work: Any) -> dict[str, Any]:
        with work.database.transaction() as own:
            write_much(own)
        return {}

    add_handler(app, "much", much, Permission.GRID_EDIT)
    job = enqueue(session, "much", "A test")
    session.commit()
    run_jobs()
    assert state_of(session, job) == "failed"
    assert (job.error or "").startswith(FULL)
    assert stations(session) == 0


def test_a_request_on_a_full_disk_says_so(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload that finds no room, as the operating system says it."""
    make_station(session)
    session.commit()
    app.config.update(TESTING=False)

    def refuse(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("werkzeug.datastructures.FileStorage.save", refuse)
    form = {"file": (io.BytesIO(b"a,b\n1,2\n"), "areas.csv"), "kind": "customers"}
    answer = client.post("/imports/new", data=form, content_type="multipart/form-data")
    assert answer.status_code == 507
    assert FULL.replace("'", "&#39;") in answer.text


def test_a_print_on_a_full_disk_ends_with_a_sentence(
    app: Flask, session: Session, run_jobs: Callable[[], None], tmp_path: Path
) -> None:
    job = cards.enqueue(session, Selection(manager=make_beat(session).manager.code), printing())
    session.commit()
    out = cards.print_file(job.id)
    with small_disk(out.parent, 1) as disk:
        (disk / "filler").write_bytes(b"x" * (2**20 - 8192))
        run_jobs()
        assert state_of(session, job) == "failed"
        assert (job.error or "").startswith(FULL)
        assert not out.exists()


def test_a_backup_on_a_full_disk_leaves_nothing(app: Flask, session: Session, tmp_path: Path) -> None:
    for number in range(200):
        make_account(session, address=f"{number}" * 200)
    session.commit()
    with small_disk(tmp_path / "small", 1) as disk:
        (disk / "filler").write_bytes(b"x" * (2**20 - 16384))
        with pytest.raises(Exception, match=r"No space left|full"):
            service.back_up(app.extensions["gridcrm.settings"], disk / "one.gridcrm")
        assert [path.name for path in disk.iterdir()] == ["filler"]


@pytest.fixture
def small_postgis(postgis_cluster: str) -> Iterator[tuple[str, Path]]:
    """A register whose disk is soon full; yields its address and the disk."""
    folder = Path(tempfile.mkdtemp(prefix="gridcrm-small-"))  # pytest's own folders are closed to the database's user
    folder.chmod(0o755)
    with small_disk(folder, 64):
        space = folder / "space"
        space.mkdir()
        subprocess.run(["chown", "postgres", space], check=True)
        with postgis.psycopg.connect(postgis_cluster, autocommit=True) as connection:
            connection.execute(f"create tablespace small location '{space}'")
            connection.execute("create database on_small template template_gridcrm tablespace small")
        try:
            yield postgis_cluster.rsplit("/", 1)[0] + "/on_small", folder
        finally:
            postgis.drop_database(postgis_cluster, "on_small")
            with postgis.psycopg.connect(postgis_cluster, autocommit=True) as connection:
                connection.execute("drop tablespace small")
    folder.rmdir()


def test_a_job_on_a_full_postgresql_ends_with_a_sentence_and_goes_on_with_room(
    small_postgis: tuple[str, Path], tmp_path: Path
) -> None:
    url, disk = small_postgis
    app = create_app(Settings(instance=tmp_path / "instance", database_url=url))

    def much(work: Any) -> dict[str, Any]:
        with work.database.transaction() as own:
            for number in range(work.parameters["accounts"]):
                make_account(own, address=f"{number}" * 400)
        return {}

    add_handler(app, "much", much, Permission.GRID_EDIT)
    known = app.extensions["gridcrm.jobs"]
    with app.app_context(), database().sessions() as session:
        filler = disk / "filler"
        jobs = [enqueue(session, "much", "A test", accounts=accounts) for accounts in (3000, 3)]
        session.commit()
        subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=64k"], capture_output=True, check=False)
        with filler.open("r+b") as file:
            file.truncate(filler.stat().st_size - 2**20)  # room for the job table, and little more
        known.run(jobs[0].id)
        assert state_of(session, jobs[0]) == "failed"
        assert "disk is full" in (jobs[0].error or "") or "磁盘已满" in (jobs[0].error or "")
        assert session.scalar(select(func.count(Account.id))) == 0
        session.rollback()
        filler.unlink()
        known.run(jobs[1].id)
        assert state_of(session, jobs[1]) == "done"
        assert session.scalar(select(func.count(Account.id))) == 3
        assert session.scalar(select(func.count(Job.id))) == 2
    database_of = app.extensions["gridcrm.database"]
    database_of.engine.dispose()
    known.queue.storage.close()
