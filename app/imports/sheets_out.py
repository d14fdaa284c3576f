"""Rows written as files that spreadsheets open as they stand."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from app.core.formulas import harmless, is_formula

ENCODINGS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}
"""Of CSV files: UTF-8 with a byte order mark, so that Excel reads it, or what older Chinese systems read."""


class Writer(Protocol):
    """Takes rows of text."""

    def write(self, cells: Sequence[str]) -> None:
        """Append a row."""

    def close(self) -> None:
        """Finish the file."""


class CsvWriter:
    """Text, with an apostrophe before what a spreadsheet would take for a formula."""

    def __init__(self, path: Path, encoding: str = "utf-8") -> None:
        self._file = path.open("w", encoding=ENCODINGS[encoding], newline="")
        self._rows = csv.writer(self._file)

    def write(self, cells: Sequence[str]) -> None:
        """Append a row."""
        self._rows.writerow([harmless(cell) for cell in cells])

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class XlsxWriter:
    """All cells as text, so that no number loses digits, and none becomes a formula when somebody edits it."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter  # with charts and all; most processes never write a workbook

        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._sheet = self._book.add_worksheet()
        self._text = self._book.add_format({"num_format": "@"})
        self._quoted = self._book.add_format({"num_format": "@", "quote_prefix": True})
        self._count = 0

    def write(self, cells: Sequence[str]) -> None:
        """Append a row."""
        for column, cell in enumerate(cells):
            self._sheet.write_string(self._count, column, cell, self._quoted if is_formula(cell) else self._text)
        self._count += 1

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


def writer_for(path: Path) -> Writer:
    """By the ending of the file's name."""
    return XlsxWriter(path) if path.suffix.lower() == ".xlsx" else CsvWriter(path)
