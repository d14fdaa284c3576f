"""What every reader makes of a file."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.errors import DomainError
from app.imports.readers.content import too_wide
from app.imports.readers.trial import MOST_COLUMNS

BLOCK_ROWS = 20_000
HEADING_WITHIN = 10
"""Among so many first rows the headings are looked for: exports often begin with a title."""

Score = Callable[[Sequence[str]], int]
"""How many fields a row of headings would name."""


@dataclass(frozen=True)
class Block:
    """Some rows: text by heading, with the row numbers of the file as index; "" where a cell is empty."""

    text: pd.DataFrame
    surplus: NDArray[np.object_]
    """For each row its cells beyond the headings; an empty tuple where there are none."""
    done: float
    """The share of the file that has been read."""
    geometry: NDArray[np.object_] | None = None

    def head(self, count: int) -> "Block":
        """The first rows alone."""
        geometry = None if self.geometry is None else self.geometry[:count]
        return Block(self.text.head(count), self.surplus[:count], self.done, geometry)


@dataclass(frozen=True)
class Table:
    """A file that is being read; `blocks` can be gone through once."""

    headings: list[str]
    blocks: Iterator[Block]
    format: str
    encoding: str | None = None
    crs: str | None = None
    """What the file itself says of its coordinate system."""
    has_geometry: bool = False


def find_headings(rows: Iterator[list[str]], score: Score) -> tuple[list[str], int, Iterator[list[str]]]:
    """The row of headings, its number, and all rows after it: the first row of those that name most fields."""
    first = list(itertools.islice(rows, HEADING_WITHIN))
    if any(len(row) > MOST_COLUMNS and any(row[MOST_COLUMNS:]) for row in first):
        raise DomainError(too_wide())
    filled = [number for number, row in enumerate(first) if any(cell.strip() for cell in row)]
    if not filled:
        return [], 0, iter(())
    best = max(filled, key=lambda number: (score(first[number]), -number))
    headings = _distinct([cell.strip() for cell in first[best]])
    return headings, best + 1, itertools.chain(first[best + 1 :], rows)


def _distinct(headings: list[str]) -> list[str]:
    """Headings without empty ones at the end; a repeated one gets a number."""
    while headings and not headings[-1]:
        headings.pop()
    seen: dict[str, int] = {}
    for position, heading in enumerate(headings):
        seen[heading] = seen.get(heading, 0) + 1
        if seen[heading] > 1:
            headings[position] = f"{heading} ({seen[heading]})"
    return headings


def blocks_of(
    rows: Iterable[list[str]],
    headings: list[str],
    heading_row: int,
    done: Callable[[int], float],
    first: int = BLOCK_ROWS,
) -> Iterator[Block]:
    """Rows in blocks, the first of so many; empty rows count but are left out."""
    numbered = enumerate(rows, start=heading_row + 1)
    width = len(headings)
    while taken := list(itertools.islice(numbered, first)):
        first = BLOCK_ROWS
        kept = [(number, row) for number, row in taken if any(row)]
        beyond = (tuple(row[width:]) if any(row[width:]) else () for _number, row in kept)
        surplus = np.fromiter(beyond, dtype=object, count=len(kept))
        cells = [[*row[:width], *[""] * (width - len(row))] for _number, row in kept]
        columns: list[Any] = list(zip(*cells, strict=True)) if cells else [()] * width
        data = {heading: pd.Series(column, dtype=object) for heading, column in zip(headings, columns, strict=True)}
        text = pd.DataFrame(data, columns=headings)
        text.index = pd.Index([number for number, _row in kept], dtype=np.int64)
        yield Block(text, surplus, done(taken[-1][0]))
