"""What happened at a customer's metering points, from whatever slices know of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.audit.queries import Filter, in_zone, newest
from app.audit.words import action_words
from app.core.access import Permission, Viewer
from app.core.clock import ZONE
from app.customers.models import Account, MeterInstallation, MeterPoint
from app.customers.words import reveal_words
from app.grid.models import Ownership

TELLERS = "gridcrm.customers.history"
LOOKED_AT = 100
"""How many of the customer's newest acts of the trail are gone through."""
BY_HAND = ("assignment.override", "assignment.release")


@dataclass(frozen=True)
class Event:
    """One thing that happened or is to come, with the page that tells more of it."""

    when: date | datetime
    what: str
    note: str = ""
    endpoint: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a customer is metered, and whatever is known of who answered and answers for it."""

    account: Account
    points: Sequence[MeterPoint]
    meters: Sequence[MeterInstallation]
    ownerships: dict[int, list[Ownership]]
    """The changes of hands of each point's cell, by its id, the newest first."""


@dataclass(frozen=True)
class Tenure:
    """Since when a cell has been with whoever has it on a day, and whose it was before."""

    since: date
    former: Ownership | None

    @classmethod
    def on(cls, day: date, rows: Sequence[Ownership]) -> "Tenure | None":
        """From the cell's changes of hands, the newest first; None where it was nobody's yet."""
        begun = [row for row in rows if row.valid_from <= day]
        return cls(begun[0].valid_from, begun[1] if len(begun) > 1 else None) if begun else None


Teller = Callable[[Session, Viewer, Place], Iterable[Event]]


def let_tell(app: Flask, teller: Teller) -> None:
    """Let a slice above this one tell what it knows of a customer."""
    app.extensions.setdefault(TELLERS, []).append(teller)


def history(session: Session, viewer: Viewer, place: Place) -> list[Event]:
    """All that the viewer may know, the latest first."""
    events = [*_meters(place), *_hands(place), *_acts(session, viewer, place.account)]
    for teller in current_app.extensions.get(TELLERS, []):
        events += teller(session, viewer, place)
    return sorted(events, key=lambda event: _moment(event.when), reverse=True)


def _moment(when: date | datetime) -> datetime:
    return in_zone(when) if isinstance(when, datetime) else datetime.combine(when, time.min, ZONE)


def _meters(place: Place) -> Iterator[Event]:
    for row in place.meters:
        if row.asset_no:
            yield Event(row.valid_from, _("Meter %(number)s was put in", number=row.asset_no))
        else:
            yield Event(row.valid_from, _("The meter was taken out"))


def _hands(place: Place) -> Iterator[Event]:
    """Who took the cells over; each cell's first row has nobody before it."""
    cells = {point.cell.id: point.cell.code for point in place.points if point.cell}
    for cell_id, code in cells.items():
        opens: dict[str, Any] = {"endpoint": "grid.cell", "arguments": {"code": code}}
        for row, former in pairwise([*place.ownerships.get(cell_id, []), None]):
            if row is None:
                continue
            taker = row.manager.name if row.manager else _("nobody")
            note = _("before: %(name)s", name=former.manager.name) if former and former.manager else ""
            yield Event(row.valid_from, _("%(name)s took cell %(code)s over", name=taker, code=code), note, **opens)


def _acts(session: Session, viewer: Viewer, account: Account) -> Iterator[Event]:
    """Acts of the trail: what was decided by hand, for who may decide; who looked, for who reads the trail."""
    decides, reads = viewer.may(Permission.ASSIGNMENT_DECIDE), viewer.may(Permission.AUDIT_READ)
    if not (decides or reads):
        return
    for act in newest(session, Filter(customer_id=account.customer_id), LOOKED_AT):
        if act.action in BY_HAND:
            yield Event(act.at, str(action_words(act.action)), _deed(act.actor, act.details))
        elif reads:
            why = reveal_words(act.details["why"]) if "why" in act.details else ""
            shown: dict[str, Any] = {"endpoint": "audit.index", "arguments": {"customer": act.subject}}
            yield Event(act.at, str(action_words(act.action)), f"{act.actor} {why}".strip(), **shown)


def _deed(actor: str, details: dict[str, Any]) -> str:
    before, after = (details.get(side, {}).get("cell") or _("no cell") for side in ("before", "after"))
    why = details.get("why", "")
    return f"{actor}: {before} → {after}" + (f" · {why}" if why else "")
