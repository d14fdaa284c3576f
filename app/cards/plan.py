"""Which cards are printed, in which order, and what is left out and why."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import shapely
from flask_babel import lazy_gettext
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.cards import queries
from app.cards.glyphs import Fonts, tidy
from app.cards.queries import Selection
from app.core.access import Scope
from app.core.phones import grouped
from app.customers.places import place_of
from gis.walk import walk_from_door_to_door

REASONS = {
    "no_cell": lazy_gettext("the box belongs to no grid cell"),
    "no_manager": lazy_gettext("nobody answers for its grid cell on that day"),
    "no_phone": lazy_gettext("its customer manager has no work phone"),
    "character": lazy_gettext("the font lacks a character"),
    "address_character": lazy_gettext("printed without its address: the font lacks a character"),
    "address_personal": lazy_gettext("printed without its address: it holds a customer's name or account number"),
}
STILL_PRINTED = frozenset({"address_character", "address_personal"})


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
    lon: float
    lat: float


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
            way = walk_from_door_to_door([placed.lon for placed in group], [placed.lat for placed in group])
            yield from (group[position].card for position in way)

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
    places = shapely.from_wkb([None if box.position is None else bytes(box.position) for box in boxes])
    for box, lon, lat in zip(boxes, shapely.get_x(places).tolist(), shapely.get_y(places).tolist(), strict=True):
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
        placed.append(_Placed(Card(faces[box.cell_id], number, address), box.area or "\uffff", lon, lat))
    placed.sort(key=_group)
    return Plan([list(group) for _key, group in itertools.groupby(placed, key=_group)], issues)


def _group(placed: _Placed) -> tuple[str, str]:
    return placed.card.face.manager_code, placed.area


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
