"""Making, proving and editing cells in the browser, and the work list."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.assignment import cells as services
from app.assignment import queries, service, tasks
from app.assignment.drawing import line_from, shape_from
from app.assignment.layer_check import check_layer
from app.audit.actor import page_actor
from app.core.access import Permission, allow, scope
from app.core.database import current_session
from app.core.errors import DomainError
from app.core.masking import mask_account
from app.customers.models import MeterPoint
from app.grid.models import GridCell
from app.grid.queries import cell_by_code
from app.jobs.service import enqueue
from app.organisation.models import OrganisationUnit
from app.organisation.queries import stations, unit_by_code
from gis.cells import METHODS

blueprint = Blueprint("assignment", __name__, template_folder="templates")


@blueprint.get("/layer")
@allow(Permission.GRID_EDIT)
def layer() -> str:
    """The proof of the layer, with the offending places; making cells for all stations."""
    station = _station(request.args.get("station"))
    proof = check_layer(current_session(), scope().whole, station)
    everywhere = scope().everywhere
    return render_template(
        "assignment/layer.html", station=station, proof=proof, places=proof.places(), everywhere=everywhere
    )


@blueprint.get("/layer/places.geojson")
@allow(Permission.GRID_EDIT)
def places() -> Response:
    """The offending places for the map and for GIS programs."""
    found = check_layer(current_session(), scope().whole, _station(request.args.get("station"))).places()
    return Response(found.to_json(drop_id=True), mimetype="application/geo+json")


@blueprint.post("/layer/make")
@allow(Permission.GRID_EDIT)
def make() -> Any:
    """Hand the making of cells, of one or all stations, to the worker."""
    session, form, station = current_session(), request.form, _station(request.args.get("station"))
    target = form.get("target", type=int)
    if form.get("method") not in METHODS or not target or target < 1:
        raise DomainError(_("Choose how to cut, and give the households a cell as a whole number above zero."))
    every = _("all stations") if scope().everywhere else _("all stations of the own area")
    job = enqueue(
        session,
        tasks.MAKE,
        _("Make the cells of %(where)s", where=station.name if station else every),
        method=form["method"],
        target=target,
        station=station.code if station else None,
        replace="replace" in form,
        actor=page_actor(),
    )
    return redirect(url_for("jobs.show", job_id=job.id))


@blueprint.post("/cells/<code>/split")
@allow(Permission.GRID_EDIT)
def split(code: str) -> Any:
    """Divide a cell along the drawn line, or halve its households."""
    session, drawn = current_session(), request.form.get("line")
    cell = cell_by_code(session, scope().whole, code)
    edit, _assigned = services.split(session, cell, line_from(drawn) if drawn else None, page_actor())
    text = _("%(code)s has become %(parts)s.", code=code, parts=" + ".join(part.code for part in edit.made))
    return _edited(cell.station, edit.made[0], text)


@blueprint.post("/cells/<code>/merge")
@allow(Permission.GRID_EDIT)
def merge(code: str) -> Any:
    """Merge a cell with chosen neighbours."""
    session = current_session()
    codes = list(dict.fromkeys([code, *request.form.getlist("with")]))
    chosen = [cell_by_code(session, scope().whole, each) for each in codes]
    edit, _assigned = services.merge(session, chosen, page_actor())
    text = _("%(codes)s have become %(code)s.", codes=" + ".join(codes), code=edit.made[0].code)
    return _edited(chosen[0].station, edit.made[0], text)


@blueprint.post("/cells/<code>/reshape")
@allow(Permission.GRID_EDIT)
def reshape(code: str) -> Any:
    """Give a cell the drawn shape."""
    session = current_session()
    cell = cell_by_code(session, scope().whole, code)
    edit, _assigned = services.reshape(session, cell, shape_from(request.form.get("shape", "")), page_actor())
    return _edited(cell.station, cell, _("%(count)s cells have a new border.", count=len(edit.changed)))


def _edited(station: OrganisationUnit, cell: GridCell, text: str) -> Response:
    """Say what was done and that the layer was proven again, on the page of the cell that is there now."""
    figures = check_layer(current_session(), scope().whole, station).figures()
    proof = _("Proof: %(cells)s cells, %(gaps)s gaps, %(overlaps)s overlaps.", **figures)
    flash(f"{text} {proof}", "danger" if figures["gaps"] or figures["overlaps"] else "success")
    return jsonify(url=url_for("grid.cell", code=cell.code))


@blueprint.get("/worklist")
@allow(Permission.ASSIGNMENT_DECIDE)
def worklist() -> str:
    """Metering points in no cell, by cause; those apart from their transformer area; those set by hand."""
    session, seen = current_session(), scope()
    counts = queries.work_counts(session, seen)
    first = next((name for name, count in counts.items() if count), queries.TABS[0])
    tab = request.args.get("tab", first)
    page = queries.work_page(session, seen, tab, request.args)
    return render_template(
        "assignment/worklist.html",
        tab=tab,
        counts=counts,
        page=page,
        stations=stations(session, seen),
        wanted=request.args,
    )


@blueprint.get("/worklist/<number>")
@allow(Permission.ASSIGNMENT_DECIDE)
def point(number: str) -> str:
    """One metering point with its cell and why, to overrule or to release."""
    session = current_session()
    return _point_page(session, queries.point_by_number(session, scope(), number))


def _point_page(session: Session, found: MeterPoint, typed: Mapping[str, str] | None = None, problem: str = "") -> str:
    main = queries.main_cell(session, found.box)
    suggested = main.code if main and not found.cell else ""
    return render_template(
        "assignment/point.html", point=found, main=main, typed=typed or {"cell": suggested}, problem=problem
    )


@blueprint.post("/worklist/<number>/override")
@allow(Permission.ASSIGNMENT_DECIDE)
def override(number: str) -> Any:
    """Put the metering point into a cell by hand."""
    session, form = current_session(), request.form
    found = queries.point_by_number(session, scope(), number)
    try:
        cell = cell_by_code(session, scope().whole, form.get("cell", "").strip())
        service.override(session, found, cell, page_actor(), form.get("why", ""))
    except DomainError as refused:
        return _point_page(session, found, form, str(refused)), DomainError.status
    flash(_("%(number)s now belongs to cell %(code)s.", number=mask_account(number), code=cell.code), "success")
    return redirect(url_for("assignment.point", number=number))


@blueprint.post("/worklist/<number>/release")
@allow(Permission.ASSIGNMENT_DECIDE)
def release(number: str) -> Any:
    """Let the metering point follow its meter box again."""
    session = current_session()
    service.release(session, queries.point_by_number(session, scope(), number), page_actor())
    flash(_("%(number)s follows its meter box again.", number=mask_account(number)), "success")
    return redirect(url_for("assignment.point", number=number))


def _station(code: str | None) -> OrganisationUnit | None:
    return unit_by_code(current_session(), scope().whole, code) if code else None
