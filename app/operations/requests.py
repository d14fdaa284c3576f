"""Every request gets a number, a line in the log and its place in the figures; none tells what was asked for."""

import logging
import re
import secrets
import time
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core.figures import REQUEST_SECONDS, REQUESTS
from app.core.logs import FIELDS
from app.core.outages import outage_of
from app.core.settings import Settings

logger = logging.getLogger("gridcrm.request")

GIVEN_ID = re.compile(r"[0-9a-f]{32}")
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""What monitors ask every few seconds; the log would hold little else."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def init_app(app: Flask, settings: Settings) -> None:
    """Watch the requests; behind proxies that are trusted, know the address of whoever is before them."""
    count = settings.trusted_proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.log_exception = _log_exception  # type: ignore[method-assign]

    @app.before_request
    def _begin() -> None:
        g.began = time.perf_counter()
        g.request_id = _request_id(settings)
        FIELDS.set({"request": g.request_id})

    @app.after_request
    def _end(response: Response) -> Response:
        _note(response)
        return response

    @app.teardown_request
    def _forget(_error: BaseException | None) -> None:
        FIELDS.set({})


def _request_id(settings: Settings) -> str:
    """The number that a trusted proxy gave, so that both logs can be laid side by side; else a new one."""
    given = request.headers.get("X-Request-ID", "")
    return given if settings.trusted_proxies and GIVEN_ID.fullmatch(given) else secrets.token_hex(16)


def _route() -> str:
    """The pattern of the route, never the address: that may hold an account number or what was looked up."""
    return request.url_rule.rule if request.url_rule else "-"


def _method() -> str:
    """The method, where it is one: anybody may send any word."""
    return request.method if request.method in METHODS else "-"


def _note(response: Response) -> None:
    if "began" not in g:  # what came before refused the request
        g.began, g.request_id = time.perf_counter(), secrets.token_hex(16)
    seconds = time.perf_counter() - g.began
    method, route = _method(), _route()
    REQUESTS.labels(method, route, response.status_code).inc()
    REQUEST_SECONDS.labels(method, route).observe(seconds)
    response.headers["X-Request-ID"] = g.request_id
    viewer = g.get("viewer")
    fields = {
        "method": method,
        "route": route,
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
        "user": viewer.user_id if viewer else None,
    }
    level = logging.DEBUG if route in PROBES else logging.INFO
    logger.log(level, "request", extra={"fields": fields})


def _log_exception(exc_info: Any) -> None:
    """In place of Flask's own line, which tells the whole address."""
    fields = {"method": _method(), "route": _route()}
    outage = outage_of(exc_info[1])
    if outage:
        logger.error(f"outage: {type(outage).__name__}", extra={"fields": fields})
    else:
        logger.error("a request failed", exc_info=exc_info, extra={"fields": fields})
