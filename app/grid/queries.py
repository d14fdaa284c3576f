"""Reads about cells, managers and who answers for what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from flask_babel import gettext as _
from numpy.typing import NDArray
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.orm.util import AliasedClass

from app.core import clock
from app.core.access import EVERYWHERE, Scope
from app.core.errors import NotFound
from app.core.geometry import as_wkb
from app.core.settings import settings
from app.grid.models import CustomerManager, FormerShape, GridCell, Ownership
from app.grid.scope import cells_seen, managers_seen
from app.organisation.models import OrganisationUnit
from app.organisation.queries import at_or_below
from gis.wgs84 import WGS84

FRAME_COLUMNS = (
    "code", "name", "station_code", "station_name", "manager_code", "manager_name", "manager_phone",
    "households", "boxes", "target", "manager_seen",
)  # fmt: skip


def at_work(day: date | BindParameter[date]) -> ColumnElement[bool]:
    """Whether a customer manager still serves on a day; `left_on` is the first day of being away."""
    return CustomerManager.left_on.is_(None) | (CustomerManager.left_on > day)


def codes_of(
    session: Session, model: type[GridCell] | type[CustomerManager], ids: Iterable[int | None]
) -> dict[int | None, str]:
    """The codes of cells or managers by their ids."""
    return dict(list(session.execute(select(model.id, model.code).where(model.id.in_(ids)))))


def owners_on(day: date) -> Subquery:
    """Cell and manager for every cell that anybody answers for on that day: columns cell_id, manager_id.

    A cell stays with a manager on record, but from the day on which the manager is away nobody answers for it.
    """
    later = aliased(Ownership)
    replaced = select(later.id).where(
        later.cell_id == Ownership.cell_id, later.valid_from > Ownership.valid_from, later.valid_from <= day
    )
    return (
        select(Ownership.cell_id, Ownership.manager_id)
        .join(CustomerManager, CustomerManager.id == Ownership.manager_id)
        .where(Ownership.valid_from <= day, ~replaced.exists(), at_work(day))
        .subquery("owner")
    )


def manager_id_on(cell_id: SQLColumnExpression[Any], day: date | BindParameter[date]) -> ScalarSelect[Any]:
    """Whose a row's cell is on a day, at work or not: one step in an index, where few cells are asked about."""
    return (
        select(Ownership.manager_id)
        .where(Ownership.cell_id == cell_id, Ownership.valid_from <= day)
        .order_by(Ownership.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )


@dataclass(frozen=True)
class Neighbours:
    """Cells that share a border with one: those that may be seen, and of the others no more than code and shape."""

    seen: Sequence[Row]
    beyond: gpd.GeoDataFrame


def cells_with_owner(
    scope: Scope,
    station: str | None = None,
    manager: str | None = None,
    cell: str | None = None,
    day: date | None = None,
) -> Select:
    """Active cells with station and manager on a day (today), filtered by codes; nobody's has None.

    `station` may be a unit above, and stands for all stations below it.
    """
    day = day or clock.today()
    statement = (
        select(GridCell, OrganisationUnit, CustomerManager)
        .join(OrganisationUnit, OrganisationUnit.id == GridCell.station_id)
        .outerjoin(CustomerManager, (CustomerManager.id == manager_id_on(GridCell.id, day)) & at_work(day))
        .where(GridCell.retired_at.is_(None), cells_seen(scope))
    )
    if station:
        statement = statement.where(GridCell.station_id.in_(at_or_below(station)))
    if manager:
        theirs = select(Ownership.cell_id).join(CustomerManager).where(CustomerManager.code == manager)
        statement = statement.where(CustomerManager.code == manager, GridCell.id.in_(theirs))
    if cell:
        statement = statement.where(GridCell.code == cell)
    return statement


def active_cells(
    session: Session, scope: Scope, station: str | None = None, manager: str | None = None, day: date | None = None
) -> Sequence[Row]:
    """Cells in the order of their codes: columns of FRAME_COLUMNS, and id, without shapes."""
    return _frame_rows(session, scope, cells_with_owner(scope, station, manager, day=day), GridCell.id)


def cells_frame(
    session: Session,
    scope: Scope,
    station_code: str | None = None,
    manager_code: str | None = None,
    day: date | None = None,
    cell_code: str | None = None,
    *which: ColumnElement[bool],
) -> gpd.GeoDataFrame:
    """Cells with shapes (EPSG:4326) in the order of their codes: FRAME_COLUMNS and geometry."""
    statement = cells_with_owner(scope, station_code, manager_code, cell_code, day).where(*which)
    rows = _frame_rows(session, scope, statement, as_wkb(GridCell.shape).label("shape"))
    columns = list(zip(*rows, strict=True)) or [() for _column in range(len(FRAME_COLUMNS) + 1)]
    shapes = shapely.from_wkb([bytes(wkb) for wkb in columns[-1]])
    named = {name: _plain(column) for name, column in zip(FRAME_COLUMNS, columns, strict=False)}
    return gpd.GeoDataFrame(named, geometry=list(shapes), crs=WGS84)


def _plain(column: Sequence[Any]) -> pd.Series:
    """Whole numbers as such; text, which may be missing, as str and None instead of pandas' own NaN."""
    return pd.Series(column, dtype=None if column and isinstance(column[0], int) else object)


def _frame_rows(session: Session, scope: Scope, statement: Select, *more: Any) -> Sequence[Row]:
    target = func.coalesce(CustomerManager.target_households, settings().target_households)
    columns = (
        GridCell.code,
        GridCell.name,
        OrganisationUnit.code.label("station_code"),
        OrganisationUnit.name.label("station_name"),
        CustomerManager.code.label("manager_code"),
        CustomerManager.name.label("manager_name"),
        CustomerManager.work_phone.label("manager_phone"),
        GridCell.households,
        GridCell.boxes,
        target.label("target"),
        managers_seen(scope).label("manager_seen"),
    )
    return session.execute(statement.with_only_columns(*columns, *more).order_by(GridCell.code)).all()


def active_layer(session: Session, scope: Scope, *which: ColumnElement[bool]) -> gpd.GeoDataFrame:
    """Active cells in the order of the codes, all or some: id, code, station_id, households, geometry (EPSG:4326)."""
    columns = (GridCell.id, GridCell.code, GridCell.station_id, GridCell.households)
    statement = select(*columns, as_wkb(GridCell.shape)).where(GridCell.retired_at.is_(None), cells_seen(scope), *which)
    statement = statement.order_by(GridCell.code)
    rows: list[tuple[Any, ...]] = [tuple(row) for row in session.execute(statement)]
    table = pd.DataFrame([row[:-1] for row in rows], columns=["id", "code", "station_id", "households"])
    shapes = shapely.from_wkb([bytes(row[-1]) for row in rows])
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=WGS84)


