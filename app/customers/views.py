"""Customers: the list and the single page."""

from typing import cast

from flask import Blueprint, Flask, render_template, request, url_for
from flask.blueprints import BlueprintSetupState

from app.audit.subjects import let_find_customers
from app.core.access import Permission, allow, scope, scope_for, viewer
from app.core.asked import day_asked
from app.core.database import current_session
from app.core.row_ids import row_id
from app.customers import queries, service
from app.customers.history import Event, Place, Tenure, history
from app.customers.models import REASONS
from app.customers.responsible import managers_of_points
from app.customers.words import care_words, cause_words, reason_name, reason_sentence, reason_words, reveal_words
from app.grid.queries import ownerships_of
from app.organisation.queries import units_of

blueprint = Blueprint("customers", __name__, template_folder="templates", url_prefix="/customers")


EXCEPTIONS = [reason for reason in REASONS if reason != "inside"]


@blueprint.record_once
def _let_the_trail_find_customers(state: BlueprintSetupState) -> None:
    let_find_customers(cast(Flask, state.app), queries.customer_id_of_account)


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "reason_words": reason_words,
        "reason_name": reason_name,
        "reason_sentence": reason_sentence,
        "cause_words": cause_words,
        "care_words": care_words,
        "reveal_words": reveal_words,
        "reveal_reasons": service.REASONS,
        "shortest_note": service.SHORTEST_NOTE,
        "longest_note": service.LONGEST_NOTE,
    }


@blueprint.get("")
@allow(Permission.CUSTOMERS_LIST)
def index() -> str:
    """Customers by account number, narrowed by place, manager or text; masked."""
    fields = ("station", "manager", "cell", "area", "reason", "text", "sort")
    wanted = queries.Filter(**{field: request.args.get(field, "").strip() for field in fields})
    session, day = current_session(), day_asked()
    after, before = (request.args.get(name, type=row_id) for name in ("after", "before"))
    page = queries.account_page(session, scope(), wanted, day, after, before)
    choices = units_of(session, scope())
    return render_template("customers/index.html", page=page, wanted=wanted, day=day, units=choices, reasons=EXCEPTIONS)


@blueprint.get("/<int:account_id>")
@allow(Permission.CUSTOMERS_SHOW)
def show(account_id: int) -> str:
    """One customer, masked."""
    return _page(account_id, revealed=False)


@blueprint.post("/<int:account_id>/reveal")
@allow(Permission.CUSTOMERS_REVEAL)
def reveal(account_id: int) -> str:
    """The same page in full, once, for a reason; it goes on record."""
    session = current_session()
    account = queries.account_by_id(session, scope(), account_id)
    service.reveal(session, viewer(), account, request.form.get("reason", ""), request.form.get("note", ""))
    return _page(account_id, revealed=True)


def _page(account_id: int, revealed: bool) -> str:
    session, day, seen = current_session(), day_asked(), scope()
    account = queries.account_by_id(session, seen, account_id)
    points = queries.metering_points(session, seen, account)
    cells = sorted({point.cell_id for point in points if point.cell_id})
    ownerships = ownerships_of(session, cells)
    place = Place(account, points, queries.installations(session, points), ownerships)
    return render_template(
        "customers/show.html",
        account=account,
        points=points,
        meters=place.meters,
        tenures={cell: Tenure.on(day, rows) for cell, rows in ownerships.items()},
        events=[_entry(event) for event in history(session, viewer(), place)],
        others=queries.accounts_of(session, seen, account.customer_id),
        cares=queries.care_marks(session, scope_for(Permission.CARE_SHOW), account),
        managers=managers_of_points(session, points, day),
        needs_reason=service.needs_reason(session, viewer(), account.customer_id),
        day=day,
        revealed=revealed,
    )


def _entry(event: Event) -> dict[str, object]:
    """The event as the macro of timelines takes it."""
    link = url_for(event.endpoint, **event.arguments) if event.endpoint else None
    return {"when": event.when, "what": event.what, "note": event.note, "link": link}
