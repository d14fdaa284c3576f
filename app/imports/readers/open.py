"""Choose the reader for a file."""

from pathlib import Path

from flask_babel import gettext as _

from app.core.errors import DomainError
from app.imports.readers import shapes, sheets
from app.imports.readers.content import require_kind
from app.imports.readers.shapes import open_shapes
from app.imports.readers.sheets import open_sheet
from app.imports.readers.table import Score, Table
from app.imports.readers.text import open_text

TEXT_SUFFIXES = (".csv", ".txt", ".tsv")
SUFFIXES = (*TEXT_SUFFIXES, *sheets.SUFFIXES, *shapes.SUFFIXES)


def open_table(
    path: Path, score: Score, encoding: str | None = None, sheet: str | None = None, name: str | None = None
) -> Table:
    """Open a file by the ending of its `name` (its own by default)."""
    suffix = Path(name or path.name).suffix.lower()
    if not path.is_file():
        raise DomainError(_("There is no file %(name)s.", name=name or path))
    if path.stat().st_size == 0:
        raise DomainError(_("The file is empty."))
    if suffix in SUFFIXES:
        require_kind(path, suffix)
    if suffix in sheets.SUFFIXES:
        table = open_sheet(path, score, sheet)
    elif suffix in shapes.SUFFIXES:
        table = open_shapes(path, encoding)
    elif suffix in TEXT_SUFFIXES:
        table = open_text(path, score, encoding)
    else:
        known = " ".join(SUFFIXES)
        raise DomainError(
            _("Files that end in “%(suffix)s” cannot be read; these can: %(known)s.", suffix=suffix[:20], known=known)
        )
    if not table.headings and not table.has_geometry:
        raise DomainError(_("The file has no headings and no rows. Check that it is the right file and sheet."))
    return table
