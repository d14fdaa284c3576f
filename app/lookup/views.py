"""The start page and the look-up."""

from flask import Blueprint, render_template, request

from app.audit.actor import page_actor
from app.core.access import Permission, allow
from app.core.clock import today
from app.core.database import current_session
from app.customers.words import cause_words, reason_words
from app.lookup.coverage import coverage
from app.lookup.service import ask, suggest

blueprint = Blueprint("lookup", __name__, template_folder="templates")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"reason_words": reason_words, "cause_words": cause_words}


@blueprint.get("/")
@allow(Permission.SIGNED_IN)
def start() -> str:
    """The look-up box, and how far the city is covered."""
    return render_template("lookup/start.html", query="", figures=coverage(current_session(), today()))


@blueprint.get("/lookup")
@allow(Permission.LOOKUP)
def index() -> str:
    """One customer's manager, or the hits to choose from."""
    query = request.args.get("q", "").strip()
    answer = ask(current_session(), page_actor(), query, today(), request.args.get("account", "").strip())
    return render_template("lookup/index.html", query=query, answer=answer)


@blueprint.get("/lookup/live")
@allow(Permission.LOOKUP)
def live() -> str:
    """The first hits for somebody who is still typing."""
    query = request.args.get("q", "").strip()
    return render_template("lookup/_hits.html", query=query, answer=suggest(current_session(), query, today()))
