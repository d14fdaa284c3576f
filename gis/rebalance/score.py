"""The figures of a plan."""

import numpy as np

from gis.rebalance.state import Floats, Ints, Problem


def loads(owner: Ints, households: Ints, managers: int) -> Ints:
    """Households of each manager; cells with owner -1 count nowhere."""
    owned = owner >= 0
    return np.bincount(owner[owned], weights=households[owned], minlength=managers).astype(np.int64)


def deviations(load: Ints, target: Floats) -> Floats:
    """(load - target) / target of each manager; 0 where nothing is wanted and nothing is there, else inf."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (load - target) / target
    return np.where((target == 0) & (load == 0), 0.0, found)


def moved_households(owner: Ints, home: Ints, households: Ints) -> int:
    """Households that had a manager and get another one."""
    return int(households[(home >= 0) & (owner != home)].sum())


def cut(owner: Ints, edges: Ints, border: Floats) -> float:
    """Length of all borders between beats, in the unit of `border`."""
    return float(border[owner[edges[:, 0]] != owner[edges[:, 1]]].sum())


def excess(load: Ints, given: Problem) -> Ints:
    """Households of each manager beyond the tolerance; 0 within."""
    return np.maximum(np.maximum(given.low - load, load - given.high), 0)
