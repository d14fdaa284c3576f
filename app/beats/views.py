"""A manager with the beat, and a station with its managers, in the browser."""

from flask import Blueprint, render_template

from app.core.access import Permission, allow, scope
from app.core.asked import day_asked
from app.core.database import current_session
from app.core.settings import settings
from app.grid import listing, queries
from app.organisation.queries import unit_by_code

blueprint = Blueprint("beats", __name__, template_folder="templates")


@blueprint.get("/managers/<code>")
@allow(Permission.GRID_READ)
def manager(code: str) -> str:
    """One manager: the beat on a map, households against the target, cells, and the ways to customers and cards."""
    session, seen, day = current_session(), scope(), day_asked()
    found = queries.manager_by_code(session, seen, code)
    cells = queries.active_cells(session, seen, manager=code, day=day)
    return render_template(
        "beats/manager.html",
        seen=seen,
        manager=found,
        day=day,
        cells=cells,
        households=sum(row.households for row in cells),
        boxes=sum(row.boxes for row in cells),
        target=found.target_households or settings().target_households,
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
        managers=queries.manager_loads(session, seen, station=code),
    )
