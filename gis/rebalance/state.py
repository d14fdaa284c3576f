"""What is to be balanced, checked and laid out for the search."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.adjacency import bridge_islands, components

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BRIDGE = 1.0
"""What it costs that a beat lies on both sides of water, in borders of an average beat."""


@dataclass(frozen=True)
class Problem:
    """n cells, K managers, and the graph in which beats are to hang together.

    The graph has only pairs of cells of one group; parts of a group without a common border (islands) are linked where
    they are nearest, by bridges that cost a beat something to use.
    """

    households: Ints
    edges: Ints
    """(m, 2) neighbouring cells, as given."""
    border: Floats
    group: Ints
    manager_group: Ints
    locked: NDArray[np.bool_]
    target: Floats
    leaves: NDArray[np.bool_]
    """(K,) managers for whom nothing is wanted: they keep no cell but locked ones."""
    low: Ints
    high: Ints
    home: Ints
    """(n,) today's manager, -1 for none."""
    starts: Ints
    """(n + 1,) where the neighbours of each cell begin in `near`."""
    near: Ints
    position: Floats | None
    """(n, 2) metres."""
    weight: Floats
    """What it costs that a pair of `near` is cut, in borders of an average beat; below 0 for a bridge."""

    @property
    def managers(self) -> int:
        """K."""
        return len(self.target)

    def neighbours(self, cell: int) -> Ints:
        """The cells next to a cell in its group, over bridges too."""
        return self.near[self.starts[cell] : self.starts[cell + 1]]


def problem(
    households: ArrayLike,
    edges: ArrayLike,
    managers: int,
    border: ArrayLike | None = None,
    owner: ArrayLike | None = None,
    group: ArrayLike | None = None,
    manager_group: ArrayLike | None = None,
    locked: ArrayLike | None = None,
    target: ArrayLike | None = None,
    tolerance: float = 0.05,
    position: ArrayLike | None = None,
) -> Problem:
    """The arguments of `balance`, checked; see there.

    Raises
    ------
    ValueError
        An array has another length than it must have or names a cell, manager or group that there is not; a locked
        cell has no manager; a cell's manager belongs to another group; a group has cells and no manager.
    """
    load = np.asarray(households, dtype=np.int64)
    n, pairs = len(load), np.asarray(edges, dtype=np.int64).reshape(-1, 2)
    _require(managers >= 1, "there must be at least one manager")
    _require(n == 0 or load.min() >= 0, "households must not be negative")
    _require(pairs.size == 0 or (pairs.min() >= 0 and pairs.max() < n), "an edge names a cell that there is not")
    metres = _sized("border", np.ones(len(pairs)) if border is None else border, len(pairs), np.float64)
    _require(group is None or manager_group is not None, "groups need manager_group")
    cells = _sized("group", np.zeros(n) if group is None else group, n, np.int64)
    bosses = _sized("manager_group", np.zeros(managers) if group is None else manager_group, managers, np.int64)
    fixed = _sized("locked", np.zeros(n, bool) if locked is None else locked, n, np.bool_)
    home = _sized("owner", np.full(n, -1) if owner is None else owner, n, np.int64)
    _require(n == 0 or (home.min() >= -1 and home.max() < managers), "owner names a manager that there is not")
    _require(not (fixed & (home < 0)).any(), "a locked cell must have a manager")
    owned = home >= 0
    _require(bool((bosses[home[owned]] == cells[owned]).all()), "a cell's manager must belong to the cell's group")
    wanted = _targets(load, cells, bosses) if target is None else _sized("target", target, managers, np.float64)
    _require(bool((wanted >= 0).all()), "a target must not be negative")
    leaves = (wanted == 0) & (target is not None)
    _require(bool(np.isin(cells, bosses[~leaves]).all()), "a group has cells and no manager")
    inner = cells[pairs[:, 0]] == cells[pairs[:, 1]]
    places = None if position is None else np.asarray(position, dtype=float)
    _require(places is None or places.shape == (n, 2), f"position must have {n} pairs")
    starts, near, weight = _graph(n, managers, pairs[inner], metres[inner], cells, places)
    return Problem(
        households=load,
        edges=pairs,
        border=metres,
        group=cells,
        manager_group=bosses,
        locked=fixed,
        target=wanted,
        leaves=leaves,
        low=np.ceil(wanted * (1 - tolerance) - 1e-9).astype(np.int64),
        high=np.floor(wanted * (1 + tolerance) + 1e-9).astype(np.int64),
        home=home,
        starts=starts,
        near=near,
        weight=weight,
        position=places,
    )


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


def _sized(name: str, values: ArrayLike | None, size: int, kind: type) -> NDArray:
    found: NDArray = np.asarray(values).astype(kind)
    _require(found.shape == (size,), f"{name} must have {size} values")
    return found


def _targets(load: Ints, group: Ints, manager_group: Ints) -> Floats:
    """Equal shares of what each group has."""
    numbers, place = np.unique(np.concatenate([group, manager_group]), return_inverse=True)
    total = np.bincount(place[: len(group)], weights=load, minlength=len(numbers))
    managers = np.bincount(place[len(group) :], minlength=len(numbers))
    return (total / np.maximum(managers, 1))[place[len(group) :]]


def _graph(
    n: int, managers: int, edges: Ints, metres: Floats, group: Ints, position: Floats | None
) -> tuple[Ints, Ints, Floats]:
    average = 4 * (metres.mean() if len(metres) else 1.0) * np.sqrt(max(n, 1) / managers) or 1.0
    bridges = _bridges(n, edges, group, position)
    pairs = np.concatenate([edges, bridges])
    cost = np.concatenate([metres / average, np.full(len(bridges), -BRIDGE)])
    both = np.concatenate([pairs, pairs[:, ::-1]])
    order = np.lexsort(both.T[::-1])
    starts = np.concatenate([[0], np.cumsum(np.bincount(both[:, 0], minlength=n))]).astype(np.int64)
    return starts, np.ascontiguousarray(both[order, 1]), np.concatenate([cost, cost])[order]


def _bridges(n: int, edges: Ints, group: Ints, position: Floats | None) -> Ints:
    """Pairs that link the parts of each group: the nearest ones, or without positions the first of each part."""
    first = np.unique(components(n, edges), return_index=True)[1]
    numbers, parts = np.unique(group[first], return_counts=True)
    found = [np.empty((0, 2), dtype=np.int64)]
    for number in numbers[parts > 1]:
        if position is None:
            heads = first[group[first] == number]
            found.append(np.column_stack([np.full(len(heads) - 1, heads[0]), heads[1:]]))
        else:
            cells = np.flatnonzero(group == number)
            inside = np.searchsorted(cells, edges[group[edges[:, 0]] == number])
            linked = bridge_islands(inside, position[cells])
            found.append(cells[linked.edges[linked.bridge]])
    return np.concatenate(found)
