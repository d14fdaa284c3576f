"""A plan on its way to its day, in the API."""

from typing import Any

from flask import url_for

from app.audit.actor import page_actor
from app.core.access import Permission, allow
from app.core.api.blueprint import Blueprint, guarded, linked, tagged
from app.core.api.idempotency import once
from app.core.database import current_session
from app.plans import publishing
from app.plans.api import ITSELF, PLAN, as_json, as_seen
from app.plans.schemas import ForADaySchema, PlanSchema, SentBackSchema, TakenBackSchema

blueprint = Blueprint(
    "plan_publication_api",
    "Publication of plans",
    "A plan on its way to its day: submitted, approved by somebody else, published, withdrawn, rolled back.",
)

INSIDE = {"plan": {"operationId": "get_plan", "parameters": {"plan_id": "$response.body#/plan/id"}}}
DAY = {"day": "2026-05-01"}


@blueprint.post(f"{PLAN}/submit")
@allow(Permission.PLANS_EDIT)
@guarded
@tagged
@once
@linked(**ITSELF)
@blueprint.response(200, PlanSchema)
def submit_plan(plan_id: int) -> dict[str, Any]:
    """Hand a draft to somebody who approves it; nobody changes it from here on."""
    plan = as_seen(plan_id)
    publishing.submit(current_session(), plan, page_actor())
    return as_json(plan)


@blueprint.post(f"{PLAN}/back")
@allow(Permission.PLANS_EDIT)
@guarded
@tagged
@once
@linked(**ITSELF)
@blueprint.arguments(SentBackSchema, example={"why": "JB-001"})
@blueprint.response(200, PlanSchema)
def send_plan_back(wanted: dict[str, Any], plan_id: int) -> dict[str, Any]:
    """Make a draft again of what was submitted or approved."""
    plan = as_seen(plan_id)
    publishing.back(current_session(), plan, page_actor(), wanted["why"])
    return as_json(plan)


@blueprint.post(f"{PLAN}/approve")
@allow(Permission.PLANS_APPROVE)
@guarded
@tagged
@once
@linked(**ITSELF)
@blueprint.response(200, PlanSchema)
def approve_plan(plan_id: int) -> dict[str, Any]:
    """Agree to a plan that somebody else has submitted; one with faults is refused."""
    plan = as_seen(plan_id)
    publishing.approve(current_session(), plan, page_actor())
    return as_json(plan)


@blueprint.post(f"{PLAN}/publish")
@allow(Permission.PLANS_EDIT)
@guarded
@tagged
@once
@linked(**ITSELF)
@blueprint.arguments(ForADaySchema, example=DAY)
@blueprint.response(200, PlanSchema)
def publish_plan(wanted: dict[str, Any], plan_id: int) -> dict[str, Any]:
    """Let an approved plan hold from a day on; all of it or nothing."""
    plan = as_seen(plan_id)
    publishing.publish(current_session(), plan, wanted["day"], page_actor())
    return as_json(plan)


@blueprint.post(f"{PLAN}/withdraw")
@allow(Permission.PLANS_EDIT)
@guarded
@once
@linked(**INSIDE)
@blueprint.response(200, TakenBackSchema)
def withdraw_plan(plan_id: int) -> dict[str, Any]:
    """Take back before its day what was published."""
    plan = as_seen(plan_id)
    left = publishing.withdraw(current_session(), plan, page_actor())
    return {"plan": as_json(plan), "left": left}


@blueprint.post(f"{PLAN}/roll-back")
@allow(Permission.PLANS_APPROVE)
@guarded
@once
@linked(**INSIDE)
@blueprint.arguments(ForADaySchema, example=DAY)
@blueprint.response(201, TakenBackSchema)
def roll_plan_back(wanted: dict[str, Any], plan_id: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Publish a new plan that gives back from a day on what a plan in force has given; the answer holds the new one."""
    fresh, left = publishing.roll_back(current_session(), as_seen(plan_id), wanted["day"], page_actor())
    return {"plan": as_json(fresh), "left": left}, {"Location": url_for("plans_api.get_plan", plan_id=fresh.id)}
