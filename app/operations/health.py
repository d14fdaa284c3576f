"""Whether the service can do its work, in words that tell an outsider nothing more."""

import logging
import shutil
import time
from collections.abc import Callable
from functools import lru_cache

from sqlalchemy import Engine

from app.core import migrate
from app.core.database import database
from app.core.settings import settings
from app.jobs.queue import Board
from app.jobs.service import jobs

logger = logging.getLogger(__name__)

SILENT = 30
"""Seconds without a heartbeat after which the worker counts as gone."""
LEAST_FREE = 200 * 2**20
"""Bytes that must be free where the register and the uploads lie."""
OK = "ok"


def readiness() -> dict[str, str]:
    """What was looked at, and "ok" or one word for what is wrong."""
    checks: dict[str, Callable[[], str]] = {
        "database": lambda: schema(database().engine),
        "worker": lambda: worker(jobs().board),
        "disk": disk,
    }
    return {name: _answer(name, check) for name, check in checks.items()}


def _answer(name: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception:
        logger.exception(f"not ready: {name}")
        return "unreachable"


@lru_cache(maxsize=1)
def _head() -> str | None:
    return migrate.head()


def schema(engine: Engine) -> str:
    """Whether the database answers, with the schema that the program was written for."""
    return OK if migrate.current(engine) == _head() else "schema"


def worker(board: Board) -> str:
    """Whether the worker was heard lately; a moment far in the future comes from a clock that was set back."""
    beat = board.last_beat()
    return OK if beat is not None and abs(time.time() - beat) < SILENT else "silent"


def disk() -> str:
    """Whether there is room to work."""
    return OK if shutil.disk_usage(settings().instance).free >= LEAST_FREE else "full"
