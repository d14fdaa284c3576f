"""The look-up for other programs."""

from typing import Any

from app.core.access import Permission, allow, scope, viewer
from app.core.api.blueprint import Blueprint, linked
from app.core.clock import today
from app.core.database import current_session
from app.lookup.schemas import HitSchema, LookupArgs
from app.lookup.service import as_json, ask

blueprint = Blueprint("lookup_api", "Look-up", "Who is this customer's manager?")

FIRST = {"customer": {"operationId": "get_customer", "parameters": {"account_id": "$response.body#/0/id"}}}


@blueprint.get("/lookup")
@allow(Permission.LOOKUP)
@linked(**FIRST)
@blueprint.arguments(LookupArgs, location="query")
@blueprint.response(200, HitSchema(many=True))
def look_up(args: dict[str, Any]) -> list[dict[str, Any]]:
    """Look a customer up.

    The hits are ranked, at the most 20, and the customer's data masked: manager and phone are the answer. A single
    hit, or the one that `account` chooses, goes on record as looked at.
    """
    answer = ask(current_session(), viewer(), scope(), args["q"].strip(), today(), args.get("account"))
    return [{"id": hit.served.account_id} | as_json(hit) for hit in answer.hits]
