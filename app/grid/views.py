"""Cells and the list of customer managers in the browser."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.core import clock
from app.core.access import Permission, allow, scope, scope_for
from app.core.asked import day_asked
from app.core.database import current_session
from app.core.errors import DomainError, NotFound
from app.grid import listing, queries, service, tasks
from app.grid.features import MIMETYPE
from app.grid.geojson import View, borders_geojson, cells_geojson
from app.grid.models import GridCell
from app.grid.photos import keep_photo, media_type
from app.jobs.service import enqueue
from app.organisation.queries import unit_by_code, units_of
from gis.metres import areas_m2

blueprint = Blueprint("grid", __name__, template_folder="templates")


@blueprint.get("/cells")
@allow(Permission.GRID_READ)
def cells() -> str:
    """All cells, filtered and sorted, with their owners on a day."""
    session, day = current_session(), day_asked()
    page = listing.cell_page(session, scope(), request.args, day)
    return render_template("grid/cells.html", page=page, wanted=request.args, day=day, units=units_of(session, scope()))


@blueprint.get("/cells.geojson")
@allow(Permission.GRID_READ)
def cells_layer() -> Response:
    """The cells of a station, of a manager, one cell, or those around one, for maps."""
    session, seen, wanted = current_session(), scope(), request.args
    around = queries.cell_by_code(session, seen, wanted["around"]) if wanted.get("around") else None
    chosen = (wanted.get("station"), wanted.get("manager"), wanted.get("cell"))
    pieces = cells_geojson(session, seen, *chosen, around, day_asked(), _view())
    return Response(pieces, mimetype=MIMETYPE)


@blueprint.get("/stations.geojson")
@allow(Permission.GRID_READ)
def stations_layer() -> Response:
    """The borders of one or all stations, for maps."""
    text = borders_geojson(current_session(), scope(), request.args.get("station"), _view())
    return Response(text, mimetype=MIMETYPE)


@blueprint.get("/cells/<code>")
@allow(Permission.GRID_READ)
def cell(code: str) -> str:
    """One cell: facts, who answers for it on a day, neighbours, and the tools to change it."""
    return _cell_page(queries.cell_by_code(current_session(), scope(), code), day_asked())


def _cell_page(found: GridCell, day: date, typed: Mapping[str, str] | None = None, problem: str = "") -> str:
    session, seen = current_session(), scope_for(Permission.GRID_READ)
    takers = scope_for(Permission.GRID_EDIT)
    return render_template(
        "grid/cell.html",
        seen=seen,
        cell=found,
        square_km=float(areas_m2(np.array([found.shape]))[0]) / 1e6,
        day=day,
        manager=queries.manager_of(session, found, day),
        turns=queries.turns(session, found),
        neighbours=queries.neighbours_of(session, seen, found),
        managers=queries.manager_loads(session, takers, station=found.station.code),
        typed=typed or {},
        problem=problem,
    )


@blueprint.post("/cells/<code>/give")
@allow(Permission.GRID_EDIT)
def give(code: str) -> Any:
    """Make a manager responsible from a day on."""
    session, inside, taker = current_session(), scope().whole, request.form.get("manager", "")
    found = queries.cell_by_code(session, inside, code)
    manager = queries.manager_by_code(session, inside, taker) if taker else None
    try:
        day = day_asked("since")
        later = service.give(session, found, manager, day, page_actor())
    except DomainError as refused:
        return _cell_page(found, clock.today(), request.form, str(refused)), refused.status
    who = manager.name if manager else _("nobody")
    flash(_("From %(day)s on, %(who)s answers for cell %(code)s.", day=format_date(day), who=who, code=code), "success")
    for change in later:
        flash(_("The cell changes hands again on %(day)s; that stays as it is.", day=format_date(change)), "warning")
    return redirect(url_for("grid.cell", code=code))


@blueprint.get("/managers")
@allow(Permission.GRID_READ)
def managers() -> str:
    """All customer managers with their households against the target."""
    session = current_session()
    page, units = listing.sorted_managers(session, scope(), request.args), units_of(session, scope())
    return render_template("grid/managers.html", page=page, wanted=request.args, units=units)


@blueprint.get("/managers/<code>/photo")
@allow(Permission.GRID_READ)
def photo(code: str) -> Response:
    """The manager's photo."""
    stored = queries.manager_by_code(current_session(), scope(), code).photo
    if stored is None:
        raise NotFound(_("This customer manager has no photo."))
    return Response(stored, mimetype=media_type(stored))


@blueprint.post("/managers/<code>/photo")
@allow(Permission.GRID_EDIT)
def set_photo(code: str) -> Any:
    """Take a new photo, or take the photo away when none is sent."""
    session, sent = current_session(), request.files.get("photo")
    found = queries.manager_by_code(session, scope().whole, code)
    keep_photo(session, found, sent.read() if sent else b"", page_actor())
    return redirect(url_for("beats.manager", code=code))


@blueprint.post("/stations/<code>/share-out")
@allow(Permission.GRID_EDIT)
def share_out(code: str) -> Any:
    """Hand the sharing out of a station's cells to the worker."""
    session = current_session()
    found = unit_by_code(session, scope().whole, code)
    title = _("Share out the cells of %(station)s", station=found.name)
    asked = {"station": code, "since": day_asked("since").isoformat(), "actor": page_actor()}
    job = enqueue(session, tasks.SHARE_OUT, title, **asked)
    return redirect(url_for("jobs.show", job_id=job.id))


def _view() -> View:
    return View.asked(request.args.get("bbox", ""), request.args.get("pixels", type=int))
