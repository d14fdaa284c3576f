"""The lists of meter boxes and of transformer areas, behind the numbers of units, managers and cells."""

from flask import render_template, request

from app.beats import listing
from app.beats.views import blueprint
from app.core.access import Permission, allow, scope
from app.core.asked import day_asked
from app.core.database import current_session
from app.customers.places import place_of
from app.organisation.queries import units_of


@blueprint.get("/boxes")
@allow(Permission.CUSTOMERS_LIST)
def boxes() -> str:
    """Meter boxes of a unit, a cell, a beat or a transformer area, with their cells and managers on a day."""
    session, day = current_session(), day_asked()
    page = listing.box_page(session, scope(), request.args, day)
    places = {row.id: None if row.personal else place_of(row.address) for row in page.rows}
    units = units_of(session, scope())
    return render_template("beats/boxes.html", page=page, places=places, wanted=request.args, day=day, units=units)


@blueprint.get("/areas")
@allow(Permission.GRID_READ)
def areas() -> str:
    """Transformer areas with their boxes, households and main cells."""
    session = current_session()
    page = listing.area_page(session, scope(), request.args)
    held = listing.held_by_areas(session, [row.id for row in page.rows])
    units = units_of(session, scope())
    return render_template("beats/areas.html", page=page, held=held, wanted=request.args, units=units)
