"""Checks of what identifies a row."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.imports.rows import Issue, Mask, Rows, Texts, as_array, blanked

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
    """The keys of the rows read so far, as hashes: 24 bytes a row."""

    def __init__(self) -> None:
        self._known = pd.DataFrame(
            {"key": np.empty(0, np.uint64), "row": np.empty(0, np.int64), "owner": np.empty(0, np.uint64)}
        )

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
        block = pd.DataFrame(
            {"key": _hashes(keys[position]), "row": rows.numbers[position], "owner": _hashes(owners[position])}
        )
        known = pd.concat([self._known, block.drop_duplicates("key")])
        self._known = known.drop_duplicates("key").sort_values("key", ignore_index=True)
        place = np.searchsorted(self._known["key"].to_numpy(), block["key"].to_numpy())
        there = self._known.iloc[place]
        first, same_owner = np.zeros(len(rows), dtype=np.int64), np.ones(len(rows), dtype=bool)
        first[position] = np.where(there["row"].to_numpy() < block["row"].to_numpy(), there["row"].to_numpy(), 0)
        same_owner[position] = there["owner"].to_numpy() == block["owner"].to_numpy()
        return first, same_owner


def _hashes(texts: Texts) -> NDArray[np.uint64]:
    return pd.util.hash_array(texts, categorize=False)
