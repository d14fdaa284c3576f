"""Positions of a file beside those that the register had before: what shows a wrong coordinate system."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.geometry import as_wkb
from app.customers.bulk.tables import novel, staged
from app.customers.models import MeterBox

SAMPLE = 5_000
AREAS = 500

Positions = NDArray[np.float64]


@dataclass(frozen=True)
class Beside:
    """Longitudes and latitudes (n, 2) in the file, and of the same in the register."""

    given: Positions
    stored: Positions


@dataclass(frozen=True)
class Places:
    """The file beside the register: boxes that both have, and the middles of new and of known boxes by area."""

    boxes: Beside
    areas: Beside


NOWHERE = Beside(np.empty((0, 2)), np.empty((0, 2)))
UNKNOWN = Places(NOWHERE, NOWHERE)
"""Of a register that was empty."""


def compare_places(session: Session, rows: int) -> Places:
    """Hold some 5,000 of the staged rows against the register, before it is changed: three queries."""
    chosen = staged.c.row % (rows // SAMPLE + 1) == 0, staged.c.position.is_not(None)
    return Places(_same_boxes(session, chosen), _same_areas(session, chosen))


def _same_boxes(session: Session, chosen: Iterable[Any]) -> Beside:
    both = (
        select(as_wkb(staged.c.position), as_wkb(MeterBox.position))
        .join(MeterBox, MeterBox.number == staged.c.box_no)
        .where(MeterBox.position.is_not(None), *chosen)
    )
    pairs = session.execute(both).all()
    return Beside(_lonlat(given for given, _stored in pairs), _lonlat(stored for _given, stored in pairs))


def _same_areas(session: Session, chosen: Iterable[Any]) -> Beside:
    """By area, for boxes that are new in areas that have located boxes already."""
    new = select(staged.c.area_id, as_wkb(staged.c.position)).join(novel, novel.c.row == staged.c.row)
    given = _middles(session.execute(new.where(novel.c.box, staged.c.area_id.is_not(None), *chosen)).all())
    given = given.iloc[:: len(given) // AREAS + 1]
    area, position = MeterBox.transformer_area_id, MeterBox.position
    known = select(area, as_wkb(position)).where(area.in_(given.index.tolist()), position.is_not(None))
    stored = _middles(session.execute(known).all())
    return Beside(given.loc[stored.index].to_numpy(), stored.to_numpy())


def _middles(rows: Iterable[Any]) -> pd.DataFrame:
    """Median position of each area."""
    pairs = [tuple(row) for row in rows]
    lonlat = _lonlat([position for _area, position in pairs])
    places = pd.DataFrame({"area": [area for area, _position in pairs], "lon": lonlat[:, 0], "lat": lonlat[:, 1]})
    return places.groupby("area").median()


def _lonlat(positions: Iterable[Any]) -> Positions:
    return shapely.get_coordinates(shapely.from_wkb([bytes(position) for position in positions]))
