"""The search itself, compiled: single cells move over the borders of beats, or two cells change places.

Simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983). Its moves are the flips and swaps of districting heuristics;
none tears a beat that holds together, empties one, or touches a locked cell.
"""

import math

import numpy as np
from numba import njit

OVER = 0.01
"""What being out of tolerance costs in itself, in deviations from the target: so that the last households matter."""


@njit(cache=True)
def random_below(state, limit):
    """A random int in [0, limit); xorshift64* (Vigna 2016) over `state` (1,) uint64, which must not be 0."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    high = (x * np.uint64(2685821657736338717)) >> np.uint64(32)
    return np.int64((high * np.uint64(limit)) >> np.uint64(32))


@njit(cache=True)
def _is_accepted(state, cost, temperature):
    return cost <= 0 or random_below(state, 1 << 31) < math.exp(-cost / temperature) * (1 << 31)


@njit(cache=True)
def _excess(load, beat, low, high, target, price):
    """What a load beyond the tolerance costs."""
    over = max(low[beat] - load, load - high[beat])
    return price[beat] * (over / target[beat] + OVER) if over > 0 else 0.0


@njit(cache=True)
def can_leave(cell, starts, near, owner, seen, queue):
    """Whether the beat of `cell` falls into no more pieces without it; `seen` (n + 1,) and `queue` (n,) are scratch."""
    beat, first, wanted = owner[cell], -1, 0
    for place in range(starts[cell], starts[cell + 1]):
        if owner[near[place]] == beat:
            wanted += 1
            if first < 0:
                first = near[place]
    if wanted <= 1:
        return True
    seen[-1] += 2
    sought, met = seen[-1], seen[-1] + 1
    for place in range(starts[cell], starts[cell + 1]):
        if owner[near[place]] == beat:
            seen[near[place]] = sought
    seen[cell] = seen[first] = met
    queue[0] = first
    head, tail, found = 0, 1, 1
    while head < tail:
        at = queue[head]
        head += 1
        for place in range(starts[at], starts[at + 1]):
            other = near[place]
            if owner[other] == beat and seen[other] != met:
                if seen[other] == sought:
                    found += 1
                    if found == wanted:
                        return True
                seen[other] = met
                queue[tail] = other
                tail += 1
    return False


@njit(cache=True)
def cost_of_move(cell, new, starts, near, weight, owner, home, households, keep, borders):
    """Change of the borders between beats, and of the households that lose the manager they know."""
    old, cost = owner[cell], 0.0
    for place in range(starts[cell], starts[cell + 1]):
        at = owner[near[place]]
        if at == old:
            cost += weight[place]
        elif at == new:
            cost -= weight[place]
    cost *= borders
    if home[cell] == old:
        cost += keep * households[cell]
    elif home[cell] == new:
        cost -= keep * households[cell]
    return cost


@njit(cache=True)
def anneal(
    tries, hot, cold, state, starts, near, weight, households, locked, home, low, high, target, price, pull, keep,
    borders, over_bridges, owner, load, size, seen, queue,
):  # fmt: skip
    """Try that many moves while the temperature falls from `hot` to `cold`; changes owner, load and size in place.

    Where cells do not go over bridges, no beat comes to lie on both sides of one.
    """
    n = len(households)
    cooling = (cold / hot) ** (1.0 / max(tries, 1))
    temperature = hot
    for _number in range(tries):
        temperature *= cooling
        cell = random_below(state, n)
        degree = starts[cell + 1] - starts[cell]
        old = owner[cell]
        if degree == 0 or locked[cell]:
            continue
        place = starts[cell] + random_below(state, degree)
        new = owner[near[place]]
        if new == old or (weight[place] < 0 and not over_bridges):
            continue
        back = -1
        if random_below(state, 2):
            back = _cell_beside(near[place], new, state, starts, near, owner)
            if locked[back] or not (
                _touches(back, old, cell, starts, near, weight, owner, over_bridges)
                and _touches(cell, new, back, starts, near, weight, owner, over_bridges)
            ):
                continue
        elif size[old] == 1:
            continue
        moved = households[cell] - (households[back] if back >= 0 else 0)
        cost = (
            _excess(load[old] - moved, old, low, high, target, price)
            - _excess(load[old], old, low, high, target, price)
            + _excess(load[new] + moved, new, low, high, target, price)
            - _excess(load[new], new, low, high, target, price)
            + moved * (pull[new] - pull[old])
            + cost_of_move(cell, new, starts, near, weight, owner, home, households, keep, borders)
        )
        if back >= 0:
            owner[cell] = new
            cost += cost_of_move(back, old, starts, near, weight, owner, home, households, keep, borders)
            owner[cell] = old
        if not _is_accepted(state, cost, temperature) or not can_leave(cell, starts, near, owner, seen, queue):
            continue
        owner[cell] = new
        if back >= 0:
            if not can_leave(back, starts, near, owner, seen, queue):
                owner[cell] = old
                continue
            owner[back] = old
        else:
            size[old] -= 1
            size[new] += 1
        load[old] -= moved
        load[new] += moved


@njit(cache=True)
def _cell_beside(cell, beat, state, starts, near, owner):
    """`cell`, or more often a neighbour of it that is of the same beat."""
    if random_below(state, 3):
        neighbour = near[starts[cell] + random_below(state, starts[cell + 1] - starts[cell])]
        if owner[neighbour] == beat:
            return neighbour
    return cell


@njit(cache=True)
def _touches(cell, beat, leaving, starts, near, weight, owner, over_bridges):
    """Whether a cell touches a beat elsewhere than at the cell that leaves it."""
    for place in range(starts[cell], starts[cell + 1]):
        if near[place] != leaving and owner[near[place]] == beat and (weight[place] >= 0 or over_bridges):
            return True
    return False
