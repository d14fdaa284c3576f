"""The one place where what somebody may see of customers becomes SQL.

Personal data leave the database in a request through statements that bear the mark `scoped`: `within` sets it with
the condition; a statement that serves the product itself bears the reason, as in
`execution_options(scoped="counts households")`.
"""

from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    bindparam,
    false,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.orm import aliased

from app.core.access import EVERYWHERE, Scope
from app.customers.models import MeterBox, MeterPoint
from app.grid.models import GridCell


class Given:
    """A scope that is not everywhere and comes with the parameters: for statements that are built once."""

    everywhere = False
    is_empty = False
    stations: BindParameter[Any] = bindparam("scope_stations", expanding=True, type_=Integer())
    cells: BindParameter[Any] = bindparam("scope_cells", expanding=True, type_=Integer())


GIVEN = Given()
Bounds = Scope | Given
Statement = TypeVar("Statement", bound=Select[Any])


def bounds_of(scope: Scope) -> Bounds:
    """Which of the two kinds of statements that are built once a scope needs: EVERYWHERE's or GIVEN's."""
    return EVERYWHERE if scope.everywhere else GIVEN


def parameters(scope: Scope) -> dict[str, list[int]]:
    """What a statement built for GIVEN wants besides its own parameters."""
    if scope.everywhere:
        return {}
    return {"scope_stations": sorted(scope.stations), "scope_cells": sorted(scope.cells)}


def points_seen(scope: Bounds, point: type[MeterPoint] = MeterPoint) -> ColumnElement[bool]:
    """Whether a metering point (or an alias) may be seen: box or cell are a station's inside, or the cell is one's own.

    It asks by two steps in indexes for each row, so it is for statements that look at few.
    """
    if scope.everywhere or scope.is_empty:
        return true() if scope.everywhere else false()
    box, cell = aliased(MeterBox), aliased(GridCell)
    of_box = select(box.station_id).where(box.id == point.box_id).scalar_subquery()
    of_cell = select(cell.station_id).where(cell.id == point.cell_id).scalar_subquery()
    stations = _ids(scope.stations)
    return or_(point.cell_id.in_(_ids(scope.cells)), of_box.in_(stations), of_cell.in_(stations))


def boxes_seen(scope: Bounds, box: type[MeterBox] = MeterBox) -> ColumnElement[bool]:
    """Whether a meter box (or an alias) may be seen: it or its cell is a station's inside, or the cell is one's own."""
    if scope.everywhere or scope.is_empty:
        return true() if scope.everywhere else false()
    cell = aliased(GridCell)
    of_cell = select(cell.station_id).where(cell.id == box.cell_id).scalar_subquery()
    stations = _ids(scope.stations)
    return or_(box.cell_id.in_(_ids(scope.cells)), box.station_id.in_(stations), of_cell.in_(stations))


def accounts_seen(scope: Bounds, account_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether the account of this id may be seen: one of its metering points may."""
    if scope.everywhere or scope.is_empty:
        return true() if scope.everywhere else false()
    point = aliased(MeterPoint)
    return select(point.id).where(point.account_id == account_id, points_seen(scope, point)).exists()


def within(
    statement: Statement, scope: Bounds, on: type[MeterPoint] | type[MeterBox] | SQLColumnExpression[Any]
) -> Statement:
    """The statement, of what the scope holds alone, and marked so.

    `on` is MeterPoint or MeterBox, or an alias of theirs, or the column with the id of an account.
    """
    if not scope.everywhere:
        statement = statement.where(_seen(scope, on))
    return marked(statement)


def _seen(scope: Bounds, on: Any) -> ColumnElement[bool]:
    if isinstance(on, SQLColumnExpression):
        return accounts_seen(scope, on)
    return boxes_seen(scope, on) if hasattr(on, "station_id") else points_seen(scope, on)


def marked(statement: Statement) -> Statement:
    """The statement, marked as one that holds the condition of a scope already."""
    return statement.execution_options(scoped=True)


def points_inside(scope: Bounds) -> Select[int, int]:
    """Id and account of all metering points in a scope that is not everywhere, from its cells and boxes onwards.

    It is for statements that want many of them: the same points as `points_seen` finds, each once.
    """
    cells = select(GridCell.id).where(
        or_(GridCell.id.in_(_ids(scope.cells)), GridCell.station_id.in_(_ids(scope.stations)))
    )
    columns = (MeterPoint.id.label("id"), MeterPoint.account_id.label("account_id"))
    by_cell = select(*columns).where(MeterPoint.cell_id.in_(cells))
    by_box = select(*columns).join(MeterBox, MeterBox.id == MeterPoint.box_id)
    by_box = by_box.where(MeterBox.station_id.in_(_ids(scope.stations)))
    inside = union(by_cell, by_box).subquery("point_inside")
    return select(inside.c.id, inside.c.account_id)


def _ids(ids: Any) -> Any:
    return ids if isinstance(ids, BindParameter) else sorted(ids)
