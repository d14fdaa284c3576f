"""Split, merge and reshape cells inside a plan; the register's cells stay as they are until it is published."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Conflict, DomainError, NotFound
from app.grid.errors import EditRefused
from app.plans import steps
from app.plans.models import Plan, PlanCell, PlanStep
from app.plans.neighbourhood import boxes_within, households_in, layer_around, turns_of
from app.plans.queries import roots_of
from gis import editing
from gis.edit_rules import EditError
from gis.metres import areas_m2

OVERSHOOT_DEGREES = 1e-8
"""About a millimetre: a cut that is kept as a line ends so far beyond the cell, lest rounding let it end inside."""
LEAST_MOVED_M2 = 0.01
"""A cell that gains a corner on its border changes by less, where rounding puts the corner beside the border."""


def split(session: Session, plan: Plan, key: str, line: shapely.LineString | None, actor: str, seen: int) -> PlanStep:
    """Divide a cell along a line, or without one so that both parts hold as many households."""
    cell = _chosen(session, plan, [key])[key]
    layer = layer_around(session, plan, [_shape(cell)])
    at = _position(layer, key)
    boxes = boxes_within(session, layer.geometry.iloc[at])
    with _told(layer):
        parts, line = (editing.split(layer.geometry, at, line), line) if line else _halved(layer, at, boxes)
    keys = _new_keys(session, plan, key, 2)
    counted = _shared_out(cell, boxes, parts.parts)
    made = [
        _made(cell, name, shape, households) for name, shape, households in zip(keys, parts.parts, counted, strict=True)
    ]
    details = {"cell": key, "line": line and shapely.get_coordinates(line).tolist(), "parts": keys}
    wanted: dict[str, dict[str, Any]] = {key: {"gone": True}, **{part: {"gone": False} for part in keys}}
    wanted |= {name: {"shape": _hex(shape)} for name, shape in _own(layer, parts.neighbours).items()}
    return steps.take(session, plan, "split", wanted, actor, seen, details, made, chosen=[key])


def merge(session: Session, plan: Plan, keys: Collection[str], actor: str, seen: int) -> PlanStep:
    """Make one cell of neighbours of one station; it goes to the manager of the one with most households."""
    if len(set(keys)) < 2:
        raise DomainError(_("Choose at least two neighbouring cells that are to become one."))
    cells = _chosen(session, plan, keys)
    if len({cell.station_id for cell in cells.values()}) > 1:
        raise DomainError(_("Cells of different stations cannot be merged."))
    _require_one_owner(session, plan, cells)
    layer = layer_around(session, plan, [_shape(cell) for cell in cells.values()])
    with _told(layer):
        shape = editing.merge(layer.geometry, [_position(layer, key) for key in cells])
    largest = max(cells.values(), key=lambda cell: (cell.households, _shape(cell).area, cell.key))
    into = _new_keys(session, plan, largest.key, 1)[0]
    made = _made(largest, into, shape, sum(cell.households for cell in cells.values()))
    wanted = {into: {"gone": False}, **{key: {"gone": True} for key in cells}}
    return steps.take(session, plan, "merge", wanted, actor, seen, {"cells": sorted(cells), "into": into}, [made])


def reshape(session: Session, plan: Plan, key: str, shape: shapely.Geometry, actor: str, seen: int) -> PlanStep:
    """Draw a cell's border anew; its neighbours in the same station lose what it gains and get what it gives up."""
    cell = _chosen(session, plan, [key])[key]
    if shape.is_empty or not shape.is_valid:
        raise DomainError(_("The drawn shape is empty or crosses itself. Draw it again without crossings."))
    layer = layer_around(session, plan, [_shape(cell), shape], rings=2)
    foreign = (layer["station_id"] != cell.station_id).to_numpy() | ~layer["mine"].to_numpy(dtype=bool)
    with _told(layer):
        drawn = editing.reshape(layer.geometry, _position(layer, key), shape, foreign)
    if not drawn:
        text = _("Nothing changed: the drawn border is less than a metre from the present one. Drag a corner further.")
        raise DomainError(text)
    fresh = _own(layer, drawn)
    former = {name: layer.geometry.iloc[at] for name, at in zip(fresh, drawn, strict=True)}
    moved = [name for name in fresh if _lies_elsewhere(fresh[name], former[name])]
    concerned = _chosen(session, plan, [key, *moved])
    _require_one_owner(session, plan, concerned)
    boxes = boxes_within(session, shapely.union_all([former[name] for name in moved]))
    before = dict(zip(moved, households_in(boxes, [former[name] for name in moved]), strict=True))
    after = dict(zip(moved, households_in(boxes, [fresh[name] for name in moved]), strict=True))
    wanted: dict[str, dict[str, Any]] = {name: {"shape": _hex(geometry)} for name, geometry in fresh.items()}
    for name in moved:
        if _holds_others(boxes, former[name], fresh[name]):
            wanted[name]["households"] = max(0, concerned[name].households + after[name] - before[name])
    details = {"cell": key, "shape": shapely.geometry.mapping(shape)}
    return steps.take(session, plan, "reshape", wanted, actor, seen, details, chosen=[key, *moved])


def _lies_elsewhere(shape: shapely.Geometry, former: shapely.Geometry) -> bool:
    """Whether land changed hands; a corner more on the same border moves none."""
    return bool(areas_m2(np.array([shapely.symmetric_difference(shape, former)]))[0] > LEAST_MOVED_M2)


