"""Cells and the borders of stations as GeoJSON for the maps on pages."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from flask import url_for
from flask_babel import gettext as _
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.core.errors import DomainError
from app.grid.models import GridCell
from app.grid.queries import cells_frame, manager_loads, meets, neighbours_of
from app.organisation.queries import boundaries_seen

DECIMALS = 6
"""A tenth of a metre."""
AT_A_TIME = 500
"""So many cells are drawn and sent at once."""
FEW = 200
"""So many managers are asked about by their codes; about more, all are."""
ENCODER = json.JSONEncoder(ensure_ascii=False)
FINE = 2e-6
"""Degrees a pixel below which borders are drawn as they are stored."""


@dataclass(frozen=True)
class View:
    """What a map shows: (west, south, east, north), or all there is; and how many pixels across, or every corner."""

    bounds: tuple[float, float, float, float] | None = None
    pixels: int | None = None

    @classmethod
    def asked(cls, bounds: str, pixels: int | None) -> "View":
        """As an address has it: four degrees with commas between."""
        try:
            west, south, east, north = map(float, bounds.split(",")) if bounds else (-180.0, -90.0, 180.0, 90.0)
        except ValueError:
            raise DomainError(_("“%(text)s” is no part of a map: west,south,east,north.", text=bounds)) from None
        return cls((west, south, east, north) if bounds else None, max(1, pixels) if pixels else None)

    def within(self, shapes: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, float]:
        """What meets the view, and how many degrees a pixel of it takes; 0 where every corner is drawn."""
        if self.bounds is not None:
            shapes = shapes[shapely.intersects(shapes.geometry.to_numpy(), shapely.box(*self.bounds))]
        west, _south, east, _north = self.bounds or (shapes.total_bounds if len(shapes) else (0.0, 0.0, 0.0, 0.0))
        return shapes, (east - west) / self.pixels if self.pixels else 0.0


WHOLE = View()


def cells_geojson(
    session: Session,
    scope: Scope,
    station: str | None = None,
    manager: str | None = None,
    cell: str | None = None,
    around: GridCell | None = None,
    day: date | None = None,
    view: View = WHOLE,
) -> Iterator[str]:
    """A FeatureCollection of cells, in pieces; `load` is all households of the manager against the target.

    Those around a cell that may not be seen have a shape and a code, and nothing else. To a view of so many pixels the
    collection says once what cells have alike: in `alike`, a list to which each cell's `alike` points, and in `pages`,
    to which a cell's code is added.
    """
    beyond: list[str] = []
    if around is None:
        which = [meets(view.bounds)] if view.bounds else []
        frame, step = view.within(cells_frame(session, scope, station, manager, day, cell, *which))
    else:
        neighbours = neighbours_of(session, scope, around)
        near = GridCell.code.in_([row.code for row in neighbours.seen])
        frame, step = view.within(cells_frame(session, scope, None, None, day, None, near))
        bare = zip(neighbours.beyond["code"], _drawn(neighbours.beyond.geometry.to_numpy()), strict=True)
        beyond = [_feature({"code": code}, shape) for code, shape in bare]
    theirs = frame["manager_code"].dropna().unique().tolist()
    few = theirs if len(theirs) <= FEW else None
    loads = {row.code: row.households / row.target for row in manager_loads(session, scope, day, codes=few)}
    pages = url_for("grid.cell", code="-").removesuffix("-")
    alike, of_row = _alike(frame, loads)
    own = _own_once(frame, of_row) if view.pixels else _own_and_alike(frame, alike, of_row, pages)
    once = f'"pages":{_said(pages)},"alike":[{",".join(map(_text, alike))}],' if view.pixels else ""
    return _pieces(frame, own, beyond, once, step)


def _alike(frame: gpd.GeoDataFrame, loads: Mapping[str, float]) -> tuple[list[dict[str, Any]], NDArray[np.int64]]:
    """What all cells of a manager in a station say alike, and which of it each row says."""
    of_row, first = frame.groupby(["station_code", "manager_code"], dropna=False, sort=False).ngroup().to_numpy(), []
    _groups, places = np.unique(of_row, return_index=True)
    for row in frame.drop(columns=frame.geometry.name).iloc[places].itertuples(index=False):
        who = f"{row.manager_name} ({row.manager_code})" if row.manager_code else None
        load = loads.get(row.manager_code)
        said = {"station": row.station_name, "manager": who, "phone": row.manager_phone}
        first.append(said | {"load": load and round(load, 3)})
    return first, of_row


def _own_once(frame: gpd.GeoDataFrame, of_row: NDArray[np.int64]) -> Iterator[str]:
    """The properties of each cell, and the number of what it has alike with others."""
    columns = (frame[name] for name in ("code", "name", "households", "boxes"))
    for code, name, households, boxes, alike in zip(*columns, of_row, strict=True):
        named = f',"name":{_said(name)}' if name else ""
        yield f'{{"code":{_said(code)}{named},"households":{households},"boxes":{boxes},"alike":{alike}}}'


def _own_and_alike(
    frame: gpd.GeoDataFrame, alike: Sequence[dict[str, Any]], of_row: NDArray[np.int64], pages: str
) -> Iterator[str]:
    """All properties of each cell."""
    columns = (frame[name] for name in ("code", "name", "households", "boxes"))
    for code, name, households, boxes, group in zip(*columns, of_row, strict=True):
        own = {"code": code, "name": name, "households": households, "boxes": boxes, "url": pages + code}
        yield _text(own | alike[group])


def _pieces(
    frame: gpd.GeoDataFrame, own: Iterator[str], beyond: Sequence[str], once: str, step: float
) -> Iterator[str]:
    """The collection, some hundred cells a piece, so that the first are there before the last are drawn."""
    yield f'{{"type":"FeatureCollection",{_bounds(frame)}{once}"features":['
    shapes, comma = frame.geometry.to_numpy(), ""
    for start in range(0, len(shapes), AT_A_TIME):
        drawn = _drawn(shapes[start : start + AT_A_TIME], step)
        features = (f'{{"type":"Feature","properties":{next(own)},"geometry":{shape}}}' for shape in drawn)
        yield comma + ",\n".join(features)
        comma = ",\n"
    yield (comma if beyond else "") + ",\n".join(beyond) + "]}"


def borders_geojson(
    session: Session,
    scope: Scope,
    station: str | None = None,
    view: View = WHOLE,
    facts: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """A FeatureCollection of the stations' boundaries: code, name, and the facts given by code."""
    frame, step = view.within(boundaries_seen(session, scope, station))
    named = zip(frame["code"], frame["name"], _drawn(frame.geometry.to_numpy(), step), strict=True)
    told = facts or {}
    stations = [_feature({"code": code, "name": name, **told.get(code, {})}, shape) for code, name, shape in named]
    return _collection(frame, stations)


