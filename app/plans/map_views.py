"""What the map of a plan asks for and tells, as JSON; the session and the form token of the pages guard it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.core.access import Permission, allow, scope
from app.core.database import current_session
from app.core.errors import DomainError
from app.plans import map_data, steps
from app.plans.map_words import map_words, plan_addresses
from app.plans.models import Plan, PlanStep
from app.plans.queries import plan_by_id

blueprint = Blueprint("plan_map", __name__)
blueprint.add_app_template_global(plan_addresses)
blueprint.add_app_template_global(map_words)


def asked_plan(plan_id: int) -> Plan:
    """The plan of the address, if the asker may see it."""
    return plan_by_id(current_session(), scope(), plan_id)


def wanted_json() -> Mapping[str, Any]:
    """The object that was sent."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise DomainError(_("Send a JSON object."))
    return sent


@blueprint.get("/plans/<int:plan_id>/map.json")
@allow(Permission.PLANS_READ)
def whole(plan_id: int) -> Response:
    """Everything that the map shows but the shapes."""
    return jsonify(map_data.whole(current_session(), asked_plan(plan_id)))


@blueprint.get("/plans/<int:plan_id>/cells.geojson")
@allow(Permission.PLANS_READ)
def layer(plan_id: int) -> Response:
    """The shapes."""
    text = map_data.layer(current_session(), asked_plan(plan_id))
    return Response(text, mimetype="application/geo+json", headers={"Cache-Control": "private, no-cache"})


@blueprint.get("/plans/<int:plan_id>/changes.json")
@allow(Permission.PLANS_READ)
def changes(plan_id: int) -> Response:
    """What changed after the step `since`."""
    return jsonify(map_data.since(current_session(), asked_plan(plan_id), number_seen(request.args.get("since", 0))))


@blueprint.post("/plans/<int:plan_id>/steps")
@allow(Permission.PLANS_EDIT)
def take(plan_id: int) -> tuple[Response, int] | Response:
    """One step: `kind`, `cells` (keys), `seen` (number of the last step known), and for a move `to` (code, null)."""
    plan, wanted = asked_plan(plan_id), wanted_json()
    kind, seen = wanted.get("kind"), number_seen(wanted.get("seen"))
    cells = wanted.get("cells")
    if not isinstance(cells, list) or not all(isinstance(key, str) for key in cells):
        raise DomainError(_("Name the cells by their keys, as a list."))
    if kind == "move":
        to = wanted.get("to")
        if to is not None and not isinstance(to, str):
            raise DomainError(_("Name the manager by code, or null for nobody."))
        return answered(plan, seen, lambda: steps.move(current_session(), plan, cells, to, page_actor(), seen))
    if kind in ("lock", "unlock"):
        locked = kind == "lock"
        return answered(plan, seen, lambda: steps.lock(current_session(), plan, cells, locked, page_actor(), seen))
    raise DomainError(_("A step moves, locks or unlocks cells."))


@blueprint.post("/plans/<int:plan_id>/undo")
@allow(Permission.PLANS_EDIT)
def undo(plan_id: int) -> tuple[Response, int] | Response:
    """Take the last step back."""
    plan = asked_plan(plan_id)
    seen = number_seen(wanted_json().get("seen"))
    return answered(plan, seen, lambda: steps.undo(current_session(), plan, page_actor(), seen))


@blueprint.post("/plans/<int:plan_id>/redo")
@allow(Permission.PLANS_EDIT)
def redo(plan_id: int) -> tuple[Response, int] | Response:
    """Do the step again that was undone last."""
    plan = asked_plan(plan_id)
    seen = number_seen(wanted_json().get("seen"))
    return answered(plan, seen, lambda: steps.redo(current_session(), plan, page_actor(), seen))


def answered(plan: Plan, seen: int, act: Callable[[], PlanStep]) -> tuple[Response, int] | Response:
    """What changed since the asker looked, the own step among it; or why it was refused, and what is there now.

    A step that was sent with a `sent_as` of its own is taken once, however often it is sent.
    """
    sent_as = wanted_json().get("sent_as")
    try:
        if not (sent_as and steps.was_taken(current_session(), plan, str(sent_as), seen)):
            step = act()
            if sent_as:
                step.details = {**step.details, "sent_as": str(sent_as)[:64]}
                current_session().flush()
    except DomainError as refused:
        current_session().rollback()
        present = asked_plan(plan.id)
        return jsonify({"error": str(refused), **map_data.since(current_session(), present, seen)}), refused.status
    return jsonify(map_data.since(current_session(), plan, seen))


def number_seen(sent: Any) -> int:
    """The number of the last step that the asker has seen."""
    try:
        return max(0, int(sent))
    except (TypeError, ValueError):
        raise DomainError(_("Say the number of the last step that you have seen.")) from None
