"""The page that the QR on a meter box opens: everybody may see it."""

from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask_babel import force_locale, get_locale

from app.cards import queries
from app.cards.plan import grouped
from app.core.database import current_session
from app.core.i18n import LOCALES
from app.core.settings import settings

blueprint = Blueprint("cards_public", __name__, template_folder="templates", url_prefix="/c")


@blueprint.get("/<token>")
def show(token: str) -> Any:
    """A cell's customer manager with telephone numbers to tap; the same 404 for whatever is unknown."""
    face = queries.public_face(current_session(), token)
    manager = face if face and face.manager_id else None
    language = request.args.get("lang", "")
    with force_locale(language if language in LOCALES else str(get_locale())):
        page = render_template("cards/public.html", face=face, manager=manager, grouped=grouped, settings=settings())
    response = make_response(page, 200 if face else 404)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
