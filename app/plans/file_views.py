"""Plans as files: CSV and GeoJSON out, whatever the imports read in."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from app.audit.actor import page_actor
from app.core.access import Permission, allow, scope
from app.core.database import current_session
from app.core.errors import DomainError
from app.imports import uploads
from app.plans import files
from app.plans.models import Plan
from app.plans.queries import plan_by_id

blueprint = Blueprint("plan_files", __name__, template_folder="templates")

SHOWN = 200
"""Wrong rows that the page names one by one."""


@blueprint.get("/plans/<int:plan_id>.csv")
@allow(Permission.PLANS_READ)
def as_csv(plan_id: int) -> Response:
    """A plan as CSV: cell, manager."""
    text = "".join(files.csv_of(current_session(), _asked(plan_id)))
    kept = {"Content-Disposition": f'attachment; filename="plan-{plan_id}.csv"'}
    return Response(text, mimetype="text/csv", headers=kept)


@blueprint.get("/plans/<int:plan_id>.geojson")
@allow(Permission.PLANS_READ)
def as_geojson(plan_id: int) -> Response:
    """A plan as GeoJSON: its cells with their shapes and managers."""
    text = files.geojson_of(current_session(), _asked(plan_id))
    kept = {"Content-Disposition": f'attachment; filename="plan-{plan_id}.geojson"'}
    return Response(text, mimetype="application/geo+json", headers=kept)


@blueprint.get("/plans/<int:plan_id>/import")
@allow(Permission.PLANS_READ)
def form(plan_id: int) -> str:
    """Take a plan away as a file, or bring a file in."""
    return _page(_asked(plan_id))


@blueprint.post("/plans/<int:plan_id>/import")
@allow(Permission.PLANS_EDIT)
def take(plan_id: int) -> Any:
    """Bring a file of cells and managers into a plan, as one step."""
    session, plan = current_session(), _asked(plan_id)
    try:
        path, name = uploads.keep(request.files.get("file"))
        try:
            taken = files.take_file(session, plan, path, name, page_actor())
        finally:
            path.unlink(missing_ok=True)
    except DomainError as refused:
        session.rollback()
        return _page(_asked(plan_id), error=str(refused)), refused.status
    return _page(plan, taken=taken)


def _page(plan: Plan, **more: Any) -> str:
    return render_template("plans/files.html", plan=plan, shown=SHOWN, **more)


def _asked(plan_id: int) -> Plan:
    return plan_by_id(current_session(), scope(), plan_id)
