"""The search for a plan: annealing that grows harder on whoever stays out of tolerance."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gis.rebalance import moves, score
from gis.rebalance.constraints import first_plan, pieces
from gis.rebalance.flow import least_flow
from gis.rebalance.reasons import Reason, reasons
from gis.rebalance.state import Floats, Ints, Problem, problem

TRIES_FROM_NOTHING, TRIES_FROM_TODAY = 3000, 8000
"""Moves tried for each cell in one cooling."""
ROUNDS = 100
"""Into which one cooling is cut; after each it is seen who is out of tolerance, and how long it took."""
HOT_FROM_NOTHING, HOT_FROM_TODAY, COLD = 0.12, 0.06, 0.0015
FROM_NOTHING, FROM_TODAY = 15.0, 4.0
"""What a deviation of 1 beyond the tolerance costs at first, in borders of a beat or loads that change hands."""
HARDER = 1.1
STEP = 1.0
BORDERS_BESIDE_PEOPLE = 0.02
"""What the border of a beat is worth beside the households of a beat that keep their manager."""


@dataclass(frozen=True)
class Balance:
    """A plan and its figures."""

    owner: Ints
    """(n,) manager of each cell."""
    load: Ints
    """(K,) households of each manager."""
    moved_households: int
    """Households that had a manager and get another."""
    worst_deviation: float
    """The largest |load - target| / target."""
    pieces: Ints
    """(K,) into how many pieces each beat falls, by the edges given; 1 where the land allows."""
    cut: float
    """Length of all borders between beats, in the unit of `border`."""
    reasons: tuple[Reason, ...]
    """Why somebody is out of tolerance; empty where nobody is."""
    steps: int
    """Moves tried; fewer than asked for where `seconds` ended the search."""


def balance(
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
    keep: float = 1.0,
    seed: int = 0,
    seconds: float = 10.0,
    steps: int | None = None,
) -> Balance:
    """Give every cell a manager so that beats are contiguous, of equal load, and change little.

    First come locks and groups, which hold always; then contiguity, as far as the land allows: islands of a group count
    as neighbours where they are nearest, at a price; then the tolerance; then the households that keep their manager
    and short borders. Starts from today's beats, made whole, or from METIS (Karypis and Kumar 1998), and anneals moves
    and exchanges of single cells; the price of being out of tolerance rises for whoever stays so.

    Parameters
    ----------
    households : (n,) ints, load of each cell
    edges : (m, 2) ints, neighbouring cells, each pair once
    managers : K
    border : (m,) floats, metres of each shared border; None: every edge counts 1
    owner : (n,) ints, today's manager 0..K-1, -1 for none; None: district from nothing
    group : (n,) ints, station of each cell; cells never leave it
    manager_group : (K,) ints, station of each manager; required with group
    locked : (n,) bools, cells that stay where they are
    target : (K,) floats, households wanted of each manager; None: equal within the group. 0: the manager leaves, and
        the cells go to the neighbours
    tolerance : allowed |load - target| / target
    position : (n, 2) floats, metres; which parts of a group without a common border lie nearest
    keep : weight of leaving households with their manager
    seed : of the random moves; the same input, seed and steps give the same answer
    seconds : ends the search however far it is
    steps : moves to try; by default one cooling, 3,000 for each cell from nothing and 8,000 from today. Whatever goes
        beyond begins anew, and the best plan is kept

    Returns
    -------
    Balance

    Raises
    ------
    ValueError
        The arguments contradict each other; the message says which.

    Examples
    --------
    >>> plan = balance([1, 1, 1, 1], [[0, 1], [1, 2], [2, 3]], 2, owner=[0, 0, 0, 1])
    >>> plan.owner, plan.moved_households
    (array([0, 0, 1, 1]), 1)
    """
    given = problem(
        households, edges, managers, border, owner, group, manager_group, locked, target, tolerance, position
    )
    search = _Search(given, keep, seconds)
    one_run = (TRIES_FROM_NOTHING if search.from_nothing else TRIES_FROM_TODAY) * len(given.households)
    wanted = one_run if steps is None or not one_run else steps
    while search.steps < wanted and not search.is_late:
        search.run(seed + search.runs, min(one_run, wanted - search.steps))
    return _result(given, search.best_owner, search.steps)


def _result(given: Problem, owner: Ints, steps: int) -> Balance:
    load = score.loads(owner, given.households, given.managers)
    deviation = np.abs(score.deviations(load, given.target))
    return Balance(
        owner=owner,
        load=load,
        moved_households=score.moved_households(owner, given.home, given.households),
        worst_deviation=float(deviation.max()),
        pieces=pieces(owner, given.edges, given.managers),
        cut=score.cut(owner, given.edges, given.border),
        reasons=reasons(given, owner),
        steps=steps,
    )


class _Search:
    """Runs from the first plan, and the best plan met."""

    def __init__(self, given: Problem, keep: float, seconds: float) -> None:
        self.given, self.begun, self.seconds = given, time.monotonic(), seconds
        self.from_nothing = bool((given.home < 0).all())
        mean = max(given.households.sum() / given.managers, 1)
        self.keep = keep / mean
        self.borders = 1.0 if self.from_nothing or keep == 0 else BORDERS_BESIDE_PEOPLE
        self.steps = self.runs = 0
        self._from = np.repeat(np.arange(len(given.group)), np.diff(given.starts))
        self.best_owner, self.best = given.home, (np.inf, np.inf, np.inf)

    @property
    def is_late(self) -> bool:
        return self.runs > 0 and time.monotonic() - self.begun > self.seconds

    def run(self, seed: int, tries: int) -> None:
        """One cooling from the first plan, by steps or by the clock, whichever is further."""
        given = self.given
        owner = first_plan(given, seed)
        self.runs += 1
        self._keep_if_better(owner)
        load, size = score.loads(owner, given.households, given.managers), np.bincount(owner, minlength=given.managers)
        target = np.maximum(given.target, 1e-9)
        pull = np.zeros(given.managers) if self.from_nothing else least_flow(given, owner).pull * self.keep * target
        price = np.full(given.managers, FROM_NOTHING if self.from_nothing else FROM_TODAY)
        first = HOT_FROM_NOTHING if self.from_nothing else HOT_FROM_TODAY
        state = np.array([0x9E3779B97F4A7C15 ^ (seed + 1) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64)
        seen, queue = np.zeros(len(owner) + 1, dtype=np.int64), np.zeros(len(owner), dtype=np.int64)
        begun, done, each = time.monotonic(), 0, max(tries // ROUNDS, 1)
        left = max(self.seconds - (begun - self.begun), 1e-3)
        while done < tries:
            progress = max(done / tries, (time.monotonic() - begun) / left)
            if progress >= 1:
                break
            number = min(each, tries - done)
            hot = first * (COLD / first) ** min(progress * 1.2, 1)
            moves.anneal(
                number, hot, hot * 0.95, state, given.starts, given.near, given.weight, given.households,
                given.locked, given.home, given.low, given.high, target, price, pull / target, self.keep,
                self.borders, self.from_nothing, owner, load, size, seen, queue,
            )  # fmt: skip
            done += number
            price[score.excess(load, given) > 0] *= HARDER
            pull = _steeper(pull, load, given)
            if progress > 0.5:
                self._keep_if_better(owner)
        self._keep_if_better(owner)
        self.steps += done

    def _keep_if_better(self, owner: Ints) -> None:
        given = self.given
        beyond = score.excess(score.loads(owner, given.households, given.managers), given)
        relative = float((beyond / np.maximum(given.target, 1)).sum())
        moved = score.moved_households(owner, given.home, given.households)
        cost = self.keep * moved + self.borders * float(given.weight[owner[self._from] != owner[given.near]].sum()) / 2
        found = (float((beyond > 0).sum()), relative, cost)
        if found < self.best:
            self.best, self.best_owner = found, owner.copy()


def _steeper(pull: Floats, load: Ints, given: Problem) -> Floats:
    """Lagrange multipliers of the tolerance after one more step of dual ascent (Everett 1963).

    A household moves as if it went downhill: the pull rises where there are too many, falls where too few, and goes
    back to 0 where there is room. So a surplus finds its way to a lack that lies many beats away.
    """
    target = np.maximum(given.target, 1e-9)
    above, below = (load - given.high) / target, (load - given.low) / target
    over = np.maximum(np.maximum(pull, 0) + STEP * above, 0)
    under = np.maximum(np.maximum(-pull, 0) - STEP * below, 0)
    return over - under
