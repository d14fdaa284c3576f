"""A plan on its way to its day, and what follows from it, in the browser."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.cards import service as cards
from app.cards import tasks as prints
from app.cards.queries import Selection
from app.core import clock
from app.core.access import Permission, allow, scope, scope_for, viewer
from app.core.asked import day_asked
from app.core.database import current_session
from app.core.errors import DomainError
from app.core.settings import settings
from app.customers.service import count_reveal
from app.plans import follow_files, publishing
from app.plans.collisions import BEFORE_ITS_DAY
from app.plans.follows import cards_of, moves_of, pairs_of, sheets_of
from app.plans.ground import adrift
from app.plans.models import Plan
from app.plans.queries import plan_by_id, planned_day
from app.plans.register import away, what_collides

blueprint = Blueprint("plan_publication", __name__, template_folder="templates", url_prefix="/plans/<int:plan_id>")

MOST_ON_SHEETS = 5_000
"""Households on hand-over sheets that are printed at once."""
MOST_AT_ONCE = 20_000
"""Households in a list that is made at once; the lists and beats of more are made in the background."""
TABLES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def asked_plan(plan_id: int) -> Plan:
    """The plan of the address, if the asker may see it."""
    return plan_by_id(current_session(), scope(), plan_id)


@blueprint.get("/follows")
@allow(Permission.PLANS_READ)
def follows(plan_id: int) -> str:
    """What follows from a plan, before its day and after it; and the plan's next steps on its way there."""
    session, plan = current_session(), asked_plan(plan_id)
    moves, day = moves_of(session, plan), planned_day(plan)
    waits = plan.state in BEFORE_ITS_DAY
    return render_template(
        "plans/follows.html",
        plan=plan,
        day=day,
        in_force=plan.state == "published" and day <= clock.today(),
        pairs=pairs_of(moves),
        cells=len(moves),
        households=sum(move.households for move in moves),
        cards=cards_of(session, plan, moves),
        collisions=what_collides(session, plan) if waits else [],
        most=MOST_AT_ONCE,
        most_on_sheets=MOST_ON_SHEETS,
        adrift=sum(adrift(session, plan).values()) if waits else 0,
        absent=away(session, plan, day) if plan.state == "published" else [],
        myself=page_actor(),
    )


@blueprint.post("/submit")
@allow(Permission.PLANS_EDIT)
def submit(plan_id: int) -> Any:
    """Hand the draft to somebody who approves it."""
    return _done(plan_id, lambda plan: publishing.submit(current_session(), plan, page_actor()))


@blueprint.post("/back")
@allow(Permission.PLANS_EDIT)
def back(plan_id: int) -> Any:
    """Make a draft of it again."""
    why = request.form.get("why", "")
    return _done(plan_id, lambda plan: publishing.back(current_session(), plan, page_actor(), why))


@blueprint.post("/approve")
@allow(Permission.PLANS_APPROVE)
def approve(plan_id: int) -> Any:
    """Agree to what somebody else has submitted."""
    return _done(plan_id, lambda plan: publishing.approve(current_session(), plan, page_actor()))


@blueprint.post("/publish")
@allow(Permission.PLANS_EDIT)
def publish(plan_id: int) -> Any:
    """Let it hold from a day on."""
    return _done(plan_id, lambda plan: publishing.publish(current_session(), plan, day_asked("day"), page_actor()))


@blueprint.post("/withdraw")
@allow(Permission.PLANS_EDIT)
def withdraw(plan_id: int) -> Any:
    """Take it back before its day."""
    return _done(plan_id, lambda plan: _say_left(publishing.withdraw(current_session(), plan, page_actor())))


@blueprint.post("/roll-back")
@allow(Permission.PLANS_APPROVE)
def roll_back(plan_id: int) -> Any:
    """Give back from a day on what a plan in force has given."""
    session, plan = current_session(), asked_plan(plan_id)
    try:
        fresh, left = publishing.roll_back(session, plan, day_asked("day"), page_actor())
    except DomainError as refused:
        return _refused(plan_id, refused)
    _say_left(left)
    return redirect(url_for("plan_publication.follows", plan_id=fresh.id))


def _done(plan_id: int, act: Callable[[Plan], object]) -> Any:
    try:
        act(asked_plan(plan_id))
    except DomainError as refused:
        return _refused(plan_id, refused)
    return redirect(url_for("plan_publication.follows", plan_id=plan_id))


