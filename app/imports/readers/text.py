"""CSV, and text that Excel separates by tabs or semicolons."""

import codecs
import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from flask_babel import gettext as _

from app.core.errors import DomainError
from app.core.formulas import as_typed
from app.imports.readers.encoding import detect
from app.imports.readers.plain import is_whole, read_plain
from app.imports.readers.table import HEADING_WITHIN, Block, Score, Table, blocks_of, find_headings

DELIMITERS = ",;\t|"
LONGEST_LINE = 16 * 2**20
"""Characters: a polygon as text can be long."""
SOME = 4 * 2**20
"""Characters that are read at once."""


def open_text(path: Path, score: Score, encoding: str | None = None) -> Table:
    """Read a text file; a wrong encoding chosen by hand shows as replaced characters."""
    used = encoding or detect(path)
    _require_known(used)
    if used == "utf-8":
        used = "utf-8-sig"  # the mark, if there is one, is no part of the first heading
    csv.field_size_limit(LONGEST_LINE)
    with _opened(path, used) as stream:
        first = stream.readline(LONGEST_LINE)
        separator = first.strip().removeprefix("sep=") if first.startswith("sep=") else ""
        stream.seek(0)
        delimiter = separator if len(separator) == 1 else _delimiter(path, used)
        lines = _Lines(stream)
        head = list(itertools.islice(_rows(lines, lines, delimiter, 0), HEADING_WITHIN))
    if separator and head:
        head[0] = []
    headings, number, _rest = find_headings(iter(head), score)
    blocks = _blocks(path, used, delimiter, headings, number) if headings else iter(())
    return Table(headings, blocks, "csv", encoding=used.removesuffix("-sig"))


def _opened(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding=encoding, errors="replace", newline="")


def _blocks(path: Path, encoding: str, delimiter: str, headings: list[str], above: int) -> Iterator[Block]:
    """What stands below the headings: by columns where the lines are plain, by the csv module where they are not."""
    size = max(path.stat().st_size, 1)
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding, errors="replace", newline="") as stream:

        def done(_row: int) -> float:
            return raw.tell() / size

        lines, row = _Lines(stream), above
        for _heading in itertools.islice(_rows(lines, lines, delimiter, 0), above):
            pass
        while text := lines.some():
            if not is_whole(text, delimiter):
                rest = itertools.chain(io.StringIO(text, newline=""), lines)
                yield from blocks_of(_rows(rest, lines, delimiter, row), headings, row, done)
                return
            plain = read_plain(text, delimiter, headings, row, done(row))
            if plain is None:
                rows = list(_rows(io.StringIO(text, newline=""), lines, delimiter, row))
                yield from blocks_of(rows, headings, row, done)
                row += len(rows)
            else:
                block, count = plain
                yield block
                row += count


def _require_known(encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise DomainError(_("There is no encoding %(encoding)s. Use utf-8 or gb18030.", encoding=encoding)) from error


def _rows(source: Iterable[str], lines: "_Lines", delimiter: str, above: int) -> Iterator[list[str]]:
    """The rows of some lines, below so many others."""
    reader = csv.reader(source, delimiter=delimiter)
    try:
        for row in reader:
            yield [as_typed(cell) for cell in row] if lines.may_be_guarded else row
    except csv.Error as error:
        number = above + reader.line_num
        text = _("Row %(row)s cannot be read: a quotation mark is missing or out of place.", row=number)
        raise DomainError(text) from error


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
        return self._noted(line)

    def some(self) -> str:
        """Several whole lines at once; "" at the end."""
        text = self._stream.read(SOME)
        return self._noted(text) + next(self, "") if text else ""

    def _noted(self, text: str) -> str:
        self.may_be_guarded = self.may_be_guarded or "'" in text
        return text.replace("\0", "")


def _delimiter(path: Path, encoding: str) -> str:
    """The separator that the first lines have most of, outside quotation marks."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = [file.readline(LONGEST_LINE) for _number in range(10)]
    outside = ["".join(line.split('"')[::2]) for line in lines]
    return max(DELIMITERS, key=lambda mark: max((line.count(mark) for line in outside), default=0))
