"""The rules of the house that a linter does not know."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app import create_app
from app.core.settings import Settings

ROOT = Path(__file__).parents[2]
CODE = [path for folder in ("app", "gis") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_slices_import_downwards_only() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout


def test_views_hold_no_queries() -> None:
    views = [path for path in CODE if path.stem.split("_")[-1] in ("views", "api")]
    query = re.compile(r"\b(select|insert|update|delete)\(|session\.(execute|scalars?|query|get)\(")
    assert [str(path) for path in views if query.search(path.read_text("utf-8"))] == []


def test_services_know_no_http() -> None:
    services = [path for path in CODE if path.name in ("service.py", "bulk.py", "queries.py")]
    http = re.compile(r"from flask import .*\b(request|session|redirect|render_template|abort|g)\b")
    assert [str(path) for path in services if http.search(path.read_text("utf-8"))] == []


def test_services_never_commit() -> None:
    """Only entry points commit: the request, a command, a job's handler. A savepoint is no commit."""
    commit = "session.commit()"
    assert [str(path) for path in CODE if path.name != "database.py" and commit in path.read_text("utf-8")] == []


def test_no_file_is_a_drawer() -> None:
    assert [str(path) for path in CODE if path.stem in ("utils", "helpers", "common", "misc")] == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


def test_migrations_stand_in_one_line() -> None:
    files = sorted((ROOT / "migrations/versions").glob("*.py"))
    former = None
    for number, path in enumerate(files, start=1):
        text = path.read_text("utf-8")
        assert path.name.startswith(f"{number:04}_")
        assert f'revision = "{path.stem}"' in text
        assert ("down_revision = None" if former is None else f'down_revision = "{former}"') in text
        former = path.stem


def test_pages_link_to_endpoints_that_there_are(tmp_path: Path) -> None:
    """A page that is rarely drawn would break only then."""
    app = create_app(Settings(instance=tmp_path))
    named = re.compile(r"url_for\(\s*[\"'](\w+\.\w+)[\"']")
    sources = [*CODE, *sorted((ROOT / "app").rglob("templates/**/*.html"))]
    linked = {(found, path.name) for path in sources for found in named.findall(path.read_text("utf-8"))}
    assert {each for each in linked if each[0] not in app.view_functions} == set()
