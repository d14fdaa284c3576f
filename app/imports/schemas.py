"""Imports as the API gives them out and takes them."""

from flask_smorest.fields import Upload

from app.core.api.fields import REQUIRED, Choice, Flag, Moment, Schema, Text, Whole, fields
from app.imports.fields import KINDS
from app.imports.readers.encoding import ENCODINGS

CRS = r"^(wgs84|gcj02|bd09|EPSG:[0-9]{4,6})$"


class NewImportSchema(Schema):
    """A file, and how it is to be read."""

    file = Upload(
        required=True,
        error_messages=REQUIRED,
        metadata={"format": "binary", "description": "CSV, XLSX, GeoJSON, GeoPackage, or a Shapefile as ZIP"},
    )
    kind = Choice(KINDS, required=True)
    crs = Text(
        longest=20, pattern=CRS, metadata={"description": "Its coordinate system, where the file does not say; wgs84"}
    )
    encoding = Choice(ENCODINGS, metadata={"description": "Of a text file; detected without it"})
    dry_run = Flag(as_text=True, load_default=False, metadata={"description": "Check everything and write nothing"})


class FiguresSchema(Schema):
    """What became of the rows."""

    rows = Whole(required=True)
    accepted = Whole(required=True)
    created = Whole(required=True)
    updated = Whole(required=True)
    unchanged = Whole(required=True)
    rejected = Whole(required=True)
    assigned = Whole(required=True)
    unassigned = Whole(required=True)
    seconds = fields.Float(required=True)


class ImportSchema(Schema):
    """An import of a file. Headings are guessed, as on the page, and as they were corrected there the last time."""

    id = Whole(required=True)
    kind = Choice(KINDS, required=True)
    filename = fields.String(required=True)
    crs = fields.String(required=True, allow_none=True)
    dry_run = fields.Boolean(required=True)
    job_id = Whole(required=True, allow_none=True, metadata={"description": "The job that does it"})
    created_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)
    figures = fields.Nested(FiguresSchema, required=True, allow_none=True)
    reasons = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        allow_none=True,
        metadata={"description": "How many rows were rejected for which reason"},
    )
    has_rejected_file = fields.Boolean(required=True)
