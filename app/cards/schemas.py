"""Prints of cards as the API takes them."""

from typing import Any, ClassVar

from flask_babel import gettext as _

from app.cards.layouts import DEFAULT, LARGEST_OFFSET_MM
from app.core.api.fields import Code, Day, Number, Schema, Texts, ValidationError, Whole, validates_schema

MOST_BOXES = 1000


def _offset() -> Number:
    said = {"description": "How far the printer is off, in millimetres"}
    return Number(least=-LARGEST_OFFSET_MM, most=LARGEST_OFFSET_MM, load_default=0.0, metadata=said)


class OrderSchema(Schema):
    """Whose boxes get cards, and how they are printed; at least one of manager, station, cell and boxes."""

    also: ClassVar = {"anyOf": [{"required": [name]} for name in ("manager", "station", "cell", "boxes")]}

    manager = Code(metadata={"description": "The boxes of this manager's beat"})
    station = Code(metadata={"description": "The boxes of this station, or of all below a bureau"})
    cell = Code(metadata={"description": "The boxes of this cell"})
    boxes = Texts(Code(), most=MOST_BOXES, metadata={"description": "These boxes, by number"})
    day = Day(metadata={"description": "The day whose managers are printed; today without it"})
    layout = Code(load_default=DEFAULT, metadata={"description": "The sheet, as on the page"})
    start = Whole(least=1, most=100, load_default=1, metadata={"description": "The first free place of a used sheet"})
    offset_x = Number(
        least=-LARGEST_OFFSET_MM, most=LARGEST_OFFSET_MM, load_default=0.0, metadata={"description": "mm"}
    )
    offset_y = Number(
        least=-LARGEST_OFFSET_MM, most=LARGEST_OFFSET_MM, load_default=0.0, metadata={"description": "mm"}
    )

    @validates_schema
    def _require_one(self, data: Any, **_options: Any) -> None:
        if not {"manager", "station", "cell", "boxes"} & set(data):
            raise ValidationError(_("Choose a customer manager, a station, a grid cell or meter boxes."))
