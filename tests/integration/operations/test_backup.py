"""Backups: whole, provable, and back again without losing what stands."""

import json
import shutil
import sqlite3
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.database import database
from app.core.errors import Conflict, DomainError
from app.core.settings import Settings, settings
from app.core.staging import is_sqlite
from app.customers.models import Account, Customer
from app.jobs.models import Job
from app.operations.backup import embedded, postgres, service
from tests.factories import make_account, make_cell, make_meter_point, square


@pytest.fixture
def register(session: Session) -> Session:
    """A small register with a bit of everything that is hard to copy: geometry, bytes, JSON, moments, Chinese."""
    make_meter_point(session, account=make_account(session, number="0317000001"))
    make_cell(session, shape=square())
    session.add(Job(kind="import", title="户号.csv", state="running", language="zh", parameters={"名": [1, None]}))
    session.execute(text("insert into pair_posting values (1, 2, :packed)"), {"packed": b"\x00\xff\x01"})
    session.commit()
    return session


def back_up(tmp_path: Path, **options: Any) -> service.Made:
    return service.back_up(settings(), tmp_path / "one.gridcrm", **options)


def accounts(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count(Account.id))) or 0


def spoil(path: Path, part: str, content: bytes) -> Path:
    """The same archive with another content of one part."""
    spoiled = path.with_name("spoiled.gridcrm")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(spoiled, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return spoiled


def with_manifest(path: Path, **fields: Any) -> Path:
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json")) | fields
    return spoil(path, "manifest.json", json.dumps(manifest).encode())


def test_a_backup_is_the_register(register: Session, tmp_path: Path) -> None:
    made = back_up(tmp_path, verify=True)
    assert made.verified
    assert made.manifest.tables["account"].rows == 1
    assert made.manifest.tables["account"].digest
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("*gridcrm*")] == ["one.gridcrm"]


def test_what_was_lost_comes_back(register: Session, tmp_path: Path) -> None:
    made = back_up(tmp_path)
    before = register.scalars(select(Account.number)).all()
    make_account(register)
    register.commit()
    register.close()
    restored = service.restore(settings(), made.path, replace=True)
    assert restored.key_fits
    assert register.scalars(select(Account.number)).all() == before
    assert register.scalar(select(Job.state)) == "queued", "what ran when the backup was made is to be done again"


def test_a_backup_goes_on_while_somebody_writes(register: Session, tmp_path: Path) -> None:
    make_account(register)
    register.flush()
    made = back_up(tmp_path, verify=True)
    register.commit()
    assert (made.manifest.tables["account"].rows, accounts(register)) == (1, 2)


def test_files_and_the_key_go_with_it(register: Session, tmp_path: Path) -> None:
    instance = settings().instance
    for name in ("cards/cards.typ", "cards/prints/7.pdf", "uploads/a.csv"):
        (instance / name).parent.mkdir(parents=True, exist_ok=True)
        (instance / name).write_text(name)
    made = back_up(tmp_path)
    kept = {name for name in made.manifest.parts if name.startswith("files/")}
    assert kept == {"files/cards/cards.typ", "files/uploads/a.csv", "files/secret_key"}
    register.close()
    elsewhere = Settings(instance=tmp_path / "elsewhere", database_url=settings().database_url)
    assert (elsewhere.instance / "secret_key").read_text() != settings().secret_key
    service.restore(elsewhere, made.path, replace=True)
    assert (elsewhere.instance / "secret_key").read_text() == settings().secret_key
    assert (elsewhere.instance / "cards/cards.typ").read_text() == "cards/cards.typ"


def test_a_backup_without_the_key_says_so(register: Session, tmp_path: Path) -> None:
    made = back_up(tmp_path, with_key=False)
    assert not made.manifest.has_key
    register.close()
    assert service.restore(settings(), made.path, replace=True).key_fits
    other = Settings(instance=tmp_path / "elsewhere", database_url=settings().database_url)
    assert not service.restore(other, made.path, replace=True).key_fits


def test_a_register_with_data_is_only_replaced_on_demand(register: Session, tmp_path: Path) -> None:
    made = back_up(tmp_path)
    with pytest.raises(Conflict, match="--replace"):
        service.restore(settings(), made.path)


def test_an_existing_file_is_not_written_over(register: Session, tmp_path: Path) -> None:
    back_up(tmp_path)
    with pytest.raises(Conflict, match="exists"):
        back_up(tmp_path)


