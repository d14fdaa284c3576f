"""Splitting, merging and reshaping cells on the map of a plan, as JSON."""

import json
from typing import Any

from flask import Blueprint, Response
from flask_babel import gettext as _

from app.assignment.drawing import line_from, shape_from
from app.audit.actor import page_actor
from app.core.access import Permission, allow
from app.core.database import current_session
from app.core.errors import DomainError
from app.plans import edits
from app.plans.map_views import answered, asked_plan, number_seen, wanted_json

blueprint = Blueprint("plan_edits", __name__)


@blueprint.post("/plans/<int:plan_id>/split")
@allow(Permission.PLANS_EDIT)
def split(plan_id: int) -> tuple[Response, int] | Response:
    """Divide `cell` along `line` ([[lon, lat], ...]), or with null into two equal halves."""
    plan, wanted = asked_plan(plan_id), wanted_json()
    seen, key = number_seen(wanted.get("seen")), _key(wanted.get("cell"))
    drawn = wanted.get("line")
    line = None if drawn is None else line_from(json.dumps({"type": "LineString", "coordinates": drawn}))
    return answered(plan, seen, lambda: edits.split(current_session(), plan, key, line, page_actor(), seen))


@blueprint.post("/plans/<int:plan_id>/merge")
@allow(Permission.PLANS_EDIT)
def merge(plan_id: int) -> tuple[Response, int] | Response:
    """Make one of `cells`."""
    plan, wanted = asked_plan(plan_id), wanted_json()
    seen, cells = number_seen(wanted.get("seen")), wanted.get("cells")
    keys = [_key(key) for key in cells] if isinstance(cells, list) else []
    return answered(plan, seen, lambda: edits.merge(current_session(), plan, keys, page_actor(), seen))


@blueprint.post("/plans/<int:plan_id>/reshape")
@allow(Permission.PLANS_EDIT)
def reshape(plan_id: int) -> tuple[Response, int] | Response:
    """Give `cell` another `shape` (a GeoJSON polygon)."""
    plan, wanted = asked_plan(plan_id), wanted_json()
    seen, key = number_seen(wanted.get("seen")), _key(wanted.get("cell"))
    shape = shape_from(json.dumps(wanted.get("shape") or {}))
    return answered(plan, seen, lambda: edits.reshape(current_session(), plan, key, shape, page_actor(), seen))


def _key(sent: Any) -> str:
    if not isinstance(sent, str):
        raise DomainError(_("Name the cells by their keys, as a list."))
    return sent
