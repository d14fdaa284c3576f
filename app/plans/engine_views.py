"""What the engine says about a plan: proposals, suggestions, findings."""

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.core.access import Permission, allow
from app.core.database import current_session
from app.core.errors import Conflict, DomainError
from app.jobs.service import enqueue
from app.plans import steps
from app.plans.engine import case_of
from app.plans.findings import findings
from app.plans.map_views import answered, asked_plan, number_seen, wanted_json
from app.plans.proposals import PROPOSE, accept, newest_proposal
from app.plans.suggesting import suggestions

blueprint = Blueprint("plan_engine", __name__, template_folder="templates")

MOST_SUGGESTIONS = 50
MOST_KEEP = 100.0


@blueprint.post("/plans/<int:plan_id>/propose")
@allow(Permission.PLANS_EDIT)
def start_proposal(plan_id: int) -> Response:
    """Let the worker propose; `keep` says what it is worth that households keep their manager."""
    plan = asked_plan(plan_id)
    if plan.state != "draft":
        raise Conflict(_("Plan “%(name)s” is no draft any more. Copy it, and change the copy.", name=plan.name))
    title = _("Proposal for plan “%(name)s”", name=plan.name)
    job = enqueue(current_session(), PROPOSE, title, plan=plan.id, keep=_keep(wanted_json().get("keep", 1.0)))
    return jsonify(job=job.id, progress=url_for("jobs.progress", job_id=job.id))


@blueprint.get("/plans/<int:plan_id>/proposal.json")
@allow(Permission.PLANS_READ)
def proposal(plan_id: int) -> Response:
    """What was proposed last, by whomever it was asked for."""
    return jsonify(newest_proposal(current_session(), asked_plan(plan_id)))


@blueprint.post("/plans/<int:plan_id>/accept")
@allow(Permission.PLANS_EDIT)
def take_over(plan_id: int) -> tuple[Response, int] | Response:
    """Take over what is proposed for `cells` (keys, null for all) as one step; answers as every step does."""
    plan, wanted = asked_plan(plan_id), wanted_json()
    seen, cells = number_seen(wanted.get("seen")), wanted.get("cells")
    if cells is not None and not (isinstance(cells, list) and all(isinstance(key, str) for key in cells)):
        raise DomainError(_("Name the cells by their keys, as a list."))
    return answered(plan, seen, lambda: accept(current_session(), plan, cells, page_actor(), seen))


@blueprint.get("/plans/<int:plan_id>/suggestions.json")
@allow(Permission.PLANS_READ)
def best_single_moves(plan_id: int) -> Response:
    """The best single moves, so many as `count` says."""
    count = min(max(request.args.get("count", 10, type=int), 1), MOST_SUGGESTIONS)
    session = current_session()
    return jsonify([move.as_json() for move in suggestions(case_of(session, asked_plan(plan_id)), count)])


@blueprint.get("/plans/<int:plan_id>/findings.json")
@allow(Permission.PLANS_READ)
def found(plan_id: int) -> Response:
    """What is wrong with the plan, or might be."""
    return jsonify([finding.as_json() for finding in findings(current_session(), asked_plan(plan_id))])


@blueprint.get("/plans/<int:plan_id>/findings")
@allow(Permission.PLANS_READ)
def show(plan_id: int) -> str:
    """The same as a page, each with its place on the map and what mends it."""
    plan = asked_plan(plan_id)
    return render_template("plans/findings.html", plan=plan, findings=findings(current_session(), plan))


@blueprint.post("/plans/<int:plan_id>/findings")
@allow(Permission.PLANS_EDIT)
def mend(plan_id: int) -> Any:
    """Take a remedy: give `cell` (several) to the manager `to`, as the page showed the plan at `seen`."""
    session, plan, form = current_session(), asked_plan(plan_id), request.form
    try:
        step = steps.move(session, plan, form.getlist("cell"), form["to"], page_actor(), number_seen(form.get("seen")))
    except DomainError as refused:
        session.rollback()
        flash(str(refused), "danger")
    else:
        text = _("Moved %(count)s cells. Undo it on the map if you think better of it.", count=len(step.after))
        flash(text, "success")
    return redirect(url_for("plan_engine.show", plan_id=plan_id))


def _keep(sent: Any) -> float:
    if isinstance(sent, bool) or not isinstance(sent, int | float) or not 0 <= sent <= MOST_KEEP:
        raise DomainError(
            _("Say as a number from 0 to %(most)s what keeping managers is worth.", most=round(MOST_KEEP))
        )
    return float(sent)
