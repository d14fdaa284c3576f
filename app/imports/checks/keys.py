"""Checks of what identifies a row."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.imports.rows import Issue, Rows, Texts, as_array, blanked

SHORTENED = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
"""3.17E+12: what a spreadsheet makes of a long number."""


def required(rows: Rows, name: str) -> Iterator[Issue]:
    """The field must not be empty."""
    yield Issue("missing", name, rows.text(name) == "")


def length(rows: Rows, name: str, most: int) -> Iterator[Issue]:
    """The text must fit the register."""
    yield Issue("too_long", name, as_array([len(text) > most for text in rows.text(name)]).astype(bool), {"most": most})


def code(rows: Rows, name: str, most: int = 64) -> Iterator[Issue]:
    """A code or number that identifies something; empty is allowed."""
    codes = rows.codes(name)
    rows.values[name] = blanked(codes, codes == "")
    shortened = np.array([bool(SHORTENED.fullmatch(code)) for code in codes], dtype=bool)
    yield Issue("digits_lost", name, shortened, {"value": codes})
    yield from length(rows, name, most)


def pattern(rows: Rows, name: str, wanted: str, issue: str) -> Iterator[Issue]:
    """The code must look as the setting says."""
    fits, codes = re.compile(wanted).fullmatch, rows.codes(name)
    wrong = np.array([code != "" and not SHORTENED.fullmatch(code) and not fits(code) for code in codes], dtype=bool)
    yield Issue(issue, name, wrong, {"value": codes})


class Seen:
    """The keys of the rows read so far, as hashes: 16 bytes a row."""

    def __init__(self) -> None:
        self._hashes: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
        self._rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def doubled(self, rows: Rows, name: str, keys: Texts) -> Iterator[Issue]:
        """Rows whose key stood in an earlier row; rows that are rejected already count neither way."""
        position = np.flatnonzero((keys != "") & ~rows.rejected)
        hashes = pd.util.hash_array(keys[position], categorize=False)
        first_row = self._earlier(hashes)
        series = pd.Series(rows.numbers[position])
        in_block = series.groupby(hashes).transform("first").to_numpy()
        first_row = np.where(first_row > 0, first_row, np.where(in_block < rows.numbers[position], in_block, 0))
        self._add(hashes[first_row == 0], rows.numbers[position][first_row == 0])
        first = np.zeros(len(rows), dtype=np.int64)
        first[position] = first_row
        yield Issue("doubled", name, first > 0, {"value": keys, "first": first})

    def _earlier(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The row of an earlier block with the same key, 0 for none."""
        if not len(self._hashes):
            return np.zeros(len(hashes), dtype=np.int64)
        place = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        return np.where(self._hashes[place] == hashes, self._rows[place], 0)

    def _add(self, hashes: NDArray[np.uint64], numbers: NDArray[np.int64]) -> None:
        hashes, numbers = np.concatenate([self._hashes, hashes]), np.concatenate([self._rows, numbers])
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._rows = hashes[order], numbers[order]
