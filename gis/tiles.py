"""Sift points by a raster of tiles before any exact test of point against cell.

A tile that no cell's outline touches lies in the same cells from corner to corner, so every point in it is settled by
the tile. Only points in tiles that an outline touches need a test, and only against the cells that reach that tile.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_TILES_PER_POINT = 2
# Rounding in tile units stays below 1e-5 while no coordinate is further than a thousand million tiles away.
_SLACK = 1e-4
_FARTHEST_TILE = 1e9
_WORK_PER_POINT = 64


@dataclass(frozen=True)
class Outlines:
    """Every edge of every cell in flat arrays; the edges of one cell lie side by side."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    first_edge: Ints
    bounds: Floats

    @classmethod
    def of(cls, polygons: NDArray[np.object_]) -> Self:
        """Take apart polygons and multipolygons, none of them empty or missing."""
        parts, cell_of_part = shapely.get_parts(polygons, return_index=True)
        rings, part_of_ring = shapely.get_rings(parts, return_index=True)
        edges = shapely.get_num_coordinates(rings) - 1
        first_edge = np.cumsum(np.bincount(cell_of_part[part_of_ring] + 1, edges, len(polygons) + 1)).astype(np.int64)
        x, y = np.ascontiguousarray(shapely.get_coordinates(rings).T)
        start = np.arange(edges.sum()) + np.repeat(np.arange(len(rings)), edges)
        return cls(x[start], y[start], x[start + 1], y[start + 1], first_edge, shapely.bounds(polygons))

    def near(self, west: float, south: float, east: float, north: float) -> Ints:
        """Give the cells whose bounds meet a rectangle, ascending."""
        left, bottom, right, top = self.bounds.T
        return np.flatnonzero((left <= east) & (right >= west) & (bottom <= north) & (top >= south))


@dataclass(frozen=True)
class Sifted:
    """What the raster knows of a block of points.

    `cell` and `shared` hold for every point but the `open` ones; an open point lies at most in its candidates,
    `candidates[start:start + count]`, ascending.
    """

    cell: Ints
    shared: Bools
    open: Ints
    start: Ints
    count: Ints
    candidates: Ints


@dataclass(frozen=True)
class _Raster:
    west: float
    south: float
    per_x: float
    per_y: float
    columns: int
    rows: int

    @classmethod
    def over(cls, x: Floats, y: Floats) -> Self | None:
        """Lay about square tiles over the points; None where they coincide."""
        west, south = float(x.min()), float(y.min())
        width, height = float(x.max()) - west, float(y.max()) - south
        tiles = _TILES_PER_POINT * len(x)
        side = np.sqrt(width) * np.sqrt(height) / np.sqrt(tiles) or max(width, height) / tiles
        if side < np.finfo(float).tiny * 1e6:
            return None
        columns, rows = (int(np.clip(np.ceil(length / side), 1, tiles)) for length in (width, height))
        return cls(west, south, columns / max(width, side), rows / max(height, side), columns, rows)

    def tile(self, x: Floats, y: Floats) -> Ints:
        column = np.minimum(((x - self.west) * self.per_x).astype(np.int64), self.columns - 1)
        row = np.minimum(((y - self.south) * self.per_y).astype(np.int64), self.rows - 1)
        return row * self.columns + column


@dataclass(frozen=True)
class _Edges:
    """Edges in tile units, `owner` counting the cells near the block."""

    u0: Floats
    v0: Floats
    u1: Floats
    v1: Floats
    owner: Ints

    def __getitem__(self, which: Bools) -> Self:
        return type(self)(self.u0[which], self.v0[which], self.u1[which], self.v1[which], self.owner[which])

    def turned(self) -> Self:
        """Swap the axes."""
        return type(self)(self.v0, self.u0, self.v1, self.u1, self.owner)


