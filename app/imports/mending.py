"""The file of rejected rows: read for the page, given out, and written again with what was mended there."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from python_calamine import CalamineWorkbook

from app.core.errors import DomainError
from app.imports.columns import OWN_MARK
from app.imports.models import ImportRun
from app.imports.sheets_out import ENCODINGS, CsvWriter, XlsxWriter

MOST_ROWS = 5_000
"""A file with more rejected rows is mended in a spreadsheet."""
FORMATS = ("xlsx", *ENCODINGS)

Changes = Mapping[int, Mapping[int, str]]
"""By the row's number the new cells by the column's place."""


@dataclass(frozen=True)
class RejectedRow:
    """A row as it came; `beyond` is what stood to the right of the last heading."""

    number: int
    cells: list[str]
    beyond: list[str]


@dataclass(frozen=True)
class Rejected:
    """The headings of a file and some of its rejected rows, by their numbers."""

    headings: list[str]
    rows: dict[int, RejectedRow]


def rejected_rows(path: Path, numbers: Collection[int]) -> Rejected:
    """The rejected rows with these numbers, in the order of the file."""
    headings, rows = _opened(path)
    wanted = set(numbers)
    found = islice((row for row in rows if row.number in wanted), len(wanted))
    return Rejected(headings, {row.number: row for row in found})


def write_mended(path: Path, changes: Changes, mended: Path, everywhere: bool = False) -> int:
    """Write all rejected rows again, some with new cells; returns how many rows have changed.

    A value that was mended in one row is mended `everywhere` in its column, where rows were not mended otherwise.
    What stands beyond the headings of a row that has changed is left out: nothing else can be wrong with it there.
    """
    alike = _replacements(path, changes) if everywhere else {}
    headings, rows = _opened(path)
    changed, writer = 0, XlsxWriter(mended)
    writer.write(headings)
    for row in rows:
        new = changes.get(row.number, {})
        former = [cell.strip() for cell in row.cells]
        cells = [new.get(place, cell).strip() for place, cell in enumerate(former)]
        if cells == former:
            cells = [alike.get((place, cell), cell) for place, cell in enumerate(cells)]
        differs = cells != former
        writer.write(cells if differs or not row.beyond else [*cells, *row.beyond])
        changed += differs
    writer.close()
    if not changed:
        mended.unlink()
        raise DomainError(_("Nothing has been changed yet. Correct at least one of the rows first."))
    return changed


def _replacements(path: Path, changes: Changes) -> dict[tuple[int, str], str]:
    """The new cell for each former one that is not empty, by its column's place."""
    rows = rejected_rows(path, changes.keys()).rows
    typed = (
        (place, rows[number].cells[place].strip(), cell.strip())
        for number, cells in changes.items()
        if number in rows
        for place, cell in cells.items()
        if place < len(rows[number].cells)
    )
    return {(place, former): cell for place, former, cell in typed if former not in ("", cell)}


def as_csv(path: Path, encoding: str, target: Path) -> None:
    """The same file as text."""
    writer = CsvWriter(target, encoding)
    for row in _lines(path):
        writer.write(row)
    writer.close()


def _lines(path: Path) -> Iterator[list[str]]:
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    return ([str(cell) for cell in row] for row in sheet.iter_rows())


def _opened(path: Path) -> tuple[list[str], Iterator[RejectedRow]]:
    lines = _lines(path)
    first = next(lines)
    width = next(place for place, heading in enumerate(first) if heading.startswith(OWN_MARK))
    return first[:width], (
        RejectedRow(int(line[width]), line[:width], [cell for cell in line[width + 2 :] if cell]) for line in lines
    )


def source_name(run: ImportRun) -> str:
    """What the file was called that came first, without its ending."""
    return run.options.get("source") or Path(run.filename).stem


def options_again(run: ImportRun) -> dict[str, Any]:
    """How the mended rows are to be read: as the file was, but that they are a spreadsheet now."""
    chosen = {field: column for field, column in run.options.get("columns", {}).items() if column}
    return {"columns": chosen, "crs": run.options.get("crs"), "source": source_name(run), "mends": run.id}
