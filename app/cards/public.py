"""The page that the QR on a meter box opens: everybody may see it."""

from typing import Any

from flask import Blueprint, Response, g, render_template, request
from flask_babel import force_locale, get_locale

from app.cards import queries
from app.core.access import public
from app.core.database import current_session
from app.core.i18n import LOCALES
from app.core.limits import TooMany, client_address, hit, require_room
from app.core.phones import grouped
from app.core.settings import settings

blueprint = Blueprint("cards_public", __name__, template_folder="templates", url_prefix="/c")

LOOKS = "60 per minute"
WRONG_TOKENS = "10 per minute; 100 per day"
"""Of one address, behind which a mobile network may keep a whole street."""


@blueprint.get("/", defaults={"token": ""})
@blueprint.get("/<path:token>")
@public
def show(token: str) -> Any:
    """A cell's customer manager with telephone numbers to tap; the same 404 for whatever is unknown."""
    address = client_address()
    hit(LOOKS, "card", address)
    require_room(WRONG_TOKENS, "wrong card", address)
    face = queries.public_face(current_session(), token)
    if face is None:
        hit(WRONG_TOKENS, "wrong card", address)
    return _page(200 if face else 404, face=face, manager=face if face and face.manager_id else None)


@blueprint.errorhandler(TooMany)
def _wait(error: TooMany) -> Any:
    return *_page(error.status, wait=error), {"Retry-After": str(error.retry_after)}


def _page(status: int, **facts: Any) -> tuple[str, int]:
    """The page in the reader's language, which is nobody: whoever is signed in here leaves no trace either."""
    g.viewer = None
    language = request.args.get("lang", "")
    with force_locale(language if language in LOCALES else str(get_locale())):
        return render_template("cards/public.html", grouped=grouped, settings=settings(), **facts), status


@blueprint.after_request
def _unfindable(response: Response) -> Response:
    """No search engine keeps the page, and no other site learns of its address."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
