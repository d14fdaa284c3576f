"""Plans in the API: read, changed step by step, compared."""

from typing import Any

from flask import Response, url_for
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.core import clock
from app.core.access import Permission, allow, scope
from app.core.api.blueprint import Blueprint, guarded, linked, require_unchanged, tagged
from app.core.api.cursors import after, as_page, listed
from app.core.api.idempotency import once
from app.core.database import current_session
from app.core.errors import DomainError
from app.organisation.queries import unit_by_code
from app.plans import compare, files, measures, queries, service, steps
from app.plans.findings import Finding, findings
from app.plans.models import Plan
from app.plans.schemas import (
    ComparisonArgs,
    ComparisonSchema,
    FindingsSchema,
    ListedPlanSchema,
    NewPlanSchema,
    PlanCellsArgs,
    PlanCellSchema,
    PlanLoadsSchema,
    PlansArgs,
    PlanSchema,
    StepSchema,
)

blueprint = Blueprint("plans_api", "Plans", "Who is to answer for which cells from some day on, before anybody does.")

PLAN = "/plans/<int:plan_id>"
GEOJSON = "application/geo+json"
ITSELF = {"plan": {"operationId": "get_plan", "parameters": {"plan_id": "$response.body#/id"}}}


@blueprint.get("/plans")
@allow(Permission.PLANS_READ)
@blueprint.arguments(PlansArgs, location="query")
@blueprint.response(200, listed(ListedPlanSchema))
def list_plans(args: dict[str, Any]) -> dict[str, Any]:
    """List the plans, the newest first."""
    wanted = {name: args.get(name, "") for name in ("state", "station")} | {"after": after(args) or ""}
    page = queries.plan_page(current_session(), scope(), wanted, args["limit"])
    return as_page(page) | {"items": [_facts(row.Plan, row) for row in page.rows]}


