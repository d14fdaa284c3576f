"""Cells, customer managers and stations in the browser."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.core import clock
from app.core.access import Permission, allow, scope, scope_for
from app.core.database import current_session
from app.core.errors import DomainError, NotFound
from app.core.settings import settings
from app.grid import listing, queries, service, tasks
from app.grid.features import MIMETYPE
from app.grid.geojson import View, borders_geojson, cells_geojson
from app.grid.photos import keep_photo, media_type
from app.jobs.service import enqueue
from app.organisation.queries import stations as all_stations
from app.organisation.queries import unit_by_code

blueprint = Blueprint("grid", __name__, template_folder="templates")


@blueprint.get("/cells")
@allow(Permission.GRID_READ)
def cells() -> str:
    """All cells, by code or by households."""
    session = current_session()
    page = listing.cell_page(session, scope(), request.args)
    return render_template("grid/cells.html", page=page, wanted=request.args, stations=all_stations(session, scope()))


@blueprint.get("/cells.geojson")
@allow(Permission.GRID_READ)
def cells_layer() -> Response:
    """The cells of a station, of a manager, one cell, or those around one, for maps."""
    session, seen, wanted = current_session(), scope(), request.args
    around = queries.cell_by_code(session, seen, wanted["around"]) if wanted.get("around") else None
    chosen = (wanted.get("station"), wanted.get("manager"), wanted.get("cell"))
    text = cells_geojson(session, seen, *chosen, around, _day(), _view())
    return Response(text, mimetype=MIMETYPE)


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
    session, seen = current_session(), scope()
    found = queries.cell_by_code(session, seen, code)
    takers = scope_for(Permission.GRID_EDIT)
    return render_template(
        "grid/cell.html",
        seen=seen,
        cell=found,
        day=_day(),
        manager=queries.manager_of(session, found, _day()),
        ownerships=queries.ownerships(session, found),
        neighbours=queries.neighbours_of(session, seen, found),
        managers=queries.manager_loads(session, takers, station=found.station.code),
    )


@blueprint.post("/cells/<code>/give")
@allow(Permission.GRID_EDIT)
def give(code: str) -> Any:
    """Make a manager responsible from a day on."""
    session, day, inside = current_session(), _day("since"), scope().whole
    found, taker = queries.cell_by_code(session, inside, code), request.form.get("manager", "")
    manager = queries.manager_by_code(session, inside, taker) if taker else None
    later = service.give(session, found, manager, day, page_actor())
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
    page, stations = listing.manager_page(session, scope(), request.args), all_stations(session, scope())
    return render_template("grid/managers.html", page=page, wanted=request.args, stations=stations)


@blueprint.get("/managers/<code>")
@allow(Permission.GRID_READ)
def manager(code: str) -> str:
    """One manager: the beat on a map, households against the target, cells, and the ways to customers and cards."""
    session, seen, day = current_session(), scope(), _day()
    found = queries.manager_by_code(session, seen, code)
    cells = queries.active_cells(session, seen, manager=code, day=day)
    return render_template(
        "grid/manager.html",
        seen=seen,
        manager=found,
        day=day,
        cells=cells,
        households=sum(row.households for row in cells),
        boxes=sum(row.boxes for row in cells),
        target=found.target_households or settings().target_households,
    )


@blueprint.get("/stations")
@allow(Permission.GRID_READ)
def stations() -> str:
    """All supply stations with their figures."""
    page = listing.station_page(current_session(), scope(), request.args)
    return render_template("grid/stations.html", page=page, wanted=request.args)


@blueprint.get("/stations/<code>")
@allow(Permission.GRID_READ)
def station(code: str) -> str:
    """One station: figures, its cells on a map, its managers, and the work of making and sharing out cells."""
    session, seen = current_session(), scope()
    found = unit_by_code(session, seen, code)
    return render_template(
        "grid/station.html",
        station=found,
        figures=listing.station_figures(session, seen, found),
        network=listing.network_figures(session, seen, found),
        managers=queries.manager_loads(session, seen, station=code),
    )


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
    return redirect(url_for("grid.manager", code=code))


@blueprint.post("/managers/<code>/leave")
@allow(Permission.GRID_EDIT)
def leave(code: str) -> Any:
    """Note from which day on the manager is away; no day means the manager stays."""
    session = current_session()
    found = queries.manager_by_code(session, scope().whole, code)
    day = _day("left_on") if request.form.get("left_on") else None
    cells = service.leave(session, found, day, page_actor())
    if day and cells:
        text = _(
            "From %(day)s on nobody answers for %(count)s cells. Give them to others, or share the cells out again.",
            day=format_date(day),
            count=cells,
        )
        flash(text, "warning")
    return redirect(url_for("grid.manager", code=code))


@blueprint.post("/stations/<code>/share-out")
@allow(Permission.GRID_EDIT)
def share_out(code: str) -> Any:
    """Hand the sharing out of a station's cells to the worker."""
    session = current_session()
    found = unit_by_code(session, scope().whole, code)
    title = _("Share out the cells of %(station)s", station=found.name)
    asked = {"station": code, "since": _day("since").isoformat(), "actor": page_actor()}
    job = enqueue(session, tasks.SHARE_OUT, title, **asked)
    return redirect(url_for("jobs.show", job_id=job.id))


def _view() -> View:
    return View.asked(request.args.get("bbox", ""), request.args.get("pixels", type=int))


def _day(field: str = "on") -> date:
    asked = request.values.get(field, "")
    try:
        return date.fromisoformat(asked) if asked else clock.today()
    except ValueError:
        raise DomainError(_("“%(text)s” is no day. Write it as 2026-03-14.", text=asked)) from None
