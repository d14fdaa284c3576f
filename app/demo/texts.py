"""Texts put together column by column."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def joined(*parts: ArrayLike) -> NDArray[np.object_]:
    """Texts, numbers, and columns of them, side by side.

    >>> joined(np.array(["东升路"], dtype=object), [12], "号").tolist()
    ['东升路12号']
    """
    columns = [_text(np.asarray(part)) for part in parts]
    total = columns[0]
    for column in columns[1:]:
        total = total + column
    return total


def _text(part: NDArray[Any]) -> NDArray[np.object_]:
    return part.astype(object) if part.dtype.kind in "OU" else part.astype(str).astype(object)
