"""What every slice's part of the JSON API is made of: its blueprint, answers with a tag, and edits that demand one."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import flask_smorest
from flask import Response, current_app, make_response, request
from flask_babel import gettext as _
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import CombinedMultiDict, ETags
from werkzeug.exceptions import PreconditionFailed, PreconditionRequired, UnsupportedMediaType

from app.core.api.fields import Schema

View = TypeVar("View", bound=Callable[..., Any])

ROOT = "/api/v1"
_COMPRESSED = re.compile(r":(?:gzip|br|zstd|deflate)$")


class Parser(FlaskParser):
    """Refuses bodies that are no JSON, and names in an address that mean nothing: they are slips of the pen."""

    __location_map__ = FlaskParser.__location_map__ | {"multipart": "load_multipart"}
    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": RAISE, "multipart": RAISE}

    def load_json(self, req: Any, schema: Any) -> Any:
        """The body as JSON."""
        if req.mimetype != "application/json":
            raise UnsupportedMediaType(_("The body must be JSON, with the content type application/json."))
        return super().load_json(req, schema)

    def load_multipart(self, req: Any, schema: Any) -> Any:
        """The fields and files of a form."""
        if req.mimetype != "multipart/form-data":
            raise UnsupportedMediaType(_("The body must be a form with a file, of the type multipart/form-data."))
        return MultiDictProxy(CombinedMultiDict([req.form, req.files]), schema)


class Blueprint(flask_smorest.Blueprint):
    """A slice's part of the API; its title is the heading under which the description lists it."""

    ARGUMENTS_PARSER = Parser()
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = flask_smorest.Blueprint.DEFAULT_LOCATION_CONTENT_TYPE_MAPPING | {
        "multipart": "multipart/form-data"
    }

    def __init__(self, name: str, title: str, description: str) -> None:
        super().__init__(name, __name__, url_prefix=ROOT, description=description)
        self.title = title


def note(view: View, **facts: Any) -> View:
    """Let the description know."""
    view.api_facts = getattr(view, "api_facts", {}) | facts  # type: ignore[attr-defined]
    return view


def linked(**links: dict[str, Any]) -> Callable[[View], View]:
    """Say in the description which operations go on from the answer."""
    return lambda view: note(view, links=links)


def tagged(view: View) -> View:
    """Give the answer an ETag; where the client has it already, say no more than that."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Response:
        response = make_response(view(*args, **kwargs))
        tag = _tag(response.get_json())
        response.set_etag(tag)
        if request.method in ("GET", "HEAD") and tag in _known(request.if_none_match):
            response.set_data(b"")
            response.status_code = 304
        return response

    return note(answer, tagged=True)  # type: ignore[return-value]


def guarded(view: View) -> View:
    """Demand an If-Match; the view calls `require_unchanged` once it knows what it is about to change."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        if "If-Match" not in request.headers:
            raise PreconditionRequired(
                _("Read it first, and send its ETag as If-Match: so nobody overwrites what they have not seen.")
            )
        return view(*args, **kwargs)

    return note(answer, guarded=True)  # type: ignore[return-value]


def require_unchanged(schema: type[Schema], present: Any) -> None:
    """Refuse the edit where what is stored is not what the client has seen; `present` must be locked by now."""
    known = request.if_match
    if not known.star_tag and _tag(schema().dump(present)) not in _known(known):
        raise PreconditionFailed(_("It has been changed since it was read. Read it again, and decide again."))


def _tag(representation: Any) -> str:
    return hashlib.sha256(current_app.json.dumps(representation, sort_keys=True).encode()).hexdigest()[:32]


def _known(tags: ETags) -> set[str]:
    """The tags as they were given out: whoever compressed the answer on its way marked them weak, or by a suffix.

    Werkzeug reads an empty tag as None.
    """
    return {_COMPRESSED.sub("", tag) for tag in tags.as_set(include_weak=True) if tag}