def test_a_damaged_backup_leaves_the_register(register: Session, tmp_path: Path) -> None:
    made = back_up(tmp_path)
    part = embedded.PART if is_sqlite(register) else postgres.PART
    with pytest.raises(DomainError, match="damaged"):
        service.restore(settings(), spoil(made.path, part, b"nothing"), replace=True)
    assert accounts(register) == 1


def test_a_backup_with_too_few_rows_leaves_the_register(register: Session, tmp_path: Path) -> None:
    made = back_up(tmp_path)
    tables = {name: {"rows": held.rows + (name == "account")} for name, held in made.manifest.tables.items()}
    path = with_manifest(made.path, tables=tables)
    register.close()
    with pytest.raises(DomainError, match="account"):
        service.restore(settings(), path, replace=True)
    assert accounts(register) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"revision": "9999_from_the_future"}, "newer than this gridcrm"),
        ({"form": 99}, "newer gridcrm"),
        ({"database": "oracle"}, "backup of oracle"),
        ({"tables": None}, "no whole backup"),
        ({"parts": {"../../evil": "0"}}, "damaged"),
    ],
)
def test_what_does_not_fit_is_refused(register: Session, tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    made = back_up(tmp_path)
    with pytest.raises(DomainError, match=said):
        service.restore(settings(), with_manifest(made.path, **fields), replace=True)
    assert accounts(register) == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive"])
def test_half_a_file_is_no_backup(app: Flask, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "half").write_bytes(content)
    with pytest.raises(DomainError, match="no whole backup"):
        service.restore(settings(), tmp_path / "half")


def test_a_comparison_finds_a_changed_row(register: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digests of the register are compared with those of what was really restored."""
    honest = service.embedded.contents_of if is_sqlite(register) else service.postgres.contents_of

    def altered(*arguments: Any, **options: Any) -> Any:
        if is_sqlite(register):
            with sqlite3.connect(arguments[0]) as copy:
                copy.execute("update customer set name = name || '?'")
        else:
            with postgres.psycopg.connect(arguments[0]) as copy_:
                copy_.execute("update customer set name = name || '?'")
        return honest(*arguments, **options)

    monkeypatch.setattr(service.embedded if is_sqlite(register) else service.postgres, "contents_of", altered)
    with pytest.raises(DomainError, match="customer"):
        back_up(tmp_path, verify=True)
    assert list(tmp_path.glob("*gridcrm*")) == []


def test_an_empty_scratch_database_is_enough(register: Session, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if is_sqlite(register):
        pytest.skip("SQLite needs no scratch database")
    from tests.postgis import create_database, drop_database

    maintenance = request.getfixturevalue("postgis_cluster")
    url = create_database(maintenance, "scratch_of_backup")
    try:
        assert back_up(tmp_path, verify=True, scratch=url).verified
        with pytest.raises(DomainError, match="not empty"):
            service.back_up(settings(), tmp_path / "two", verify=True, scratch=settings().database_url)
    finally:
        drop_database(maintenance, "scratch_of_backup")


def test_in_a_folder_the_newest_stay(register: Session, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in ("gridcrm-20200101T000000Z.gridcrm", "gridcrm-20990101T000000Z.gridcrm", "mine.gridcrm"):
        (folder / name).touch()
    made = service.back_up(settings(), folder)
    gone = service.forget_older(folder, made.path, keep=2)
    assert [path.name for path in gone] == ["gridcrm-20200101T000000Z.gridcrm"]
    assert made.path.exists()


def test_what_a_killed_backup_left_is_cleared_away(register: Session, tmp_path: Path) -> None:
    left = tmp_path / ".gridcrm-scratch"
    (left / "verify").mkdir(parents=True)
    (left / "backup.part").write_text("half")
    back_up(tmp_path)
    assert not left.exists()


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(DomainError, match="postgresql-client-99"):
        postgres.find_program("pg_dump", 99)


def test_customers_survive_byte_by_byte(register: Session, tmp_path: Path) -> None:
    names = register.scalars(select(Customer.name).order_by(Customer.id)).all()
    made = back_up(tmp_path)
    register.execute(text("update customer set name = '-'"))
    register.commit()
    register.close()
    service.restore(settings(), made.path, replace=True)
    database().engine.dispose()
    assert register.scalars(select(Customer.name).order_by(Customer.id)).all() == names
