"""What giving some cells to somebody would do, without doing it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gis.rebalance.constraints import pieces
from gis.rebalance.score import cut, loads, moved_households
from gis.rebalance.state import Ints, Problem


@dataclass(frozen=True)
class Effect:
    """The managers whom an edit touches, with their figures before and after it."""

    managers: Ints
    """(t,) the taker first, then the givers in their order."""
    load: Ints
    """(t, 2) households before and after."""
    deviation: np.ndarray
    """(t, 2) (load - target) / target."""
    pieces: Ints
    """(t, 2) pieces of each beat, over bridges between islands too: more than 1 says that it is torn."""
    reach: np.ndarray
    """(t, 2) metres: root of the mean squared distance of the households from their middle; nan without positions."""
    cut: float
    """By how much the borders between beats grow, in the unit of `border`."""
    moved_households: int
    """By how many the households that lose today's manager grow."""
    refused: Ints
    """Those of the cells that may not go: locked, or of another group than the taker."""


def effect_of(given: Problem, owner: ArrayLike, cells: ArrayLike, taker: int) -> Effect:
    """What giving `cells` to `taker` would do.

    Parameters
    ----------
    given : the problem, as `gis.rebalance.state.problem` makes it
    owner : (n,) ints, manager of each cell in the plan
    cells : (c,) ints
    taker : manager

    Returns
    -------
    Effect, of all the cells but those refused
    """
    before, chosen = np.asarray(owner, dtype=np.int64), np.unique(np.asarray(cells, dtype=np.int64))
    may_go = ~given.locked[chosen] & (given.group[chosen] == given.manager_group[taker])
    after = before.copy()
    after[chosen[may_go]] = taker
    givers = np.setdiff1d(before[chosen[may_go]], [taker, -1])
    touched = np.concatenate([[taker], givers])
    local = np.flatnonzero(np.isin(before, touched) | np.isin(after, touched))
    load = np.column_stack([loads(plan, given.households, given.managers)[touched] for plan in (before, after)])
    target = given.target[touched, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = (load - target) / target
    return Effect(
        managers=touched,
        load=load,
        deviation=deviation,
        pieces=np.column_stack([_pieces(given, plan, local, touched) for plan in (before, after)]),
        reach=np.column_stack([_reach(given, plan, touched) for plan in (before, after)]),
        cut=cut(after, given.edges, given.border) - cut(before, given.edges, given.border),
        moved_households=moved_households(after, given.home, given.households)
        - moved_households(before, given.home, given.households),
        refused=chosen[~may_go],
    )


def _pieces(given: Problem, owner: Ints, local: Ints, touched: Ints) -> Ints:
    """Pieces of the touched beats, from the part of the graph that they cover."""
    place = np.full(len(owner), -1)
    place[local] = np.arange(len(local))
    degree = np.diff(given.starts)[local]
    near = np.concatenate([given.neighbours(cell) for cell in local.tolist()]) if len(local) else local
    pairs = np.column_stack([np.repeat(np.arange(len(local)), degree), place[near]])
    return pieces(owner[local], pairs[pairs[:, 1] >= 0], given.managers)[touched]


def _reach(given: Problem, owner: Ints, touched: Ints) -> np.ndarray:
    if given.position is None:
        return np.full(len(touched), np.nan)
    found = []
    for manager in touched.tolist():
        cells = owner == manager
        weight, place = given.households[cells], given.position[cells]
        total = max(weight.sum(), 1)
        middle = (weight[:, None] * place).sum(axis=0) / total
        found.append(np.sqrt((weight * ((place - middle) ** 2).sum(axis=1)).sum() / total))
    return np.array(found)
