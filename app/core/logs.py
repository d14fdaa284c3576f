"""The log: one JSON object a line, or text on a terminal; neither holds what people are called or where they live.

A line has the moment, the level, who says it and what; what is known of the request or job stands beside it. Of an
error only its type and the places in the code are told: the text of an exception may quote a row.
"""

import json
import logging
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from app.core.settings import LOG_FORMATS

FIELDS: ContextVar[dict[str, Any]] = ContextVar("log_fields", default={})  # noqa: B039 - never changed, only replaced
OWN = ("app", "gridcrm")
"""Loggers whose sentences are ours, and so are known to hold nothing personal."""


@contextmanager
def log_fields(**fields: Any) -> Iterator[None]:
    """Put these fields on every line that the block logs."""
    token = FIELDS.set({**FIELDS.get(), **fields})
    try:
        yield
    finally:
        FIELDS.reset(token)


def _message(record: logging.LogRecord) -> str:
    """The sentence; of other people's libraries only the pattern, without the values put into it."""
    return record.getMessage() if record.name.split(".")[0] in OWN else str(record.msg)


def _places(error: BaseException) -> list[str]:
    """The types of an error and its causes, and where in the code each came up; never their texts."""
    told: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(told) < 60:
        told.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        frames = traceback.extract_tb(cause.__traceback__)
        told += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return told


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
        **FIELDS.get(),
        **getattr(record, "fields", {}),
    }
    if record.exc_info and record.exc_info[1]:
        facts["error"] = _places(record.exc_info[1])
    return facts


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        return json.dumps(_facts(record), ensure_ascii=False, default=str)


class Readable(logging.Formatter):
    """A line for people, and the places of an error below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        facts = _facts(record)
        head = f"{facts.pop('time')} {facts.pop('level'):7} {facts.pop('logger')}: {facts.pop('message')}"
        places = facts.pop("error", [])
        rest = " ".join(f"{name}={value}" for name, value in facts.items() if value is not None)
        return "\n".join([f"{head} {rest}".rstrip(), *places])


def _log_warning(_message: Any, category: type[Warning], filename: str, lineno: int, *_more: Any) -> None:
    logging.getLogger("py.warnings").warning(f"{category.__name__} at {filename}:{lineno}")


def set_up(form: str, level: int = logging.INFO) -> None:
    """Send the program's log to standard error: `json`, `text`, or text on a terminal and JSON elsewhere."""
    if form not in LOG_FORMATS:
        raise SystemExit(f"GRIDCRM_LOG must be one of {', '.join(LOG_FORMATS)}, not {form!r}")
    handler = logging.StreamHandler()
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler.setFormatter(Readable() if as_text else JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OWN:
        logging.getLogger(name).setLevel(level)
    warnings.showwarning = _log_warning  # type: ignore[assignment]
