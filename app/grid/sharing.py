"""Share a station's cells out among its managers from nothing."""

import os
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core.access import EVERYWHERE
from app.core.errors import DomainError
from app.core.progress import Progress, silent
from app.core.settings import ROOT, settings
from app.grid.models import CustomerManager
from app.grid.queries import active_layer, at_work
from app.grid.service import before_and_after, give_many
from app.organisation.models import OrganisationUnit
from app.organisation.queries import stations
from gis.adjacency import neighbours
from gis.metres import LocalPlane


@dataclass(frozen=True)
class Beat:
    """What one manager got."""

    manager: str
    name: str
    cells: int
    households: int
    target: int


def managers_on(session: Session, station: OrganisationUnit, day: date) -> list[CustomerManager]:
    """The station's managers who have not left by that day, in the order of their codes."""
    statement = select(CustomerManager).where(CustomerManager.station_id == station.id, at_work(day))
    return list(session.scalars(statement.order_by(CustomerManager.code)))


def share_out(session: Session, station: OrganisationUnit, since: date, actor: str) -> list[Beat]:
    """Give every cell of the station to one of its managers from that day on: beats that hang together, near-equal.

    A manager's share is in proportion to the manager's target.
    """
    managers = managers_on(session, station, since)
    layer = active_layer(session, EVERYWHERE)
    layer = layer[layer["station_id"] == station.id]
    if not managers:
        raise DomainError(_("Station %(name)s has no customer managers. Import them first.", name=station.name))
    if layer.empty:
        raise DomainError(_("Station %(name)s has no cells. Make or import them first.", name=station.name))
    return _share(session, station, managers, layer, since, actor)


def share_out_everywhere(session: Session, since: date, actor: str, progress: Progress = silent) -> list[Beat]:
    """Share out every station that has cells and managers."""
    layer = active_layer(session, EVERYWHERE)
    by_station = dict(list(layer.groupby("station_id")))
    beats: list[Beat] = []
    for number, station in enumerate(stations(session, EVERYWHERE)):
        progress(number, len(by_station), station.name)
        managers = managers_on(session, station, since)
        if managers and station.id in by_station:
            beats += _share(session, station, managers, by_station[station.id], since, actor)
    if not beats:
        raise DomainError(_("No station has both cells and customer managers. Import or make them first."))
    return beats


def keep_compiled_code() -> None:
    """Say where the code that `gis.rebalance` compiles is kept: beside its source, or in the instance folder.

    To be called before it is loaded, which is done where it is used: it brings a compiler along, which no other work
    needs.
    """
    if not os.access(ROOT / "gis" / "rebalance", os.W_OK):
        os.environ.setdefault("NUMBA_CACHE_DIR", str(settings().instance / "compiled"))


def _share(
    session: Session,
    station: OrganisationUnit,
    managers: list[CustomerManager],
    layer: gpd.GeoDataFrame,
    since: date,
    actor: str,
) -> list[Beat]:
    keep_compiled_code()
    from gis.rebalance import balance

    near = neighbours(layer.geometry)
    middles = shapely.get_coordinates(shapely.point_on_surface(layer.geometry.to_numpy()))
    position = LocalPlane.around(shapely.MultiPoint(middles)).to_metres(middles)
    target = np.array([manager.target_households or settings().target_households for manager in managers], dtype=float)
    load = layer["households"].to_numpy(np.int64)
    share = target / target.sum() * load.sum() if load.sum() else None
    owner = balance(load, near.edges, len(managers), near.border_m, target=share, position=position).owner
    ids = [manager.id for manager in managers]
    changes = give_many(session, dict(zip(layer["id"].tolist(), (ids[at] for at in owner), strict=True)), since)
    figures: dict[str, Any] = {"since": since.isoformat(), "managers": len(managers), "cells": len(layer)}
    figures |= before_and_after(session, changes)
    record(session, actor, "cells.share_out", station.code, **figures)
    cells = np.bincount(owner, minlength=len(managers))
    households = np.bincount(owner, weights=layer["households"], minlength=len(managers))
    return [
        Beat(manager.code, manager.name, int(cells[at]), int(households[at]), int(target[at]))
        for at, manager in enumerate(managers)
    ]
