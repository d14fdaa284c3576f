"""How often somebody may ask: counters that all processes of the service share."""

import ipaddress
import logging
import math
import os
import sqlite3
import threading
import time
from datetime import timedelta
from typing import Any

from flask import Flask, Response, request
from flask_babel import format_timedelta, lazy_gettext
from flask_limiter import Limiter, RateLimitExceeded
from limits import RateLimitItem, parse_many
from limits.storage import Storage
from werkzeug.exceptions import Unauthorized

from app.core.access import viewer_or_none
from app.core.errors import DomainError
from app.core.settings import Settings, settings

logger = logging.getLogger(__name__)

UNLIMITED = frozenset({"static", "operations.healthz", "operations.readyz"})
"""Endpoints that browsers and monitors ask as often as they like."""
PURGE_EVERY = 4096
TABLE = "create table if not exists counter (key text primary key, hits int, seconds real, ends real) without rowid"
RUNNING = "ends > :now and ends - seconds <= :now"
"""Whether a window is open at present; one that begins in the future was opened before the clock was set back."""
COUNT = f"""
insert into counter values (:key, :amount, :seconds, :now + :seconds)
on conflict (key) do update set
    hits = case when {RUNNING} then hits + :amount else :amount end,
    ends = case when {RUNNING} then ends else :now + :seconds end
returning hits
"""


REQUESTS = lazy_gettext("Too many requests. Try again in %(wait)s.")
MINUTE = 60


class TooMany(DomainError):
    """Somebody asks too often; `retry_after` says in how many seconds they may again, `said` in words with `wait`."""

    status = 429

    def __init__(self, seconds: int, said: Any = REQUESTS) -> None:
        super().__init__(str(said) % {"wait": _wait(seconds)})
        self.retry_after = seconds


def _wait(seconds: int) -> str:
    """How long that is, in whole minutes where it is more than one: never less than it takes."""
    if seconds > MINUTE:
        seconds = MINUTE * math.ceil(seconds / MINUTE)
    return format_timedelta(timedelta(seconds=seconds), threshold=2)


class SqliteStorage(Storage):
    """Counters in a small SQLite file: the machine needs no other service for them.

    They may be lost in a crash, so nothing waits for the disk. When the file cannot be used (a full disk), requests
    are let through and the log says so: limits protect the service, and must not be what stops it.
    """

    STORAGE_SCHEME = ["gridcrm"]  # noqa: RUF012 - an instance variable to its base class

    def __init__(self, uri: str, wrap_exceptions: bool = False, **_options: Any) -> None:
        super().__init__(uri, wrap_exceptions)
        self._path = uri.partition("://")[2]
        self._lock = threading.Lock()
        self._process: int | None = None
        self._hits = 0

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the file may raise."""
        return sqlite3.Error

    def _ask(self, statement: str, **values: Any) -> Any:
        with self._lock:
            try:
                if self._process != os.getpid():
                    self._open()
                rows = self._connection.execute(statement, {"now": time.time(), **values}).fetchall()
            except sqlite3.Error as error:
                logger.warning("counters of requests cannot be used: %s", error)
                return None
        return rows[0][0] if rows else None

    def _open(self) -> None:
        """A connection of this process's own: one from before a fork must not be used."""
        self._connection = sqlite3.connect(self._path, timeout=1, isolation_level=None, check_same_thread=False)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = off")
        self._connection.execute(TABLE)
        self._process = os.getpid()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, in the open window or in a new one; returns the window's count."""
        self._hits += 1
        if self._hits % PURGE_EVERY == 0:
            self._ask("delete from counter where ends <= :now")
        return self._ask(COUNT, key=key, seconds=expiry, amount=amount) or 0

    def get(self, key: str) -> int:
        """The count of the open window."""
        return self._ask(f"select hits from counter where key = :key and {RUNNING}", key=key) or 0

    def get_expiry(self, key: str) -> float:
        """When the open window ends."""
        return self._ask(f"select ends from counter where key = :key and {RUNNING}", key=key) or time.time()

    def check(self) -> bool:
        """Whether the file can be used."""
        return self._ask("select 1") is not None

    def reset(self) -> int | None:
        """Forget all counts."""
        self._ask("delete from counter")
        return None

    def clear(self, key: str) -> None:
        """Forget one count."""
        self._ask("delete from counter where key = :key", key=key)


def client_address() -> str:
    """The address that a request comes from; of IPv6 the network, for a household has all of its addresses."""
    text = request.remote_addr or ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    return text if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


def who() -> str:
    """Whose requests are counted together: those with a token, else those of a user, else those of an address."""
    try:
        known = viewer_or_none()
    except Unauthorized:
        known = None
    if known is None:
        return f"address {client_address()}"
    return f"token {known.token_id}" if known.token_id else f"user {known.user_id}"


def _rule() -> str:
    return f"{settings().requests_per_minute} per minute"


def _is_unlimited() -> bool:
    return request.endpoint in UNLIMITED or not settings().requests_per_minute


limiter = Limiter(
    who,
    application_limits=[_rule],
    application_limits_exempt_when=_is_unlimited,
    strategy="fixed-window",
    headers_enabled=False,  # it would say Retry-After with every answer
)


def hit(rule: str, *key: str, said: Any = REQUESTS) -> None:
    """Count an act against `rule`, such as "60 per minute; 500 per day"; raise TooMany where that is too many."""
    for limit in parse_many(rule):
        if not limiter.limiter.hit(limit, *key):
            raise TooMany(seconds_until(limit, *key), said)


def require_room(rule: str, *key: str, said: Any = REQUESTS) -> None:
    """Raise TooMany where `rule` allows no further act; counts nothing."""
    for limit in parse_many(rule):
        if not limiter.limiter.test(limit, *key):
            raise TooMany(seconds_until(limit, *key), said)


def seconds_until(limit: RateLimitItem, *key: str) -> int:
    """In how many seconds the window ends."""
    return max(1, math.ceil(limiter.limiter.get_window_stats(limit, *key).reset_time - time.time()))


def init_app(app: Flask, chosen: Settings) -> None:
    """Count every request against its user or address, and say how many are left."""
    app.config["RATELIMIT_STORAGE_URI"] = f"gridcrm://{chosen.instance / 'limits.sqlite3'}"
    limiter.init_app(app)

    @app.errorhandler(RateLimitExceeded)
    def _exceeded(_error: RateLimitExceeded) -> Any:
        limit = limiter.current_limit
        assert limit is not None  # noqa: S101 - one was exceeded
        return app.handle_user_exception(TooMany(max(1, math.ceil(limit.window[0] - time.time()))))

    @app.after_request
    def _say(response: Response) -> Response:
        limit = limiter.current_limit
        if limit is not None:
            reset, remaining = limit.window
            response.headers["X-RateLimit-Limit"] = str(limit.limit.amount)
            response.headers["X-RateLimit-Remaining"] = str(remaining)
            response.headers["X-RateLimit-Reset"] = str(math.ceil(reset))
        return response
