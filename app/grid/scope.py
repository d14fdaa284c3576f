"""What somebody may see of cells and managers, as conditions inside the query."""

from sqlalchemy import ColumnElement, false, or_

from app.core.access import Scope
from app.grid.models import CustomerManager, GridCell
from app.organisation.scope import in_stations


def cells_seen(scope: Scope, cell: type[GridCell] = GridCell) -> ColumnElement[bool]:
    """Whether a cell (or an alias of it) may be seen: it is a station's that is inside, or on the own beat."""
    own = cell.id.in_(sorted(scope.cells)) if scope.cells else false()
    return or_(in_stations(scope, cell.station_id), own)


def managers_seen(scope: Scope, manager: type[CustomerManager] = CustomerManager) -> ColumnElement[bool]:
    """Whether a manager (or an alias) may be seen: of a station that is inside, or whoever has the own beat.

    The name and work phone of whoever answers for a cell stand wherever the cell does, as they do on its card.
    """
    own = manager.id.in_(sorted(scope.managers)) if scope.managers else false()
    return or_(in_stations(scope, manager.station_id), own)
