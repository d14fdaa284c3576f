"""Cells, customer managers, stations and ownership as the API gives them out and takes them."""

from app.core.api.cursors import MOST, PageArgs
from app.core.api.fields import Code, Day, Moment, Schema, Text, Whole, fields

PHONE = r"^(1[3-9][0-9]{9}|0[1-9][0-9]{1,2}[1-9][0-9]{6,7}|[48]00[0-9]{7})$"
LARGEST_TARGET = 1_000_000


class StationNameSchema(Schema):
    """A supply station, as others name it."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class PersonSchema(Schema):
    """A customer manager, as others name one."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True, metadata={"description": "The work phone"})


class GeometrySchema(Schema):
    """A GeoJSON geometry (RFC 7946): longitude and latitude in WGS 84."""

    type = fields.String(required=True, metadata={"examples": ["MultiPolygon"]})
    coordinates = fields.List(fields.Raw(), required=True)


class CellPropertiesSchema(Schema):
    """What is known of a cell, and who answers for it on the day."""

    code = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    station = fields.Nested(StationNameSchema, required=True)
    manager = fields.Nested(
        PersonSchema, required=True, allow_none=True, metadata={"description": "Null where nobody answers for it"}
    )
    households = Whole(required=True)
    boxes = Whole(required=True)


class CellWithNeighboursSchema(CellPropertiesSchema):
    """The same, with the codes of the cells around."""

    retired_at = Moment(
        required=True, allow_none=True, metadata={"description": "Since when the cell is no longer in use"}
    )
    neighbours = fields.List(fields.String(), required=True, metadata={"description": "Cells with a common border"})


class CellSchema(Schema):
    """A cell (网格) as a GeoJSON feature."""

    type = fields.Constant("Feature", required=True)
    id = fields.String(required=True, metadata={"description": "The cell's code"})
    properties = fields.Nested(CellPropertiesSchema, required=True)
    geometry = fields.Nested(GeometrySchema, required=True)


class OneCellSchema(CellSchema):
    """One cell with its neighbours."""

    properties = fields.Nested(CellWithNeighboursSchema, required=True)


class CellLayerSchema(Schema):
    """Cells as a GeoJSON feature collection."""

    type = fields.Constant("FeatureCollection", required=True)
    features = fields.List(fields.Nested(CellSchema), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "The address of the next page; null on the last"}
    )


def _of(what: str) -> dict[str, str]:
    return {"description": f"Only those of the {what} with this code."}


class CellsArgs(PageArgs):
    """Which cells, and how many at once."""

    limit = Whole(
        least=1, most=MOST, as_text=True, metadata={"description": "How many at the most; without it all in one."}
    )
    station = Code(metadata=_of("station"))
    manager = Code(metadata=_of("manager"))
    on = Day(metadata={"description": "The day on which somebody answers for them; today without it."})


class OwnershipArgs(PageArgs):
    """Whose cells, or which cell's manager, on which day."""

    on = Day(metadata={"description": "The day; today without it."})
    cell = Code(metadata=_of("cell"))
    manager = Code(metadata=_of("manager"))


class OwnedSchema(Schema):
    """A cell and who answers for it on the day asked about."""

    cell = fields.String(required=True)
    station = fields.Nested(StationNameSchema, required=True)
    manager = fields.Nested(PersonSchema, required=True, allow_none=True)


class ChangeSchema(Schema):
    """From that day on the cell is this manager's, or nobody's."""

    since = Day(required=True)
    manager = fields.Nested(PersonSchema, required=True, allow_none=True)


class HistorySchema(Schema):
    """All changes of hands of a cell, the newest first."""

    cell = fields.String(required=True)
    changes = fields.List(fields.Nested(ChangeSchema), required=True)


class OwnerSchema(Schema):
    """Who answers for a cell today, and what is to come."""

    cell = fields.String(required=True)
    manager = fields.Nested(PersonSchema, required=True, allow_none=True)
    since = Day(required=True, allow_none=True)
    later = fields.List(fields.Nested(ChangeSchema), required=True, metadata={"description": "Changes on days to come"})


class NewOwnerSchema(Schema):
    """Who is to answer for the cell, and from which day on."""

    manager = Code(required=True, allow_none=True, metadata={"description": "The manager's code; null for nobody"})
    since = Day(required=True)


class StationsArgs(PageArgs):
    """Which stations."""

    text = Text(metadata={"description": "A part of code or name."})


class StationSchema(StationNameSchema):
    """A supply station (供电所) with the figures of its cells."""

    supervision_phone = fields.String(required=True, allow_none=True)
    cells = Whole(required=True)
    unowned = Whole(required=True, metadata={"description": "Cells that nobody answers for"})
    households = Whole(required=True)
    boxes = Whole(required=True)
    managers = Whole(required=True)


class ManagersArgs(StationsArgs):
    """Which customer managers."""

    station = Code(metadata=_of("station"))


class ManagerLoadSchema(Schema):
    """A customer manager (客户经理) with the households of today's beat."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    work_phone = fields.String(required=True, allow_none=True)
    station = fields.Nested(StationNameSchema, required=True)
    left_on = Day(required=True, allow_none=True)
    households = Whole(required=True)
    target = Whole(required=True)
    boxes = Whole(required=True)
    cells = Whole(required=True)


class ManagerSchema(Schema):
    """A customer manager."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    station = fields.Nested(StationNameSchema, required=True)
    work_phone = fields.String(required=True, allow_none=True)
    supervision_phone = fields.String(required=True, allow_none=True)
    backup = fields.Nested(PersonSchema, required=True, allow_none=True)
    target_households = Whole(
        required=True, allow_none=True, metadata={"description": "Null for the installation's own target"}
    )
    left_on = Day(required=True, allow_none=True, metadata={"description": "The first day of being away"})


class ManagerChangesSchema(Schema):
    """What of a customer manager changes; what is not named stays."""

    work_phone = Text(longest=20, pattern=PHONE, allow_none=True, metadata={"description": "National digits alone"})
    backup = Code(allow_none=True, metadata={"description": "The code of whoever stands in"})
    target_households = Whole(least=1, most=LARGEST_TARGET, allow_none=True)
    left_on = Day(allow_none=True, metadata={"description": "The first day of being away; null: stays"})
