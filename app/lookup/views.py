"""The start page and the look-up."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for

from app.core import charts
from app.core.access import Permission, allow, scope, scope_for, viewer
from app.core.clock import today
from app.core.database import current_session
from app.core.row_ids import row_id
from app.customers.words import cause_words, reason_name, reason_words
from app.lookup.coverage import coverage
from app.lookup.service import ask, suggest
from app.lookup.today import today_of

blueprint = Blueprint("lookup", __name__, template_folder="templates")

SPREAD = range(40, 181, 20)
"""The bounds of the columns of loads, in per cent of the target."""


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"reason_words": reason_words, "cause_words": cause_words}


@blueprint.get("/")
@allow(Permission.SIGNED_IN)
def start() -> str:
    """What waits for whoever opens it, the look-up box, and how far one's part of the city is covered."""
    session, person, day = current_session(), viewer(), today()
    figures = coverage(session, scope_for(Permission.GRID_READ), day) if person.may(Permission.GRID_READ) else None
    waiting = today_of(session, person, day, figures.households if figures else 0)
    return render_template(
        "lookup/start.html",
        query="",
        figures=figures,
        waiting=waiting,
        spread=charts.histogram([share * 100 for share in figures.loads.shares], SPREAD) if figures else None,
        reasons=_reasons_chart(figures.reasons) if figures else None,
        growth=charts.line(waiting.growth) if waiting.growth else None,
    )


def _reasons_chart(reasons: dict[str, int]) -> Sequence[charts.Part]:
    """Households by why they belong to their cell; each part leads to its rows, where the reader may list them."""
    lists, works = viewer().may(Permission.CUSTOMERS_LIST), viewer().may(Permission.ASSIGNMENT_DECIDE)

    def rows_of(reason: str) -> str | None:
        if reason == "unassigned" and works:
            return url_for("assignment.worklist")
        return url_for("customers.index", reason=reason if reason != "inside" else None) if lists else None

    wholes = [(str(reason_name(reason)), float(count), rows_of(reason)) for reason, count in reasons.items() if count]
    return charts.parts(wholes, wrong=[str(reason_name("unassigned"))])


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
