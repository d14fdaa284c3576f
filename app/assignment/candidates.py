"""The cells that a metering point may belong to: those of its transformer area, and those near its box."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.customers.models import MeterBox, MeterPoint
from app.grid.models import GridCell
from app.grid.queries import cells_frame
from app.grid.scope import cells_seen

BY_AREA = BY_DISTANCE = 3


@dataclass(frozen=True)
class Candidate:
    """A cell, and what speaks for it."""

    code: str
    share: float | None = None
    """Of the located boxes of the transformer area."""
    metres: float | None = None
    """From the box to the cell; nought inside."""


def candidates(session: Session, scope: Scope, point: MeterPoint) -> Sequence[Candidate]:
    """The likeliest first, without the present one: by the area's boxes, then by distance."""
    found = {each.code: each for each in _of_area(session, scope, point.box)}
    for near in _near(session, scope, point.box):
        known = found.get(near.code, near)
        found[near.code] = replace(known, metres=near.metres)
    return [each for each in found.values() if point.cell is None or each.code != point.cell.code]


def _of_area(session: Session, scope: Scope, box: MeterBox) -> list[Candidate]:
    """The cells that hold most located boxes of the box's transformer area."""
    if box.transformer_area_id is None:
        return []
    held = func.count()
    statement = (
        select(GridCell.code, held.label("boxes"), GridCell.retired_at.is_(None) & cells_seen(scope))
        .join(MeterBox, MeterBox.cell_id == GridCell.id)
        .where(MeterBox.transformer_area_id == box.transformer_area_id, MeterBox.position.is_not(None))
        .group_by(GridCell.id)
        .order_by(held.desc(), GridCell.code)
    )
    rows = session.execute(statement).all()
    total = sum(row.boxes for row in rows)
    return [Candidate(row.code, row.boxes / total) for row in rows if row[2]][:BY_AREA]


def _near(session: Session, scope: Scope, box: MeterBox) -> list[Candidate]:
    """The cells of the station that lie nearest to the box."""
    if box.position is None:
        return []
    cells = cells_frame(session, scope, box.station.code)
    here = gpd.GeoSeries([box.position], crs=cells.crs)
    plane = here.estimate_utm_crs()
    metres = cells.geometry.to_crs(plane).distance(here.to_crs(plane).iloc[0]).to_numpy()
    order = metres.argsort(kind="stable")[:BY_DISTANCE]
    return [Candidate(str(cells["code"].iloc[place]), metres=float(metres[place])) for place in order]
