"""Making, proving and editing cells in the browser, and the work list."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.assignment import cells as services
from app.assignment import contents, tasks
from app.assignment.drawing import line_from, shape_from
from app.assignment.layer_check import check_edit, check_layer
from app.assignment.models import LayerProof
from app.assignment.proofs import kept_proof
from app.audit.actor import page_actor
from app.core.access import Permission, allow, scope
from app.core.database import current_session
from app.core.errors import DomainError, NotFound
from app.grid.edits import Edit
from app.grid.models import GridCell
from app.grid.queries import cell_by_code
from app.jobs.service import enqueue
from app.organisation.models import OrganisationUnit
from app.organisation.queries import stations, unit_by_code
from gis.cells import METHODS

blueprint = Blueprint("assignment", __name__, template_folder="templates")

NOTHING: dict[str, Any] = {"type": "FeatureCollection", "features": []}
SHOWN_PLACES = 100


def _is_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def told_on_the_page(edit: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let the cell's page say what an edit refuses, where a plain form and no script has asked for it."""

    @wraps(edit)
    def told(code: str) -> Any:
        try:
            return edit(code)
        except NotFound:
            raise
        except DomainError as refused:
            if _is_script():
                raise
            current_session().rollback()
            flash(str(refused), "danger")
            return redirect(url_for("grid.cell", code=code))

    return told


@blueprint.get("/layer")
@allow(Permission.GRID_EDIT)
def layer() -> str:
    """The proof of a station's cells; of all cells the proof that is kept, with its day; making cells for all."""
    station = _station(request.args.get("station"))
    kept = None if station else kept_proof(current_session(), scope().whole)
    figures, places = _proof(station, kept)
    found = places["features"]
    return render_template(
        "assignment/layer.html",
        station=station,
        kept=kept,
        figures=figures,
        places=found,
        is_proven=not figures.get("empty") and all(place["properties"]["kind"] == "multipart" for place in found),
        stations=[(each.code, each.name) for each in stations(current_session(), scope().whole)],
        shown=SHOWN_PLACES,
        everywhere=scope().everywhere,
    )


@blueprint.get("/layer/places.geojson")
@allow(Permission.GRID_EDIT)
def places() -> Response:
    """The offending places for the map and for GIS programs."""
    station = _station(request.args.get("station"))
    kept = None if station else kept_proof(current_session(), scope().whole)
    return Response(json.dumps(_proof(station, kept)[1], ensure_ascii=False), mimetype="application/geo+json")


def _proof(station: OrganisationUnit | None, kept: LayerProof | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures and places of a station's proof, made now, or of the one that is kept; nothing where there is none."""
    if station:
        found = check_layer(current_session(), scope().whole, station)
        return found.figures(), found.places().to_geo_dict(drop_id=True)
    return (kept.figures, kept.places) if kept else ({}, NOTHING)


@blueprint.post("/layer/prove")
@allow(Permission.GRID_EDIT)
def prove() -> Any:
    """Hand the proof of all cells to the worker."""
    job = enqueue(current_session(), tasks.PROVE, _("Prove the layer of cells"))
    return redirect(url_for("jobs.show", job_id=job.id))


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


@blueprint.get("/cells/<code>/areas")
@allow(Permission.GRID_READ)
def areas(code: str) -> str:
    """The transformer areas of a cell; the cell's page holds the table."""
    session = current_session()
    cell = cell_by_code(session, scope(), code)
    return render_template("assignment/areas.html", cell=cell, areas=contents.areas_of_cell(session, scope(), cell))


@blueprint.get("/cells/<code>/boxes.geojson")
@allow(Permission.GRID_EDIT)
def boxes(code: str) -> Response:
    """Where a cell's households are, for whoever draws its borders."""
    session = current_session()
    text = contents.boxes_geojson(session, cell_by_code(session, scope().whole, code))
    return Response(text, mimetype="application/geo+json")


@blueprint.post("/cells/<code>/split")
@allow(Permission.GRID_EDIT)
@told_on_the_page
def split(code: str) -> Any:
    """Divide a cell along the drawn line, or halve its households."""
    session, drawn = current_session(), request.form.get("line")
    cell = cell_by_code(session, scope().whole, code)
    edit, _assigned = services.split(session, cell, line_from(drawn) if drawn else None, page_actor())
    text = _("%(code)s has become %(parts)s.", code=code, parts=" + ".join(part.code for part in edit.made))
    return _edited(edit, edit.made[0], text)


@blueprint.post("/cells/<code>/merge")
@allow(Permission.GRID_EDIT)
@told_on_the_page
def merge(code: str) -> Any:
    """Merge a cell with chosen neighbours."""
    session = current_session()
    codes = list(dict.fromkeys([code, *request.form.getlist("with")]))
    chosen = [cell_by_code(session, scope().whole, each) for each in codes]
    edit, _assigned = services.merge(session, chosen, page_actor())
    text = _("%(codes)s have become %(code)s.", codes=" + ".join(codes), code=edit.made[0].code)
    return _edited(edit, edit.made[0], text)


@blueprint.post("/cells/<code>/reshape")
@allow(Permission.GRID_EDIT)
@told_on_the_page
def reshape(code: str) -> Any:
    """Give a cell the drawn shape."""
    session = current_session()
    cell = cell_by_code(session, scope().whole, code)
    edit, _assigned = services.reshape(session, cell, shape_from(request.form.get("shape", "")), page_actor())
    return _edited(edit, cell, _("%(count)s cells have a new border.", count=len(edit.changed)))


def _edited(edit: Edit, cell: GridCell, text: str) -> Any:
    """Say what was done and what the proof of its surroundings found, on the page of the cell that is there now."""
    figures = check_edit(current_session(), edit).figures()
    proof = _("Proof, with the cells around: %(cells)s cells, %(gaps)s gaps, %(overlaps)s overlaps.", **figures)
    flash(f"{text} {proof}", "danger" if figures["gaps"] or figures["overlaps"] else "success")
    address = url_for("grid.cell", code=cell.code)
    return jsonify(url=address) if _is_script() else redirect(address)


def _station(code: str | None) -> OrganisationUnit | None:
    return unit_by_code(current_session(), scope().whole, code) if code else None
