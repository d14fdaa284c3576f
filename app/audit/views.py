"""The trail: who looked at and changed what, and whether anybody tampered with it."""

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _

from app.audit import queries
from app.audit.actor import page_actor
from app.audit.export import csv_of
from app.audit.queries import Filter
from app.audit.service import record
from app.audit.subjects import customer_asked_for
from app.audit.verify import verify, verify_end
from app.audit.words import ACTIONS, action_words, break_words, lines
from app.core.access import Permission, allow
from app.core.asked import day_in
from app.core.clock import today
from app.core.database import current_session, database

blueprint = Blueprint("audit", __name__, template_folder="templates", url_prefix="/audit")
LOOKED_AT = 1_000
"""How many of the newest acts every view of the page proves."""


@blueprint.get("")
@allow(Permission.AUDIT_READ)
def index() -> str:
    """The trail, the newest act first, narrowed by person, customer, day and kind of act."""
    session, wanted = current_session(), _wanted()
    return render_template(
        "audit/index.html",
        page=queries.entry_page(session, wanted, request.args.get("after"), request.args.get("before")),
        wanted=wanted,
        actions=sorted(ACTIONS.items(), key=lambda known: str(known[1])),
        end=verify_end(session, LOOKED_AT),
        proof=queries.latest_proof(session),
        action_words=action_words,
        break_words=break_words,
        lines=lines,
    )


@blueprint.get("/export.csv")
@allow(Permission.AUDIT_READ)
def export() -> Response:
    """The acts that are meant as CSV; that they were taken is an act itself."""
    wanted = _wanted()
    record(current_session(), page_actor(), "audit.export", "trail", wanted.customer_id, asked=wanted.as_details())
    answer = Response(stream_with_context(csv_of(database(), wanted)), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"audit-{today().isoformat()}.csv")
    return answer


@blueprint.post("/verify")
@allow(Permission.AUDIT_READ)
def prove() -> Response:
    """Prove the whole chain, and put on record what was found."""
    with database().reading() as session:
        verdict = verify(session)
    head = str(verdict.head)
    record(current_session(), page_actor(), "audit.verify", "trail", acts=verdict.acts, head=head, torn=verdict.torn)
    if verdict.is_whole:
        flash(_("All %(count)s acts were proven: nothing was changed or removed.", count=verdict.acts), "success")
    for place in verdict.breaks[:5]:
        flash(break_words(place.kind, place.number, place.last), "danger")
    return redirect(url_for("audit.index"))  # type: ignore[return-value]


def _wanted() -> Filter:
    asked = request.args
    return Filter(
        asked.get("actor", "").strip(),
        asked.get("action", ""),
        customer_asked_for(current_session(), asked.get("customer", "")),
        day_in(asked.get("from", "")),
        day_in(asked.get("to", "")),
    )
