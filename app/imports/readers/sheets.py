"""Spreadsheets: XLSX, and what calamine reads beside it."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from app.core.errors import DomainError
from app.imports.readers.content import require_bounded
from app.imports.readers.table import HEADING_WITHIN, Score, Table, blocks_of, find_headings

SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
EXACT_DIGITS = 1e15
"""From here on a spreadsheet's number has lost digits."""
FIRST_ROWS = 1000
"""So many rows the first block has: who only looks at the first rows need not wait for more."""


def open_sheet(path: Path, score: Score, sheet: str | None = None) -> Table:
    """Read the named sheet, or else the one whose headings name most fields."""
    require_bounded(path, "sheet")
    workbook = _open(path)
    names = workbook.sheet_names
    if sheet is not None and sheet not in names:
        text = _("The file has no sheet “%(sheet)s”. Its sheets are: %(names)s.", sheet=sheet, names=", ".join(names))
        raise DomainError(text)
    if sheet is None and len(names) > 1:
        read = max(map(workbook.get_sheet_by_name, names), key=lambda each: _best_score(each, score))
    else:
        read = workbook.get_sheet_by_name(sheet or names[0])
    headings, number, rest = find_headings(_rows(read), score)
    total = max(read.total_height, 1)
    blocks = blocks_of(rest, headings, number, lambda row: min(row / total, 1.0), FIRST_ROWS)
    return Table(headings, blocks, "xlsx")


def _open(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError as error:
        text = _("The spreadsheet is protected by a password. Save it without one and import it again.")
        raise DomainError(text) from error
    except (CalamineError, OSError) as error:
        text = _("The file is no spreadsheet that can be read. Open it in Excel or WPS and save it as .xlsx again.")
        raise DomainError(text) from error


def _best_score(sheet: CalamineSheet, score: Score) -> int:
    rows = _rows(sheet)
    return max((score(row) for _number, row in zip(range(HEADING_WITHIN), rows, strict=False)), default=0)


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """The rows as text, which most cells are already."""
    return ([cell if type(cell) is str else _text(cell) for cell in row] for row in sheet.iter_rows())


def _text(cell: Any) -> str:
    """A cell as a person would read it: whole numbers with all their digits, days as 2026-03-01."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        if not cell.is_integer():
            return repr(cell)
        return f"{cell:.14E}" if abs(cell) >= EXACT_DIGITS else str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    return str(cell)