class Layer(NamedTuple):
    """Some active cells in the order of their codes: a table of them costs more than to read a neighbourhood."""

    ids: NDArray[np.int64]
    codes: Sequence[str]
    station_ids: NDArray[np.int64]
    shapes: gpd.GeoSeries
    """EPSG:4326."""


def cells_at(session: Session, *which: ColumnElement[bool]) -> Layer:
    """The active cells of which this is true, whoever asks."""
    statement = select(GridCell.id, GridCell.code, GridCell.station_id, as_wkb(GridCell.shape))
    statement = statement.where(GridCell.retired_at.is_(None), *which).order_by(GridCell.code)
    rows = [tuple(row) for row in session.execute(statement)]
    ids, codes, station_ids, shapes = zip(*rows, strict=True) if rows else ((),) * 4
    drawn = gpd.GeoSeries(shapely.from_wkb(shapes), crs=WGS84)
    return Layer(np.array(ids, dtype=np.int64), codes, np.array(station_ids, dtype=np.int64), drawn)


def meets(*places: Iterable[float], margin: float = 0.0) -> ColumnElement[bool]:
    """Whether a cell's bounds meet any of these (west, south, east, north; degrees), widened by a margin.

    Asked by itself, too: else SQLite looks through all cells in use, and not into the index of bounds.
    """
    there = aliased(GridCell)
    around = [(west - margin, south - margin, east + margin, north + margin) for west, south, east, north in places]
    return bounds_meet(GridCell, around) & GridCell.id.in_(select(there.id).where(bounds_meet(there, around)))


