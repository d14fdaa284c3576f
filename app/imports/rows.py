"""Rows on their way through the checks."""

import dataclasses
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
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
        self._text = {name: _cleaned(block.text[column].tolist()) for name, column in mapping.items()}

    def __len__(self) -> int:
        return len(self.numbers)

    def has(self, name: str) -> bool:
        """Whether the file has the field at all."""
        return name in self._text

    def text(self, name: str) -> Texts:
        """The cells of a field without blanks around them; "" where there is none."""
        return self._text[name] if name in self._text else np.full(len(self), "", dtype=object)

    def codes(self, name: str) -> Texts:
        """The cells of a field that holds codes: full-width characters are made narrow."""
        return as_array([code if code.isascii() else _narrow(code) for code in self.text(name)])

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


def absent(values: Sequence[Any]) -> Mask:
    """Where there is no value."""
    return np.array([value is None for value in values], dtype=bool)


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _cleaned(cells: list[str]) -> Texts:
    return as_array([cell.strip() if cell.isprintable() else _printable(cell) for cell in cells])


def _printable(cell: str) -> str:
    """Without control characters, which no database column or card can hold."""
    return "".join(mark if mark.isprintable() else " " for mark in cell).strip()
