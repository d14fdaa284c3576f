"""The description of the API (OpenAPI 3.1): what the schemas say, and what all operations share."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import flask_smorest
from flask import Flask
from flask_smorest.spec.plugins import FlaskPlugin

from app.core.access import Permission
from app.core.api import idempotency
from app.core.api.blueprint import Blueprint
from app.core.api.fields import Schema, fields
from app.core.api.problems import MIMETYPE

VERSION = "1.0"
ABOUT = """\
Look-up, customers, metering points, cells, managers, ownership, plans, imports, cards and jobs of gridcrm (电管家).

Sign in with a bearer token: make one on the page /account, choose what it is for and its last day, and send it as
`Authorization: Bearer TOKEN`. A browser's session can read (GET) and no more. Each operation names the permission that
the token needs; what it shows lies within its owner's part of the city.

Names, phones, addresses and account numbers are masked except where an operation says otherwise; seeing them in full
goes on record. Texts are UTF-8, days are as 2026-03-14, moments as 2026-03-14T08:00:00+00:00, shapes are GeoJSON
(RFC 7946, WGS 84). Errors are problem details (RFC 9457) in the language of Accept-Language, zh or en. Fields, and
values of `type`, may be added to version 1; none is taken away.
"""
ALWAYS = ("400", "401", "403", "429", "500", "503")
OF_CHANGES = ("409", "507")
OF_BODIES = ("404", "413", "415", "422")
OF_GUARDED = ("412", "428")
MEANINGS = {
    "400": "The request cannot be understood.",
    "401": "No bearer token, or one that is not known, has ended or was revoked.",
    "403": "The token's permissions or its owner's roles do not include this.",
    "404": "There is no such thing, or it lies outside the part of the city that the token's owner sees.",
    "409": "It collides with what is stored, or with the same request under way.",
    "412": "It has been changed since it was read: the ETag in If-Match is old.",
    "413": "The body is larger than this installation accepts.",
    "415": "The body is of another content type than the operation takes.",
    "422": "Values that cannot be taken; `errors` names each.",
    "428": "If-Match is missing.",
    "429": "Too many requests; Retry-After says in how many seconds to come back.",
    "500": "A fault of the service; nothing was changed.",
    "503": "The database cannot be reached just now; nothing was changed.",
    "507": "The server's disk is full; nothing was changed.",
}
RATE = {
    "X-RateLimit-Limit": "Requests a minute that the token has.",
    "X-RateLimit-Remaining": "How many of them are left.",
    "X-RateLimit-Reset": "When the minute ends, in seconds since 1970.",
}
EXTRA = {
    "401": {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "How to sign in."}},
    "429": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}},
    "503": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}},
}
ETAG = {"schema": {"type": "string"}, "description": "What this answer is known by: for If-None-Match and If-Match."}
METHODS = ("get", "put", "post", "patch", "delete")


class WrongValueSchema(Schema):
    """A value that cannot be taken."""

    location = fields.String(
        data_key="in", required=True, metadata={"description": "body, query, path, headers, form or files"}
    )
    pointer = fields.String(required=True, metadata={"description": "A JSON pointer (RFC 6901) to the value"})
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """What went wrong (RFC 9457)."""

    type = fields.String(required=True, metadata={"format": "uri-reference"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True, metadata={"format": "uri-reference"})
    request_id = fields.String(required=True, metadata={"description": "Under this the log knows the request."})
    errors = fields.List(fields.Nested(WrongValueSchema))


class Api(flask_smorest.Api):
    """The description that grows with each blueprint; errors are the application's own to handle."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to app.core.pages."""

    def describe(self, blueprint: Blueprint) -> None:
        """Add a blueprint whose routes the application has."""
        blueprint.register_views_in_doc(self, self._app, self.spec, name=blueprint.name, parameters=None)
        self.spec.tag({"name": blueprint.name, "description": blueprint.description})


