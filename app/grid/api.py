"""Cells and who answers for them, in the API."""

from collections.abc import Iterator
from typing import Any

from flask import Response

from app.audit.actor import page_actor
from app.core import clock
from app.core.access import Permission, Scope, allow, scope
from app.core.api.blueprint import Blueprint, guarded, linked, require_unchanged, tagged
from app.core.api.cursors import after, as_page, listed, next_link
from app.core.database import Database, current_session, database, hold
from app.grid import listing, queries, service
from app.grid.features import MIMETYPE, feature_text, geometry_text, layer_text, owned, person
from app.grid.models import GridCell
from app.grid.schemas import (
    CellLayerSchema,
    CellsArgs,
    HistorySchema,
    NewOwnerSchema,
    OneCellSchema,
    OwnedSchema,
    OwnerSchema,
    OwnershipArgs,
)

blueprint = Blueprint("cells_api", "Cells", "Grid cells, and who answers for them from day to day.")

FILTERS = ("station", "manager", "cell", "on")
TO_CELL = {"cell": {"operationId": "get_cell", "parameters": {"code": "$response.body#/cell"}}}


@blueprint.get("/cells")
@allow(Permission.GRID_READ)
@blueprint.arguments(CellsArgs, location="query")
@blueprint.response(200, CellLayerSchema, content_type=MIMETYPE)
def list_cells(args: dict[str, Any]) -> Response:
    """Get the cells as a map layer.

    Without `limit` all of them come in one stream; with it, a page.
    """
    seen, chosen, start = scope(), {name: args.get(name) for name in FILTERS}, after(args)
    if "limit" not in args:
        return Response(_stream(database(), seen, chosen, start), mimetype=MIMETYPE)
    page = listing.owned_page(current_session(), seen, chosen, start, args["limit"], shapes=True)
    return Response("".join(layer_text(page.rows, next_link(page.next))), mimetype=MIMETYPE)


def _stream(register: Database, seen: Scope, chosen: dict[str, Any], start: str | None) -> Iterator[str]:
    """The layer in a session of its own, for the request's ends before the answer does."""
    with register.reading() as session:
        yield from layer_text(listing.owned_cells(session, seen, chosen, start))


@blueprint.get("/cells/<code>")
@allow(Permission.GRID_READ)
@tagged
@blueprint.response(200, OneCellSchema, content_type=MIMETYPE)
def get_cell(code: str) -> Response:
    """Get one cell, in use or no longer, with the codes of its neighbours."""
    session, seen = current_session(), scope()
    cell = queries.cell_by_code(session, seen, code)
    around = queries.neighbours_of(session, seen, cell)
    facts = {
        "code": cell.code,
        "name": cell.name,
        "station": {"code": cell.station.code, "name": cell.station.name},
        "manager": person(queries.manager_of(session, cell)),
        "households": cell.households,
        "boxes": cell.boxes,
        "retired_at": cell.retired_at.isoformat(timespec="seconds") if cell.retired_at else None,
        "neighbours": sorted([*(row.code for row in around.seen), *around.beyond["code"]]),
    }
    return Response(feature_text(cell.code, facts, geometry_text(cell.shape)), mimetype=MIMETYPE)


@blueprint.get("/cells/<code>/ownership")
@allow(Permission.GRID_READ)
@tagged
@linked(**TO_CELL)
@blueprint.response(200, HistorySchema)
def get_cell_history(code: str) -> dict[str, Any]:
    """Get all changes of hands of a cell."""
    cell = queries.cell_by_code(current_session(), scope(), code)
    changes = [{"since": row.valid_from, "manager": person(row.manager)} for row in _changes(cell)]
    return {"cell": cell.code, "changes": changes}


@blueprint.get("/cells/<code>/owner")
@allow(Permission.GRID_READ)
@tagged
@linked(**TO_CELL)
@blueprint.response(200, OwnerSchema)
def get_cell_owner(code: str) -> dict[str, Any]:
    """Get who answers for a cell today, and the changes to come; its ETag is what a change demands."""
    return _owner(queries.cell_by_code(current_session(), scope(), code))


@blueprint.put("/cells/<code>/owner")
@allow(Permission.GRID_EDIT)
@guarded
@tagged
@linked(**TO_CELL)
@blueprint.arguments(NewOwnerSchema, example={"manager": "KH0001", "since": "2026-04-01"})
@blueprint.response(200, OwnerSchema)
def put_cell_owner(wanted: dict[str, Any], code: str) -> dict[str, Any]:
    """Make a manager responsible for a cell from a day on.

    Whoever was responsible before stays so on the days before, and changes on later days stay as they are.
    """
    session, inside = current_session(), scope().whole
    cell = queries.cell_by_code(session, inside, code)
    hold(session, cell)
    require_unchanged(OwnerSchema, _owner(cell))
    manager = queries.manager_by_code(session, inside, wanted["manager"]) if wanted["manager"] else None
    service.give(session, cell, manager, wanted["since"], page_actor())
    return _owner(cell)


def _changes(cell: GridCell) -> Any:
    return queries.ownerships(current_session(), cell)


def _owner(cell: GridCell) -> dict[str, Any]:
    today, changes = clock.today(), list(_changes(cell))
    present = next((row for row in changes if row.valid_from <= today), None)
    later = [{"since": row.valid_from, "manager": person(row.manager)} for row in changes if row.valid_from > today]
    return {
        "cell": cell.code,
        "manager": person(queries.manager_of(current_session(), cell)),
        "since": present.valid_from if present else None,
        "later": later[::-1],
    }


@blueprint.get("/ownership")
@allow(Permission.GRID_READ)
@blueprint.arguments(OwnershipArgs, location="query")
@blueprint.response(200, listed(OwnedSchema))
def list_ownership(args: dict[str, Any]) -> dict[str, Any]:
    """List who answers for which cell on a day, in the order of the cells' codes; of cells in use today."""
    chosen = {name: args.get(name) for name in FILTERS}
    page = listing.owned_page(current_session(), scope(), chosen, after(args), args["limit"])
    return as_page(page) | {"items": [{"cell": row.code} | owned(row) for row in page.rows]}
