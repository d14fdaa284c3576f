"""The best next moves, one at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gis.rebalance.moves import can_leave, cost_of_move
from gis.rebalance.score import loads
from gis.rebalance.state import Problem

BORDERS = 0.02
PEOPLE = 0.1
"""What the households of a beat that lose their manager are worth, beside a squared deviation of 1."""


@dataclass(frozen=True)
class Suggestion:
    """One cell from one manager to another, and what it does to both."""

    cell: int
    giver: int
    taker: int
    households: int
    giver_before: float
    """(load - target) / target; of a manager who leaves, the load over an average one."""
    giver_after: float
    taker_before: float
    taker_after: float


def suggest(given: Problem, owner: ArrayLike, count: int = 10, keep: float = 1.0) -> list[Suggestion]:
    """The single moves that better the plan most: the squared deviations of both beats shrink, weighed against people.

    Only moves that tear no beat, break no lock and bring the two nearer to their targets are named; whoever leaves
    (target 0) gives the more readily the more there is.

    Parameters
    ----------
    given : the problem, as `gis.rebalance.state.problem` makes it
    owner : (n,) ints, manager of each cell in the plan
    count : at most so many
    keep : weight of leaving households with their manager, as in `balance`

    Returns
    -------
    list of Suggestion, the best first
    """
    plan = np.ascontiguousarray(owner, dtype=np.int64)
    load = loads(plan, given.households, given.managers)
    mean = max(given.households.sum() / given.managers, 1)
    scale = np.where(given.target > 0, given.target, mean)
    before = (load - given.target) / scale
    cells, takers = _border_moves(given, plan)
    givers, moved = plan[cells], given.households[cells]
    giver_after, taker_after = before[givers] - moved / scale[givers], before[takers] + moved / scale[takers]
    gain = before[givers] ** 2 + before[takers] ** 2 - giver_after**2 - taker_after**2
    found: list[tuple[float, int]] = []
    scratch, queue = np.zeros(len(plan) + 1, dtype=np.int64), np.zeros(len(plan), dtype=np.int64)
    for index in np.flatnonzero((gain > 0) & (moved > 0)).tolist():
        cost = cost_of_move(
            cells[index], takers[index], given.starts, given.near, given.weight, plan, given.home, given.households,
            PEOPLE * keep / mean, BORDERS,
        )  # fmt: skip
        if gain[index] > cost and can_leave(cells[index], given.starts, given.near, plan, scratch, queue):
            found.append((cost - gain[index], index))
    return [
        Suggestion(
            int(cells[index]), int(givers[index]), int(takers[index]), int(moved[index]),
            float(before[givers[index]]), float(giver_after[index]),
            float(before[takers[index]]), float(taker_after[index]),
        )
        for _gain, index in sorted(found)[:count]
    ]  # fmt: skip


def _border_moves(given: Problem, plan: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each cell that may move with each other manager beside it, once; a beat's last cell stays, but a leaver's."""
    cell = np.repeat(np.arange(len(plan)), np.diff(given.starts))
    taker = plan[given.near]
    size = np.bincount(plan[plan >= 0], minlength=given.managers)
    moves = (taker != plan[cell]) & (taker >= 0) & (plan[cell] >= 0) & ~given.locked[cell]
    pairs = np.unique(np.column_stack([cell[moves], taker[moves]]), axis=0)
    giver = plan[pairs[:, 0]]
    pairs = pairs[((size[giver] > 1) | given.leaves[giver]) & ~given.leaves[pairs[:, 1]]]
    return pairs[:, 0], pairs[:, 1]
