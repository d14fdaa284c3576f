"""Whether the cells that a plan draws anew fill just the ground of those whose place they take."""

from dataclasses import dataclass

import numpy as np
import shapely
from flask_babel import gettext as _
from numpy.typing import NDArray
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.geometry import as_wkb
from app.grid.models import GridCell
from app.plans.models import Plan, PlanCell
from app.plans.neighbourhood import layer_around
from app.plans.suggesting import in_short
from gis.coverage import check


@dataclass(frozen=True)
class DrawingFault:
    """A gap or an overlap, and the cells around it."""

    kind: str
    text: str
    cells: tuple[str, ...]


def faults_of_drawing(session: Session, plan: Plan) -> list[DrawingFault]:
    """Gaps where the plan has drawn anew, and overlaps of what it has drawn, also with cells of other units."""
    former, drawn = _former(session, plan), _drawn(session, plan)
    if not len(former) and not drawn:
        return []
    layer = layer_around(session, plan, [*former, *drawn.values()])
    keys = layer["key"].tolist()
    report = check(layer.geometry, shapely.union_all(former))
    return [
        DrawingFault(kind, _words(kind, place.area_m2, around), around)
        for kind, places in (("gap", report.gaps), ("overlap", report.overlaps))
        for place in places.itertuples()
        for around in [tuple(keys[at] for at in place.cells)]
        if kind == "gap" or not drawn.keys().isdisjoint(around)
    ]


def _words(kind: str, area_m2: float, around: tuple[str, ...]) -> str:
    named = {"area": max(round(area_m2), 1), "cells": in_short(around)}
    if kind == "gap":
        return _("%(area)s m² beside %(cells)s belong to no cell.", **named)
    return _("%(area)s m² belong to %(cells)s at once.", **named)


def _former(session: Session, plan: Plan) -> NDArray[np.object_]:
    """What the cells that the plan draws anew, splits or joins are in the register."""
    statement = (
        select(as_wkb(GridCell.shape).label("shape"))
        .join(PlanCell, PlanCell.cell_id == GridCell.id)
        .where(PlanCell.plan_id == plan.id, or_(PlanCell.gone, PlanCell.shape.is_not(None)))
    )
    return shapely.from_wkb(np.array([bytes(row.shape) for row in session.execute(statement)], dtype=object))


def _drawn(session: Session, plan: Plan) -> dict[str, shapely.Geometry]:
    """The cells that have a shape of the plan's own."""
    statement = select(PlanCell.key, PlanCell.shape).where(
        PlanCell.plan_id == plan.id, PlanCell.shape.is_not(None), ~PlanCell.gone
    )
    return {row.key: row.shape for row in session.execute(statement)}
