"""Which faces to join so that no cell is empty or tiny."""

import heapq
from collections import defaultdict

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.adjacency import Neighbours


def merge_small(
    weight: NDArray[np.float64], area: NDArray[np.float64], near: Neighbours, least: float, most: float
) -> NDArray[np.int64]:
    """Join faces that weigh too little with a neighbour, the smallest first.

    A face without any weight joins the neighbour with the longest shared border, whatever that one weighs, but an
    inhabited one before an empty one. A face that weighs something, but less than `least`, joins the neighbour with
    the longest shared border of those with which it stays within `most`; where there is none it stays as it is.

    Parameters
    ----------
    weight : (f,) floats, households
    area : (f,) floats, any unit; among equal weights the smallest goes first
    near : Neighbours of the faces
    least, most : households

    Returns
    -------
    (f,) ints, label of the cell that each face belongs to

    Examples
    --------
    >>> near = Neighbours(np.array([[0, 1], [1, 2]]), np.array([5.0, 9.0]))
    >>> merge_small(np.array([4.0, 0, 4]), np.ones(3), near, least=2, most=8)
    array([0, 2, 2])
    """
    weight, area = weight.astype(float), area.astype(float)
    border: list[dict[int, float]] = [defaultdict(float) for _ in weight]
    for (a, b), metres in zip(near.edges.tolist(), near.border_m.tolist(), strict=True):
        border[a][b] = border[b][a] = metres
    joined = np.arange(len(weight))
    queue = [(w, a, face) for face, (w, a) in enumerate(zip(weight.tolist(), area.tolist(), strict=True)) if w < least]
    heapq.heapify(queue)
    while queue:
        w, a, face = heapq.heappop(queue)
        if joined[face] != face or (w, a) != (weight[face], area[face]):
            continue
        takers = [n for n in border[face] if w == 0 or weight[n] + w <= most]
        if not takers:
            continue
        taker = max(takers, key=lambda n: (w > 0 or weight[n] > 0, border[face][n], -n))
        joined[face] = taker
        weight[taker] += w
        area[taker] += a
        for n, metres in border[face].items():
            del border[n][face]
            if n != taker:
                border[taker][n] += metres
                border[n][taker] += metres
        if weight[taker] < least:
            heapq.heappush(queue, (float(weight[taker]), float(area[taker]), taker))
    return _roots(joined)


def join_islands(
    polygons: NDArray[np.object_], weight: NDArray[np.float64], label: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Join cells without households to the nearest cell that has some.

    Parameters
    ----------
    polygons : (f,) array of faces, any plane CRS
    weight : (f,) floats, households of each face
    label : (f,) ints, cell of each face

    Returns
    -------
    (f,) ints; all faces carry one label where no face has any households

    Examples
    --------
    >>> join_islands(np.array([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)]), np.array([3, 0]), np.array([0, 1]))
    array([0, 0])
    """
    numbers, cell = np.unique(label, return_inverse=True)
    inhabited = np.bincount(cell, weights=weight)[cell] > 0
    if not inhabited.any():
        return np.full(len(label), numbers[0])
    label = label.copy()
    at_home, islands = np.flatnonzero(inhabited), np.flatnonzero(~inhabited)
    if len(islands):
        nearest = shapely.STRtree(polygons[at_home]).query_nearest(polygons[islands], all_matches=False)
        label[islands[nearest[0]]] = label[at_home[nearest[1]]]
    return label


def _roots(joined: NDArray[np.int64]) -> NDArray[np.int64]:
    while not np.array_equal(joined, joined[joined]):
        joined = joined[joined]
    return joined
