"""Rows on their way through the checks."""

import dataclasses
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.imports.issues import CODES, REJECTS
from app.imports.readers import Block

Mask = NDArray[np.bool_]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Issue:
    """What is wrong with some rows; a detail is one value for all of them, or an array with one for each row."""

    code: str
    field: str | None
    mask: Mask
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def rejects(self) -> bool:
        """Whether the rows stay out."""
        return CODES[self.code].severity == REJECTS

    def details_of(self, position: int) -> dict[str, Any]:
        """The details for the row at that position."""
        return {
            name: (value[position].item() if isinstance(value[position], np.generic) else value[position])
            if isinstance(value, np.ndarray)
            else value
            for name, value in self.details.items()
        }


class Rows:
    """A block of rows by field; checks put what they made of the text into `values`."""

    def __init__(self, block: Block, mapping: Mapping[str, str]) -> None:
        self.numbers: NDArray[np.int64] = block.text.index.to_numpy()
        self.geometry = block.geometry
        self.rejected: Mask = np.zeros(len(block.text), dtype=bool)
        self.issues: list[Issue] = []
        self.values: dict[str, Any] = {}
        self._columns = {name: _cleaned(block.text[column]) for name, column in mapping.items()}
        self._nothing = pa.repeat("", len(self))
        self._texts: dict[str, Texts] = {}
        self._codes: dict[str, pa.Array] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    def has(self, name: str) -> bool:
        """Whether the file has the field at all."""
        return name in self._columns

    def column(self, name: str) -> pa.Array:
        """The cells of a field without blanks around them; "" where there is none."""
        return self._columns.get(name, self._nothing)

    def code_column(self, name: str) -> pa.Array:
        """The cells of a field that holds codes: full-width characters are made narrow."""
        if name not in self._codes:
            cells = self.column(name)
            ascii_alone = pc.all(pc.string_is_ascii(cells), min_count=0).as_py()
            self._codes[name] = cells if ascii_alone else pa.array([_narrow(cell) for cell in cells.to_pylist()])
        return self._codes[name]

    def text(self, name: str) -> Texts:
        """What `column` gives, as an array of strings."""
        if name not in self._texts:
            self._texts[name] = _strings(self.column(name))
        return self._texts[name]

    def codes(self, name: str) -> Texts:
        """What `code_column` gives, as an array of strings."""
        codes = self.code_column(name)
        return self.text(name) if codes is self.column(name) else _strings(codes)

    def meant(self, name: str, meaning: Callable[[str], Any]) -> NDArray[np.object_]:
        """What each code of a field means; asked once for each different one."""
        coded = self.code_column(name).dictionary_encode()
        return as_array([meaning(code) for code in coded.dictionary.to_pylist()])[coded.indices.to_numpy()]

    def empty(self, name: str) -> Mask:
        """Where the field is empty."""
        return np.asarray(pc.equal(self.column(name), ""), dtype=bool)

    def note(self, issue: Issue) -> None:
        """Write an issue down; rows that it rejects stay out."""
        if issue.mask.any():
            self.issues.append(issue)
            if issue.rejects:
                self.rejected |= issue.mask

    def frame(self, names: Sequence[str]) -> pd.DataFrame:
        """The accepted rows with these values."""
        kept = {name: np.asarray(self.values[name])[~self.rejected] for name in names if name in self.values}
        return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in kept.items()})


def as_array(values: Sequence[Any]) -> NDArray[np.object_]:
    """A one-dimensional array of objects, whatever they are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def blanked(values: NDArray[np.object_], mask: Mask) -> NDArray[np.object_]:
    """A copy of the values with None where the mask is set."""
    copy = values.copy()
    copy[mask] = None
    return copy


def absent(values: NDArray[np.object_]) -> Mask:
    """Where there is no value."""
    without: Mask = pd.isna(values)
    return without


def _strings(cells: pa.Array) -> Texts:
    strings: Texts = cells.to_numpy(zero_copy_only=False)
    return strings


def _narrow(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def _cleaned(cells: pd.Series) -> pa.Array:
    """The cells as a database column or a card can hold them: without control characters and blanks around them."""
    texts = pa.array(cells, pa.string())
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    marks = _marks(texts)
    if not all(mark.isprintable() for mark in marks):
        return pa.array([_printable(cell) for cell in texts.to_pylist()], pa.string())
    return pc.utf8_trim(texts, characters=" ") if " " in marks else texts


def _marks(texts: pa.Array) -> set[str]:
    """All the characters that occur."""
    _validity, offsets, content = texts.buffers()
    if content is None or not len(texts):
        return set()
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    held = np.frombuffer(content, np.uint8)[bounds[0] : bounds[-1]]
    if held.max(initial=0) >= 128:
        held = np.frombuffer(held.tobytes().decode().encode("utf-32-le"), np.uint32)
    return {chr(code) for code in np.flatnonzero(np.bincount(held)).tolist()}


def _printable(cell: str) -> str:
    if cell.isprintable():
        return cell.strip()
    return "".join(mark if mark.isprintable() else " " for mark in cell).strip()
