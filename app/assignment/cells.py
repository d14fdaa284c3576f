"""Make and edit cells, and assign the boxes concerned again."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely
from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from app.assignment.boxes import located_boxes
from app.assignment.proofs import count_edit, outdate
from app.assignment.service import Assigned, assign
from app.audit.service import record
from app.core import clock
from app.core.access import EVERYWHERE
from app.core.errors import Conflict, DomainError
from app.core.progress import Progress, silent
from app.customers.models import MeterBox, MeterPoint
from app.grid import edits, service
from app.grid.edits import Edit
from app.grid.models import GridCell, Ownership
from app.grid.queries import active_layer, owners_on
from app.organisation.models import OrganisationUnit
from app.organisation.queries import boundaries
from gis.cells import Method
from gis.cells import make_cells as cut
from gis.territories import territories, without_overlap

TAKEN = 0
"""No station's id: the land of the cells that stay."""
QUIET = {"synchronize_session": False}


@dataclass(frozen=True)
class Made:
    """New cells, how many went, the stations left out for want of both boundary and boxes, and the assignment."""

    cells: int
    retired: int
    left_out: list[str]
    assigned: Assigned


def make_cells(
    session: Session,
    method: Method,
    target: int,
    stations: Sequence[OrganisationUnit],
    actor: str,
    replace: bool = False,
    progress: Progress = silent,
) -> Made:
    """Cut the stations' areas into cells of about `target` households, in place of the cells that they have.

    Cells that a manager answers for are only replaced on demand.
    """
    old = _cells_of(stations)
    if not replace:
        _refuse_owned(session, old)
    boxes = located_boxes(session)
    areas = station_areas(session, stations, boxes)
    retired = session.scalar(select(func.count()).where(GridCell.id.in_(old))) or 0
    former = _cells_by_station(session, old)
    service.retire(session, old)
    made = 0
    for number, station in enumerate(stations):
        progress(number, len(stations), station.name)
        if station.id in areas.index:
            area = areas[station.id]
            west, south, east, north = area.bounds
            near = boxes[boxes["x"].between(west, east) & boxes["y"].between(south, north)]
            shapes = cut(area, near["x"], near["y"], method, target, near["households"], near["area_id"])
            made += len(service.add_cells(session, station, shapes.to_list()))
            before, after = {"cells": former.get(station.id, 0)}, {"cells": len(shapes)}
            record(session, actor, "cells.make", station.code, method=method, target=target, before=before, after=after)
    left_out = [station.code for station in stations if station.id not in areas.index]
    if not made:
        raise DomainError(_("Cells need a boundary or located meter boxes, and there are neither. Import one first."))
    outdate(session)
    assigned = _place_again(session, stations)
    progress(len(stations), len(stations))
    return Made(made, retired, left_out, assigned)


def _cells_of(stations: Sequence[OrganisationUnit]) -> Select:
    ids = [station.id for station in stations]
    return select(GridCell.id).where(GridCell.retired_at.is_(None), GridCell.station_id.in_(ids))


def _cells_by_station(session: Session, cells: Select) -> dict[int, int]:
    counted = select(GridCell.station_id, func.count()).where(GridCell.id.in_(cells)).group_by(GridCell.station_id)
    return dict(list(session.execute(counted)))


def _refuse_owned(session: Session, cells: Select) -> None:
    owner = owners_on(clock.today())
    later = select(Ownership.cell_id).where(Ownership.valid_from > clock.today(), Ownership.manager_id.is_not(None))
    owned = GridCell.id.in_(select(owner.c.cell_id)) | GridCell.id.in_(later)
    count = session.scalar(select(func.count()).where(GridCell.id.in_(cells), owned)) or 0
    if count:
        raise Conflict(
            _(
                "Managers answer for %(count)s of the present cells, so nothing was replaced. "
                "To make new cells all the same, choose to replace them (--replace), and share them out again.",
                count=count,
            )
        )


def station_areas(session: Session, stations: Sequence[OrganisationUnit], boxes: pd.DataFrame) -> gpd.GeoSeries:
    """What each station's cells have to fill, by id: its boundary, else the land around its boxes; none overlap.

    The land around the boxes is cut for all stations without a boundary at once, whichever of them is asked for, so
    that stations whose cells are made on different days still meet without a gap.
    """
    ids = [station.id for station in stations]
    areas = boundaries(session)
    homeless = boxes[~boxes["station_id"].isin(areas.index)]
    if len(homeless):
        drawn = territories(homeless["x"], homeless["y"], homeless["station_id"], homeless["households"])
        areas = pd.concat([areas, drawn])
    layer = active_layer(session, EVERYWHERE)
    foreign = layer.geometry[~layer["station_id"].isin(ids)]
    if len(foreign):
        taken = gpd.GeoSeries([foreign.union_all()], index=[TAKEN], crs=areas.crs)
        areas = pd.concat([taken, areas[areas.index.isin(ids)]])
    areas = without_overlap(areas)
    return areas[areas.index.isin(ids) & ~areas.is_empty]


def split(session: Session, cell: GridCell, line: shapely.LineString | None, actor: str) -> tuple[Edit, Assigned]:
    """Divide a cell along a line, or without one so that both parts hold as many households."""
    if line is not None:
        return _settled(session, edits.split(session, cell, line, actor))
    boxes = located_boxes(session, MeterBox.cell_id == cell.id)
    return _settled(session, edits.halve(session, cell, boxes["x"], boxes["y"], boxes["households"], actor))


def merge(session: Session, cells: Sequence[GridCell], actor: str) -> tuple[Edit, Assigned]:
    """Make one cell of several."""
    return _settled(session, edits.merge(session, cells, actor))


def reshape(session: Session, cell: GridCell, shape: shapely.Geometry, actor: str) -> tuple[Edit, Assigned]:
    """Draw a cell's border anew."""
    return _settled(session, edits.reshape(session, cell, shape, actor))


def _settled(session: Session, edit: Edit) -> tuple[Edit, Assigned]:
    """Assign again what stands in the changed cells, and what lies on the border of those around them."""
    changed = [*edit.changed, *(cell.id for cell in edit.made)]
    for former, heir in edit.successor.items():
        said = update(MeterPoint).where(MeterPoint.cell_id == former, MeterPoint.reason == "override")
        session.execute(said.values(cell_id=heir), execution_options=QUIET)
    undecided = MeterBox.cell_id.in_(edit.around) & MeterBox.reason.in_(("border", "nearest"))
    concerned = select(MeterBox.id).where(MeterBox.cell_id.in_(edit.changed) | undecided)
    assigned = assign(session, concerned, cells=changed)
    count_edit(session)
    return edit, assigned


def _place_again(session: Session, stations: Sequence[OrganisationUnit]) -> Assigned:
    """Assign again what stood in cells that went, what belongs to the stations, and whatever new cells may take."""
    gone = select(GridCell.id).where(GridCell.retired_at.is_not(None))
    freed = update(MeterPoint).where(MeterPoint.cell_id.in_(gone), MeterPoint.reason == "override")
    session.execute(freed.values(cell_id=None, reason="unassigned", cause="no_cells"), execution_options=QUIET)
    concerned = (
        MeterBox.cell_id.in_(gone),
        MeterBox.station_id.in_([station.id for station in stations]),
        MeterBox.reason.in_(("unassigned", "nearest", "border")),
        MeterBox.id.in_(select(MeterPoint.box_id).where(MeterPoint.reason == "unassigned")),
    )
    return assign(session, select(MeterBox.id).where(or_(*concerned)))
