"""Meter boxes and transformer areas as long lists: a page of ids, and then what stands in its rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union
from sqlalchemy.orm import Session, aliased

from app.assignment.models import AreaCell
from app.core.access import EVERYWHERE, Scope
from app.core.paging import Page, page_of
from app.customers.models import MeterBox, MeterPoint
from app.customers.places import tells_on_a_customer
from app.customers.scope import boxes_seen, marked
from app.grid.models import CustomerManager, GridCell
from app.grid.queries import at_work, cells_with_owner, manager_id_on
from app.grid.scope import cells_seen, managers_seen
from app.organisation.models import OrganisationUnit, TransformerArea
from app.organisation.queries import at_or_below
from app.organisation.scope import in_stations

NARROW = ("station", "cell", "manager", "area")


def box_page(session: Session, scope: Scope, wanted: Mapping[str, str], day: date) -> Page:
    """Boxes by number, with cell, manager on a day, households, and whether their place is known.

    `wanted` may hold station (or a unit above), cell, manager, area (codes), show (`unplaced`), after, before.
    """
    asked = {name: wanted.get(name, "").strip() for name in (*NARROW, "show")}
    is_narrow = any(asked[name] for name in NARROW)
    units = session.scalars(at_or_below(asked["station"])).all() if asked["station"] else None
    statement = select(MeterBox.id).where(*_boxes_where(asked, units, day))
    statement = statement.where(boxes_seen(scope) if scope.everywhere or is_narrow else MeterBox.id.in_(_inside(scope)))
    # A part is read and sorted: PostgreSQL would walk through all numbers to find it.
    key = func.coalesce(MeterBox.number, "") if is_narrow or not scope.everywhere else MeterBox.number
    page = page_of(session, marked(statement), key, wanted.get("after"), wanted.get("before"))
    rows = {row.id: row for row in session.execute(_boxes(scope, [row.id for row in page.rows], day))}
    return replace(page, rows=[rows[row.id] for row in page.rows])


def _boxes_where(asked: Mapping[str, str], units: Sequence[int] | None, day: date) -> Iterable[ColumnElement[bool]]:
    if units is not None:
        yield MeterBox.station_id.in_(units)
    if asked["cell"]:
        yield MeterBox.cell_id == select(GridCell.id).where(GridCell.code == asked["cell"]).scalar_subquery()
    if asked["manager"]:
        beat = cells_with_owner(EVERYWHERE, manager=asked["manager"], day=day)
        yield MeterBox.cell_id.in_(beat.with_only_columns(GridCell.id))
    if asked["area"]:
        area = select(TransformerArea.id).where(TransformerArea.code == asked["area"])
        yield MeterBox.transformer_area_id == area.scalar_subquery()
    if asked["show"] == "unplaced":
        yield MeterBox.position.is_(None)


def _inside(scope: Scope) -> Any:
    """The ids of all boxes of a scope, from its stations and cells onwards."""
    box = aliased(MeterBox)
    of_stations = select(box.id).where(in_stations(scope, box.station_id))
    of_cells = select(box.id).where(box.cell_id.in_(select(GridCell.id).where(cells_seen(scope))))
    return select(union(of_stations, of_cells).subquery("box_inside").c[0])


def _boxes(scope: Scope, ids: list[int], day: date) -> Select:
    """What stands in the rows; the address may tell on a customer (`personal`), and is not for a list then."""
    households = select(func.count(MeterPoint.account_id.distinct())).where(MeterPoint.box_id == MeterBox.id)
    statement = (
        select(
            MeterBox.id,
            MeterBox.number,
            MeterBox.address,
            MeterBox.position.is_not(None).label("placed"),
            tells_on_a_customer().label("personal"),
            households.scalar_subquery().label("households"),
            GridCell.code.label("cell"),
            cells_seen(scope).label("cell_seen"),
            CustomerManager.code.label("manager_code"),
            CustomerManager.name.label("manager_name"),
            managers_seen(scope).label("manager_seen"),
        )
        .outerjoin(GridCell, GridCell.id == MeterBox.cell_id)
        .outerjoin(CustomerManager, (CustomerManager.id == manager_id_on(GridCell.id, day)) & at_work(day))
        .where(MeterBox.id.in_(ids))
    )
    return marked(statement)


def area_page(session: Session, scope: Scope, wanted: Mapping[str, str]) -> Page:
    """Transformer areas by code, with station, boxes, households, and the cell that holds most of their located boxes.

    `wanted` may hold station (or a unit above), text, after, before.
    """
    columns = (TransformerArea.id, TransformerArea.code, TransformerArea.name)
    station = OrganisationUnit.code.label("station_code"), OrganisationUnit.name.label("station_name")
    main = GridCell.code.label("cell"), AreaCell.share
    statement = (
        select(*columns, *station, *main)
        .join(OrganisationUnit, OrganisationUnit.id == TransformerArea.station_id)
        .outerjoin(AreaCell, AreaCell.transformer_area_id == TransformerArea.id)
        .outerjoin(GridCell, GridCell.id == AreaCell.cell_id)
        .where(in_stations(scope, TransformerArea.station_id) | TransformerArea.id.in_(_of_beat(scope)))
    )
    if unit := wanted.get("station", "").strip():
        statement = statement.where(TransformerArea.station_id.in_(at_or_below(unit)))
    if text := wanted.get("text", "").strip():
        code, name = TransformerArea.code, TransformerArea.name
        statement = statement.where(code.icontains(text, autoescape=True) | name.contains(text, autoescape=True))
    return page_of(session, statement, TransformerArea.code, wanted.get("after"), wanted.get("before"))


def _of_beat(scope: Scope) -> Select:
    """The areas that have boxes in the own cells."""
    own = select(MeterBox.transformer_area_id).where(MeterBox.cell_id.in_(sorted(scope.cells)))
    return marked(own.where(MeterBox.transformer_area_id.is_not(None)))


def held_by_areas(session: Session, areas: Iterable[int]) -> dict[int, tuple[int, int]]:
    """How many boxes, and households behind them, each of a few areas (ids) has."""
    statement = (
        select(
            MeterBox.transformer_area_id,
            func.count(MeterBox.id.distinct()),
            func.count(MeterPoint.account_id.distinct()),
        )
        .outerjoin(MeterPoint, MeterPoint.box_id == MeterBox.id)
        .where(MeterBox.transformer_area_id.in_(areas))
        .group_by(MeterBox.transformer_area_id)
    )
    counted = statement.execution_options(scoped="counts the boxes of areas that may be seen")
    return {area: (boxes, households) for area, boxes, households in session.execute(counted) if area}
