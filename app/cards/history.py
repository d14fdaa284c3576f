"""Which prints held the card of a customer's meter box."""

from collections.abc import Iterator
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.cards.queries import Selection
from app.cards.tasks import KIND, SHOWN_ISSUES, selection_of
from app.core.access import Permission, Viewer
from app.customers.history import Event, Place, let_tell
from app.customers.models import MeterPoint
from app.grid.models import Ownership
from app.jobs.queries import newest_done

LOOKED_AT = 50
"""How many of the newest prints are gone through."""


def init_app(app: Flask) -> None:
    """Tell it on the customers' pages."""
    let_tell(app, prints)


def prints(session: Session, viewer: Viewer, place: Place) -> Iterator[Event]:
    """The prints that held the card of one of the customer's boxes, as its cell and manager were on their day."""
    for job in newest_done(session, KIND, LOOKED_AT) if place.points else ():
        selection = selection_of(job.parameters)
        held = next((point for point in place.points if _holds(selection, place, point, job.result or {})), None)
        if held is None:
            continue
        changed = _owner(place, held, selection) != _owner(place, held, Selection())
        note = _("the cell has changed hands since; the card is out of date") if changed else ""
        own = viewer.user_id == job.user_id and viewer.may(Permission.CARDS_PRINT)
        opens: dict[str, Any] = {"endpoint": "cards.show_print", "arguments": {"job_id": job.id}} if own else {}
        what = _("The card of box %(number)s was printed", number=held.box.number)
        yield Event(job.finished_at or job.created_at, what, note, **opens)


def _holds(selection: Selection, place: Place, point: MeterPoint, result: dict[str, Any]) -> bool:
    """Whether the print surely held the card of the point's box: it says what it left out, if that is not too much."""
    issues = result.get("issues", ())
    left_out = {issue["box"] for issue in issues if not issue["printed"]}
    if point.cell is None or point.box.number in left_out or len(issues) >= SHOWN_ISSUES:
        return False
    owner, station = _owner(place, point, selection), point.box.station
    codes = {station.code, *(unit.code for unit in (station.parent, station.parent and station.parent.parent) if unit)}
    return (
        (not selection.boxes or point.box.number in selection.boxes)
        and selection.cell in (None, point.cell.code)
        and (not selection.cells or point.cell.code in selection.cells)
        and (selection.station is None or selection.station in codes)
        and (selection.manager is None or bool(owner and owner.manager and owner.manager.code == selection.manager))
    )


def _owner(place: Place, point: MeterPoint, selection: Selection) -> Ownership | None:
    """The change of hands that holds on the selection's day."""
    rows = place.ownerships.get(point.cell_id or 0, [])
    return next((row for row in rows if row.valid_from <= selection.on), None)