def sift(outlines: Outlines, x: Floats, y: Floats) -> Sifted | None:
    """Sort a block of points into those that their tile settles and those still to be tested.

    Parameters
    ----------
    outlines : Outlines
        The cells.
    x, y : ndarray of float64, shape (n,)
        Finite coordinates in the cells' CRS, n > 0, close to each other for the raster to be fine.

    Returns
    -------
    Sifted or None
        None when a raster would not pay: points that coincide, or far more outline than points.

    Notes
    -----
    Own method. A point's tile is a monotone function of its coordinates, rounding included, so an edge's tiles hold
    every point that the edge can separate; insides are filled by the even-odd rule along the rows' centre lines,
    which is exact wherever no edge touches the tile.
    """
    raster = _Raster.over(x, y)
    if raster is None:
        return None
    near = outlines.near(x.min(), y.min(), x.max(), y.max())
    edges = _edges_in_tiles(outlines, near, raster)
    if edges is None or _work(edges, raster, outlines.bounds[near]) > _WORK_PER_POINT * len(x):
        return None
    tile = raster.tile(x, y)
    touched, touching = _touched_tiles(edges, raster)
    filled, filling = _filled_tiles(edges, raster)
    return _sort_out(tile, near, raster.rows * raster.columns, (touched, touching), (filled, filling))


def _edges_in_tiles(outlines: Outlines, near: Ints, raster: _Raster) -> _Edges | None:
    first = outlines.first_edge[near]
    count = outlines.first_edge[near + 1] - first
    edge = _ranges(first, count)
    edges = _Edges(
        (outlines.x0[edge] - raster.west) * raster.per_x,
        (outlines.y0[edge] - raster.south) * raster.per_y,
        (outlines.x1[edge] - raster.west) * raster.per_x,
        (outlines.y1[edge] - raster.south) * raster.per_y,
        np.repeat(np.arange(len(near)), count),
    )
    edges = edges[~_beside(edges.v0, edges.v1, raster.rows)]
    farthest = max((np.abs(ends).max(initial=0) for ends in (edges.u0, edges.v0, edges.u1, edges.v1)), default=0)
    return edges if farthest < _FARTHEST_TILE else None


def _beside(start: Floats, end: Floats, tiles: int) -> Bools:
    return (np.maximum(start, end) < -_SLACK) | (np.minimum(start, end) > tiles + _SLACK)


def _work(edges: _Edges, raster: _Raster, bounds: Floats) -> float:
    """Estimate the tiles to be written: those along the edges, and those within the cells' bounds."""
    along = np.abs(np.clip(edges.u1, 0, raster.columns) - np.clip(edges.u0, 0, raster.columns)).sum()
    across = np.abs(np.clip(edges.v1, 0, raster.rows) - np.clip(edges.v0, 0, raster.rows)).sum()
    left, right = (np.clip((bounds[:, i] - raster.west) * raster.per_x, 0, raster.columns) for i in (0, 2))
    bottom, top = (np.clip((bounds[:, i] - raster.south) * raster.per_y, 0, raster.rows) for i in (1, 3))
    return float(len(edges.u0) + along + across + ((right - left) * (top - bottom)).sum())


def _touched_tiles(edges: _Edges, raster: _Raster) -> tuple[Ints, Ints]:
    """Give each tile that an edge runs through, with the edge's owner; some pairs come more than once."""
    edges = edges[~_beside(edges.u0, edges.u1, raster.columns)]
    steep = np.abs(edges.v1 - edges.v0) > np.abs(edges.u1 - edges.u0)
    column, row, owner = _walk(edges[~steep], raster.columns, raster.rows)
    steep_row, steep_column, steep_owner = _walk(edges[steep].turned(), raster.rows, raster.columns)
    tile = np.concatenate([row * raster.columns + column, steep_row * raster.columns + steep_column])
    return tile, np.concatenate([owner, steep_owner])


