"""The coverage map in the browser."""

from typing import Any

from flask import Blueprint, render_template, request, send_file

from app.core import clock
from app.core.database import current_session
from app.core.settings import settings
from app.maps import queries, service

blueprint = Blueprint("maps", __name__, template_folder="templates", url_prefix="/map")

FILE_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
)
"""The file carries its script with it; the sandbox keeps it away from the rest of the application."""


def _extent() -> service.Extent:
    by = request.args.get("by", "manager")
    return service.Extent(
        station=request.args.get("station") or None,
        manager=request.args.get("manager") or None,
        by=by if by in ("manager", "load") else "manager",
    )


@blueprint.get("/")
def index() -> Any:
    """The map of the city, of a station or of a beat, and its files."""
    session = current_session()
    return render_template("maps/index.html", extent=_extent(), stations=queries.stations(session))


@blueprint.get("/coverage.<any(html, pdf, png):kind>")
def coverage(kind: str) -> Any:
    """The map as a file: HTML, PDF or PNG."""
    path = service.cached(current_session(), _extent(), clock.today(), kind, settings().instance / "maps")
    download = f"coverage.{kind}" if "download" in request.args else None
    response = send_file(path, as_attachment=download is not None, download_name=download)
    if kind == "html":
        response.headers["Content-Security-Policy"] = FILE_POLICY
    return response
