"""The one place where what somebody may see of customers becomes SQL.

Personal data leave the database in a request through statements that bear the mark `scoped`: `within` sets it with
the condition; a statement that serves the product itself bears the reason, as in
`execution_options(scoped="counts households")`.
"""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    String,
    cast,
    false,
    func,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE, Scope
from app.core.one_of import numbers_given, one_of
from app.customers.models import MeterBox, MeterPoint
from app.grid.models import GridCell
from app.grid.scope import cells_seen


class Given:
    """A scope that is not everywhere and comes with the parameters: for statements that are built once."""

    everywhere = False
    is_empty = False
    stations = numbers_given("scope_stations")
    cells = numbers_given("scope_cells")


GIVEN = Given()
_POINT = MeterPoint.__table__.alias("point_seen")
_BOX = MeterBox.__table__.alias("box_seen")
_CELL = GridCell.__table__.alias("cell_seen")
Bounds = Scope | Given
Statement = TypeVar("Statement", bound=Select[*tuple[Any, ...]])


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
    return _of_point(scope, point.box_id, point.cell_id)


def _of_point(
    scope: Bounds, box_id: SQLColumnExpression[Any], cell_id: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    of_box = select(_BOX.c.station_id).where(_BOX.c.id == box_id).scalar_subquery()
    stations = _is_one(of_box, scope.stations), _is_one(_of_cell(cell_id), scope.stations)
    return or_(_is_one(cell_id, scope.cells), *stations)


def _of_cell(cell_id: SQLColumnExpression[Any]) -> ScalarSelect[Any]:
    return select(_CELL.c.station_id).where(_CELL.c.id == cell_id).scalar_subquery()


def boxes_seen(scope: Bounds, box: type[MeterBox] = MeterBox) -> ColumnElement[bool]:
    """Whether a meter box (or an alias) may be seen: it or its cell is a station's inside, or the cell is one's own."""
    if scope.everywhere or scope.is_empty:
        return true() if scope.everywhere else false()
    stations = _is_one(box.station_id, scope.stations), _is_one(_of_cell(box.cell_id), scope.stations)
    return or_(_is_one(box.cell_id, scope.cells), *stations)


def accounts_seen(scope: Bounds, account_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether the account of this id may be seen: one of its metering points may."""
    if scope.everywhere or scope.is_empty:
        return true() if scope.everywhere else false()
    seen = _of_point(scope, _POINT.c.box_id, _POINT.c.cell_id)
    return select(_POINT.c.id).where(_POINT.c.account_id == account_id, seen).exists()


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


def accounts_of_points_inside(scope: Scope) -> Select[Any]:
    """The accounts, as `account_id`, of all metering points in a scope that is not everywhere, each once.

    It comes from the cells and boxes onwards, for statements that want many: those whose points `points_seen` finds.
    """
    column = MeterPoint.account_id.label("account_id")
    inside = union(_points_of_cells(scope, column), _points_of_boxes(scope, column)).subquery("point_inside")
    return select(inside.c[0])


def accounts_inside(session: Session, scope: Scope) -> NDArray[np.int64]:
    """The ids of all accounts in a scope that is not everywhere, ascending."""
    parts = (_points_of_cells(scope, MeterPoint.account_id), _points_of_boxes(scope, MeterPoint.account_id))
    return np.unique(np.concatenate([ids_in_one_row(session, part) for part in parts]))


def ids_in_one_row(session: Session, statement: Select[Any]) -> NDArray[np.int64]:
    """The ids that a statement selects: in one row they come several times as fast as in a row for each."""
    (ids,) = statement.subquery().c
    joined = session.scalar(marked(select(func.aggregate_strings(cast(ids, String), ","))))
    return np.array(joined.split(","), np.int64) if joined else np.empty(0, np.int64)


def _points_of_cells(scope: Scope, *columns: Any) -> Select[Any]:
    return select(*columns).where(MeterPoint.cell_id.in_(_cells(scope)))


def _points_of_boxes(scope: Scope, *columns: Any) -> Select[Any]:
    box = MeterBox.station_id.in_(sorted(scope.stations))
    return select(*columns).join(MeterBox, MeterBox.id == MeterPoint.box_id).where(box)


def _cells(scope: Scope) -> Select[int]:
    return select(GridCell.id).where(cells_seen(scope))


def _is_one(column: Any, ids: Any) -> ColumnElement[bool]:
    return one_of(column, ids) if isinstance(ids, BindParameter) else column.in_(sorted(ids))
