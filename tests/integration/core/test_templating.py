"""Templates that one process has compiled are ready for the next."""

from pathlib import Path

import jinja2
import pytest
from flask import Flask

from app import create_app
from app.core import templating
from app.core.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(templating, "BESIDE_MODULES", tmp_path / "kept")
    return Settings(instance=tmp_path / "instance")


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that are compiled from now on."""
    names: list[str] = []
    compile_really = jinja2.Environment.compile

    def note(self: jinja2.Environment, source: str, name: str, filename: str) -> object:
        names.append(name)
        return compile_really(self, source, name, filename)

    monkeypatch.setattr(jinja2.Environment, "compile", note)
    return names


def test_a_second_process_compiles_nothing(settings: Settings, compiled: list[str]) -> None:
    templating.compile_all(create_app(settings))
    assert len(compiled) > 50
    compiled.clear()
    templating.compile_all(create_app(settings))
    assert compiled == []


def test_a_changed_template_is_compiled_anew(settings: Settings, tmp_path: Path) -> None:
    def said() -> str:
        app = Flask(__name__, template_folder=str(tmp_path / "pages"))
        templating.prepare(app, settings)
        return app.jinja_env.get_template("page.html").render()

    page = tmp_path / "pages" / "page.html"
    page.parent.mkdir()
    page.write_text("before")
    assert said() == "before"
    page.write_text("after")
    assert said() == "after"