def _walk(edges: _Edges, columns: int, rows: int) -> tuple[Ints, Ints, Ints]:
    """Follow edges no steeper than a diagonal from column to column: (column, row, owner) of what they touch."""
    left, right = np.minimum(edges.u0, edges.u1), np.maximum(edges.u0, edges.u1)
    slope = np.divide(edges.v1 - edges.v0, edges.u1 - edges.u0, out=np.zeros_like(left), where=right > left)
    first = np.clip(left.astype(np.int64), 0, columns - 1)
    count = np.clip(right.astype(np.int64), 0, columns - 1) - first + 1
    edge, column = np.repeat(np.arange(len(left)), count), _ranges(first, count)
    left, right, slope, u0, v0 = left[edge], right[edge], slope[edge], edges.u0[edge], edges.v0[edge]
    enter = v0 + (np.clip(column, left, right) - u0) * slope
    leave = v0 + (np.clip(column + 1, left, right) - u0) * slope
    low, high = np.minimum(enter, leave) - _SLACK, np.maximum(enter, leave) + _SLACK
    bottom = np.clip(low, 0, rows - 1).astype(np.int64)
    height = np.clip(high, 0, rows - 1).astype(np.int64) - bottom + 1
    height[(high < 0) | (low > rows)] = 0
    step = np.repeat(np.arange(len(edge)), height)
    return column[step], _ranges(bottom, height), edges.owner[edge[step]]


def _filled_tiles(edges: _Edges, raster: _Raster) -> tuple[Ints, Ints]:
    """Give each tile whose centre lies inside a cell, with that cell, cells ascending.

    Along a row's centre line the crossings of one cell's outline come in pairs: in, out.
    """
    first = np.clip(np.ceil(np.minimum(edges.v0, edges.v1) - 0.5), 0, raster.rows).astype(np.int64)
    count = np.clip(np.ceil(np.maximum(edges.v0, edges.v1) - 0.5), 0, raster.rows).astype(np.int64) - first
    edge, row = np.repeat(np.arange(len(first)), count), _ranges(first, count)
    u0, v0, u1, v1 = edges.u0[edge], edges.v0[edge], edges.u1[edge], edges.v1[edge]
    crossing = u0 + (row + 0.5 - v0) / (v1 - v0) * (u1 - u0)
    crossing = np.clip(crossing, np.minimum(u0, u1), np.maximum(u0, u1))
    column = np.clip(np.ceil(crossing - 0.5), 0, raster.columns).astype(np.int64)
    width = raster.columns + 1
    crossings = np.sort((edges.owner[edge] * raster.rows + row) * width + column)
    into, out = crossings[0::2], crossings[1::2]
    line, column = np.divmod(into, width)
    owner, row = np.divmod(line, raster.rows)
    return _ranges(row * raster.columns + column, out - into), np.repeat(owner, out - into)


def _sort_out(tile: Ints, near: Ints, tiles: int, touches: tuple[Ints, Ints], fills: tuple[Ints, Ints]) -> Sifted:
    filled, filling = fills
    edgy = np.zeros(tiles, dtype=bool)
    edgy[touches[0]] = True
    winner = np.full(tiles, -1)
    winner[filled[::-1]] = filling[::-1]  # the last write, the lowest cell's, stays
    shared = np.zeros(tiles, dtype=bool)
    shared[filled[winner[filled] != filling]] = True

    wanted = np.zeros(tiles, dtype=bool)
    wanted[tile] = True
    wanted &= edgy
    pairs = [owned[0][wanted[owned[0]]] * len(near) + owned[1][wanted[owned[0]]] for owned in (touches, fills)]
    pair = np.sort(np.concatenate(pairs))
    pair = pair[np.diff(pair, prepend=-1) > 0]
    pair_tile, pair_cell = np.divmod(pair, max(len(near), 1))
    count = np.bincount(pair_tile, minlength=tiles)
    start = np.cumsum(count) - count

    open_points = np.flatnonzero(edgy[tile])
    open_tile = tile[open_points]
    cells = np.append(near, -1)  # index -1: no cell
    return Sifted(cells[winner[tile]], shared[tile], open_points, start[open_tile], count[open_tile], near[pair_cell])


def _ranges(first: Ints, count: Ints) -> Ints:
    """Concatenate `first[i], first[i] + 1, ...`, `count[i]` of each."""
    end = np.cumsum(count)
    return np.arange(end[-1] if len(end) else 0) + np.repeat(first - (end - count), count)