def _holds_others(boxes: pd.DataFrame, former: shapely.Geometry, fresh: shapely.Geometry) -> bool:
    """Whether a border moves across a box."""
    was, now = (shapely.intersects_xy(shape, boxes["x"], boxes["y"]) for shape in (former, fresh))
    return bool((was != now).any())


def _chosen(session: Session, plan: Plan, keys: Collection[str]) -> dict[str, PlanCell]:
    """The cells to edit: of a draft, there, and not locked."""
    steps.editable(session, plan)
    statement = select(PlanCell).where(PlanCell.plan_id == plan.id, PlanCell.key.in_(set(keys)), ~PlanCell.gone)
    statement = statement.order_by(PlanCell.key).execution_options(populate_existing=True)
    cells = {cell.key: cell for cell in session.scalars(statement)}
    missing = sorted(set(keys) - set(cells))
    if missing:
        raise NotFound(_("Plan “%(name)s” has no cell %(key)s.", name=plan.name, key=missing[0]))
    locked = [key for key, cell in cells.items() if cell.locked]
    if locked:
        raise Conflict(_("%(cells)s: locked. Unlock first what is to be edited.", cells=", ".join(locked[:5])))
    return cells


def _require_one_owner(session: Session, plan: Plan, cells: Mapping[str, PlanCell]) -> None:
    """Refuse cells of several managers: their edit would change somebody's manager before the plan's day."""
    roots = roots_of(session, plan, cells)
    turns = turns_of(session, {cell for _root, cell in roots.values()}, clock.today())
    if len({cell.base_manager_id for cell in cells.values()}) > 1 or len(set(turns.values())) > 1:
        text = _(
            "%(cells)s belong to different managers today. Give them to one manager in this plan, and move or remove "
            "the border between them after its day.",
            cells=", ".join(sorted(cells)[:5]),
        )
        raise Conflict(text)


def _new_keys(session: Session, plan: Plan, parent: str, count: int) -> list[str]:
    """`<parent>.1` and so on, past those that were made before."""
    beside = PlanCell.key.startswith(f"{parent}.", autoescape=True)
    taken = set(session.scalars(select(PlanCell.key).where(PlanCell.plan_id == plan.id, beside)))
    last = max((int(end) for key in taken if (end := key[len(parent) + 1 :]).isdecimal()), default=0)
    return [f"{parent}.{last + number}" for number in range(1, count + 1)]


def _made(parent: PlanCell, key: str, shape: shapely.Geometry, households: int) -> PlanCell:
    """A cell in a parent's place, which its step lets come."""
    return PlanCell(
        plan_id=parent.plan_id,
        key=key,
        station_id=parent.station_id,
        base_manager_id=parent.base_manager_id,
        manager_id=parent.manager_id,
        households=households,
        shape=_multi(shape),
        gone=True,
    )


def _shared_out(cell: PlanCell, boxes: pd.DataFrame, parts: Sequence[shapely.Geometry]) -> list[int]:
    """The parent's households by where their boxes stand; those without a position go to the larger part, the first."""
    smaller = min(households_in(boxes, parts)[1], cell.households)
    return [cell.households - smaller, smaller]


def _halved(layer: gpd.GeoDataFrame, at: int, boxes: pd.DataFrame) -> tuple[editing.Split, shapely.LineString | None]:
    """Two equal halves, and the line along which the register's cell can be cut to the same."""
    halves = editing.split_in_half(layer.geometry, at, boxes["x"], boxes["y"], boxes["households"])
    line = _cut_of(halves)
    try:
        return (editing.split(layer.geometry, at, line), line) if line else (halves, None)
    except EditError:
        return halves, None


def _cut_of(halves: editing.Split) -> shapely.LineString | None:
    """The line between two parts, which cuts the cell again in the same way; None where it is not one line."""
    border = shapely.line_merge(shapely.intersection(*(shapely.boundary(part) for part in halves.parts)))
    if border.geom_type != "LineString" or border.is_closed:
        return None
    coords = shapely.get_coordinates(border)
    for end, inner in ((0, 1), (-1, -2)):
        direction = coords[end] - coords[inner]
        coords[end] += direction / np.hypot(*direction) * OVERSHOOT_DEGREES
    return shapely.LineString(coords)


def _own(layer: gpd.GeoDataFrame, shapes: Mapping[int, shapely.Geometry]) -> dict[str, shapely.Geometry]:
    """New shapes of the plan's own cells by key: what others gain at their border is the register's to note."""
    return {layer["key"].iloc[at]: shape for at, shape in shapes.items() if layer["mine"].iloc[at]}


def _position(layer: gpd.GeoDataFrame, key: str) -> int:
    return int(((layer["key"] == key) & layer["mine"]).to_numpy().nonzero()[0][0])


def _shape(cell: PlanCell) -> shapely.Geometry:
    return cell.register_cell.shape if cell.shape is None and cell.register_cell else cell.shape


def _hex(shape: shapely.Geometry) -> str:
    return str(shapely.to_wkb(_multi(shape), hex=True))


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])


@contextmanager
def _told(layer: gpd.GeoDataFrame) -> Iterator[None]:
    """Let what tears the layer be said in words."""
    try:
        yield
    except EditError as error:
        raise EditRefused(error, layer["key"].tolist()) from error
