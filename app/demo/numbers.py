"""Numbers that look right and reach nobody."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.demo.texts import joined

UNASSIGNED_MOBILE = "154"
"""No operator has this prefix: see data/SOURCES.md."""
UNASSIGNED_LANDLINE = "07521"
"""No subscriber's number begins with 1: see data/SOURCES.md."""
WORK_PHONES = 10_000_000
"""The lowest of the eight digits are the managers', the others the customers'."""
MOBILES = 90_000_000
MOBILE_STEP = 38_111_117
LANDLINES = 1_000_000
LANDLINE_STEP = 381_117
"""Prime to the count, so that consecutive serials give numbers far apart and no number twice."""


def mobiles(serial: ArrayLike) -> NDArray[np.object_]:
    """A customer's mobile number for each serial."""
    return joined(UNASSIGNED_MOBILE, WORK_PHONES + (np.asarray(serial) * MOBILE_STEP + 7_654_321) % MOBILES)


def work_phones(serial: ArrayLike) -> NDArray[np.object_]:
    """A manager's mobile number for each serial."""
    return _padded(UNASSIGNED_MOBILE, (np.asarray(serial) * MOBILE_STEP + 523_400) % WORK_PHONES, 8)


def landlines(serial: ArrayLike) -> NDArray[np.object_]:
    """A landline number for each serial."""
    return _padded(UNASSIGNED_LANDLINE, (np.asarray(serial) * LANDLINE_STEP + 223_344) % LANDLINES, 6)


def account_numbers(station: str, serial: NDArray[np.int64]) -> NDArray[np.object_]:
    """Sixteen digits: the city, the station, the account."""
    return _padded("0317" + station, serial, 8)


def asset_numbers(year: NDArray[np.int64], serial: NDArray[np.int64]) -> NDArray[np.object_]:
    """What is printed on the meter: the maker's year and a number."""
    return joined("GD", year % 100, _padded("", serial * 37 % 10**9, 9))


def _padded(prefix: str, number: NDArray[np.int64], digits: int) -> NDArray[np.object_]:
    return joined(prefix, np.array([f"{value:0{digits}}" for value in number.tolist()], dtype=object))