def _drawn(shapes: NDArray[np.object_], step: float = 0.0) -> Sequence[str]:
    """The shapes as GeoJSON; where a pixel takes more than a few decimetres, without what no pixel shows."""
    if step > FINE:
        shapes = _simplified(shapes, step)
    decimals = min(DECIMALS, 1 - int(np.floor(np.log10(step)))) if step > FINE else DECIMALS
    return shapely.to_geojson(shapely.transform(shapes, lambda degrees: np.round(degrees, decimals)))


def _simplified(shapes: NDArray[np.object_], step: float) -> NDArray[np.object_]:
    """Each shape to half a pixel, so that no gap between them is seen; one of a pixel or less as its bounds."""
    simple = shapely.simplify(shapes, step / 2, preserve_topology=False)
    gone = shapely.is_empty(simple)
    simple[gone] = shapely.envelope(shapes[gone])
    return simple


def _collection(frame: gpd.GeoDataFrame, features: Sequence[str]) -> str:
    return f'{{"type":"FeatureCollection",{_bounds(frame)}"features":[' + ",\n".join(features) + "]}"


def _bounds(frame: gpd.GeoDataFrame) -> str:
    """The bounds of what there is (RFC 7946)."""
    return f'"bbox":{json.dumps(frame.total_bounds.tolist())},' if len(frame) else ""


def _feature(properties: dict[str, Any], shape: str) -> str:
    return f'{{"type":"Feature","properties":{_text(properties)},"geometry":{shape}}}'


def _text(properties: dict[str, Any]) -> str:
    return ENCODER.encode({key: value for key, value in properties.items() if value is not None})


def _said(text: str) -> str:
    return ENCODER.encode(text)