def describe(app: Flask, blueprints: Iterable[Blueprint]) -> dict[str, Any]:
    """The OpenAPI document of all these blueprints."""
    api = Api(
        app,
        spec_kwargs={
            "title": "gridcrm",
            "version": VERSION,
            "openapi_version": "3.1.0",
            "info": {"description": ABOUT},
            "servers": [{"url": "/"}],
            "security": [{"bearer": []}],
        },
    )
    api.spec.components.schema("Problem", schema=ProblemSchema)
    bearer = {"type": "http", "scheme": "bearer", "description": "A token made on the page /account."}
    api.spec.components.security_scheme("bearer", bearer)
    for blueprint in blueprints:
        api.describe(blueprint)
    document = api.spec.to_dict()
    document["components"]["responses"] = {f"Problem{status}": _problem(status) for status in MEANINGS}
    for schema in _below(Schema):
        name = schema.__name__.removesuffix("Schema")
        if schema.also and name in document["components"]["schemas"]:
            document["components"]["schemas"][name] |= schema.also
    titles = {blueprint.name: blueprint.title for blueprint in blueprints}
    document["tags"] = [{**tag, "name": titles[tag["name"]]} for tag in document["tags"]]
    endpoints = _endpoints(app)
    for path, method, operation in operations(document):
        endpoint = endpoints[path, method]
        operation["operationId"] = endpoint.rpartition(".")[2]
        operation["tags"] = [titles[name] for name in operation["tags"]]
        _complete(operation, document["paths"][path].get("parameters", []), app.view_functions[endpoint])
    return document


def _below(schema: type[Schema]) -> Iterator[type[Schema]]:
    for below in schema.__subclasses__():
        yield below
        yield from _below(below)


def _endpoints(app: Flask) -> dict[tuple[str, str], str]:
    """The endpoint of each path and method."""
    return {
        (FlaskPlugin.flaskpath2openapi(rule.rule), method.lower()): rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of each."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


def _complete(operation: dict[str, Any], of_path: list[Any], view: Callable[..., Any]) -> None:
    """Add what the view's decorators say: permission, tags, keys, links; and the errors that all of them can have."""
    facts: dict[str, Any] = getattr(view, "api_facts", {})
    permission: Permission = view.permission  # type: ignore[attr-defined]
    operation["x-permission"] = permission.value
    needs = f"Needs the permission `{permission}`."
    operation["description"] = "\n\n".join(filter(None, (operation.get("description"), needs)))
    operation.setdefault("parameters", []).extend(_headers_taken(facts))
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    good = next(responses[code] for code in sorted(responses) if code < "300")
    good["headers"] = good.get("headers", {}) | {name: _header(said, "integer") for name, said in RATE.items()}
    if "tagged" in facts:
        good["headers"]["ETag"] = ETAG
        if "guarded" not in facts:
            responses["304"] = {"description": "The client has it already."}
    if "links" in facts:
        good["links"] = facts["links"]
    for status in _errors_of(operation, of_path, facts):
        responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["responses"] = dict(sorted(responses.items()))


def _header(said: str, kind: str) -> dict[str, Any]:
    return {"description": said, "schema": {"type": kind}}


def _headers_taken(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "guarded" in facts:
        said = "The ETag under which it was read; `*` for whatever it is now."
        yield {"name": "If-Match", "in": "header", "required": True, "description": said} | _TEXT
    elif "tagged" in facts:
        said = "The ETag of what the client has: the same again is answered by 304."
        yield {"name": "If-None-Match", "in": "header", "description": said} | _TEXT
    if "once" in facts:
        said = (
            "The client's own name for this act, such as a UUID. For 24 hours the same again gets the first answer and "
            "nothing is done twice; with other content it is refused."
        )
        name = {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST, "pattern": "^[ -~]+$"}
        yield {"name": idempotency.HEADER, "in": "header", "description": said, "schema": name}


_TEXT = {"schema": {"type": "string"}}


def _errors_of(operation: dict[str, Any], of_path: list[Any], facts: dict[str, Any]) -> list[str]:
    found = list(ALWAYS)
    asked = {parameter["in"] for parameter in operation["parameters"]}
    if of_path or "query" in asked:
        found.append("404")
    if "query" in asked or "once" in facts:
        found.append("422")
    if "once" in facts or "guarded" in facts or "requestBody" in operation:
        found += OF_CHANGES
    if "requestBody" in operation:
        found += OF_BODIES
    if "guarded" in facts:
        found += OF_GUARDED
    return sorted(set(found))


def _problem(status: str) -> dict[str, Any]:
    return {
        "description": MEANINGS[status],
        "content": {MIMETYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        "headers": EXTRA.get(status, {}),
    }
