"""The coverage map in the browser."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file

from app.core import clock
from app.core.access import Permission, allow, scope
from app.core.database import current_session
from app.core.settings import settings
from app.grid.listing import managers_to_choose
from app.maps import queries, service
from app.organisation.queries import stations
from gis.inline_policy import policy_of

blueprint = Blueprint("maps", __name__, template_folder="templates", url_prefix="/map")

HEAD = 8192
"""Bytes of a file within which its policy stands."""


def _extent() -> service.Extent:
    by = request.args.get("by", "manager")
    return service.Extent(
        station=request.args.get("station") or None,
        manager=request.args.get("manager", "").strip() or None,
        by=by if by in ("manager", "load") else "manager",
    )


@blueprint.get("/")
@allow(Permission.GRID_READ)
def index() -> Any:
    """The map of the city, of a station or of a beat, its figures, and its files."""
    session, seen, extent = current_session(), scope(), _extent()
    problems = service.unknown(session, seen, extent)
    chosen = (session, seen, extent.station, extent.manager, clock.today())
    return render_template(
        "maps/index.html",
        extent=extent,
        problems=problems,
        figures=None if problems else queries.figures(*chosen),
        stations=[(each.code, each.name) for each in stations(session, seen)],
        managers=managers_to_choose(session, seen),
        everywhere=seen.everywhere,
    )


@blueprint.get("/uncovered.geojson")
@allow(Permission.GRID_READ)
def uncovered() -> Response:
    """Where the households stand that lie in no cell, gathered into marks."""
    return Response(service.uncovered_geojson(current_session(), scope(), _extent()), mimetype="application/geo+json")


@blueprint.get("/coverage.<any(html, pdf, png):kind>")
@allow(Permission.GRID_READ)
def coverage(kind: str) -> Any:
    """The map as a file: HTML, PDF or PNG."""
    path = service.cached(current_session(), scope(), _extent(), clock.today(), kind, settings().instance / "maps")
    download = f"coverage.{kind}" if "download" in request.args else None
    response = send_file(path, as_attachment=download is not None, download_name=download)
    if kind == "html":
        response.headers["Content-Security-Policy"] = _policy(path)
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _policy(path: Path) -> str:
    """The file's own policy, and a sandbox that keeps its script away from the rest of the application."""
    with path.open(encoding="utf-8") as file:
        own = policy_of(file.read(HEAD))
    return f"sandbox allow-scripts; frame-ancestors 'self'; {own}"
