"""Whether the cells that a plan draws anew fill just the ground of those whose place they take."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.geometry import as_wkb
from app.grid.models import GridCell
from app.plans.models import Plan, PlanCell
from app.plans.queries import shapes_of
from app.plans.suggesting import in_short
from gis.coverage import check


@dataclass(frozen=True)
class DrawingFault:
    """A gap or an overlap, and the cells around it."""

    kind: str
    text: str
    cells: tuple[str, ...]


def faults_of_drawing(session: Session, plan: Plan) -> list[DrawingFault]:
    """Every gap and overlap among the cells that the plan changes and those beside them; none where it changes none."""
    former = _ground(session, plan)
    if former is None:
        return []
    rows = shapes_of(session, plan)
    shapes = shapely.from_wkb([bytes(row.shape) for row in rows])
    concerned = np.flatnonzero(shapely.intersects(shapes, former) | _drawn(session, plan, [row.key for row in rows]))
    keys = [rows[at].key for at in concerned.tolist()]
    report = check(gpd.GeoSeries(shapes[concerned], crs="EPSG:4326"), former)
    return [
        DrawingFault(kind, _words(kind, place.area_m2, around), around)
        for kind, places in (("gap", report.gaps), ("overlap", report.overlaps))
        for place in places.itertuples()
        for around in [tuple(keys[at] for at in place.cells)]
    ]


def _words(kind: str, area_m2: float, around: tuple[str, ...]) -> str:
    named = {"area": max(round(area_m2), 1), "cells": in_short(around)}
    if kind == "gap":
        return _("%(area)s m² beside %(cells)s belong to no cell.", **named)
    return _("%(area)s m² belong to %(cells)s at once.", **named)


def _ground(session: Session, plan: Plan) -> shapely.Geometry | None:
    """What the cells that the plan draws anew, splits or joins cover in the register."""
    statement = (
        select(as_wkb(GridCell.shape).label("shape"))
        .join(PlanCell, PlanCell.cell_id == GridCell.id)
        .where(PlanCell.plan_id == plan.id, or_(PlanCell.gone, PlanCell.shape.is_not(None)))
    )
    found = [bytes(row.shape) for row in session.execute(statement)]
    return shapely.union_all(shapely.from_wkb(found)) if found else None


def _drawn(session: Session, plan: Plan, keys: list[str]) -> np.ndarray:
    """(n,) which of the cells have a shape of the plan's own."""
    statement = select(PlanCell.key).where(PlanCell.plan_id == plan.id, PlanCell.shape.is_not(None), ~PlanCell.gone)
    return np.isin(keys, list(session.scalars(statement)))
