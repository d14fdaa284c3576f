"""Split, merge and reshape cells; the layer stays proven or nothing changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import shapely
from flask_babel import gettext as _
from numpy.typing import ArrayLike
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core import clock
from app.core.errors import DomainError
from app.core.model import now
from app.grid.errors import EditRefused
from app.grid.models import GridCell
from app.grid.queries import Layer, cells_at, meets
from app.grid.service import add_cells, give_up_token, inherit, keep_shapes, redraw
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
    return _divided(session, cell, layer, _asked(layer, lambda: editing.split(layer.shapes, position, line)), actor)


def halve(session: Session, cell: GridCell, x: ArrayLike, y: ArrayLike, weight: ArrayLike, actor: str) -> Edit:
    """Divide a cell so that both parts hold about as many of the households at these positions."""
    layer = _neighbourhood(session, cell.shape)
    position = _position(layer, cell)
    parts = _asked(layer, lambda: editing.split_in_half(layer.shapes, position, x, y, weight))
    return _divided(session, cell, layer, parts, actor)


def _divided(session: Session, cell: GridCell, layer: Layer, split: editing.Split, actor: str) -> Edit:
    around = _around(layer, [cell.id])
    cell.retired_at = now()
    made = add_cells(session, cell.station, split.parts, give_up_token(session, cell))
    inherit(session, [cell], made, clock.today())
    redraw(session, {int(layer.ids[at]): shape for at, shape in split.neighbours.items()})
    after = {"cells": [part.code for part in made]}
    record(session, actor, "cell.split", cell.code, before={"cells": [cell.code]}, after=after)
    return Edit([cell.id], around, made, {cell.id: made[0].id})


def merge(session: Session, cells: Sequence[GridCell], actor: str) -> Edit:
    """Make one new cell of neighbours of one station; it goes to the owner of the one with most households."""
    if len(cells) < 2:
        raise DomainError(_("Choose at least one neighbouring cell that is to become one with this cell."))
    if len({cell.station_id for cell in cells}) > 1:
        raise DomainError(_("Cells of different stations cannot be merged."))
    layer = _neighbourhood(session, *(cell.shape for cell in cells))
    positions = [_position(layer, cell) for cell in cells]
    shape = _asked(layer, lambda: editing.merge(layer.shapes, positions))
    ids = [cell.id for cell in cells]
    around = _around(layer, ids)
    largest = max(cells, key=lambda cell: (cell.households, cell.shape.area))
    for cell in cells:
        cell.retired_at = now()
    made = add_cells(session, largest.station, [shape], give_up_token(session, largest))
    inherit(session, [largest, *(cell for cell in cells if cell is not largest)], made, clock.today())
    before = {"cells": [cell.code for cell in cells]}
    record(session, actor, "cell.merge", made[0].code, before=before, after={"cells": [made[0].code]})
    return Edit(ids, around, made, dict.fromkeys(ids, made[0].id))


def reshape(session: Session, cell: GridCell, shape: shapely.Geometry, actor: str) -> Edit:
    """Draw a cell's border anew; its neighbours in the same station lose what it gains and get what it gives up."""
    layer = _neighbourhood(session, cell.shape, shape, rings=2)
    position = _position(layer, cell)
    foreign = layer.station_ids != cell.station_id
    shapes = _asked(layer, lambda: editing.reshape(layer.shapes, position, shape, foreign))
    if not shapes:
        text = _("Nothing changed: the drawn border is less than a metre from the present one. Drag a corner further.")
        raise DomainError(text)
    ids = [int(layer.ids[at]) for at in shapes]
    keep_shapes(session, {int(layer.ids[at]): layer.shapes.iloc[at] for at in shapes})
    redraw(session, dict(zip(ids, shapes.values(), strict=True)))
    before = {layer.codes[at]: _hectares(layer.shapes.iloc[at]) for at in shapes}
    after = {layer.codes[at]: _hectares(new) for at, new in shapes.items()}
    record(session, actor, "cell.reshape", cell.code, before=before, after=after)
    return Edit(ids, _around(layer, ids))


def _neighbourhood(session: Session, *places: shapely.Geometry, rings: int = 1) -> Layer:
    """The active cells at these places, and with two rings those around them too."""
    layer = cells_at(session, meets(*(place.bounds for place in places), margin=MARGIN_DEGREES))
    for _ring in range(1, rings):
        layer = cells_at(session, meets(layer.shapes.total_bounds, margin=MARGIN_DEGREES))
    return layer


def _hectares(shape: shapely.Geometry) -> str:
    """The area, as the trail keeps it."""
    plane = LocalPlane.around(shape)
    return f"{shapely.transform(shape, plane.to_metres).area / 10_000:.2f} ha"


def _asked(layer: Layer, edit: Callable[[], T]) -> T:
    try:
        return edit()
    except EditError as error:
        raise EditRefused(error, layer.codes) from error


def _position(layer: Layer, cell: GridCell) -> int:
    found = np.flatnonzero(layer.ids == cell.id)
    if not len(found):
        raise DomainError(_("Cell %(code)s is no longer in use. Choose the cell that took its place.", code=cell.code))
    return int(found[0])


def _around(layer: Layer, ids: Sequence[int]) -> list[int]:
    """The cells that touch these."""
    chosen = layer.shapes[np.isin(layer.ids, ids)]
    near = layer.shapes.sindex.query(chosen, predicate="intersects")[1]
    return sorted(set(layer.ids[near].tolist()) - set(ids))
