"""The look-up for other programs."""

from flask import Blueprint, Response, jsonify, request

from app.audit.actor import page_actor
from app.core.access import Permission, allow
from app.core.clock import today
from app.core.database import current_session
from app.lookup.service import as_json, ask

blueprint = Blueprint("lookup_api", __name__, url_prefix="/api/v1")


@blueprint.get("/lookup")
@allow(Permission.LOOKUP)
def lookup() -> Response:
    """One hit in full, which goes on record, or several masked; `account` chooses one of several."""
    answer = ask(
        current_session(), page_actor(), request.args.get("q", ""), today(), request.args.get("account", "").strip()
    )
    return jsonify([as_json(hit) for hit in answer.hits])