@blueprint.post("/plans")
@allow(Permission.PLANS_EDIT)
@tagged
@once
@linked(**ITSELF)
@blueprint.arguments(NewPlanSchema, example={"station": "JB", "name": "2026-04"})
@blueprint.response(201, PlanSchema)
def post_plan(wanted: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Begin a plan from who answers for a station's cells on a day."""
    session = current_session()
    unit = unit_by_code(session, scope().whole, wanted["station"])
    day = wanted.get("base_on") or clock.today()
    plan = service.begin(session, unit, wanted["name"], day, page_actor())
    return as_json(plan), {"Location": url_for("plans_api.get_plan", plan_id=plan.id)}


@blueprint.get(PLAN)
@allow(Permission.PLANS_READ)
@tagged
@blueprint.response(200, PlanSchema)
def get_plan(plan_id: int) -> dict[str, Any]:
    """Get a plan; its ETag changes with every step."""
    return as_json(_asked(plan_id))


@blueprint.get(f"{PLAN}/loads")
@allow(Permission.PLANS_READ)
@tagged
@blueprint.response(200, PlanLoadsSchema)
def get_plan_loads(plan_id: int) -> dict[str, Any]:
    """Get what each manager carries in a plan."""
    plan = _asked(plan_id)
    return {"revision": plan.version, **measures.loads(current_session(), plan)}


@blueprint.get(f"{PLAN}/cells")
@allow(Permission.PLANS_READ)
@blueprint.arguments(PlanCellsArgs, location="query")
@blueprint.response(200, listed(PlanCellSchema))
def list_plan_cells(args: dict[str, Any], plan_id: int) -> dict[str, Any]:
    """List a plan's cells with their managers, or its moves, or its locks, in the order of the cells' codes."""
    page = queries.owner_page(current_session(), _asked(plan_id), args.get("show"), after(args), args["limit"])
    return as_page(page)


@blueprint.get(f"{PLAN}/findings")
@allow(Permission.PLANS_READ)
@tagged
@blueprint.response(200, FindingsSchema)
def get_plan_findings(plan_id: int) -> dict[str, Any]:
    """Get what is wrong with a plan, or might be."""
    plan = _asked(plan_id)
    return {"revision": plan.version, "findings": [_told(each) for each in findings(current_session(), plan)]}


@blueprint.get(f"{PLAN}/comparison")
@allow(Permission.PLANS_READ)
@blueprint.arguments(ComparisonArgs, location="query")
@blueprint.response(200, ComparisonSchema)
def get_plan_comparison(args: dict[str, Any], plan_id: int) -> dict[str, Any]:
    """Compare a plan with the register today, or with another plan."""
    session, plan = current_session(), _asked(plan_id)
    shares = compare.shares_of(session, plan)
    other = compare.side_beside(session, scope(), plan, args.get("other"), shares)
    return measures.comparison(compare.compared(other, compare.side_of(session, plan, shares)))


@blueprint.get(f"{PLAN}.csv")
@allow(Permission.PLANS_READ)
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
def get_plan_csv(plan_id: int) -> Response:
    """Get a plan as CSV: cell, manager."""
    return Response("".join(files.csv_of(current_session(), _asked(plan_id))), mimetype="text/csv")


@blueprint.get(f"{PLAN}.geojson")
@allow(Permission.PLANS_READ)
@blueprint.response(200, {"type": "object"}, content_type=GEOJSON)
def get_plan_geojson(plan_id: int) -> Response:
    """Get a plan's cells with their shapes and managers."""
    return Response(files.geojson_of(current_session(), _asked(plan_id)), mimetype=GEOJSON)


@blueprint.post(f"{PLAN}/steps")
@allow(Permission.PLANS_EDIT)
@guarded
@tagged
@once
@linked(**ITSELF)
@blueprint.arguments(StepSchema, example={"moves": [{"cell": "JB-001", "manager": "KH0002"}]})
@blueprint.response(200, PlanSchema)
def post_plan_step(wanted: dict[str, Any], plan_id: int) -> dict[str, Any]:
    """Move cells to managers of their station, or lock or unlock cells, as one step that can be undone."""
    session, plan = current_session(), as_seen(plan_id)
    if "moves" in wanted:
        steps.give(session, plan, _by_cell(wanted["moves"]), page_actor(), plan.version)
    else:
        locked = "lock" in wanted
        steps.lock(session, plan, wanted["lock" if locked else "unlock"], locked, page_actor(), plan.version)
    return as_json(plan)


@blueprint.post(f"{PLAN}/undo")
@allow(Permission.PLANS_EDIT)
@guarded
@tagged
@once
@linked(**ITSELF)
@blueprint.response(200, PlanSchema)
def undo_plan_step(plan_id: int) -> dict[str, Any]:
    """Take the last step back."""
    plan = as_seen(plan_id)
    steps.undo(current_session(), plan, page_actor())
    return as_json(plan)


@blueprint.post(f"{PLAN}/redo")
@allow(Permission.PLANS_EDIT)
@guarded
@tagged
@once
@linked(**ITSELF)
@blueprint.response(200, PlanSchema)
def redo_plan_step(plan_id: int) -> dict[str, Any]:
    """Do the step again that was undone last."""
    plan = as_seen(plan_id)
    steps.redo(current_session(), plan, page_actor())
    return as_json(plan)


def as_seen(plan_id: int) -> Plan:
    """The plan of the address, held, if it is still as the client has seen it."""
    plan = steps.held(current_session(), _asked(plan_id))
    require_unchanged(PlanSchema, as_json(plan))
    return plan


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan as its schema wants it."""
    session = current_session()
    own = {name: getattr(plan, name) for name in ("note", "made_by", "made_at")}
    turns = steps.can_turn(session, plan)
    return _facts(plan, queries.moved_in(session, plan)) | own | turns | {"copied_from": plan.copied_from_id}


def _facts(plan: Plan, moved: Any) -> dict[str, Any]:
    own = ("id", "name", "state", "base_on", "effective_on", "rolled_back_on", "submitted_by", "approved_by")
    return {name: getattr(plan, name) for name in own} | {
        "station": {"code": plan.unit.code, "name": plan.unit.name},
        "revision": plan.version,
        "moved_cells": moved.cells,
        "moved_households": moved.households,
    }


def _asked(plan_id: int) -> Plan:
    return queries.plan_by_id(current_session(), scope(), plan_id)


def _by_cell(moves: list[dict[str, Any]]) -> dict[str, str | None]:
    """Managers by cell; a cell that is named twice is refused."""
    to: dict[str, str | None] = {}
    for move in moves:
        if move["cell"] in to:
            raise DomainError(_("Cell %(cell)s is named twice.", cell=move["cell"]))
        to[move["cell"]] = move["manager"]
    return to


def _told(finding: Finding) -> dict[str, Any]:
    remedy = finding.remedy
    moves = remedy and [{"cell": key, "manager": remedy.taker} for key in remedy.cells]
    own = {name: getattr(finding, name) for name in ("kind", "severity", "text", "cells", "manager")}
    return own | {"remedy": remedy and {"text": remedy.text, "moves": moves}}
