"""The pages of plans: the list, one plan's work place, its log; copying and naming."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.core import clock
from app.core.access import Permission, allow, scope
from app.core.asked import day_asked
from app.core.database import current_session
from app.core.errors import DomainError, NotFound
from app.organisation.queries import unit_by_code, units_of
from app.plans import queries, service
from app.plans.collisions import carry_over, collisions, counted
from app.plans.log import entries
from app.plans.models import STATES, Plan
from app.plans.words import COLLISION_WORDS, STATE_WORDS, state_words

blueprint = Blueprint("plans", __name__, template_folder="templates")


def asked_plan(plan_id: int) -> Plan:
    """The plan of the address, if the asker may see it."""
    return queries.plan_by_id(current_session(), scope(), plan_id)


@blueprint.app_template_global()
def plan_state(plan: Plan) -> str:
    """The state of a plan in words."""
    return state_words(plan, clock.today())


@blueprint.get("/plans")
@allow(Permission.PLANS_READ)
def index() -> str:
    """Plans, the newest first, and the form for a new one."""
    return _index()


@blueprint.post("/plans")
@allow(Permission.PLANS_EDIT)
def begin() -> Any:
    """Begin a plan from who answers for a unit's cells on a day."""
    session, form = current_session(), request.form
    try:
        unit = unit_by_code(session, scope().whole, form.get("unit", ""))
        plan = service.begin(session, unit, form.get("name", ""), day_asked("base_on"), page_actor())
    except NotFound:
        raise
    except DomainError as refused:
        session.rollback()
        return _index(str(refused)), refused.status
    return redirect(url_for("plans.plan", plan_id=plan.id))


def _index(error: str | None = None) -> str:
    session = current_session()
    return render_template(
        "plans/index.html",
        page=queries.plan_page(session, scope(), request.args),
        wanted=request.args,
        states=[(state, STATE_WORDS[state]) for state in STATES],
        units=[(unit.code, unit.name) for unit in units_of(session, scope().whole)],
        form=request.form,
        error=error,
    )


@blueprint.get("/plans/<int:plan_id>")
@allow(Permission.PLANS_READ)
def plan(plan_id: int) -> str:
    """The work place of a plan: its map."""
    return render_template("plans/plan.html", plan=asked_plan(plan_id))


@blueprint.get("/plans/<int:plan_id>/log")
@allow(Permission.PLANS_READ)
def log(plan_id: int) -> str:
    """Who changed what in a plan, the latest first."""
    session, found = current_session(), asked_plan(plan_id)
    page = queries.steps_of(session, found, request.args.get("after"), request.args.get("before"))
    steps = entries(session, [row[0] for row in page.rows])
    return render_template("plans/log.html", plan=found, page=page, entries=steps)


@blueprint.get("/plans/<int:plan_id>/collisions")
@allow(Permission.PLANS_READ)
def collided(plan_id: int) -> str:
    """What changed in the register since a plan began; with `part` no more than the line that says so."""
    session, found = current_session(), asked_plan(plan_id)
    known = collisions(session, found)
    page = "plans/_collided.html" if request.args.get("part") else "plans/collisions.html"
    codes = {code for each in known for code in (each.was, each.now) if code}
    return render_template(
        page,
        plan=found,
        collisions=known,
        counted=counted(known),
        names=queries.names_of_managers(session, codes),
        words=COLLISION_WORDS,
    )


@blueprint.post("/plans/<int:plan_id>/carry-over")
@allow(Permission.PLANS_EDIT)
def carry(plan_id: int) -> Any:
    """Bring a plan up to the register as it is now."""
    step = carry_over(current_session(), asked_plan(plan_id), page_actor())
    text = _(
        "The plan now starts from the register as it is. To take that back, undo step %(number)s.", number=step.number
    )
    if step.details.get("given_up"):
        text += " " + _("%(count)s edits of cells were given up.", count=len(step.details["given_up"]))
    flash(text, "success")
    return redirect(url_for("plans.plan", plan_id=plan_id))


@blueprint.post("/plans/<int:plan_id>/copy")
@allow(Permission.PLANS_EDIT)
def copy(plan_id: int) -> Any:
    """Copy a plan under another name and open the copy."""
    session, found = current_session(), asked_plan(plan_id)
    try:
        made = service.copy(session, found, request.form.get("name", ""), page_actor())
    except DomainError as refused:
        return _refused(plan_id, refused)
    flash(_("This is the copy. It can be changed without changing the other plan."), "success")
    return redirect(url_for("plans.plan", plan_id=made.id))


@blueprint.post("/plans/<int:plan_id>/rename")
@allow(Permission.PLANS_EDIT)
def rename(plan_id: int) -> Any:
    """Give a plan another name or note."""
    session, found, form = current_session(), asked_plan(plan_id), request.form
    try:
        service.rename(session, found, form.get("name", ""), form.get("note", ""), page_actor())
    except DomainError as refused:
        return _refused(plan_id, refused)
    return redirect(url_for("plans.plan", plan_id=plan_id))


def _refused(plan_id: int, refused: DomainError) -> Any:
    """Back to where plans are named and copied, and why not."""
    current_session().rollback()
    flash(str(refused), "danger")
    return redirect(url_for("plan_files.form", plan_id=plan_id))
