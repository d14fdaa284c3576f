"""Why an edit of cells is refused, said to the person who drew it."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext

from app.core.errors import DomainError
from gis import edit_rules as rules
from gis.edit_rules import EditError

MESSAGES = {
    rules.INVALID_SHAPE: lazy_gettext("The drawn shape is empty or crosses itself. Draw it again without crossings."),
    rules.LINE_CROSSES_ITSELF: lazy_gettext("The dividing line crosses itself. Draw it again without loops."),
    rules.LINE_CUTS_NOTHING: lazy_gettext(
        "The line does not divide the cell. Draw it from one side of the cell to another."
    ),
    rules.TOO_MANY_PARTS: lazy_gettext(
        "The line divides the cell into %(parts)s parts. Draw a line that makes two, and divide again."
    ),
    rules.PART_TOO_SMALL: lazy_gettext(
        "One part would be smaller than a square metre. Draw the line further from the border."
    ),
    rules.NOTHING_TO_HALVE: lazy_gettext("No straight line halves the households of this cell. Draw the line by hand."),
    rules.NOT_ADJACENT: lazy_gettext("The cells %(cells)s have no common border, so they cannot be merged."),
    rules.OUTSIDE_LAYER: lazy_gettext(
        "The new shape reaches %(area_m2)s m² beyond the layer. Draw it within the cells' outer border."
    ),
    rules.FROZEN: lazy_gettext("The new shape would take land from cells of another station: %(cells)s."),
    rules.NO_TAKER: lazy_gettext(
        "The cell would give up %(area_m2)s m² that no neighbour can take over. Keep that land in the cell."
    ),
    rules.VANISHES: lazy_gettext("Nothing would be left of cell %(cells)s. Merge the cells instead."),
    rules.FALLS_APART: lazy_gettext("Cell %(cells)s would fall apart. Draw the border so that it stays in one piece."),
    rules.TEARS: lazy_gettext(
        "The change would leave a gap or an overlap between cells. Draw the border further from the others."
    ),
}


class EditRefused(DomainError):
    """An edit would tear the layer of cells; nothing was changed."""

    def __init__(self, error: EditError, codes: Sequence[str]) -> None:
        super().__init__(MESSAGES[error.code], **_details(error.details, codes))
        self.code = error.code


def _details(details: dict[str, Any], codes: Sequence[str]) -> dict[str, Any]:
    """What the message names: codes instead of positions, whole square metres."""
    positions = details.get("positions", [details["position"]] if "position" in details else [])
    named: dict[str, Any] = {"cells": ", ".join(codes[position] for position in positions)}
    if "area_m2" in details:
        named["area_m2"] = f"{details['area_m2']:,.0f}"
    if "parts" in details:
        named["parts"] = details["parts"]
    return named
