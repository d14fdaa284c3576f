"""What the writers ask of whoever knows the cells."""

from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Select

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Placed(NamedTuple):
    """Of each box its cell, the reason, the cause where there is no cell, and whether it lies apart from its area."""

    cell_id: pa.Array
    reason: pa.Array
    cause: pa.Array
    apart: pa.Array

    @classmethod
    def nowhere(cls, count: int) -> "Placed":
        """So many boxes that nobody has placed."""
        reason, cause = (pa.repeat(word, count) for word in ("unassigned", "no_cells"))
        return cls(pa.nulls(count, pa.int32()), reason, cause, pa.repeat(False, count))


class Placer(Protocol):
    """Gives boxes their cells."""

    def place_new(self, boxes: Select[int]) -> None:
        """Place new boxes, which are stored and have no points yet."""

    def place_first(self, area: Integers, lon: Floats, lat: Floats) -> Placed:
        """Place the first boxes of the register, which are not stored yet: area (0: none), WGS 84 degrees or NaN."""

    def count_first(self, boxes: Placed, box: Integers, account: Integers) -> None:
        """Count what cells have: of each metering point the position of its box, and its account."""
