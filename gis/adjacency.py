"""Which cells share a border, and how long it is."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gis.metres import metres_per_degree
from gis.noding import Segments, matching_segments, segments_of

TOLERANCE_DEGREES = 1e-7
"""Borders that run within 1 cm of each other are one border, though their vertices differ."""
SHORTEST_BORDER_M = 0.05
"""Where borders share no vertices, a shorter common stretch is a corner and no border."""


class Neighbours(NamedTuple):
    """Pairs of cells: `edges` (m, 2), lower position first, sorted; `border_m` (m,), their shared border in metres."""

    edges: NDArray[np.int64]
    border_m: NDArray[np.float64]


class Bridges(NamedTuple):
    """A connected graph: `edges` (m, 2) and which of them (`bridge` (m,) bool) cross water or foreign land."""

    edges: NDArray[np.int64]
    bridge: NDArray[np.bool_]


def neighbours(cells: gpd.GeoSeries) -> Neighbours:
    """Pairs of cells with a shared border of some length.

    Segments that two cells have in common bit for bit are matched by sorting; only what is left over (the outline of
    the layer, and borders drawn with different vertices) is compared as geometry. A common corner is no border.

    Parameters
    ----------
    cells : GeoSeries of n (multi)polygons, EPSG:4326

    Returns
    -------
    Neighbours

    Examples
    --------
    >>> cells = gpd.GeoSeries([shapely.box(114, 23, 114.01, 23.01), shapely.box(114.01, 23, 114.02, 23.01)], crs=4326)
    >>> neighbours(cells).edges
    array([[0, 1]])
    """
    segments = segments_of(cells.to_numpy())
    first, second = matching_segments(segments)
    pairs = np.column_stack([segments.owner[first], segments.owner[second]])
    lengths = _lengths_m(segments.start[first], segments.end[first])

    alone = np.ones(len(segments.owner), dtype=bool)
    alone[first] = alone[second] = False
    near_pairs, near_lengths = _borders_without_shared_vertices(
        Segments(segments.start[alone], segments.end[alone], segments.owner[alone])
    )
    return _summed(np.concatenate([pairs, near_pairs]), np.concatenate([lengths, near_lengths]), len(cells))


def components(n: int, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the connected parts of a graph.

    Parameters
    ----------
    n : number of nodes
    edges : (m, 2) ints

    Returns
    -------
    (n,) ints from 0, in order of each part's lowest node

    Examples
    --------
    >>> components(4, np.array([[0, 2]]))
    array([0, 1, 0, 2])
    """
    root = np.arange(n)
    a, b = edges[:, 0], edges[:, 1]
    while True:
        low = np.minimum(root[a], root[b])
        before = root.copy()
        np.minimum.at(root, root[a], low)
        np.minimum.at(root, root[b], low)
        root = root[root]
        if np.array_equal(root, before):
            return np.unique(root, return_inverse=True)[1].reshape(n)


def bridge_islands(
    edges: NDArray[np.int64], positions: NDArray[np.float64], component: NDArray[np.int64] | None = None
) -> Bridges:
    """Link the parts of a graph through their nearest pairs of nodes, until all is connected.

    Every round links each part to the nearest node of another one (Borůvka's minimum spanning tree), so a
    handful of rounds do for thousands of islands.

    Parameters
    ----------
    edges : (m, 2) ints
    positions : (n, 2) floats, metres (or any plane) of each node
    component : (n,) ints, optional
        Parts as `components` numbers them, where the caller knows them.

    Returns
    -------
    Bridges, the given edges first

    Examples
    --------
    >>> bridge_islands(np.array([[0, 1]]), np.array([[0.0, 0], [1, 0], [3, 0]])).edges
    array([[0, 1],
           [1, 2]])
    """
    given = len(edges)
    part = components(len(positions), edges) if component is None else component
    points = shapely.points(positions)
    while len(part) and part.max() > 0:
        links = []
        for number in range(part.max() + 1):
            own, others = np.flatnonzero(part == number), np.flatnonzero(part != number)
            (near_own, near_other), distance = shapely.STRtree(points[others]).query_nearest(
                points[own], return_distance=True, all_matches=False
            )
            best = np.argmin(distance)
            links.append(sorted((own[near_own[best]], others[near_other[best]])))
        edges = np.concatenate([edges, np.unique(np.array(links), axis=0)])
        part = components(len(positions), edges)
    return Bridges(edges, np.arange(len(edges)) >= given)


def _lengths_m(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    east, north = metres_per_degree((start[:, 1] + end[:, 1]) / 2)
    return np.hypot((end[:, 0] - start[:, 0]) * east, (end[:, 1] - start[:, 1]) * north)


def _borders_without_shared_vertices(alone: Segments) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Common stretches of segments that lie on one line within the tolerance."""
    lines = shapely.linestrings(np.stack([alone.start, alone.end], axis=1))
    i, j = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=TOLERANCE_DEGREES)
    keep = alone.owner[i] < alone.owner[j]
    i, j = i[keep], j[keep]
    origin, direction = alone.start[i], alone.end[i] - alone.start[i]
    length = np.hypot(*direction.T)
    direction = direction / length[:, None]

    along = np.stack([((p[j] - origin) * direction).sum(axis=1) for p in (alone.start, alone.end)])
    normal = direction[:, ::-1] * [-1, 1]
    across = np.stack([((p[j] - origin) * normal).sum(axis=1) for p in (alone.start, alone.end)])
    low, high = np.clip(along.min(axis=0), 0, length), np.clip(along.max(axis=0), 0, length)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (across[1] - across[0]) / (along[1] - along[0])
        off = np.abs(np.stack([across[0] + slope * (at - along[0]) for at in (low, high)])).max(axis=0)
    lengths = _lengths_m(origin + low[:, None] * direction, origin + high[:, None] * direction)
    common = (off <= TOLERANCE_DEGREES) & (lengths >= SHORTEST_BORDER_M)
    return np.column_stack([alone.owner[i], alone.owner[j]])[common], lengths[common]


def _summed(pairs: NDArray[np.int64], lengths: NDArray[np.float64], n: int) -> Neighbours:
    pairs = np.sort(pairs, axis=1)
    different = pairs[:, 0] != pairs[:, 1]
    keys, where = np.unique(pairs[different] @ np.array([n, 1]), return_inverse=True)
    total = np.bincount(where, weights=lengths[different], minlength=len(keys)).astype(float)
    return Neighbours(np.column_stack([keys // n, keys % n]), total)
