"""Metering points in the API: which cell each belongs to, and why."""

from typing import Any

from app.assignment import queries
from app.core.access import Permission, allow, scope
from app.core.api.blueprint import Blueprint, linked, tagged
from app.core.api.cursors import PageArgs, after, as_page, listed
from app.core.clock import today
from app.core.database import current_session
from app.core.paging import Page
from app.customers.points import points_json
from app.customers.schemas import DayArgs, ListedPointSchema

blueprint = Blueprint("points_api", "Metering points", "Which cell each metering point belongs to, and why.")

TO_CUSTOMER = {"customer": {"operationId": "get_customer", "parameters": {"account_id": "$response.body#/account_id"}}}


@blueprint.get("/meter-points/<number>")
@allow(Permission.CUSTOMERS_SHOW)
@tagged
@linked(**TO_CUSTOMER)
@blueprint.arguments(DayArgs, location="query")
@blueprint.response(200, ListedPointSchema)
def get_meter_point(args: dict[str, Any], number: str) -> dict[str, Any]:
    """Get a metering point by its number, with who answers for it on a day, whatever became of its cell since."""
    point = queries.point_by_number(current_session(), scope(), number)
    return points_json(current_session(), [point], args.get("on") or today(), in_full=True)[0]


@blueprint.get("/cells/<code>/meter-points")
@allow(Permission.CUSTOMERS_LIST)
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, listed(ListedPointSchema))
def list_meter_points_of_cell(args: dict[str, Any], code: str) -> dict[str, Any]:
    """List the metering points of a cell, their numbers masked."""
    return _page(queries.points_of_cell(current_session(), scope(), code, after(args), args["limit"]))


@blueprint.get("/boxes/<number>/meter-points")
@allow(Permission.CUSTOMERS_LIST)
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, listed(ListedPointSchema))
def list_meter_points_of_box(args: dict[str, Any], number: str) -> dict[str, Any]:
    """List the metering points in a meter box, their numbers masked."""
    return _page(queries.points_of_box(current_session(), scope(), number, after(args), args["limit"]))


def _page(page: Page) -> dict[str, Any]:
    return as_page(page) | {"items": points_json(current_session(), page.rows, today(), in_full=False)}
