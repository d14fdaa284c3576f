"""A manager with the beat, and a station with its managers, in the browser."""

from flask import Blueprint, render_template, request

from app.beats import queries
from app.beats.round import narrowed, round_of
from app.core.access import Permission, Scope, allow, scope, viewer
from app.core.asked import day_asked
from app.core.database import current_session
from app.core.settings import settings
from app.customers.places import place_of
from app.grid import listing
from app.grid.queries import active_cells, manager_by_code, manager_loads, manager_of
from app.organisation.queries import unit_by_code

blueprint = Blueprint("beats", __name__, template_folder="templates")

VIEWS = ("list", "map", "facts")
"""What a phone shows of a manager's page; a desk shows all of it."""


@blueprint.get("/managers/<code>")
@allow(Permission.GRID_READ)
def manager(code: str) -> str:
    """One manager: the beat from box to box and on a map, households against the target, telephones to tap."""
    session, seen, day = current_session(), scope(), day_asked()
    found = manager_by_code(session, seen, code)
    cells = active_cells(session, seen, manager=code, day=day)
    beat = Scope(cells=frozenset(row.id for row in cells))
    stretches = round_of(queries.boxes_of_beat(session, beat))
    text, boxes = request.args.get("text", "").strip(), sum(stretch.count for stretch in stretches)
    if text:
        behind = queries.boxes_with(session, beat, text) if viewer().may(Permission.CUSTOMERS_LIST) else set()
        stretches = narrowed(stretches, text, behind)
    view = request.args.get("view", "")
    return render_template(
        "beats/manager.html",
        seen=seen,
        manager=found,
        day=day,
        cells=cells,
        stretches=stretches,
        boxes=boxes,
        text=text,
        view=view if view in VIEWS else VIEWS[0],
        households=sum(row.households for row in cells),
        target=found.target_households or settings().target_households,
    )


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


@blueprint.get("/stations/<code>")
@allow(Permission.GRID_READ)
def station(code: str) -> str:
    """One station: figures, its cells on a map, its managers, and the work of making and sharing out cells."""
    session, seen = current_session(), scope()
    found = unit_by_code(session, seen, code)
    return render_template(
        "beats/station.html",
        station=found,
        figures=listing.station_figures(session, seen, found),
        network=listing.network_figures(session, seen, found),
        managers=manager_loads(session, seen, station=code),
    )
