"""A plan as the map takes it: everything once when it is opened, and what changed from then on."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.core import clock
from app.core.access import EVERYWHERE
from app.organisation.queries import stations
from app.plans import queries
from app.plans.engine import case_of
from app.plans.models import Plan
from app.plans.steps import can_turn
from app.plans.words import state_words

NOBODY = -1
DECIMALS = 6
"""About a decimetre."""


def whole(session: Session, plan: Plan) -> dict[str, Any]:
    """Managers, stations, cells in the order of `layer`, and which of them are neighbours along how many metres.

    `target` is what the engine wants of a manager: the own target scaled to what the station has.
    """
    case = case_of(session, plan)
    units = {station.id: station for station in stations(session, EVERYWHERE)}
    near = case.topology
    return {
        **_head(session, plan),
        "managers": [
            {
                "id": row.id,
                "code": row.code,
                "name": row.name,
                "station": row.station_id,
                "target": round(share) or row.target,
                "at_work": bool(row.at_work),
            }
            for row, share in zip(case.managers, case.share.tolist(), strict=True)
        ],
        "stations": [
            {"id": key, "code": units[key].code, "name": units[key].name}
            for key in sorted(set(case.stations) & set(units))
        ],
        "cells": [_cell(row) for row in case.rows],
        "edges": np.column_stack([near.edges, np.round(near.border_m).astype(np.int64)]).tolist(),
    }


def since(session: Session, plan: Plan, seen: int) -> dict[str, Any]:
    """What changed after a step: cells, also those that went; and whether shapes did."""
    cells = [_cell(row) for row in queries.cells_of(session, plan, seen)]
    return {**_head(session, plan), "cells": cells, "shapes": queries.is_redrawn_since(session, plan, seen)}


def layer(session: Session, plan: Plan) -> str:
    """The cells' shapes as a FeatureCollection, by key; each feature says only its key."""
    rows = queries.shapes_of(session, plan)
    shapes = shapely.from_wkb([bytes(row.shape) for row in rows])
    rounded = shapely.transform(shapes, lambda degrees: np.round(degrees, DECIMALS))
    return _collection((row.key for row in rows), shapely.to_geojson(rounded))


def _head(session: Session, plan: Plan) -> dict[str, Any]:
    stands = state_words(plan, clock.today())
    return {"version": plan.version, "state": plan.state, "stands": stands, **can_turn(session, plan)}


def _cell(row: Row[Any]) -> dict[str, Any]:
    return {
        "key": row.key,
        "station": row.station_id,
        "manager": NOBODY if row.manager_id is None else row.manager_id,
        "base": NOBODY if row.base_manager_id is None else row.base_manager_id,
        "households": row.households,
        "locked": row.locked,
        "gone": row.gone,
    }


def _collection(keys: Iterable[str], shapes: Iterable[str]) -> str:
    features = (
        f'{{"type":"Feature","properties":{{"key":"{key}"}},"geometry":{shape}}}'
        for key, shape in zip(keys, shapes, strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'
