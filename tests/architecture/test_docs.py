"""What the documents show exists: commands, options, pages, files."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from app import create_app
from app.cli import main
from app.core.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^ *```\w*\n(.*?)^ *```", re.S | re.M)
CALL = re.compile(r"\s*(?:[A-Z_]+=\S*\s+)*gridcrm((?:\s.*)?)")
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
PAGE = re.compile(r"/|/[a-z][\w./<>*-]*(?:\?\S*)?")
LARGEST_PICTURE = 120_000
MOST_PICTURES = 12


def code_of(text: str) -> Iterator[str]:
    """Every line of the code blocks, and every inline code."""
    for block in FENCED.findall(text):
        yield from block.splitlines()
    yield from INLINE.findall(FENCED.sub("", text))


def commands_of(text: str) -> list[list[str]]:
    """The words after every `gridcrm`, without comments and the variables set before it."""
    parts = (part for code in code_of(text) for part in re.split(r"&&|;", re.sub(r"(^|\s)#.*", "", code)))
    return [shlex.split(called[1]) for part in parts if (called := CALL.fullmatch(part))]


def unknown_of(words: list[str]) -> list[str]:
    """The commands, options and chosen words among these that gridcrm does not know."""
    command: click.Command = main
    context = click.Context(command)
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        known = command.get_command(context, rest[0])
        if known is None:
            return [rest[0]]
        command, rest = known, rest[1:]
    options = {name: option for option in command.params if isinstance(option, click.Option) for name in option.opts}
    names = {*options, "--help", *(["--version"] if command is main else [])}
    wrong = [word for word in rest if word.startswith("--") and word not in names]
    given: list[tuple[click.Parameter, str]] = [
        (options[name], value) for name, value in pairwise(rest) if name in options
    ]
    given += zip((argument for argument in command.params if isinstance(argument, click.Argument)), rest, strict=False)
    return wrong + [
        word for asked, word in given if isinstance(asked.type, click.Choice) and word not in asked.type.choices
    ]


def pages_of(text: str) -> list[str]:
    """Addresses of pages in inline code, and those of this installation in links."""
    inline = [code for code in INLINE.findall(FENCED.sub("", text)) if PAGE.fullmatch(code)]
    return inline + re.findall(r"http://127\.0\.0\.1:8000(/[^\s>)\"`;]*)", text)


def leads_somewhere(app: Flask, address: str) -> bool:
    """Whether the URL map has the page; an address that ends in / may also name a part of the site."""
    path = re.sub(r"<\w+>", "1", address.split("?")[0])
    adapter = app.url_map.bind("localhost")
    for candidate in (path, path + "1") if path.endswith("/") else (path,):
        try:
            adapter.match(candidate)
        except (RequestRedirect, MethodNotAllowed):  # what is only posted to is there too
            return True
        except HTTPException:
            continue
        return True
    return False


@pytest.fixture(scope="module")
def plain_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(Settings(instance=tmp_path_factory.mktemp("instance")))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_commands_that_are_shown_exist(path: Path) -> None:
    shown = commands_of(path.read_text("utf-8"))
    assert {" ".join(words): wrong for words in shown if (wrong := unknown_of(words))} == {}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_pages_that_are_shown_exist(path: Path, plain_app: Flask) -> None:
    assert [page for page in pages_of(path.read_text("utf-8")) if not leads_somewhere(plain_app, page)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_relative_links_lead_to_files(path: Path) -> None:
    links = [first or second for first, second in LINK.findall(path.read_text("utf-8"))]
    own = [link.split("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in own if not (path.parent / link).exists()] == []


def test_what_does_not_exist_is_noticed(plain_app: Flask) -> None:
    lines = ["A=1 gridcrm map --colour red && gridcrm map --by size", "gridcrm import cats a.csv  # meow"]
    shown = commands_of("\n".join(["`gridcrm cells glue`", "```sh", *lines, "```", ""]))
    assert [unknown_of(words) for words in shown] == [["--colour"], ["size"], ["cats"], ["glue"]]
    assert not leads_somewhere(plain_app, "/nowhere")


def test_pictures_are_few_and_small() -> None:
    pictures = list((ROOT / "docs/pictures").glob("*"))
    assert len(pictures) <= MOST_PICTURES
    assert [picture.name for picture in pictures if picture.stat().st_size > LARGEST_PICTURE] == []
