"""Beats that hang together: their pieces, and a first plan in which every cell has a manager."""

import heapq

import numpy as np
import pymetis

from gis.adjacency import components
from gis.rebalance.state import Floats, Ints, Problem


def pieces_of(owner: Ints, edges: Ints) -> Ints:
    """Number the pieces of all beats.

    Parameters
    ----------
    owner : (n,) ints, manager of each cell; -1 belongs to nobody and to no piece of others
    edges : (m, 2) ints

    Returns
    -------
    (n,) ints from 0
    """
    return components(len(owner), edges[owner[edges[:, 0]] == owner[edges[:, 1]]])


def pieces(owner: Ints, edges: Ints, managers: int) -> Ints:
    """Into how many pieces each beat falls.

    Parameters
    ----------
    owner : (n,) ints, manager of each cell, 0..managers-1 or -1
    edges : (m, 2) ints, cells that share a border
    managers : number of managers

    Returns
    -------
    (managers,) ints, 0 for a manager without cells

    Examples
    --------
    >>> pieces(np.array([0, 1, 0]), np.array([[0, 1], [1, 2]]), 2)
    array([2, 1])
    """
    first = np.unique(pieces_of(owner, edges), return_index=True)[1]
    return np.bincount(owner[first][owner[first] >= 0], minlength=managers)


def first_plan(given: Problem, seed: int) -> Ints:
    """Today's beats, made whole, with a cell for everybody; METIS where there are none today."""
    owner = given.home.copy()
    leaving = given.leaves[owner] & (owner >= 0) & ~given.locked
    owner[leaving] = -1
    for group in np.unique(given.group[given.home < 0]):
        cells = np.flatnonzero(given.group == group)
        if (given.home[cells] < 0).all():
            owner[cells] = _districts(given, cells, seed)
    _release_loose_pieces(given, owner)
    _fill(given, owner)
    _seed_empty_beats(given, owner)
    return owner


def _districts(given: Problem, cells: Ints, seed: int) -> Ints:
    """METIS (Karypis and Kumar 1998) over the cells of one group."""
    managers = np.flatnonzero((given.manager_group == given.group[cells[0]]) & ~given.leaves)
    if len(cells) <= len(managers) or len(managers) == 1:
        found = np.full(len(cells), managers[0])
        order = np.argsort(-given.households[cells], kind="stable")[: len(managers)]
        found[order] = managers[: len(order)]
        return found
    place = np.full(len(given.group), -1)
    place[cells] = np.arange(len(cells))
    starts, near, weight = [0], [], []
    for cell in cells.tolist():
        span = slice(given.starts[cell], given.starts[cell + 1])
        near.append(place[given.near[span]])
        weight.append(given.weight[span])
        starts.append(starts[-1] + len(near[-1]))
    metres = np.concatenate(weight)
    partition = pymetis.part_graph(
        len(managers),
        pymetis.CSRAdjacency(starts, np.concatenate(near).tolist()),
        vweights=_whole(given.households[cells], 10_000),
        eweights=_whole(metres, 100),
        tpwgts=_shares(given.target[managers]),
        options=pymetis.Options(contig=1, seed=seed),
    )
    return managers[np.array(partition.vertex_part)]


def _shares(target: Floats) -> list[float]:
    wanted = np.maximum(target, 1e-6)
    return (wanted / wanted.sum()).tolist()


def _whole(values: Ints | Floats, largest: int) -> list[int]:
    """Positive integers in proportion, as METIS wants them."""
    return np.maximum(np.round(values / max(values.max(), 1e-12) * largest), 1).astype(np.int64).tolist()


def _pairs(given: Problem) -> Ints:
    """The pairs of the graph, bridges among them, each in both directions."""
    return np.column_stack([np.repeat(np.arange(len(given.group)), np.diff(given.starts)), given.near])


def _release_loose_pieces(given: Problem, owner: Ints) -> None:
    """Of each beat keep the piece with the most locked households, then the most households; let the others go."""
    piece = pieces_of(owner, _pairs(given))
    count = piece.max() + 1 if len(piece) else 0
    held = np.bincount(piece, weights=given.households, minlength=count)
    fixed = np.bincount(piece, weights=given.locked * (given.households + 1), minlength=count)
    beat = owner[np.unique(piece, return_index=True)[1]]
    best_first = np.lexsort((-held, -fixed, beat))
    ordered = beat[best_first]
    kept = np.zeros(count, dtype=bool)
    kept[best_first[np.flatnonzero(np.diff(ordered, prepend=-2))]] = True
    owner[~kept[piece] & ~given.locked] = -1


def _give_to_neighbours(given: Problem, owner: Ints) -> None:
    """Give each cell without a manager to a beat beside it, the emptiest first, over water last."""
    load = np.bincount(owner[owner >= 0], weights=given.households[owner >= 0], minlength=given.managers)
    wanted = np.maximum(given.target, 1)
    waiting: list[tuple[bool, float, int, int]] = []

    def offer(cell: int) -> None:
        beat = int(owner[cell])
        if not given.leaves[beat]:
            for place in range(given.starts[cell], given.starts[cell + 1]):
                if owner[given.near[place]] < 0:
                    share = load[beat] / wanted[beat]
                    heapq.heappush(waiting, (bool(given.weight[place] < 0), share, int(given.near[place]), beat))

    for cell in np.flatnonzero(owner >= 0).tolist():
        offer(cell)
    while waiting:
        over_water, share, cell, beat = heapq.heappop(waiting)
        if owner[cell] >= 0:
            continue
        if share < load[beat] / wanted[beat]:
            heapq.heappush(waiting, (over_water, load[beat] / wanted[beat], cell, beat))
            continue
        owner[cell] = beat
        load[beat] += given.households[cell]
        offer(cell)


def _fill(given: Problem, owner: Ints) -> None:
    """Give every cell a manager; where only newcomers are left in a group, their beats begin in its first cells."""
    _give_to_neighbours(given, owner)
    while (owner < 0).any():
        cell = int(np.flatnonzero(owner < 0)[0])
        inside = np.flatnonzero((given.manager_group == given.group[cell]) & ~given.leaves)
        load = np.bincount(owner[owner >= 0], weights=given.households[owner >= 0], minlength=given.managers)
        owner[cell] = inside[np.argmin(load[inside] / np.maximum(given.target[inside], 1))]
        _give_to_neighbours(given, owner)


def _seed_empty_beats(given: Problem, owner: Ints) -> None:
    """Give everybody without a cell one from those who carry most, and that they can spare."""
    load = np.bincount(owner, weights=given.households, minlength=given.managers)
    size = np.bincount(owner, minlength=given.managers)
    pairs = _pairs(given)
    for empty in np.flatnonzero((size == 0) & ~given.leaves).tolist():
        inside = (given.group == given.manager_group[empty]) & ~given.locked & (size[owner] > 1)
        excess = np.where(inside, load[owner] / np.maximum(given.target[owner], 1e-9), -1.0)
        for cell in np.lexsort((-given.households, -excess)).tolist():
            if not inside[cell]:
                break
            beat = owner[cell]
            before = pieces_of(owner, pairs).max()
            owner[cell] = empty
            if pieces_of(owner, pairs).max() <= before + 1:
                load[beat] -= given.households[cell]
                load[empty] += given.households[cell]
                size[beat] -= 1
                size[empty] += 1
                break
            owner[cell] = beat
