"""The suite makes thousands of applications in a process: what is the same in each is compiled for the first alone."""

from typing import Any

from sqlalchemy import Engine
from werkzeug.routing import Rule

from app.core import database

COMPILED = ("_parts", "_trace", "_converters", "_build", "_build_unknown", "arguments")
"""What `Rule.compile` leaves in a rule."""


LENDERS: dict[str, Engine] = {}
"""The engine of each dialect that has met its database."""


def share_routes() -> None:
    """Let a rule match and write addresses by what the same rule of an earlier application has compiled."""
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    compile_rule = Rule.compile

    def compile_once(rule: Rule) -> None:
        assert rule.map is not None
        key = (rule.rule, rule.subdomain, repr(rule.defaults), *rule.map.converters.values())
        if key not in known:
            compile_rule(rule)
            known[key] = {name: vars(rule)[name] for name in COMPILED}
        vars(rule).update(known[key])

    Rule.compile = compile_once  # type: ignore[method-assign]


def lend_statements(engine: Engine) -> None:
    """Let engines for the same kind of database, made from now on, take the SQL that was put together for this one.

    It must have been connected: only then does its dialect know what the server can do.
    """
    LENDERS[engine.dialect.name] = engine


def share_statements() -> None:
    """Let an application's engine take what its kind of database has been asked before."""
    make_engine = database.make_engine

    def make_alike(url: str) -> Engine:
        engine = make_engine(url)
        if lender := LENDERS.get(engine.dialect.name):
            engine.dialect, engine._compiled_cache = lender.dialect, lender._compiled_cache
        return engine

    database.make_engine = make_alike


def spare_the_disk() -> None:
    """A test's SQLite file need not outlive a power cut: nothing waits until it lies on the disk."""
    database.SQLITE_PRAGMAS = (*database.SQLITE_PRAGMAS, "PRAGMA synchronous = OFF")
