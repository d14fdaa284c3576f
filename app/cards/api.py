"""Prints of cards in the API: ordered, followed as a job, fetched as PDF."""

from typing import Any

from flask import Response, send_file, url_for
from flask_babel import gettext as _

from app.cards import queries, service, tasks
from app.cards.queries import Selection
from app.cards.schemas import OrderSchema
from app.core.access import Permission, allow, scope, viewer
from app.core.api.blueprint import Blueprint, linked
from app.core.api.idempotency import once
from app.core.database import current_session
from app.core.errors import NotFound
from app.jobs.api import as_json
from app.jobs.queries import own_job
from app.jobs.schemas import JobSchema

blueprint = Blueprint("cards_api", "Cards", "Cards for the meter boxes.")

ONWARDS = {
    "job": {"operationId": "get_job", "parameters": {"job_id": "$response.body#/id"}},
    "print": {"operationId": "get_cards_pdf", "parameters": {"job_id": "$response.body#/id"}},
}


@blueprint.post("/cards")
@allow(Permission.CARDS_PRINT)
@once
@linked(**ONWARDS)
@blueprint.arguments(OrderSchema, example={"manager": "KH0001"})
@blueprint.response(202, JobSchema)
def post_cards(order: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Print cards; the answer is the job that does it."""
    session = current_session()
    codes = (order.get("manager"), order.get("station"), order.get("cell"))
    selection = Selection(*codes, tuple(dict.fromkeys(order.get("boxes", ()))), order.get("day"))
    queries.require_all(session, scope(), selection)
    how = service.printing(order["layout"], order["start"], order["offset_x"], order["offset_y"])
    job = tasks.enqueue(session, selection, how)
    return as_json(job), {"Location": url_for("jobs_api.get_job", job_id=job.id)}


@blueprint.get("/cards/<int:job_id>.pdf")
@allow(Permission.CARDS_PRINT)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
def get_cards_pdf(job_id: int) -> Response:
    """Get a print of yours that is done; the newest 30 are kept."""
    job = own_job(current_session(), viewer().user_id, job_id)
    path = tasks.print_file(job.id)
    if job.kind != tasks.KIND or not path.exists():
        raise NotFound(_("This print is no longer kept. Make it again from the cards page."))
    return send_file(path, mimetype="application/pdf", as_attachment=True, download_name=f"cards-{job_id}.pdf")
