"""The suite makes thousands of applications in a process: what is the same in each is compiled for the first alone."""

from collections.abc import Callable
from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from app.core import database

Builder = Callable[..., tuple[str, str]]


class Templates(BytecodeCache):
    """Compiled templates by their name and text."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._known[bucket.key, bucket.checksum] = bucket.code


TEMPLATES = Templates()


def share_templates(app: Flask) -> None:
    """Let the application take what an earlier one has compiled."""
    app.jinja_env.bytecode_cache = TEMPLATES


def share_addresses() -> None:
    """Let a rule write addresses by the function that the same rule of an earlier application has compiled."""
    known: dict[tuple[str, str | None, str, bool], Builder] = {}
    compile_builder = Rule._compile_builder

    def compile_once(rule: Rule, append_unknown: bool = True) -> Builder:
        key = (rule.rule, rule.subdomain, repr(rule.defaults), append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    Rule._compile_builder = compile_once  # type: ignore[method-assign]


def spare_the_disk() -> None:
    """A test's SQLite file need not outlive a power cut: nothing waits until it lies on the disk."""
    database.SQLITE_PRAGMAS = (*database.SQLITE_PRAGMAS, "PRAGMA synchronous = OFF")