def bounds_meet(
    cells: type[GridCell | FormerShape] | AliasedClass[GridCell], places: Iterable[tuple[float, ...]]
) -> ColumnElement[bool]:
    """Whether bounds meet any of these (west, south, east, north; degrees)."""
    return or_(*(
        and_(cells.west <= east, cells.east >= west, cells.south <= north, cells.north >= south)
        for west, south, east, north in places
    ))  # fmt: skip


def cell_by_code(session: Session, scope: Scope, code: str) -> GridCell:
    """The cell, active or retired; or NotFound."""
    statement = select(GridCell).where(GridCell.code == code, cells_seen(scope))
    cell = session.scalar(statement.options(joinedload(GridCell.station)))
    if cell is None:
        raise NotFound(_("There is no grid cell with the code %(code)s.", code=code))
    return cell


def neighbours_of(session: Session, scope: Scope, cell: GridCell) -> Neighbours:
    """Cells that share a border with this one, in the order of their codes."""
    layer = active_layer(session, EVERYWHERE, meets(cell.shape.bounds))
    near = layer.geometry.sindex.query(cell.shape, predicate="intersects")
    shared = shapely.length(shapely.intersection(layer.geometry.iloc[near].to_numpy(), cell.shape)) > 0
    around = layer.iloc[sorted(near[shared])]
    around = around[around["id"] != cell.id]
    seen = _frame_rows(session, scope, cells_with_owner(scope).where(GridCell.id.in_(around["id"].tolist())))
    beyond = around[~around["code"].isin([row.code for row in seen])]
    return Neighbours(seen, beyond[["code", "geometry"]])


def manager_by_code(session: Session, scope: Scope, code: str) -> CustomerManager:
    """The manager with station and backup; or NotFound."""
    manager = session.scalar(
        select(CustomerManager)
        .where(CustomerManager.code == code, managers_seen(scope))
        .options(joinedload(CustomerManager.station), joinedload(CustomerManager.backup))
    )
    if manager is None:
        raise NotFound(_("There is no customer manager with the code %(code)s.", code=code))
    return manager


def manager_of(session: Session, cell: GridCell, day: date | None = None) -> CustomerManager | None:
    """Who answers for the cell on a day (today)."""
    day = day or clock.today()
    return session.scalar(
        select(CustomerManager)
        .where(CustomerManager.id == manager_id_on(literal(cell.id), day), at_work(day))
        .options(joinedload(CustomerManager.station), joinedload(CustomerManager.backup))
    )


@dataclass(frozen=True)
class Turn:
    """From a day on, to a last one unless it is the newest, a cell is somebody's, or nobody's."""

    since: date
    until: date | None
    manager: CustomerManager | None
    state: str
    """past, present or planned, as of today."""


def turns(session: Session, cell: GridCell) -> Sequence[Turn]:
    """Who answered, answers and will answer for the cell, the last one first."""
    today, rows = clock.today(), ownerships(session, cell)
    present = next((row for row in rows if row.valid_from <= today), None)
    return [
        Turn(
            row.valid_from,
            rows[at - 1].valid_from - timedelta(days=1) if at else None,
            row.manager,
            "planned" if row.valid_from > today else "present" if row is present else "past",
        )
        for at, row in enumerate(rows)
    ]


