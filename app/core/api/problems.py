"""Errors of the JSON API as problem details (RFC 9457)."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.exceptions import HTTPException

MIMETYPE = "application/problem+json"
PREFIX = "/api/"
TITLES = {
    400: lazy_gettext("The request cannot be understood"),
    401: lazy_gettext("Nobody is signed in"),
    403: lazy_gettext("Not allowed"),
    404: lazy_gettext("Not found"),
    405: lazy_gettext("Method not allowed"),
    409: lazy_gettext("It collides with what is stored or under way"),
    412: lazy_gettext("It has been changed meanwhile"),
    413: lazy_gettext("Too large"),
    415: lazy_gettext("Wrong kind of content"),
    422: lazy_gettext("The values cannot be taken"),
    428: lazy_gettext("If-Match is missing"),
    429: lazy_gettext("Too many requests"),
    500: lazy_gettext("A fault of the service"),
    503: lazy_gettext("Out of order for the moment"),
    507: lazy_gettext("The server’s disk is full"),
}


def is_api() -> bool:
    """Whether the present request is a program's."""
    return request.path.startswith(PREFIX)


def problem(
    status: int, detail: str, errors: list[dict[str, str]] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """An error that a program can read and its user understand; `errors` names the values that are wrong."""
    said: dict[str, Any] = {
        "type": f"/api/v1/docs#problem-{status}",
        "title": str(TITLES.get(status, TITLES[400 if status < 500 else 500])),
        "status": status,
        "detail": detail,
        "instance": quote(request.path),
        "request_id": g.get("request_id", ""),
    }
    if errors:
        said["errors"] = errors
    text = current_app.json.dumps(said)
    return current_app.response_class(text, status, headers=dict(headers or {}), mimetype=MIMETYPE)


def problem_of(error: HTTPException, detail: str) -> Response:
    """The problem that an error of HTTP tells of; values that a schema refused are named one by one."""
    status = error.code or 500
    errors = list(_refused(getattr(error, "data", {}).get("messages", {})))
    if errors:
        detail = _("Some values cannot be taken; “errors” names each.")
    return problem(status, detail, errors, _headers(error))


def _headers(error: HTTPException) -> dict[str, str]:
    """What the answer must say besides: the methods allowed, and how to sign in."""
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    if error.code == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="gridcrm"' + (
            ', error="invalid_token"' if "Authorization" in request.headers else ""
        )
    if error.code == 403 and "Authorization" in request.headers and g.get("permission"):
        headers["WWW-Authenticate"] = f'Bearer realm="gridcrm", error="insufficient_scope", scope="{g.permission}"'
    return headers


def _refused(messages: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Marshmallow's tree of messages as a list: where the value stood, a JSON pointer to it, and what is wrong."""
    for place, tree in messages.items():
        for path, text in _leaves(tree, ""):
            yield {"in": "body" if place in ("json", "multipart") else place, "pointer": path, "detail": text}


def _leaves(tree: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, Mapping):
        for name, below in tree.items():
            step = "" if name == "_schema" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            yield from _leaves(below, path + step)
    elif isinstance(tree, list):
        for text in tree:
            yield path, str(text)
    else:
        yield path, str(tree)
