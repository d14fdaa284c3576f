"""A manager with the beat, and a station with its managers, in the browser."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import format_date, format_decimal
from flask_babel import gettext as _
from sqlalchemy import Row

from app.assignment.queries import work_counts
from app.audit.actor import page_actor
from app.beats import queries
from app.beats.round import narrowed, round_of
from app.beats.units import Unit, tree_of
from app.core import clock
from app.core.access import Permission, Scope, allow, scope, scope_for, viewer
from app.core.asked import day_asked, day_in
from app.core.charts import Bars, bars
from app.core.database import current_session
from app.core.errors import DomainError
from app.core.settings import settings
from app.customers.places import place_of
from app.grid import service
from app.grid.features import MIMETYPE
from app.grid.geojson import View, borders_geojson
from app.grid.listing import network_figures
from app.grid.models import CustomerManager
from app.grid.queries import active_cells, cells_to_come, manager_by_code, manager_loads, manager_of
from app.organisation.queries import has_boundaries, unit_by_code, unit_ids_under

blueprint = Blueprint("beats", __name__, template_folder="templates")

LATEST = 8
"""So many imports stand on a station's page."""
VIEWS = ("list", "map", "facts")
"""What a phone shows of a manager's page; a desk shows all of it."""


@blueprint.get("/managers/<code>")
@allow(Permission.GRID_READ)
def manager(code: str) -> str:
    """One manager: the beat from box to box and on a map, households against the target, telephones to tap."""
    return _manager_page(manager_by_code(current_session(), scope(), code), day_asked(), request.args.get("view", ""))


def _manager_page(
    found: CustomerManager, day: date, view: str, typed: Mapping[str, str] | None = None, problem: str = ""
) -> str:
    session, seen, code = current_session(), scope_for(Permission.GRID_READ), found.code
    cells = active_cells(session, seen, manager=code, day=day)
    beat = Scope(cells=frozenset(row.id for row in cells))
    stretches = round_of(session, beat)
    text, boxes = request.args.get("text", "").strip(), sum(stretch.count for stretch in stretches)
    if text:
        behind = queries.boxes_with(session, beat, text) if viewer().may(Permission.CUSTOMERS_LIST) else set()
        stretches = narrowed(stretches, text, behind)
    counts = {stop.households for stretch in stretches for stop in stretch.stops}
    return render_template(
        "beats/manager.html",
        seen=seen,
        manager=found,
        day=day,
        cells=cells,
        stretches=stretches,
        counts={count: _("%(count)s hh.", count=f"{count:,}") for count in counts},
        boxes=boxes,
        text=text,
        view=view if view in VIEWS else VIEWS[0],
        households=sum(row.households for row in cells),
        target=found.target_households or settings().target_households,
        typed=typed or {},
        problem=problem,
    )


@blueprint.post("/managers/<code>/leave")
@allow(Permission.GRID_EDIT)
def leave(code: str) -> Any:
    """Note from which day on the manager is away; no day means the manager stays."""
    session = current_session()
    found = manager_by_code(session, scope().whole, code)
    try:
        day = day_in(request.form.get("left_on", ""))
    except DomainError as refused:
        return _manager_page(found, clock.today(), "facts", request.form, str(refused)), refused.status
    cells = service.leave(session, found, day, page_actor())
    if day and cells:
        text = _(
            "From %(day)s on nobody answers for %(count)s cells. Give them to others, or share the cells out again.",
            day=format_date(day),
            count=cells,
        )
        flash(text, "warning")
    if day and (count := cells_to_come(session, found, day)):
        text = _(
            "%(count)s cells are to go to %(name)s after that day, and nobody will answer for them. "
            "Withdraw the plan that gives them, or give them to others.",
            count=count,
            name=found.name,
        )
        flash(text, "warning")
    return redirect(url_for("beats.manager", code=code))


