"""A beat in the order in which one walks it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.beats import queries
from app.core.access import Scope
from app.customers.places import place_of
from gis.walk import walk_from_door_to_door

STRETCHES_KEPT = 8192
"""Ways that one process remembers, those of some 500 beats: finding a beat's takes longer than all else on its page."""


@dataclass(frozen=True)
class Stop:
    """A meter box on the way."""

    number: str
    place: str | None
    """The address down to the building; None where there is none, or it tells on a customer."""
    cell: str | None
    households: int
    lon: float | None
    lat: float | None

    def holds(self, text: str) -> bool:
        """Whether the text stands in what the box shows."""
        return any(text.casefold() in part.casefold() for part in (self.number, self.place or "", self.cell or ""))


@dataclass(frozen=True)
class Stretch:
    """The boxes of one transformer area; of none where the area is not known."""

    code: str | None
    name: str | None
    stops: list[Stop] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many boxes there are."""
        return len(self.stops)

    @property
    def households(self) -> int:
        """Of all its boxes."""
        return sum(stop.households for stop in self.stops)


def round_of(session: Session, beat: Scope) -> list[Stretch]:
    """A beat's boxes as their cards are printed: area by area, a short way in each, those without a position last."""
    boxes = sorted(queries.boxes_of_beat(session, beat), key=_area)
    households = queries.households_of_boxes(session, beat)
    return [_stretch(list(group), households) for _code, group in groupby(boxes, key=_area)]


def _area(box: Row[Any]) -> str:
    return box.area or "\uffff"


def _stretch(boxes: list[Row[Any]], households: Mapping[int, int]) -> Stretch:
    places = shapely.from_wkb([None if box.position is None else bytes(box.position) for box in boxes])
    lonlat = np.column_stack([shapely.get_x(places), shapely.get_y(places)])
    where = lonlat.round(6).tolist()
    stops = []
    for at in _way(lonlat.tobytes()):
        box, (lon, lat) = boxes[at], where[at]
        place = None if box.personal else place_of(box.address) or None
        position = (None, None) if box.position is None else (lon, lat)
        stops.append(Stop(box.number, place, box.cell, households.get(box.id, 0), *position))
    return Stretch(boxes[0].area, boxes[0].area_name, stops)


@lru_cache(STRETCHES_KEPT)
def _way(lonlat: bytes) -> list[int]:
    """The order in which places are visited: pairs of degrees in, which are their own key, positions among them out."""
    return walk_from_door_to_door(*np.frombuffer(lonlat).reshape(-1, 2).T).tolist()


def narrowed(stretches: Sequence[Stretch], text: str, behind: Collection[str]) -> list[Stretch]:
    """Only the boxes that show the text, whose area does, or that are among those `behind` which it was found."""
    kept = (
        Stretch(each.code, each.name, [stop for stop in each.stops if stop.holds(text) or stop.number in behind])
        if not _holds(each, text)
        else each
        for each in stretches
    )
    return [each for each in kept if each.stops]


def _holds(stretch: Stretch, text: str) -> bool:
    return any(text.casefold() in part.casefold() for part in (stretch.code or "", stretch.name or ""))
