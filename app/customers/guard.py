"""No request reads personal data but through a statement that says how it is scoped."""

import re
from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context
from sqlalchemy import event

from app.core.database import Database

PERSONAL = ("customer", "customer_phone", "special_care", "account", "account_text", "pair_posting")
"""The tables whose rows are personal data."""

_SELECTS = re.compile(r"[\s(]*(select|with)\b", re.IGNORECASE)
_READS = re.compile(rf"(?:\b(?:from|join)\s|,)[\s(]*\"?({'|'.join(PERSONAL)})\b", re.IGNORECASE)


class Unscoped(RuntimeError):
    """A request's statement reads personal data, and nothing says that it is scoped: a fault of the program."""


def init_app(app: Flask) -> None:
    """Watch every statement that goes to the database; register it after the database."""
    database: Database = app.extensions["gridcrm.database"]
    event.listen(database.engine, "before_cursor_execute", _watch)


def _watch(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    """Refuse a request's SELECT of personal data without the mark `scoped` (see `app.customers.scope`).

    It looks at the text that goes to the database: a relationship that an option joins, or that is loaded when it is
    touched, stands in no statement before that.
    """
    if not has_request_context() or context.execution_options.get("scoped"):
        return
    table = _personal_table(statement)
    if table:
        raise Unscoped(f"A statement reads {table} and is not scoped.")


@lru_cache(maxsize=1024)
def _personal_table(statement: str) -> str | None:
    """The first table of personal data that the text of a SELECT names."""
    found = _READS.search(statement) if _SELECTS.match(statement) else None
    return found.group(1) if found else None
