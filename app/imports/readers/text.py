"""CSV, and text that Excel separates by tabs or semicolons."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from flask_babel import gettext as _

from app.core.errors import DomainError
from app.core.formulas import as_typed
from app.imports.readers.encoding import detect
from app.imports.readers.table import Score, Table, blocks_of, find_headings

DELIMITERS = ",;\t|"
LONGEST_LINE = 16 * 2**20
"""Characters: a polygon as text can be long."""


def open_text(path: Path, score: Score, encoding: str | None = None) -> Table:
    """Read a text file; a wrong encoding chosen by hand shows as replaced characters."""
    used = encoding or detect(path)
    _require_known(used)
    if used == "utf-8":
        used = "utf-8-sig"  # the mark, if there is one, is no part of the first heading
    raw = path.open("rb")
    size = max(path.stat().st_size, 1)
    stream = io.TextIOWrapper(raw, used, errors="replace", newline="")
    first = stream.readline(LONGEST_LINE)
    separator = first.strip().removeprefix("sep=") if first.startswith("sep=") else ""
    stream.seek(0)
    csv.field_size_limit(LONGEST_LINE)
    delimiter = separator if len(separator) == 1 else _delimiter(path, used)
    rows = _rows(stream, delimiter, marked=bool(separator))
    headings, number, rest = find_headings(rows, score)

    def done(_row: int) -> float:
        return 1.0 if raw.closed else raw.tell() / size

    blocks = blocks_of(rest, headings, number, done)
    return Table(headings, blocks, "csv", encoding=used.removesuffix("-sig"))


def _require_known(encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise DomainError(_("There is no encoding %(encoding)s. Use utf-8 or gb18030.", encoding=encoding)) from error


def _rows(stream: io.TextIOWrapper, delimiter: str, marked: bool) -> Iterator[list[str]]:
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for number, row in enumerate(reader):
            plain = [as_typed(cell) for cell in row] if lines.may_be_guarded else row
            yield [] if marked and number == 0 else plain
    except csv.Error as error:
        text = _("Row %(row)s cannot be read: a quotation mark is missing or out of place.", row=reader.line_num)
        raise DomainError(text) from error
    finally:
        stream.close()


class _Lines:
    """The lines of a stream, none longer than memory likes; notes whether one has had an apostrophe."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        self.may_be_guarded = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            text = _("A line of the file is longer than %(most)s million characters. Check that each row has its line.")
            raise DomainError(text, most=LONGEST_LINE // 2**20)
        self.may_be_guarded = self.may_be_guarded or "'" in line
        return line.replace("\0", "")


def _delimiter(path: Path, encoding: str) -> str:
    """The separator that the first lines have most of, outside quotation marks."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = [file.readline(LONGEST_LINE) for _number in range(10)]
    outside = ["".join(line.split('"')[::2]) for line in lines]
    return max(DELIMITERS, key=lambda mark: max((line.count(mark) for line in outside), default=0))
