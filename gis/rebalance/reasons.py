"""Why somebody cannot have a load within tolerance, in a form that a page can put into words."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gis.rebalance.moves import can_leave
from gis.rebalance.score import excess, loads
from gis.rebalance.state import Ints, Problem

Kind = Literal[
    "group_total", "locked", "cell_too_large", "no_cells", "no_neighbours", "neighbours_locked", "enclosed", "coarse"
]


@dataclass(frozen=True)
class Reason:
    """Why one manager stays out of tolerance.

    `group_total`: the targets of the group do not fit its households. `locked`: the locked cells alone are too much.
    `cell_too_large`: one cell alone is; split it. `no_cells`: there were fewer cells than managers. `no_neighbours`:
    the beat touches no other (an island, or alone in its group). `neighbours_locked`: every cell that it could get is
    locked. `enclosed`: no cell can leave without tearing the beat (a peninsula, locks). `coarse`: every cell at its
    border is larger than what is missing or too much; split one.
    """

    manager: int
    kind: Kind
    households: int
    """Beyond the tolerance."""
    cell: int = -1
    """The cell that it is about, where it is about one."""


def reasons(given: Problem, owner: Ints) -> tuple[Reason, ...]:
    """One reason for each manager out of tolerance, in their order."""
    load = loads(owner, given.households, given.managers)
    beyond = excess(load, given)
    return tuple(_why(given, owner, load, int(manager), int(beyond[manager])) for manager in np.flatnonzero(beyond))


def _why(given: Problem, owner: Ints, load: Ints, manager: int, beyond: int) -> Reason:
    cells = np.flatnonzero(owner == manager)
    inside = given.manager_group == given.manager_group[manager]
    total = load[inside].sum()
    if not (given.low[inside] - 1).sum() < total < (given.high[inside] + 1).sum():
        return Reason(manager, "group_total", beyond)
    if load[manager] > given.high[manager]:
        return _why_too_much(given, owner, manager, beyond, cells)
    return _why_too_little(given, owner, manager, beyond, cells)


def _why_too_much(given: Problem, owner: Ints, manager: int, beyond: int, cells: Ints) -> Reason:
    households = given.households[cells]
    largest = int(cells[np.argmax(households)])
    if households[given.locked[cells]].sum() > given.high[manager]:
        return Reason(manager, "locked", beyond)
    if households.max() > given.high[manager]:
        return Reason(manager, "cell_too_large", beyond, largest)
    at_border = [cell for cell in cells.tolist() if (owner[given.neighbours(cell)] != manager).any()]
    if not at_border:
        return Reason(manager, "no_neighbours", beyond)
    seen, queue = np.zeros(len(owner) + 1, dtype=np.int64), np.zeros(len(owner), dtype=np.int64)
    free = [
        cell
        for cell in at_border
        if not given.locked[cell] and can_leave(cell, given.starts, given.near, owner, seen, queue)
    ]
    if not free:
        return Reason(manager, "enclosed", beyond)
    return Reason(manager, "coarse", beyond, min(free, key=lambda cell: (given.households[cell], cell)))


def _why_too_little(given: Problem, owner: Ints, manager: int, beyond: int, cells: Ints) -> Reason:
    if not len(cells):
        return Reason(manager, "no_cells", beyond)
    near = np.unique(np.concatenate([given.neighbours(cell) for cell in cells.tolist()]))
    near = near[owner[near] != manager]
    if not len(near):
        return Reason(manager, "no_neighbours", beyond)
    if given.locked[near].all():
        return Reason(manager, "neighbours_locked", beyond)
    free = near[~given.locked[near]]
    return Reason(manager, "coarse", beyond, int(free[np.argmin(given.households[free])]))