@blueprint.get("/boxes/<number>")
@allow(Permission.CUSTOMERS_LIST)
def box(number: str) -> str:
    """One meter box: where it hangs, whose it is, and the households behind it, masked; htmx takes these alone."""
    session, seen, day = current_session(), scope(), day_asked()
    found = queries.box_by_number(session, seen, number)
    households = queries.households_of_box(session, seen, found, day)
    if "HX-Request" in request.headers:
        return render_template("beats/_opened.html", box=found, households=households)
    return render_template(
        "beats/box.html",
        seen=seen,
        box=found,
        place=place_of(found.address),
        households=households,
        manager=manager_of(session, found.cell, day) if found.cell else None,
        cell_seen=found.cell is not None and (seen.has_station(found.cell.station_id) or seen.is_own([found.cell_id])),
    )


@blueprint.get("/stations")
@allow(Permission.GRID_READ)
def stations() -> str:
    """The units of the organisation as a tree, with their figures."""
    text = request.args.get("text", "").strip()
    tops = tree_of(current_session(), scope(), clock.today())
    kept = [found for top in tops if (found := top.narrowed(text))] if text else tops
    return render_template("beats/stations.html", tops=kept, text=text)


@blueprint.get("/stations/<code>")
@allow(Permission.GRID_READ)
def station(code: str) -> str:
    """One unit: figures, loads, what is to be done, its imports, the units below; a station's cells and managers."""
    session, seen = current_session(), scope()
    found = unit_by_code(session, seen, code)
    ids = unit_ids_under(session, found)
    (tree,) = tree_of(session, seen.inside(ids), clock.today())
    managers = manager_loads(session, seen.inside(frozenset({found.id})), station=code)
    decides = not tree.below and scope_for(Permission.ASSIGNMENT_DECIDE).has_station(found.id)
    follows = viewer().may(Permission.IMPORTS_RUN)
    return render_template(
        "beats/station.html",
        seen=seen,
        station=found,
        tree=tree,
        figures=tree.figures,
        network=network_figures(session, seen, found),
        has_borders=bool(tree.below) and has_boundaries(session, seen.inside(ids)),
        managers=managers,
        chart=_loads(tree, managers),
        work=work_counts(session, seen.inside(ids)) if decides else {},
        imports=queries.imports_of_people(session, viewer(), scope_for(Permission.IMPORTS_RUN), ids, LATEST)
        if follows
        else [],
    )


@blueprint.get("/stations/<code>/below.geojson")
@allow(Permission.GRID_READ)
def below(code: str) -> Response:
    """The stations of a unit with their figures, for its map."""
    session, seen = current_session(), scope()
    inside = seen.inside(unit_ids_under(session, unit_by_code(session, seen, code)))
    facts = {unit.code: _facts(unit) for top in tree_of(session, inside, clock.today()) for unit in top.lines()}
    view = View.asked(request.args.get("bbox", ""), request.args.get("pixels", type=int))
    return Response(borders_geojson(session, inside, view=view, facts=facts), mimetype=MIMETYPE)


def _facts(unit: Unit) -> dict[str, Any]:
    """What a map says of a station; without managers nobody answers for it."""
    figures = unit.figures
    return {
        "households": figures.households,
        "unassigned": figures.unassigned,
        "manager": format_decimal(figures.managers) if figures.managers else None,
        "load": round(figures.households / figures.target, 3) if figures.target else None,
        "url": url_for("beats.station", code=unit.code),
    }


def _loads(tree: Unit, managers: Sequence[Row[Any]]) -> Bars:
    """What the managers of a station carry; of a larger unit, what the units below it do."""
    below = [(unit.name, unit.figures, url_for("beats.station", code=unit.code)) for unit in tree.below]
    if below:
        return bars([(name, figures.households, figures.target, link) for name, figures, link in below])
    return bars([(row.name, row.households, row.target, url_for("beats.manager", code=row.code)) for row in managers])
