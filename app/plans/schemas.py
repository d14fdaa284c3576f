"""Plans as the API gives them out and takes them."""

from typing import Any, ClassVar

from flask_babel import gettext as _

from app.core.api.cursors import PageArgs
from app.core.api.fields import (
    Choice,
    Code,
    Day,
    Moment,
    Schema,
    Text,
    Texts,
    ValidationError,
    Whole,
    fields,
    validates_schema,
)
from app.grid.schemas import StationNameSchema
from app.plans.models import STATES

MOST_CELLS = 20_000
"""In one step: more than the largest city has."""
DEVIATION = {"description": "(households - share) / share, as 0.05 for 5 % too many"}
SHARE = {"description": "Of the managers, as 0.95"}


class PlansArgs(PageArgs):
    """Which plans."""

    state = Choice(STATES, metadata={"description": "Only those in this state."})
    station = Code(metadata={"description": "Only those for the station, district or bureau with this code."})


class NewPlanSchema(Schema):
    """A plan to begin."""

    station = Code(required=True, metadata={"description": "The station, or the district or bureau above stations"})
    name = Text(required=True, shortest=1, pattern=r"^\S")
    base_on = Day(metadata={"description": "It begins with who answers for the cells on this day; today without it"})


class ListedPlanSchema(Schema):
    """A plan (规划方案) in a list."""

    id = Whole(required=True)
    name = fields.String(required=True)
    station = fields.Nested(StationNameSchema, required=True, metadata={"description": "What it is for"})
    state = Choice(STATES, required=True, metadata={"description": "A published plan is in force from its day on"})
    base_on = Day(required=True)
    effective_on = Day(required=True, allow_none=True)
    rolled_back_on = Day(required=True, allow_none=True)
    revision = Whole(required=True, metadata={"description": "The number of its last step"})
    moved_cells = Whole(required=True, metadata={"description": "Cells that another manager gets"})
    moved_households = Whole(required=True)
    submitted_by = fields.String(required=True, allow_none=True)
    approved_by = fields.String(required=True, allow_none=True)


class PlanSchema(ListedPlanSchema):
    """A plan; its ETag is what every change of it demands."""

    note = fields.String(required=True)
    made_by = fields.String(required=True)
    made_at = Moment(required=True)
    copied_from = Whole(required=True, allow_none=True, metadata={"description": "The id of the plan that it copies"})
    undo = fields.Boolean(required=True, metadata={"description": "Whether there is a step to undo"})
    redo = fields.Boolean(required=True, metadata={"description": "Whether there is a step to redo"})


class PlanLoadSchema(Schema):
    """What a manager carries in a plan."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    at_work = fields.Boolean(required=True, metadata={"description": "On the day that the plan is for"})
    share = Whole(required=True, metadata={"description": "The own target, scaled to the households of the station"})
    before = Whole(required=True, metadata={"description": "Households when the plan began"})
    households = Whole(required=True)
    deviation = fields.Float(required=True, allow_none=True, metadata=DEVIATION)


class PlanLoadsSchema(Schema):
    """The loads of a plan's managers, in the order of their codes, and how even they are."""

    revision = Whole(required=True)
    worst_deviation = fields.Float(required=True, metadata={"description": "The largest, without its sign"})
    within_tolerance = fields.Float(required=True, metadata=SHARE)
    unowned_households = Whole(required=True, metadata={"description": "Of the cells that nobody answers for"})
    managers = fields.List(fields.Nested(PlanLoadSchema), required=True)


class PlanCellsArgs(PageArgs):
    """Which cells of a plan."""

    show = Choice(("moved", "locked"), metadata={"description": "Only those that another manager gets, or are locked."})


class PlanCellSchema(Schema):
    """A cell as a plan has it."""

    cell = fields.String(required=True, attribute="key", metadata={"description": "Its code, or the plan's own"})
    households = Whole(required=True)
    manager = fields.String(required=True, allow_none=True, metadata={"description": "Code; null for nobody"})
    before = fields.String(required=True, allow_none=True, metadata={"description": "Whose it was when the plan began"})
    locked = fields.Boolean(required=True)


