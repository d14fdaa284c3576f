"""Split, merge and reshape cells; the layer stays proven or nothing changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import geopandas as gpd
import shapely
from flask_babel import gettext as _
from numpy.typing import ArrayLike
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core import clock
from app.core.access import EVERYWHERE
from app.core.errors import DomainError
from app.grid.errors import EditRefused
from app.grid.models import GridCell
from app.grid.queries import active_layer, meets
from app.grid.service import add_cells, inherit, pass_on_token, redraw, retire
from gis import editing
from gis.edit_rules import EditError
from gis.metres import LocalPlane

T = TypeVar("T")

MARGIN_DEGREES = 1e-4
"""About ten metres: more than a border that is drawn by hand is moved by itself."""


@dataclass(frozen=True)
class Edit:
    """What an edit did: ids of the cells that `changed` shape or went, of those `around` them, and the cells `made`.

    `successor` says where what a person put into a cell that went belongs now.
    """

    changed: list[int]
    around: list[int]
    made: list[GridCell] = field(default_factory=list)
    successor: dict[int, int] = field(default_factory=dict)


def split(session: Session, cell: GridCell, line: shapely.LineString, actor: str) -> Edit:
    """Divide a cell in two along a line; both parts are new cells of the same owner."""
    layer = _neighbourhood(session, cell.shape)
    position = _position(layer, cell)
    return _divided(session, cell, layer, _asked(layer, lambda: editing.split(layer.geometry, position, line)), actor)


def halve(session: Session, cell: GridCell, x: ArrayLike, y: ArrayLike, weight: ArrayLike, actor: str) -> Edit:
    """Divide a cell so that both parts hold about as many of the households at these positions."""
    layer = _neighbourhood(session, cell.shape)
    position = _position(layer, cell)
    parts = _asked(layer, lambda: editing.split_in_half(layer.geometry, position, x, y, weight))
    return _divided(session, cell, layer, parts, actor)


def _divided(session: Session, cell: GridCell, layer: gpd.GeoDataFrame, split: editing.Split, actor: str) -> Edit:
    around = _around(layer, [cell.id])
    made = add_cells(session, cell.station, split.parts)
    inherit(session, [cell], made, clock.today())
    pass_on_token(session, cell, made[0])
    redraw(session, {int(layer["id"].iloc[at]): shape for at, shape in split.neighbours.items()})
    after = {"cells": [part.code for part in made]}
    record(session, actor, "cell.split", cell.code, before={"cells": [cell.code]}, after=after)
    edit = Edit([cell.id], around, made, {cell.id: made[0].id})
    retire(session, select(GridCell.id).where(GridCell.id == cell.id))
    return edit


def merge(session: Session, cells: Sequence[GridCell], actor: str) -> Edit:
    """Make one new cell of neighbours of one station; it goes to the owner of the one with most households."""
    if len(cells) < 2:
        raise DomainError(_("Choose at least one neighbouring cell that is to become one with this cell."))
    if len({cell.station_id for cell in cells}) > 1:
        raise DomainError(_("Cells of different stations cannot be merged."))
    layer = _neighbourhood(session, *(cell.shape for cell in cells))
    positions = [_position(layer, cell) for cell in cells]
    shape = _asked(layer, lambda: editing.merge(layer.geometry, positions))
    ids = [cell.id for cell in cells]
    around = _around(layer, ids)
    largest = max(cells, key=lambda cell: (cell.households, cell.shape.area))
    made = add_cells(session, largest.station, [shape])
    inherit(session, [largest, *(cell for cell in cells if cell is not largest)], made, clock.today())
    pass_on_token(session, largest, made[0])
    before = {"cells": [cell.code for cell in cells]}
    record(session, actor, "cell.merge", made[0].code, before=before, after={"cells": [made[0].code]})
    edit = Edit(ids, around, made, dict.fromkeys(ids, made[0].id))
    retire(session, select(GridCell.id).where(GridCell.id.in_(ids)))
    return edit


def reshape(session: Session, cell: GridCell, shape: shapely.Geometry, actor: str) -> Edit:
    """Draw a cell's border anew; its neighbours in the same station lose what it gains and get what it gives up."""
    layer = _neighbourhood(session, cell.shape, shape, rings=2)
    position = _position(layer, cell)
    foreign = (layer["station_id"] != cell.station_id).to_numpy()
    shapes = _asked(layer, lambda: editing.reshape(layer.geometry, position, shape, foreign))
    if not shapes:
        text = _("Nothing changed: the drawn border is less than a metre from the present one. Drag a corner further.")
        raise DomainError(text)
    ids = [int(layer["id"].iloc[at]) for at in shapes]
    redraw(session, {int(layer["id"].iloc[at]): new for at, new in shapes.items()})
    before = {layer["code"].iloc[at]: _hectares(layer.geometry.iloc[at]) for at in shapes}
    after = {layer["code"].iloc[at]: _hectares(new) for at, new in shapes.items()}
    record(session, actor, "cell.reshape", cell.code, before=before, after=after)
    return Edit(ids, _around(layer, ids))


def _neighbourhood(session: Session, *places: shapely.Geometry, rings: int = 1) -> gpd.GeoDataFrame:
    """The active cells at these places, and with two rings those around them too."""
    layer = active_layer(session, EVERYWHERE, or_(*(meets(place.bounds, MARGIN_DEGREES) for place in places)))
    for _ring in range(1, rings):
        layer = active_layer(session, EVERYWHERE, meets(layer.total_bounds, MARGIN_DEGREES))
    return layer


def _hectares(shape: shapely.Geometry) -> str:
    """The area, as the trail keeps it."""
    plane = LocalPlane.around(shape)
    return f"{shapely.transform(shape, plane.to_metres).area / 10_000:.2f} ha"


def _asked(layer: gpd.GeoDataFrame, edit: Callable[[], T]) -> T:
    try:
        return edit()
    except EditError as error:
        raise EditRefused(error, layer["code"].tolist()) from error


def _position(layer: gpd.GeoDataFrame, cell: GridCell) -> int:
    found = (layer["id"] == cell.id).to_numpy().nonzero()[0]
    if not len(found):
        raise DomainError(_("Cell %(code)s is no longer in use. Choose the cell that took its place.", code=cell.code))
    return int(found[0])


def _around(layer: gpd.GeoDataFrame, ids: Sequence[int]) -> list[int]:
    """The cells that touch these."""
    chosen = layer["id"].isin(ids)
    near = layer.geometry.sindex.query(layer.geometry[chosen], predicate="intersects")[1]
    return sorted(set(layer["id"].iloc[near].tolist()) - set(ids))
