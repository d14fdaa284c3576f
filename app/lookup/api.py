"""The look-up for other programs."""

from flask import Blueprint, Response, jsonify, request

from app.core.access import Permission, allow, scope, viewer
from app.core.clock import today
from app.core.database import current_session
from app.core.row_ids import row_id
from app.lookup.service import as_json, ask

blueprint = Blueprint("lookup_api", __name__, url_prefix="/api/v1")


@blueprint.get("/lookup")
@allow(Permission.LOOKUP)
def lookup() -> Response:
    """One hit, which goes on record, or several, all masked; `account` chooses one of several by its id."""
    query, account_id = request.args.get("q", ""), request.args.get("account", type=row_id)
    answer = ask(current_session(), viewer(), scope(), query, today(), account_id)
    return jsonify([{"id": hit.served.account_id} | as_json(hit) for hit in answer.hits])
