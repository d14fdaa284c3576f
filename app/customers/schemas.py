"""Customers and metering points as the API gives them out and takes them."""

from typing import Any, ClassVar

from flask_babel import gettext as _

from app.core.api.cursors import PageArgs
from app.core.api.fields import Choice, Code, Day, Schema, Text, ValidationError, Whole, fields, validates_schema
from app.customers.models import CARE_KINDS, CAUSES, REASONS
from app.customers.service import LONGEST_NOTE, OTHER, SHORTEST_NOTE
from app.customers.service import REASONS as REVEAL_REASONS

MASKED = {"description": "Masked"}


class AnsweringSchema(Schema):
    """A customer manager, as far as a caller wants to know."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)


class DayArgs(Schema):
    """Which day."""

    on = Day(metadata={"description": "The day on which somebody answered, answers or will; today without it."})


class CustomersArgs(PageArgs):
    """Which customers, and who answered for them when."""

    station = Code(metadata={"description": "Only those of the station with this code."})
    manager = Code(metadata={"description": "Only those on the beat of the manager with this code."})
    cell = Code(metadata={"description": "Only those in the cell with this code."})
    area = Code(metadata={"description": "Only those of the transformer area with this code."})
    text = Text(metadata={"description": "Only those with this in name or address; two characters or more."})
    on = Day(metadata={"description": "The day on which somebody answers for them; today without it."})


class ServedSchema(Schema):
    """A customer's account (户号), masked, with who answers for it."""

    id = Whole(required=True, attribute="account_id", metadata={"description": "Names the account in addresses"})
    account_no = fields.String(required=True, metadata=MASKED)
    name = fields.String(required=True, metadata=MASKED)
    address = fields.String(required=True, metadata=MASKED)
    box = fields.String(required=True, allow_none=True, attribute="box_no")
    area = fields.String(required=True, allow_none=True)
    station = fields.String(required=True, allow_none=True)
    cell = fields.String(required=True, allow_none=True)
    reason = Choice(REASONS, required=True, metadata={"description": "Why it belongs to that cell"})
    cause = Choice(CAUSES, required=True, allow_none=True, metadata={"description": "Why it belongs to none"})
    manager = fields.Nested(AnsweringSchema, required=True, allow_none=True)
    backup = fields.Nested(AnsweringSchema, required=True, allow_none=True)


class PointSchema(Schema):
    """A metering point (计量点), and why it belongs to its cell."""

    number = fields.String(required=True, metadata={"description": "Masked, unless it was asked for or revealed"})
    box = fields.String(required=True)
    area = fields.String(required=True, allow_none=True)
    station = fields.String(required=True)
    cell = fields.String(required=True, allow_none=True)
    reason = Choice(REASONS, required=True)
    cause = Choice(CAUSES, required=True, allow_none=True)
    meter = fields.String(required=True, allow_none=True, metadata={"description": "The meter that hangs there today"})
    manager = fields.Nested(AnsweringSchema, required=True, allow_none=True)


class CustomerSchema(Schema):
    """A customer by one account; name, phones, address and numbers are masked unless they were revealed."""

    id = Whole(required=True, metadata={"description": "Names the account in addresses"})
    revealed = fields.Boolean(required=True)
    account_no = fields.String(required=True)
    name = fields.String(required=True)
    kind = Choice(("household", "business"), required=True)
    address = fields.String(required=True)
    phones = fields.List(fields.String(), required=True)
    has_care = fields.Boolean(required=True, metadata={"description": "For the own manager and supervisor alone"})
    care = fields.List(Choice(CARE_KINDS), required=True, metadata={"description": "The care marks, once revealed"})
    other_accounts = fields.List(Whole(), required=True, metadata={"description": "The ids of the others"})
    points = fields.List(fields.Nested(PointSchema), required=True)
    needs_reason = fields.Boolean(required=True, metadata={"description": "Whether seeing it in full needs a reason"})


class RevealSchema(Schema):
    """Why somebody must see a customer in full; whoever looks at the own beat needs no reason, and it is not noted."""

    also: ClassVar = {
        "anyOf": [
            {"properties": {"reason": {"enum": [reason for reason in REVEAL_REASONS if reason != OTHER]}}},
            {"required": ["note"]},
        ]
    }

    reason = Choice(REVEAL_REASONS, required=True, metadata={"description": "`other` says why in the note"})
    note = Text(shortest=SHORTEST_NOTE, longest=LONGEST_NOTE, pattern=r"^\S[\s\S]{2,}\S$")

    @validates_schema
    def _require_note(self, data: Any, **_options: Any) -> None:
        if data["reason"] == OTHER and "note" not in data:
            raise ValidationError(_("Say why in a note."), "note")


class ListedPointSchema(PointSchema):
    """A metering point in a list."""

    account_id = Whole(required=True, metadata={"description": "The id of the customer's account"})
