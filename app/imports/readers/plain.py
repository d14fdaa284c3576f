"""Text whose quotation marks all stand where they belong, read column by column: ten times as fast as row by row."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from app.core.formulas import as_typed
from app.imports.readers.table import Block

TEXT = pd.ArrowDtype(pa.string())
_QUOTE = ord('"')


def is_whole(text: str, delimiter: str) -> bool:
    """Whether every quotation mark of these lines opens, closes or doubles, and none is open at the end of a line.

    Then any reader of CSV makes the same of them, and no cell goes on in the next lines.
    """
    if '"' not in text:
        return True
    padded = f"\n{text}\n".encode()
    marks = np.frombuffer(padded, np.uint8)
    quotes = np.flatnonzero(marks == _QUOTE)
    borders = np.frombuffer(f'"\r\n{delimiter}'.encode(), np.uint8)
    placed = np.isin(marks[quotes - 1], borders) | np.isin(marks[quotes + 1], borders)
    ends = np.searchsorted(quotes, np.flatnonzero(marks == ord("\n")))
    return bool(placed.all() and not (ends % 2).any())


def read_plain(text: str, delimiter: str, headings: list[str], above: int, done: float) -> tuple[Block, int] | None:
    """The rows of whole lines, and how many there are, with empty ones, which are left out; `above` have gone before.

    None where a row has more or fewer cells than there are headings.
    """
    names = [str(number) for number in range(len(headings))]
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(text.encode()),
            pyarrow.csv.ReadOptions(use_threads=False, block_size=len(text) * 4 + 1, column_names=names),
            pyarrow.csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid:
        return None
    columns = [column.combine_chunks() for column in table.columns]
    if "'" in text:
        columns = [_unguarded(column) for column in columns]
    numbers, filled = np.arange(above + 1, above + 1 + table.num_rows), _filled(columns)
    if not filled.all():
        numbers, columns = numbers[filled], [column.filter(pa.array(filled)) for column in columns]
    data = {heading: pd.Series(column, dtype=TEXT) for heading, column in zip(headings, columns, strict=True)}
    frame = pd.DataFrame(data, columns=pd.Index(headings, dtype=object))
    frame.index = pd.Index(numbers)
    return Block(frame, np.fromiter(((),) * len(frame), dtype=object, count=len(frame)), done), table.num_rows


def _unguarded(column: pa.Array) -> pa.Array:
    if not pc.any(pc.starts_with(column, "'")).as_py():
        return column
    return pa.array([as_typed(cell) for cell in column.to_pylist()], pa.string())


def _filled(columns: list[pa.Array]) -> NDArray[np.bool_]:
    """Which rows have anything in them."""
    filled = np.zeros(len(columns[0]), dtype=bool)
    for column in columns:
        if filled.all():
            break
        filled |= np.asarray(pc.not_equal(column, ""), dtype=bool)
    return filled
