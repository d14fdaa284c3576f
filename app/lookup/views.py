"""The start page and the look-up."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.access import Permission, allow, scope, scope_for, viewer
from app.core.clock import today
from app.core.database import current_session
from app.core.row_ids import row_id
from app.customers.words import cause_words, reason_words
from app.lookup.coverage import coverage
from app.lookup.service import ask, suggest

blueprint = Blueprint("lookup", __name__, template_folder="templates")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"reason_words": reason_words, "cause_words": cause_words}


FIRST_PAGES = (
    (Permission.LOOKUP, "lookup.start"),
    (Permission.USERS_MANAGE, "accounts.users"),
    (Permission.AUDIT_READ, "audit.index"),
    (Permission.CARDS_PRINT, "cards.index"),
)
"""Where people's work begins: the first of these that they may open."""


@blueprint.get("/")
@allow(Permission.SIGNED_IN)
def start() -> str | Response:
    """The look-up box, and how far one's part of the city is covered; another first page for who looks nobody up."""
    first = next((page for permission, page in FIRST_PAGES if viewer().may(permission)), "accounts.account")
    if first != "lookup.start":
        return redirect(url_for(first))
    figures = coverage(current_session(), scope_for(Permission.LOOKUP), today())
    return render_template("lookup/start.html", query="", figures=figures)


@blueprint.get("/lookup")
@allow(Permission.LOOKUP)
def index() -> str:
    """One customer's manager, or the hits to choose from."""
    query = request.args.get("q", "").strip()
    account_id = request.args.get("account", type=row_id)
    answer = ask(current_session(), viewer(), scope(), query, today(), account_id)
    return render_template("lookup/index.html", query=query, answer=answer)


@blueprint.get("/lookup/live")
@allow(Permission.LOOKUP)
def live() -> str:
    """The first hits for somebody who is still typing."""
    query = request.args.get("q", "").strip()
    return render_template("lookup/_hits.html", query=query, answer=suggest(current_session(), scope(), query, today()))
