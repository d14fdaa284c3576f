"""Share a station's cells out among its managers: contiguous beats of near-equal load."""

import random

import numpy as np
import pymetis
from numpy.typing import ArrayLike, NDArray

from gis.adjacency import bridge_islands, components

TRIES_PER_CELL = 400
MOST_TRIES = 600_000
START_TEMPERATURE, END_TEMPERATURE = 0.02, 0.00002
BORDER_WEIGHT = 0.002
"""What the whole border of an average beat is worth, against a squared relative deviation of the load."""


def loads(owner: NDArray[np.int64], households: ArrayLike, k: int) -> NDArray[np.float64]:
    """Households of each manager.

    Parameters
    ----------
    owner : (n,) ints, manager of each cell, 0..k-1
    households : (n,) floats
    k : number of managers

    Returns
    -------
    (k,) floats

    Examples
    --------
    >>> loads(np.array([0, 1, 1]), [5, 2, 2], 3)
    array([5., 4., 0.])
    """
    return np.bincount(owner, weights=np.asarray(households, dtype=float), minlength=k).astype(float)


def contiguous_pieces(owner: NDArray[np.int64], edges: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Into how many pieces each manager's beat falls.

    Parameters
    ----------
    owner : (n,) ints, manager of each cell, 0..k-1
    edges : (m, 2) ints, cells that share a border
    k : number of managers

    Returns
    -------
    (k,) ints, 0 for a manager without cells

    Examples
    --------
    >>> contiguous_pieces(np.array([0, 1, 0]), np.array([[0, 1], [1, 2]]), 2)
    array([2, 1])
    """
    inner = edges[owner[edges[:, 0]] == owner[edges[:, 1]]]
    _, first = np.unique(components(len(owner), inner), return_index=True)
    return np.bincount(owner[first], minlength=k)


def share_out(
    households: ArrayLike,
    edges: NDArray[np.int64],
    k: int,
    border: ArrayLike | None = None,
    position: ArrayLike | None = None,
    capacity: ArrayLike | None = None,
    seed: int = 0,
) -> NDArray[np.int64]:
    """Give every cell a manager.

    METIS (Karypis and Kumar 1998) cuts the graph of cells, then single cells move over the borders of beats, by
    simulated annealing; the squared deviations of the loads from their shares and the borders between beats shrink.
    A move never tears a beat. Parts of the station without a common border (islands) count as neighbours where they
    are nearest.

    Parameters
    ----------
    households : (n,) floats, load of each cell, 0 allowed
    edges : (m, 2) ints, cells that share a border
    k : number of managers
    border : (m,) floats, metres of each shared border, optional; long borders are kept inside a beat
    position : (n, 2) floats, metres, optional; which islands are near. Without it every part is linked to the first.
    capacity : (k,) floats, optional; relative size of each manager's share, equal by default
    seed : of the random moves; the same input and seed give the same answer

    Returns
    -------
    (n,) ints, manager 0..k-1; with more managers than cells some managers have none

    Raises
    ------
    ValueError
        k is less than 1, or capacity has another length or is not positive.

    Examples
    --------
    >>> owner = share_out([1, 1, 1, 1], np.array([[0, 1], [1, 2], [2, 3]]), 2)
    >>> loads(owner, [1, 1, 1, 1], 2)
    array([2., 2.])
    """
    load = np.asarray(households, dtype=float)
    share = np.ones(k) if capacity is None else np.asarray(capacity, dtype=float)
    if k < 1 or share.shape != (k,) or not (share > 0).all():
        raise ValueError("k must be at least 1, and capacity k positive numbers")
    n = len(load)
    if n <= k:
        owner = np.empty(n, dtype=np.int64)
        owner[np.argsort(-load, kind="stable")] = np.argsort(-share, kind="stable")[:n]
        return owner
    if k == 1:
        return np.zeros(n, dtype=np.int64)
    lengths = np.ones(len(edges)) if border is None else np.asarray(border, dtype=float)
    graph = _connected(n, np.asarray(edges, dtype=np.int64).reshape(-1, 2), position)
    lengths = np.concatenate([lengths, np.zeros(len(graph) - len(lengths))])
    target = share / share.sum() * (load.sum() or 1.0)
    beats = _Beats(load, graph, lengths, target)
    beats.owner = _metis(load, graph, lengths, share, seed)
    beats.fill_empty()
    beats.anneal(random.Random(seed))
    return np.array(beats.owner)


def _connected(n: int, edges: NDArray[np.int64], position: ArrayLike | None) -> NDArray[np.int64]:
    if position is not None:
        return bridge_islands(edges, np.asarray(position, dtype=float)).edges
    _, first = np.unique(components(n, edges), return_index=True)
    return np.concatenate([edges, np.column_stack([np.full(len(first) - 1, first[0]), first[1:]])])


def _metis(
    load: NDArray[np.float64],
    edges: NDArray[np.int64],
    lengths: NDArray[np.float64],
    share: NDArray[np.float64],
    seed: int,
) -> list[int]:
    both = np.concatenate([edges, edges[:, ::-1]])
    order = np.lexsort(both.T[::-1])
    weight = np.concatenate([lengths, lengths])[order]
    starts = np.concatenate([[0], np.cumsum(np.bincount(both[:, 0], minlength=len(load)))])
    partition = pymetis.part_graph(
        len(share),
        pymetis.CSRAdjacency(starts.tolist(), both[order, 1].tolist()),
        vweights=_whole(load, 10_000).tolist(),
        eweights=_whole(weight, 100).tolist(),
        tpwgts=(share / share.sum()).tolist(),
        options=pymetis.Options(contig=1, seed=seed),
    )
    return list(partition.vertex_part)


def _whole(values: NDArray[np.float64], largest: int) -> NDArray[np.int64]:
    """Positive integers in proportion, as METIS wants them."""
    return np.maximum(np.round(values / max(values.max(), 1e-12) * largest), 1).astype(np.int64)


class _Beats:
    """Who owns which cell while cells are moved; every move keeps beats connected and none empty."""

    def __init__(
        self,
        load: NDArray[np.float64],
        edges: NDArray[np.int64],
        lengths: NDArray[np.float64],
        target: NDArray[np.float64],
    ) -> None:
        self.load = load.tolist()
        self.target = target.tolist()
        self.near: list[dict[int, float]] = [{} for _ in self.load]
        mean_border = 4 * lengths.mean() * np.sqrt(len(load) / len(target)) or 1.0
        for (a, b), metres in zip(edges.tolist(), (lengths / mean_border).tolist(), strict=True):
            self.near[a][b] = self.near[b][a] = metres
        self.owner: list[int] = []

    def fill_empty(self) -> None:
        """Give every manager without a cell one that the most loaded neighbours can spare."""
        total = loads(np.array(self.owner), self.load, len(self.target))
        for empty in sorted(set(range(len(self.target))) - set(self.owner)):
            excess = total / self.target
            for cell in sorted(range(len(self.load)), key=lambda c: (-excess[self.owner[c]], -self.load[c], c)):
                if self._can_leave(cell):
                    total[self.owner[cell]] -= self.load[cell]
                    total[empty] += self.load[cell]
                    self.owner[cell] = empty
                    break

    def anneal(self, chance: random.Random) -> None:
        """Move single cells to neighbouring beats; the best state met is kept."""
        owner, load, target = self.owner, self.load, self.target
        total = loads(np.array(owner), load, len(target)).tolist()
        best, best_worst = owner.copy(), self._worst(total)
        tries = min(TRIES_PER_CELL * len(load), MOST_TRIES)
        check_every = max(len(load), 100)
        for number in range(tries):
            if number % check_every == 0:
                temperature = START_TEMPERATURE * (END_TEMPERATURE / START_TEMPERATURE) ** (number / tries)
                worst = self._worst(total)
                if worst < best_worst:
                    best, best_worst = owner.copy(), worst
            cell = int(chance.random() * len(load))
            old = owner[cell]
            new = owner[chance.choice(list(self.near[cell]))]
            if new == old:
                continue
            cost = self._cost_of_move(cell, new, total)
            if cost >= 0 and chance.random() >= np.exp(-cost / temperature):
                continue
            if self._can_leave(cell):
                owner[cell] = new
                total[old] -= load[cell]
                total[new] += load[cell]
        self.owner = owner if self._worst(total) <= best_worst else best

    def _worst(self, total: list[float]) -> float:
        return max(abs(t / g - 1) for t, g in zip(total, self.target, strict=True))

    def _cost_of_move(self, cell: int, new: int, total: list[float]) -> float:
        """Change of the squared relative deviations, and of the borders between beats."""
        old, load = self.owner[cell], self.load[cell]
        cost = 0.0
        for beat, change in ((old, -load), (new, load)):
            before = total[beat] / self.target[beat] - 1
            after = (total[beat] + change) / self.target[beat] - 1
            cost += after * after - before * before
        for near, metres in self.near[cell].items():
            if self.owner[near] == old:
                cost += BORDER_WEIGHT * metres
            elif self.owner[near] == new:
                cost -= BORDER_WEIGHT * metres
        return cost

    def _can_leave(self, cell: int) -> bool:
        """Whether the beat holds together, and still holds a cell, without this one."""
        beat = self.owner[cell]
        missing = {near for near in self.near[cell] if self.owner[near] == beat}
        if not missing:
            return False
        seen = {cell}
        frontier = [missing.pop()]
        while frontier and missing:
            at = frontier.pop()
            seen.add(at)
            for near in self.near[at]:
                if near not in seen and self.owner[near] == beat:
                    seen.add(near)
                    missing.discard(near)
                    frontier.append(near)
        return not missing
