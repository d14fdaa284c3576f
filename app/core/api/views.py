"""The description of the API as a document and as a page, and who may use the API how."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import Flask, Response, current_app, g, render_template, request
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.exceptions import Unauthorized

from app.core.access import public, viewer_or_none
from app.core.api import examples
from app.core.api.blueprint import ROOT, Blueprint
from app.core.api.document import describe, operations
from app.core.api.problems import TITLES
from app.core.database import READING_METHODS

blueprint = PlainBlueprint("api", __name__, url_prefix=ROOT, template_folder="../templates")


def document() -> dict[str, Any]:
    """The running application's OpenAPI document."""
    return current_app.extensions["gridcrm.api"]()


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """The OpenAPI document, for programs."""
    return current_app.response_class(current_app.json.dumps(document(), indent=1), mimetype="application/json")


@blueprint.get("/docs")
@public
def docs() -> str:
    """The same as a page to read."""
    described = document()
    by_tag: dict[str, list[Any]] = {tag["name"]: [] for tag in described["tags"]}
    for path, method, operation in operations(described):
        by_tag[operation["tags"][0]].append((path, method, operation, described["paths"][path].get("parameters", [])))
    root = request.host_url.rstrip("/")
    steps = examples.first_steps(root)
    told = {"problems": TITLES, "root": root, "curl": examples.curl, "first_steps": steps}
    return render_template("core/api.html", document=described, by_tag=by_tag, **told)


def init_app(app: Flask, blueprints: Sequence[Blueprint]) -> None:
    """Register the slices' parts; bearer tokens need no CSRF token, and sessions only read."""
    app.register_blueprint(blueprint)
    for part in blueprints:
        app.register_blueprint(part)
        app.extensions["csrf"].exempt(part)

    @cache
    def described() -> dict[str, Any]:
        """Half of what a start would cost, and few ask for it; the same whoever is the first to ask."""
        with force_locale("en"):
            return describe(app, blueprints)

    app.extensions["gridcrm.api"] = described

    @app.before_request
    def _refuse_sessions() -> None:
        """A browser sends its cookie along with whatever a foreign page makes it post; a token it does not."""
        person = viewer_or_none() if request.blueprint in names and request.method not in READING_METHODS else None
        if person is not None and person.token_id is None:
            g.viewer = None
            raise Unauthorized(_("A browser’s session can only read here. Send a bearer token."))

    names = {part.name for part in blueprints}
