"""Migrations: forward from a released schema with data in it, one process at a time, wholly or not at all."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.core import migrate
from app.core.database import make_engine
from tests import postgis
from tests.processes import FORKS

HERE = Path(__file__).parent
RELEASED = sorted(HERE.glob("register_at_*.json"))
"""Rows of the demo city as a released schema had them; geometry and bytes in hexadecimal."""

Kept = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=["sqlite", "postgis"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without a schema."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'old.sqlite3'}")
        yield engine
        engine.dispose()
        return
    maintenance = request.getfixturevalue("postgis_cluster")
    url = postgis.create_database(maintenance, "old_schema")
    engine = make_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()
    postgis.drop_database(maintenance, "old_schema")


def at_revision(engine: Engine, path: Path) -> Kept:
    """Bring the database to a released schema and fill it with the rows kept of it."""
    number = re.findall(r"\d{4}", path.name)[0]
    migrate.upgrade(engine, next(revision for revision in migrate.known() if revision.startswith(number)))
    kept: Kept = json.loads(path.read_text("utf-8"))
    with engine.begin() as connection:
        for table, rows in kept.items():
            for row in rows:
                marks = ", ".join(_mark(engine, name, value) for name, value in row.items())
                values = {name: _bound(engine, value) for name, value in row.items()}
                connection.execute(text(f"insert into {table} ({', '.join(row)}) values ({marks})"), values)
    return kept


def _mark(engine: Engine, name: str, value: Any) -> str:
    is_shape = isinstance(value, dict) and "wkb" in value
    return f"st_geomfromwkb(:{name}, 4326)" if is_shape and engine.dialect.name == "postgresql" else f":{name}"


def _bound(engine: Engine, value: Any) -> Any:
    return bytes.fromhex(next(iter(value.values()))) if isinstance(value, dict) else value


def held(engine: Engine, kept: Kept) -> dict[str, list[str]]:
    """What the database holds in the columns that were filled."""
    with engine.connect() as connection:
        return {
            table: sorted(repr(row) for row in connection.execute(text(f"select {', '.join(rows[0])} from {table}")))
            for table, rows in kept.items()
        }


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_a_released_register_comes_forward_with_all_it_holds(empty: Engine, path: Path) -> None:
    kept = at_revision(empty, path)
    before = held(empty, kept)
    assert {table: len(rows) for table, rows in before.items()} == {table: len(rows) for table, rows in kept.items()}
    migrate.upgrade(empty)
    assert migrate.current(empty) == migrate.head()
    assert held(empty, kept) == before


def migrate_at(url: str) -> None:
    migrate.upgrade(make_engine(url))


def test_two_migrations_at_once_both_end_well(empty: Engine) -> None:
    at_revision(empty, RELEASED[0])
    url = empty.url.render_as_string(hide_password=False)
    both = [FORKS.Process(target=migrate_at, args=(url,)) for _number in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert migrate.current(empty) == migrate.head()


def test_a_migration_that_fails_leaves_the_old_schema(empty: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step breaks, after all others have been done."""
    kept = at_revision(empty, RELEASED[0])
    old, before = migrate.current(empty), held(empty, kept)
    with monkeypatch.context() as broken:
        broken.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", _fail_at_the_head)
        with pytest.raises(DBAPIError):
            migrate.upgrade(empty)
    assert migrate.current(empty) == old
    assert held(empty, kept) == before
    migrate.upgrade(empty)
    assert migrate.current(empty) == migrate.head()


def _fail_at_the_head(maintainer: Any, step: Any) -> None:
    if migrate.head() in step.to_revisions:
        maintainer.context.connection.execute(text("select * from there_is_no_such_table"))
    maintainer.heads = set(step.to_revisions)
    maintainer.context.connection.execute(
        text("update alembic_version set version_num = :to"), {"to": step.to_revisions[0]}
    )
