"""Counters that processes share."""

import os
import sqlite3
import time
from pathlib import Path

import pytest

from app.core import limits
from app.core.limits import SqliteStorage


@pytest.fixture
def storage(tmp_path: Path) -> SqliteStorage:
    return SqliteStorage(f"gridcrm://{tmp_path / 'limits.sqlite3'}")


def test_a_window_counts_until_it_ends(storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [storage.incr("a", 60), storage.incr("a", 60), storage.incr("b", 60)] == [1, 2, 1]
    assert storage.get_expiry("a") == pytest.approx(time.time() + 60, abs=5)
    later = time.time() + 61
    monkeypatch.setattr(limits.time, "time", lambda: later)
    assert storage.get("a") == 0
    assert storage.incr("a", 60) == 1


def test_a_clock_set_back_opens_a_new_window(storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.incr("a", 60, amount=9)
    earlier = time.time() - 3600
    monkeypatch.setattr(limits.time, "time", lambda: earlier)
    assert storage.get("a") == 0
    assert storage.incr("a", 60) == 1


def test_processes_count_together(storage: SqliteStorage) -> None:
    storage.incr("a", 60)
    child = os.fork()
    if child == 0:
        os._exit(storage.incr("a", 60))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert storage.get("a") == 2


def test_counts_can_be_forgotten(storage: SqliteStorage) -> None:
    for key in ("a", "b"):
        storage.incr(key, 60)
    storage.clear("a")
    assert (storage.get("a"), storage.get("b")) == (0, 1)
    storage.reset()
    assert storage.get("b") == 0


def test_windows_that_ended_are_cleared_away(
    storage: SqliteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PURGE_EVERY", 2)
    storage.incr("old", -1)
    storage.incr("new", 60)
    with sqlite3.connect(tmp_path / "limits.sqlite3") as database:
        assert database.execute("select key from counter").fetchall() == [("new",)]
    database.close()


def test_without_its_file_nobody_is_stopped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    storage = SqliteStorage(f"gridcrm://{tmp_path / 'missing' / 'limits.sqlite3'}")
    assert not storage.check()
    assert storage.incr("a", 60) == 0
    assert "cannot be used" in caplog.text