class MoveSchema(Schema):
    """A cell, and who is to answer for it."""

    cell = Code(required=True)
    manager = Code(required=True, allow_none=True, metadata={"description": "Code; null for nobody"})


class StepSchema(Schema):
    """One step: moves, or cells to lock or to unlock. All of it is done, or nothing."""

    also: ClassVar = {"minProperties": 1, "maxProperties": 1}

    moves = Texts(fields.Nested(MoveSchema), most=MOST_CELLS)
    lock = Texts(Code(), most=MOST_CELLS)
    unlock = Texts(Code(), most=MOST_CELLS)

    @validates_schema
    def _require_one(self, data: Any, **_options: Any) -> None:
        if len(data) != 1:
            raise ValidationError(_("A step is either moves, or cells to lock, or cells to unlock: send one of them."))


class RemedySchema(Schema):
    """What would mend a finding: its moves can be sent as a step."""

    text = fields.String(required=True)
    moves = fields.List(fields.Nested(MoveSchema), required=True)


class FindingSchema(Schema):
    """Something to look at."""

    kind = fields.String(required=True, metadata={"examples": ["pieces", "tolerance", "phone"]})
    severity = Choice(("fault", "warning"), required=True, metadata={"description": "A fault keeps it from approval"})
    text = fields.String(required=True)
    cells = fields.List(fields.String(), required=True)
    manager = fields.String(required=True, allow_none=True)
    remedy = fields.Nested(RemedySchema, required=True, allow_none=True)


class FindingsSchema(Schema):
    """What is wrong with a plan, or might be; faults first."""

    revision = Whole(required=True)
    findings = fields.List(fields.Nested(FindingSchema), required=True)


class ComparisonArgs(Schema):
    """What a plan is compared with."""

    other = Whole(
        data_key="with", least=1, as_text=True, metadata={"description": "The id of another plan; today without it."}
    )


class SideSchema(Schema):
    """One side of a comparison."""

    name = fields.String(required=True)
    managers = Whole(required=True)
    worst_deviation = fields.Float(required=True)
    mean_deviation = fields.Float(required=True)
    within_tolerance = fields.Float(required=True, metadata=SHARE)
    unowned_households = Whole(required=True)
    border_km = fields.Float(required=True, metadata={"description": "Of the borders between beats"})


class ComparedLoadSchema(Schema):
    """A manager's households on both sides."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    share = Whole(required=True, metadata={"description": "The plan's; both sides are measured against it"})
    other = Whole(required=True)
    plan = Whole(required=True)


class ChangedSchema(Schema):
    """A cell that has another manager in the plan."""

    cell = fields.String(required=True)
    other_cell = fields.String(required=True, metadata={"description": "What the other side calls the same land"})
    households = Whole(required=True)
    other = fields.String(required=True, allow_none=True, metadata={"description": "Who has it there; null for nobody"})
    plan = fields.String(required=True, allow_none=True, metadata={"description": "The same in the plan"})


class ComparisonSchema(Schema):
    """A plan beside today's register, or beside another plan for the same unit."""

    other = fields.Nested(SideSchema, required=True)
    plan = fields.Nested(SideSchema, required=True)
    moved_households = Whole(required=True)
    redrawn_cells = Whole(required=True, metadata={"description": "Cells that one side has and the other has not"})
    managers = fields.List(fields.Nested(ComparedLoadSchema), required=True)
    moved = fields.List(fields.Nested(ChangedSchema), required=True)


class ForADaySchema(Schema):
    """From which day on."""

    day = Day(required=True, metadata={"description": "Today or later"})


class SentBackSchema(Schema):
    """Why a plan becomes a draft again."""

    why = Text(load_default="")


class TakenBackSchema(Schema):
    """What became of it."""

    plan = fields.Nested(PlanSchema, required=True)
    left = fields.List(
        fields.String(), required=True, metadata={"description": "Cells that others have given since: they stay so"}
    )
