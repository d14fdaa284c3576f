"""What keeps pages, cookies and requests apart from strangers: policy, headers, hosts, targets, sizes."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, SecurityError

from app.core.api.problems import is_api, problem
from app.core.settings import Settings

View = TypeVar("View", bound=Callable[..., Any])

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)",
}
A_YEAR = 365 * 86400
SMALL_BODY = 16 * 2**20
"""The most that a request brings, where it brings no file."""


def takes_files(view: View) -> View:
    """Let a route take bodies up to the size of an upload."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def safe_target(text: str | None) -> str:
    r"""The address within this site to go on to; "/" where the text is none.

    >>> safe_target("/customers?q=1"), safe_target("//evil.example"), safe_target("/\\evil.example")
    ('/customers?q=1', '/', '/')
    """
    if not text or not text.startswith("/") or text.startswith("//") or "\\" in text or not text.isprintable():
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else text


def cookie_settings(chosen: Settings) -> dict[str, Any]:
    """How Flask keeps the session: for this host alone, and by https alone where the service is reached by it."""
    return {
        "SESSION_COOKIE_NAME": "__Host-gridcrm" if chosen.is_https else "gridcrm",
        "SESSION_COOKIE_SECURE": chosen.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_DOMAIN": None,
    }


def init_app(app: Flask, chosen: Settings) -> None:
    """Limit bodies, refuse foreign host names, and give every answer its headers unless a view has set its own."""
    app.config.update(cookie_settings(chosen))
    app.config["TRUSTED_HOSTS"] = chosen.trusted_hosts

    @app.before_request
    def _limit_body() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if not getattr(view, "takes_files", False):
            request.max_content_length = SMALL_BODY

    @app.before_request
    def _refuse_nul() -> None:
        sent = [request.path, *(text for _name, text in request.values.items(multi=True))]
        if any("\0" in text for text in sent):
            raise BadRequest(_("The request contains a character that no text has."))

    @app.errorhandler(SecurityError)
    def _foreign_host(_error: SecurityError) -> Response:
        text = _("This service does not know the name by which it was asked. Name it in GRIDCRM_HOSTS.")
        if is_api():
            return problem(400, text)
        return Response(text, status=400, mimetype="text/plain")

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}; includeSubDomains")
        if request.endpoint != "static" and not response.cache_control.public:
            response.headers["Cache-Control"] = "no-store"
        return response
