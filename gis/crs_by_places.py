"""Does a file of positions hold another coordinate system than claimed? Compare it with places known already."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gis.coordinates import Floats, Pair, bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from gis.crs_guess import CrsGuess
from gis.metres import metres_per_degree

_Conversion = Callable[[Floats, Floats], Pair]


def _unchanged(lon: Floats, lat: Floats) -> Pair:
    return lon, lat


_FROM_WGS84: dict[str, _Conversion] = {"wgs84": _unchanged, "gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}
_TO_WGS84: dict[str, _Conversion] = {"wgs84": _unchanged, "gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
SYSTEMS = tuple(_TO_WGS84)

_SAME_PLACE_M = 100.0
"""Nearer may be an error of survey; the systems differ by 300 m and more."""
_MOST = 0.8
_ENOUGH_PLACES = 10
_CLEARLY_LESS = 1 / 5
_CLEARLY_MORE_THAN_CHANCE = 8.0  # standard errors
_MEDIAN_ERROR = 1.2533 * 1.4826  # standard error of a median, from the median deviation of normal values


def crs_by_same_places(given: Floats, known: Floats, claimed: str = "wgs84") -> CrsGuess:
    """Find out which coordinate system positions are in, by where the same things are known to stand.

    Parameters
    ----------
    given : float array, shape (n, 2)
        Longitude and latitude in degrees, as WGS 84 if the claim holds. Pairs with a NaN are left out.
    known : float array, shape (n, 2)
        Where the same things stand, in WGS 84.
    claimed : str
        The system from which `given` was converted: "wgs84", "gcj02" or "bd09".

    Returns
    -------
    CrsGuess
        `best` is the system that brings at least 80 % of the things to within 100 m of where they are known to be,
        `claimed` before the others; None when no system does, or with fewer than ten different known places. The
        distances are medians. `misses` are shares of things farther than 100 m, by system.

    Raises
    ------
    ValueError
        When `claimed` is none of the three.

    Notes
    -----
    Own method. Things that really moved went different ways, so whatever share of a file they are, no system brings
    them all back. Things that share a known place count once.

    Examples
    --------
    >>> boxes = np.column_stack([np.linspace(114.40, 114.42, 50), np.full(50, 23.1)])
    >>> crs_by_same_places(np.column_stack(wgs84_to_gcj02(*boxes.T)), boxes).best
    'gcj02'
    """
    given, known = _complete(given, known)
    known, first = np.unique(known, axis=0, return_index=True)
    distance = {name: np.hypot(*apart.T) for name, apart in _apart(given[first], known, claimed).items()}
    if len(known) < _ENOUGH_PLACES:
        return _undecided()
    misses = {name: float((metres > _SAME_PLACE_M).mean()) for name, metres in distance.items()}
    medians = {name: float(np.median(metres)) for name, metres in distance.items()}
    nearest = claimed if misses[claimed] <= 1 - _MOST else min(misses, key=lambda name: misses[name])
    best = nearest if misses[nearest] <= 1 - _MOST else None
    return CrsGuess(best, medians[claimed], medians[nearest], misses)


def crs_by_neighbours(given: Floats, known: Floats, claimed: str = "wgs84") -> CrsGuess:
    """Find out which coordinate system positions are in, by the places of what stands near them.

    Parameters
    ----------
    given : float array, shape (n, 2)
        Longitude and latitude in degrees, as WGS 84 if the claim holds: the middle of what is new in each of n small
        areas. Pairs with a NaN are left out.
    known : float array, shape (n, 2)
        The middle of what is known to stand in each area, in WGS 84.
    claimed : str
        The system from which `given` was converted: "wgs84", "gcj02" or "bd09".

    Returns
    -------
    CrsGuess
        The distances and the `misses` are lengths of the median shift from `known` to `given`, in metres. `best` is
        the system with the least, if that is less than a fifth of the next one's, and if the next one's is more than
        eight times its standard error; else None, as with fewer than ten areas.

    Raises
    ------
    ValueError
        When `claimed` is none of the three.

    Notes
    -----
    Own method. What is new stands around what is known on all sides, so the median shift of sound positions is near
    zero; how near chance lets it be is told by how much the areas differ (median absolute deviation).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> areas = np.column_stack([rng.uniform(114.3, 114.5, 40), rng.uniform(23.0, 23.2, 40)])
    >>> new = areas + rng.normal(0, 0.001, (40, 2))
    >>> [crs_by_neighbours(np.column_stack(place), areas).best for place in (new.T, wgs84_to_gcj02(*new.T))]
    ['wgs84', 'gcj02']
    """
    given, known = _complete(given, known)
    apart = _apart(given, known, claimed)
    if len(known) < _ENOUGH_PLACES:
        return _undecided()
    shift = {name: np.median(metres, axis=0) for name, metres in apart.items()}
    misses = {name: float(np.hypot(*metres)) for name, metres in shift.items()}
    best, second = sorted(misses, key=lambda name: misses[name])[:2]
    deviation = np.median(np.abs(apart[second] - shift[second]), axis=0)
    by_chance = _MEDIAN_ERROR * float(np.hypot(*deviation)) / np.sqrt(len(known))
    clear = misses[best] < misses[second] * _CLEARLY_LESS and misses[second] > by_chance * _CLEARLY_MORE_THAN_CHANCE
    return CrsGuess(best if clear else None, misses[claimed], misses[best], misses)


def _complete(given: Floats, known: Floats) -> tuple[Floats, Floats]:
    given, known = np.asarray(given, dtype=np.float64), np.asarray(known, dtype=np.float64)
    complete = np.isfinite(given).all(axis=1) & np.isfinite(known).all(axis=1)
    return given[complete], known[complete]


def _apart(given: Floats, known: Floats, claimed: str) -> dict[str, NDArray[np.float64]]:
    """Metres to the east and north from each known place to the given one, if it were of each system."""
    if claimed not in _FROM_WGS84:
        raise ValueError(f"cannot tell other systems from {claimed!r}: use {', '.join(SYSTEMS)}")
    scale = np.column_stack(metres_per_degree(known[:, 1]))
    lon, lat = _FROM_WGS84[claimed](given[:, 0], given[:, 1])
    return {name: (np.column_stack(convert(lon, lat)) - known) * scale for name, convert in _TO_WGS84.items()}


def _undecided() -> CrsGuess:
    return CrsGuess(None, np.nan, np.nan, {})
