"""What somebody may see of the organisation, as a condition inside the query."""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, false, or_, true

from app.core.access import Scope
from app.organisation.models import OrganisationUnit


def in_stations(scope: Scope, station_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether a row belongs to a station of which everything may be seen."""
    if scope.everywhere:
        return true()
    return station_id.in_(sorted(scope.stations)) if scope.stations else false()


def units_seen(scope: Scope) -> ColumnElement[bool]:
    """Whether a unit may be seen: all of it, or for the sake of the own cells in it."""
    by_cells = OrganisationUnit.id.in_(sorted(scope.partly)) if scope.partly else false()
    return or_(in_stations(scope, OrganisationUnit.id), by_cells)
