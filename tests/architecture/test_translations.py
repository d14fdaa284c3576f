"""Every text that a user reads exists in both languages."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

APP = Path(__file__).parents[2] / "app"
SLICES = sorted(path.name for path in APP.iterdir() if path.is_dir() and path.name not in ("static", "__pycache__"))
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_l": None}
CHINESE = re.compile(r"[㐀-鿿]")
JINJA = re.compile(r"{% block page_class %}.*?{% endblock %}|{%.*?%}|{{.*?}}|{#.*?#}", re.S)
TAGS = re.compile(r"<style.*?</style>|<[^>]*>|&\w+;", re.S)
BRAND = {"电管家", "gridcrm", "· gridcrm 电管家", "PNG"}


def messages_of(name: str) -> set[str]:
    found = list(extract_from_dir(str(APP / name), METHODS, keywords=KEYWORDS))
    if name == "core":  # its catalogue serves the files beside the slices too
        found += extract_from_dir(str(APP), METHODS, keywords=KEYWORDS, directory_filter=lambda path: path == str(APP))
    return {text for _file, _line, message, _comments, _context in found for text in _each(message)}


def _each(message: str | tuple[str, ...]) -> list[str]:
    return [message[0]] if isinstance(message, tuple) else [message]


def catalogue_of(name: str) -> dict[str, str]:
    path = APP / name / "translations/zh/LC_MESSAGES/messages.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {_each(m.id)[0]: _each(m.string)[0] for m in read_po(file, locale="zh") if m.id and not m.fuzzy}


@pytest.mark.parametrize("name", SLICES)
def test_every_text_of_a_slice_has_its_chinese(name: str) -> None:
    catalogue = catalogue_of(name)
    assert {text for text in messages_of(name) if not catalogue.get(text)} == set()


@pytest.mark.parametrize("name", SLICES)
def test_no_catalogue_keeps_what_nobody_says(name: str) -> None:
    assert set(catalogue_of(name)) - messages_of(name) == set()


def test_one_text_has_one_translation() -> None:
    seen: dict[str, dict[str, str]] = {}
    for name in SLICES:
        for text, chinese in catalogue_of(name).items():
            seen.setdefault(text, {})[name] = chinese
    assert {text: by for text, by in seen.items() if len(set(by.values())) > 1} == {}


@pytest.mark.parametrize("path", sorted(APP.glob("*/templates/**/*.html")), ids=lambda path: path.name)
def test_templates_say_nothing_outside_gettext(path: Path) -> None:
    words = (word.strip() for word in TAGS.sub("\n", JINJA.sub("", path.read_text("utf-8"))).split("\n"))
    assert [word for word in words if re.search(r"[A-Za-z㐀-鿿]{2,}", word) and word not in BRAND] == []


def test_code_speaks_through_the_catalogue() -> None:
    """Chinese in Python code is data (aliases, surnames), never a message in a view or service."""
    spoken = ("views.py", "service.py", "api.py", "tasks.py", "errors.py", "queries.py")
    lines = (
        (path, line)
        for path in APP.glob("*/*.py")
        if path.name in spoken
        for line in path.read_text("utf-8").splitlines()
    )
    assert [
        (path.name, line) for path, line in lines if CHINESE.search(line) and "#" not in line and '"""' not in line
    ] == []
