"""Jobs as the API gives them out."""

from app.core.api.fields import Choice, Moment, Schema, Whole, fields
from app.jobs.models import STATES


class ProgressSchema(Schema):
    """How far a running job is."""

    done = Whole(required=True)
    total = Whole(required=True)
    message = fields.String(required=True, metadata={"description": "What it does just now"})


class JobSchema(Schema):
    """A piece of long work."""

    id = Whole(required=True)
    kind = fields.String(required=True, metadata={"description": "import, cards, …"})
    title = fields.String(required=True)
    state = Choice(STATES, required=True)
    progress = fields.Nested(ProgressSchema, required=True, allow_none=True, metadata={"description": "While it runs"})
    result = fields.Dict(required=True, allow_none=True, metadata={"description": "The figures, once it is done"})
    error = fields.String(required=True, allow_none=True, metadata={"description": "Why it failed"})
    created_at = Moment(required=True)
    started_at = Moment(required=True, allow_none=True)
    finished_at = Moment(required=True, allow_none=True)
