"""Customer managers and stations in the API."""

from typing import Any

from app.audit.actor import page_actor
from app.core.access import Permission, allow, scope
from app.core.api.blueprint import Blueprint, guarded, linked, require_unchanged, tagged
from app.core.api.cursors import after, as_page, listed
from app.core.database import current_session, hold
from app.grid import listing, queries, staff
from app.grid.features import person
from app.grid.models import CustomerManager
from app.grid.schemas import (
    ManagerChangesSchema,
    ManagerLoadSchema,
    ManagersArgs,
    ManagerSchema,
    StationsArgs,
    StationSchema,
)

blueprint = Blueprint("staff_api", "Managers and stations", "Customer managers and their supply stations.")

ITSELF = {"manager": {"operationId": "get_manager", "parameters": {"code": "$response.body#/code"}}}


@blueprint.get("/stations")
@allow(Permission.GRID_READ)
@blueprint.arguments(StationsArgs, location="query")
@blueprint.response(200, listed(StationSchema))
def list_stations(args: dict[str, Any]) -> dict[str, Any]:
    """List the supply stations with the figures of their cells, in the order of their codes."""
    return as_page(listing.station_page(current_session(), scope(), _wanted(args), args["limit"]))


@blueprint.get("/managers")
@allow(Permission.GRID_READ)
@blueprint.arguments(ManagersArgs, location="query")
@blueprint.response(200, listed(ManagerLoadSchema))
def list_managers(args: dict[str, Any]) -> dict[str, Any]:
    """List the customer managers with the households of their beats, in the order of their codes."""
    page = listing.manager_page(current_session(), scope(), _wanted(args), args["limit"])
    stations = [{"station": {"code": row.station_code, "name": row.station_name}} for row in page.rows]
    rows = [row._asdict() | station for row, station in zip(page.rows, stations, strict=True)]
    return as_page(page) | {"items": rows}


def _wanted(args: dict[str, Any]) -> dict[str, str]:
    """What the lists of the pages are asked by."""
    return {name: args.get(name) or "" for name in ("station", "text")} | {"after": after(args) or ""}


@blueprint.get("/managers/<code>")
@allow(Permission.GRID_READ)
@tagged
@blueprint.response(200, ManagerSchema)
def get_manager(code: str) -> dict[str, Any]:
    """Get a customer manager."""
    return _as_json(queries.manager_by_code(current_session(), scope(), code))


@blueprint.patch("/managers/<code>")
@allow(Permission.GRID_EDIT)
@guarded
@tagged
@linked(**ITSELF)
@blueprint.arguments(ManagerChangesSchema, example={"work_phone": "13800000001", "backup": "KH0002"})
@blueprint.response(200, ManagerSchema)
def patch_manager(changes: dict[str, Any], code: str) -> dict[str, Any]:
    """Change a manager's phone, stand-in, target or day of leaving."""
    session, inside = current_session(), scope().whole
    manager = queries.manager_by_code(session, inside, code)
    hold(session, manager)
    require_unchanged(ManagerSchema, _as_json(manager))
    if changes.get("backup"):
        changes["backup"] = queries.manager_by_code(session, inside, changes["backup"])
    staff.change(session, manager, changes, page_actor())
    return _as_json(manager)


def _as_json(manager: CustomerManager) -> dict[str, Any]:
    own = ("code", "name", "work_phone", "supervision_phone", "target_households", "left_on")
    station = {"code": manager.station.code, "name": manager.station.name}
    return {name: getattr(manager, name) for name in own} | {"station": station, "backup": person(manager.backup)}
