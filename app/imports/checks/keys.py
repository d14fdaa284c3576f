"""Checks of what identifies a row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.imports.rows import Issue, Mask, Rows, Texts, blanked

SHORTENED = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
"""3.17E+12: what a spreadsheet makes of a long number."""


def required(rows: Rows, name: str) -> Iterator[Issue]:
    """The field must not be empty."""
    yield Issue("missing", name, rows.empty(name))


def length(rows: Rows, name: str, most: int) -> Iterator[Issue]:
    """The text must fit the register."""
    long = np.asarray(pc.greater(pc.utf8_length(rows.column(name)), most), dtype=bool)
    yield Issue("too_long", name, long, {"most": most})


def code(rows: Rows, name: str, most: int = 64) -> Iterator[Issue]:
    """A code or number that identifies something; empty is allowed."""
    codes = rows.codes(name)
    rows.values[name] = blanked(codes, np.asarray(pc.equal(rows.code_column(name), ""), dtype=bool))
    yield Issue("digits_lost", name, _shortened(rows, name), {"value": codes})
    yield from length(rows, name, most)


def _shortened(rows: Rows, name: str) -> Mask:
    """Which codes a spreadsheet has shortened; only those with an E are looked at one by one."""
    shortened = np.asarray(pc.match_substring(rows.code_column(name), "e", ignore_case=True), dtype=bool)
    shortened[shortened] = [bool(SHORTENED.fullmatch(code)) for code in rows.codes(name)[shortened]]
    return shortened


def pattern(rows: Rows, name: str, wanted: str, issue: str) -> Iterator[Issue]:
    """The code must look as the setting says."""
    fits, codes = re.compile(wanted).fullmatch, rows.codes(name)
    wrong = np.array([not fits(code) and code != "" and not SHORTENED.fullmatch(code) for code in codes], dtype=bool)
    yield Issue(issue, name, wrong, {"value": codes})


@dataclass(frozen=True)
class _Run:
    """Keys in order, the rows where they stood first, and whose they were."""

    key: NDArray[np.uint64]
    row: NDArray[np.int64]
    owner: NDArray[np.uint64]

    @classmethod
    def of(cls, key: NDArray[np.uint64], row: NDArray[np.int64], owner: NDArray[np.uint64]) -> "_Run":
        """Sort by key; of equal ones the first stays."""
        key, first = np.unique(key, return_index=True)
        return cls(key, row[first], owner[first])

    def joined(self, later: "_Run") -> "_Run":
        """One run of both."""
        return _Run.of(
            np.concatenate([self.key, later.key]),
            np.concatenate([self.row, later.row]),
            np.concatenate([self.owner, later.owner]),
        )

    def find(self, key: NDArray[np.uint64]) -> tuple[Mask, NDArray[np.int64]]:
        """Which keys are here, and at what place."""
        place = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        return self.key[place] == key, place


class Seen:
    """The keys of the rows read so far, as hashes: 24 bytes a row, in few sorted runs of growing length."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def doubled(self, rows: Rows, name: str, keys: Texts) -> Iterator[Issue]:
        """Rows whose key stood in an earlier row; rows that are rejected already count neither way."""
        first, _same_owner = self._look_up(rows, keys, keys)
        yield Issue("doubled", name, first > 0, {"value": keys, "first": first})

    def disputed(self, rows: Rows, name: str, keys: Texts, owners: Texts) -> Iterator[Issue]:
        """Rows whose key stood in an earlier row with another owner."""
        first, same_owner = self._look_up(rows, keys, owners)
        yield Issue("disputed_account", name, (first > 0) & ~same_owner, {"value": keys, "first": first})

    def _look_up(self, rows: Rows, keys: Texts, owners: Texts) -> tuple[NDArray[np.int64], Mask]:
        """The number of the row where each key stood first (0: here), and whether it had the same owner there."""
        position = np.flatnonzero((keys != "") & ~rows.rejected)
        first, same_owner = np.zeros(len(rows), dtype=np.int64), np.ones(len(rows), dtype=bool)
        if not len(position):
            return first, same_owner
        key, number = _hashes(keys[position]), rows.numbers[position]
        owner = key if owners is keys else _hashes(owners[position])
        for run in (_Run.of(key, number, owner), *self._runs):
            here, place = run.find(key)
            earlier = here & (run.row[place] < number)
            first[position[earlier]] = run.row[place[earlier]]
            same_owner[position[earlier]] = run.owner[place[earlier]] == owner[earlier]
        new = first[position] == 0
        if new.any():
            self._add(_Run.of(key[new], number[new], owner[new]))
        return first, same_owner

    def _add(self, run: _Run) -> None:
        while self._runs and len(self._runs[-1].key) < 2 * len(run.key):
            run = self._runs.pop().joined(run)
        self._runs.append(run)


def _hashes(texts: Texts) -> NDArray[np.uint64]:
    return pd.util.hash_array(texts, categorize=False)