def _refused(plan_id: int, refused: DomainError) -> Any:
    """The page again, with what kept the act from being done; where there is no such plan, that is all."""
    current_session().rollback()
    asked_plan(plan_id)
    flash(str(refused), "danger")
    return follows(plan_id), refused.status


def _say_left(cells: list[str]) -> None:
    if cells:
        flash(_("Left as others have given them since: %(cells)s.", cells=", ".join(cells)), "warning")


@blueprint.post("/prints")
@allow(Permission.PLANS_EDIT)
def start_print(plan_id: int) -> Any:
    """Print the cards that become wrong, of one new manager or of all, each in the order of the walk."""
    session, plan = current_session(), asked_plan(plan_id)
    wanted = request.form.get("manager")
    concerned = [
        each for each in cards_of(session, plan, moves_of(session, plan)) if wanted in (None, each.manager.code)
    ]
    if not concerned:
        raise DomainError(_("No card becomes wrong."))
    day = max(planned_day(plan), clock.today())
    selection = Selection(cells=tuple(code for each in concerned for code in each.cells), day=day)
    here = url_for("plan_publication.follows", plan_id=plan_id)
    job = prints.enqueue(session, selection, cards.printing(), here)
    return redirect(url_for("cards.show_print", job_id=job.id))


@blueprint.get("/households.<any(csv, xlsx):kind>")
@allow(Permission.PLANS_READ)
def masked_list(plan_id: int, kind: str) -> Any:
    """Who gets another manager, masked."""
    return _list(plan_id, kind, full=False)


@blueprint.post("/households.<any(csv, xlsx):kind>")
@allow(Permission.PLANS_EDIT)
def full_list(plan_id: int, kind: str) -> Any:
    """Who gets another manager, in full."""
    count_reveal(viewer())
    return _list(plan_id, kind, full=True)


def _list(plan_id: int, kind: str, full: bool) -> Any:
    session, plan = current_session(), asked_plan(plan_id)
    moves = moves_of(session, plan)
    if (count := sum(move.households for move in moves)) > MOST_AT_ONCE:
        raise DomainError(_("These are %(count)s households. Have the list made in the background.", count=count))
    reach = scope_for(Permission.CUSTOMERS_REVEAL if full else Permission.CUSTOMERS_LIST)
    with tempfile.TemporaryDirectory(dir=settings().instance) as scratch:
        path = Path(scratch) / f"households.{kind}"
        rows = follow_files.write_households(session, reach, moves, path, full)
        opened = path.open("rb")  # what is open stays readable when its name has gone
    follow_files.note_households(session, plan, page_actor(), rows, full)
    called = _("%(plan)s – households.%(kind)s", plan=plan.name, kind=kind)
    return send_file(opened, mimetype=TABLES[kind], as_attachment=True, download_name=called)


@blueprint.get("/beats.gpkg")
@allow(Permission.PLANS_READ)
def beats(plan_id: int) -> Any:
    """The beats that there will be."""
    plan = asked_plan(plan_id)
    with tempfile.TemporaryDirectory(dir=settings().instance) as scratch:
        path = Path(scratch) / "beats.gpkg"
        follow_files.write_beats(current_session(), plan, path)
        opened = path.open("rb")
    called = _("%(plan)s – beats.gpkg", plan=plan.name)
    return send_file(opened, mimetype="application/geopackage+sqlite3", as_attachment=True, download_name=called)


@blueprint.post("/hand-over")
@allow(Permission.PLANS_EDIT)
def hand_over(plan_id: int) -> str:
    """Sheets for the print: what one manager hands over to another, special care first; of all pairs, or of one."""
    session, plan, form = current_session(), asked_plan(plan_id), request.form
    moves = moves_of(session, plan)
    if "to" in form:
        moves = [move for move in moves if move.pair == (form["to"], form.get("from", ""))]
    count = sum(move.households for move in moves)
    if not count:
        raise DomainError(_("Nobody is handed over between these two."))
    if count > MOST_ON_SHEETS:
        raise DomainError(_("These are %(count)s households. Print the sheets pair by pair.", count=count))
    count_reveal(viewer())
    cares = scope_for(Permission.CARE_SHOW)
    sheets = list(sheets_of(session, scope_for(Permission.CUSTOMERS_REVEAL), cares, moves))
    rows = sum(len(sheet.households) for sheet in sheets)
    asked = {name: form[name] for name in ("from", "to") if form.get(name)}
    follow_files.note_sheets(session, plan, page_actor(), rows, asked)
    sees_cares = not cares.is_empty
    return render_template("plans/handover.html", plan=plan, day=planned_day(plan), sheets=sheets, cares=sees_cares)
