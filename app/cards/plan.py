"""Which cards are printed, in which order, and what is left out and why."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from flask_babel import lazy_gettext
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.cards import queries
from app.cards.glyphs import Fonts, tidy
from app.cards.queries import Selection
from app.core.access import Scope
from gis.metres import metres_per_degree
from gis.walk import walk

REASONS = {
    "no_cell": lazy_gettext("the box belongs to no grid cell"),
    "no_manager": lazy_gettext("nobody answers for its grid cell on that day"),
    "no_phone": lazy_gettext("its customer manager has no work phone"),
    "character": lazy_gettext("the font lacks a character"),
    "address_character": lazy_gettext("printed without its address: the font lacks a character"),
    "address_personal": lazy_gettext("printed without its address: it holds a customer's name or account number"),
}
STILL_PRINTED = frozenset({"address_character", "address_personal"})

ROOM = re.compile(r"[\s,，\-－]*(?:[A-Za-z]?\d+[A-Za-z]?|[一二三四五六七八九十]+)\s*(?:单元|层|楼|室|房|户|铺).*$")
BARE_ROOM = re.compile(r"(?<=[栋座幢])[\s\-－]*\d{3,4}\s*$")
LONGEST_ADDRESS = 64
"""Characters; in more, the place of a box that one stands before is not said any better."""
GROUPS = (
    (re.compile(r"(1\d{2})(\d{4})(\d{4})"), "{} {} {}"),
    (re.compile(r"([48]00)(\d{3})(\d{4})"), "{} {} {}"),
    (re.compile(r"(0(?:10|2\d)|0\d{3})(\d{3,4})(\d{4})"), "{} {} {}"),
)


class Face(NamedTuple):
    """What all cards of one cell share."""

    cell: str
    token: str
    station: str
    manager_id: int
    manager_code: str
    manager: str
    phone: str
    backup: str | None
    backup_phone: str | None
    supervision: str | None


class Card(NamedTuple):
    """One box's card."""

    face: Face
    box: str
    address: str | None


class Issue(NamedTuple):
    """Why a box gets no card, or one that says less."""

    box: str
    reason: str
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        """The issue as `--json` and the page show it."""
        return {**self._asdict(), "printed": self.reason in STILL_PRINTED}


class _Placed(NamedTuple):
    card: Card
    area: str
    x: float
    y: float


@dataclass(frozen=True)
class Plan:
    """Cards by manager and transformer area, with what could not be printed."""

    groups: list[list[_Placed]]
    issues: list[Issue]

    def __len__(self) -> int:
        return sum(map(len, self.groups))

    def cards(self) -> Iterator[Card]:
        """The cards as a person walks: area by area, a short way in each, boxes without a position last."""
        for group in self.groups:
            xy = np.array([(placed.x, placed.y) for placed in group])
            located = np.flatnonzero(np.isfinite(xy).all(axis=1))
            for position in located[walk(*xy[located].T)]:
                yield group[position].card
            for position in sorted(set(range(len(group))) - set(located.tolist())):
                yield group[position].card

    def reasons(self) -> dict[str, int]:
        """How many boxes met each reason."""
        return dict(Counter(issue.reason for issue in self.issues))

    @property
    def left_out(self) -> int:
        """Boxes without a card."""
        return sum(issue.reason not in STILL_PRINTED for issue in self.issues)


def make_plan(session: Session, scope: Scope, selection: Selection, fonts: Fonts) -> Plan:
    """What a selection's cards are."""
    boxes = queries.boxes(session, scope, selection)
    rows = {row.cell_id: row for row in queries.faces(session, scope, selection)}
    faces = {cell_id: _face(row) for cell_id, row in rows.items()}
    faults = {cell_id: _fault(row, selection, faces[cell_id], fonts) for cell_id, row in rows.items()}
    issues: list[Issue] = []
    placed: list[_Placed] = []
    for box, (x, y) in zip(boxes, _metres(boxes).tolist(), strict=True):
        fault = faults[box.cell_id] if box.cell_id is not None else ("no_cell", "")
        number = tidy(box.number)
        if not fault and (lacking := fonts.lacking(number)):
            fault = ("character", " ".join(lacking))
        if fault:
            issues.append(Issue(number, *fault))
            continue
        address, issue = _address(box, fonts)
        if issue:
            issues.append(issue)
        placed.append(_Placed(Card(faces[box.cell_id], number, address), box.area or "\uffff", x, y))
    placed.sort(key=_group)
    return Plan([list(group) for _key, group in itertools.groupby(placed, key=_group)], issues)


def _group(placed: _Placed) -> tuple[str, str]:
    return placed.card.face.manager_code, placed.area


def _metres(boxes: Any) -> np.ndarray[Any, Any]:
    """Positions in metres, NaN where there is none."""
    points = shapely.from_wkb([None if row.position is None else bytes(row.position) for row in boxes])
    lonlat = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    latitude = np.nanmean(lonlat[:, 1]) if np.isfinite(lonlat[:, 1]).any() else 0.0
    return lonlat * np.array(metres_per_degree(latitude))


def _face(row: Row[Any]) -> Face:
    phone = grouped(row.phone or "")
    backup = tidy(row.backup) if row.backup and row.backup_phone else None
    return Face(
        cell=tidy(row.cell),
        token=row.token,
        station=tidy(row.station),
        manager_id=row.manager_id,
        manager_code=row.manager_code,
        manager=tidy(row.manager),
        phone=phone,
        backup=backup,
        backup_phone=grouped(row.backup_phone) if backup else None,
        supervision=grouped(row.supervision) if row.supervision else None,
    )


def _fault(row: Row[Any], selection: Selection, face: Face, fonts: Fonts) -> tuple[str, str] | None:
    """Why none of a cell's boxes can have a card, and what it is about; None where they can."""
    if row.manager_id is None:
        return "no_manager", row.cell
    if not row.phone:
        return "no_phone", row.manager_code
    printed = "".join(filter(None, (face.cell, face.station, face.manager, face.backup)))
    if lacking := fonts.lacking(printed):
        return "character", f"{row.manager_code} {' '.join(lacking)}"
    return None


def _address(box: Row[Any], fonts: Fonts) -> tuple[str | None, Issue | None]:
    if box.personal:
        return None, Issue(box.number, "address_personal")
    address = place_of(tidy(box.address))
    if lacking := fonts.lacking(address):
        return None, Issue(box.number, "address_character", " ".join(lacking))
    return address or None, None


def place_of(address: str) -> str:
    """An address down to the building: whose door it is, is nobody's business at a meter box.

    >>> place_of("惠城区水门路12号3栋2单元501房")
    '惠城区水门路12号3栋'
    >>> place_of("惠城区水门路12号3栋501")
    '惠城区水门路12号3栋'
    """
    place = BARE_ROOM.sub("", ROOM.sub("", address))
    return place if len(place) <= LONGEST_ADDRESS else place[: LONGEST_ADDRESS - 1] + "…"


def grouped(phone: str) -> str:
    """A telephone number as people read it out.

    >>> grouped("13800138000"), grouped("07522345678"), grouped("95598")
    ('138 0013 8000', '0752 234 5678', '95598')
    """
    for pattern, form in GROUPS:
        if match := pattern.fullmatch(phone):
            return form.format(*match.groups())
    return phone
