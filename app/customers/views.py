"""Customers: the list and the single page."""

from datetime import date
from typing import cast

from flask import Blueprint, Flask, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.audit.subjects import let_find_customers
from app.core.access import Permission, allow, scope
from app.core.clock import today
from app.core.database import current_session
from app.core.errors import DomainError
from app.customers import queries, service
from app.customers.words import care_words, cause_words, reason_words
from app.organisation.queries import stations

blueprint = Blueprint("customers", __name__, template_folder="templates", url_prefix="/customers")


@blueprint.record_once
def _let_the_trail_find_customers(state: BlueprintSetupState) -> None:
    let_find_customers(cast(Flask, state.app), queries.customer_id_of_account)


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"reason_words": reason_words, "cause_words": cause_words, "care_words": care_words}


@blueprint.get("")
@allow(Permission.CUSTOMERS_LIST)
def index() -> str:
    """Customers by account number, narrowed by place, manager or text; masked."""
    fields = ("station", "manager", "cell", "area", "text")
    wanted = queries.Filter(**{field: request.args.get(field, "").strip() for field in fields})
    session, day = current_session(), _day_asked()
    page = queries.account_page(session, wanted, day, request.args.get("after"), request.args.get("before"))
    choice = stations(session, scope())
    return render_template("customers/index.html", page=page, wanted=wanted, day=day, stations=choice)


@blueprint.get("/<number>")
@allow(Permission.CUSTOMERS_SHOW)
def show(number: str) -> str:
    """One customer, masked."""
    return _page(number, revealed=False)


@blueprint.post("/<number>/reveal")
@allow(Permission.CUSTOMERS_REVEAL)
def reveal(number: str) -> str:
    """The same page in full, once; it goes on record."""
    session = current_session()
    service.reveal(session, page_actor(), queries.account_by_number(session, number))
    return _page(number, revealed=True)


def _page(number: str, revealed: bool) -> str:
    session, day = current_session(), _day_asked()
    account = queries.account_by_number(session, number)
    points = queries.metering_points(session, account)
    return render_template(
        "customers/show.html",
        account=account,
        points=points,
        meters=queries.installations(session, account),
        others=queries.account_numbers(session, account.customer),
        managers=queries.managers_of_cells(session, [point.cell_id for point in points if point.cell_id], day),
        day=day,
        revealed=revealed,
    )


def _day_asked() -> date:
    asked = request.args.get("on", "")
    try:
        return date.fromisoformat(asked) if asked else today()
    except ValueError:
        raise DomainError(_("“%(text)s” is no day. Write it as 2026-03-14.", text=asked)) from None
