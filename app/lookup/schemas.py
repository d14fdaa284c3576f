"""The look-up as the API takes and answers it."""

from app.core.api.fields import Choice, Schema, Text, Whole, fields
from app.customers.models import REASONS
from app.customers.schemas import MASKED, AnsweringSchema


class LookupArgs(Schema):
    """What is looked up."""

    q = Text(
        load_default="",
        metadata={
            "description": "A phone in any format, an account, meter, box or metering point number, a part of a name "
            "or address, or the initials of a name.",
            "example": "13800000000",
        },
    )
    account = Whole(as_text=True, metadata={"description": "Which of several hits is meant: its `id`."})


class HitSchema(Schema):
    """A customer's account and its manager."""

    id = Whole(required=True, metadata={"description": "For `account`, and for /customers/{account_id}"})
    account_no = fields.String(required=True, metadata=MASKED)
    name = fields.String(required=True, metadata=MASKED)
    address = fields.String(required=True, metadata=MASKED)
    cell = fields.String(required=True, allow_none=True)
    manager = fields.Nested(AnsweringSchema, required=True, allow_none=True)
    reason = Choice(REASONS, required=True, metadata={"description": "Why the account belongs to that cell"})