def ownerships(session: Session, cell: GridCell) -> Sequence[Ownership]:
    """The cell's changes of hands, newest first."""
    statement = select(Ownership).where(Ownership.cell_id == cell.id).order_by(Ownership.valid_from.desc())
    return session.scalars(statement.options(joinedload(Ownership.manager))).all()


def cells_to_come(session: Session, manager: CustomerManager, day: date) -> int:
    """How many cells in use go to the manager after a day."""
    statement = (
        select(func.count(Ownership.cell_id.distinct()))
        .join(GridCell, GridCell.id == Ownership.cell_id)
        .where(GridCell.retired_at.is_(None), Ownership.manager_id == manager.id, Ownership.valid_from > day)
    )
    return session.scalar(statement) or 0


def ownerships_of(session: Session, cell_ids: Iterable[int]) -> dict[int, list[Ownership]]:
    """The changes of hands of a few cells by the cells' ids, the newest first.

    What was given and given back for one and the same day leaves a row, and changed nobody's hands.
    """
    statement = select(Ownership).where(Ownership.cell_id.in_(cell_ids)).options(joinedload(Ownership.manager))
    found: dict[int, list[Ownership]] = {}
    for row in session.scalars(statement.order_by(Ownership.valid_from)):
        turns = found.setdefault(row.cell_id, [])
        if not turns or turns[0].manager_id != row.manager_id:
            turns.insert(0, row)
    return found


def _loads(day: date, managers: Select | None) -> Subquery:
    """Sums over the active cells of each manager (of some by ids) on a day: manager_id, households, boxes, cells."""
    owner = owners_on(day)
    statement = (
        select(
            owner.c.manager_id,
            func.sum(GridCell.households).label("households"),
            func.sum(GridCell.boxes).label("boxes"),
            func.count().label("cells"),
        )
        .join(GridCell, GridCell.id == owner.c.cell_id)
        .where(GridCell.retired_at.is_(None))
        .group_by(owner.c.manager_id)
    )
    return (statement if managers is None else statement.where(owner.c.manager_id.in_(managers))).subquery("load")


def managers_with_load(
    scope: Scope, day: date | None = None, station: str | None = None, codes: Sequence[str] | None = None
) -> Select:
    """Managers with station code and name, households, boxes, cells and target on a day (today).

    Those of a `station` by its code, or of a unit and all units below it.
    """
    which = [managers_seen(scope)]
    if station:
        which.append(CustomerManager.station_id.in_(at_or_below(station)))
    if codes is not None:
        which.append(CustomerManager.code.in_(codes))
    few = len(which) > 1 or not scope.everywhere
    load = _loads(day or clock.today(), select(CustomerManager.id).where(*which) if few else None)
    return (
        select(
            CustomerManager.id,
            CustomerManager.code,
            CustomerManager.name,
            CustomerManager.work_phone,
            CustomerManager.left_on,
            CustomerManager.station_id,
            OrganisationUnit.code.label("station_code"),
            OrganisationUnit.name.label("station_name"),
            func.coalesce(load.c.households, 0).label("households"),
            func.coalesce(load.c.boxes, 0).label("boxes"),
            func.coalesce(load.c.cells, 0).label("cells"),
            func.coalesce(CustomerManager.target_households, settings().target_households).label("target"),
        )
        .join(OrganisationUnit, OrganisationUnit.id == CustomerManager.station_id)
        .outerjoin(load, load.c.manager_id == CustomerManager.id)
        .where(*which)
    )


def manager_loads(
    session: Session,
    scope: Scope,
    day: date | None = None,
    station: str | None = None,
    codes: Sequence[str] | None = None,
) -> Sequence[Row]:
    """The rows of `managers_with_load` in the order of the managers' codes."""
    return session.execute(managers_with_load(scope, day, station, codes).order_by(CustomerManager.code)).all()
