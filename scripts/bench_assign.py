"""Points into cells: gis.assignment beside geopandas.sjoin and sedonadb, on a city that a seed makes.

The city has the extent of Huizhou in metres, 75 towns of unequal size, and cells of about as many households each:
small in the towns, large in the hills, with wavy borders whose vertices neighbours share.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pyarrow as pa
import sedonadb
import shapely
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from figures import Options, Row, alone

from gis.assignment import assign_points, locate

CELLS, TOWNS = 9_000, 75
WIDTH, HEIGHT = 165_000.0, 173_000.0
SEGMENTS = 16
"""Of each side of a cell: a cell has six sides on average, so about 96 vertices."""
REPEATS = 3
FLOORS = {"geopandas.sjoin": 3.0, "sedonadb": 2.0}
MEMORY_CEILING_MB = 1000.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def make_points(count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Scatter households: four fifths around towns whose sizes follow Zipf's law, the rest over the land."""
    centre = rng.uniform(0.05, 0.95, (TOWNS, 2)) * (WIDTH, HEIGHT)
    size = 1 / np.arange(1, TOWNS + 1)
    town = rng.choice(TOWNS, count, p=size / size.sum())
    spread = 600 + 5_000 * np.sqrt(size)
    xy = centre[town] + rng.normal(size=(count, 2)) * spread[town, None]
    rural = rng.random(count) < 0.2
    xy[rural] = rng.random((rural.sum(), 2)) * (WIDTH, HEIGHT)
    return xy[:, 0].copy(), xy[:, 1].copy()


def make_cells(x: Floats, y: Floats, rng: np.random.Generator) -> geopandas.GeoSeries:
    """Cut the land around a draw of households, each side once, so that neighbours share every vertex."""
    drawn = rng.choice(len(x), CELLS, replace=len(x) < CELLS)
    jitter = rng.normal(size=(2, CELLS)) * 20
    seeds = shapely.multipoints(np.column_stack([x[drawn], y[drawn]]) + jitter.T)
    lines = shapely.get_parts(shapely.voronoi_polygons(seeds, only_edges=True))
    sides = shapely.get_parts(lines)
    ends = shapely.get_coordinates(sides).reshape(-1, 2, 2)
    along = np.linspace(0, 1, SEGMENTS + 1)[None, :, None]
    path = ends[:, :1] * (1 - along) + ends[:, 1:] * along
    path[:, -1] = ends[:, 1]
    wavy = path + 60 * np.sin(path[..., ::-1] * (2 * np.pi / 1_200))
    cells = shapely.get_parts(shapely.polygonize(shapely.linestrings(wavy)))
    if not shapely.coverage_is_valid(cells):
        raise RuntimeError("the cells made for the benchmark overlap")
    return geopandas.GeoSeries(cells[rng.permutation(len(cells))])


def make_city(points: int) -> tuple[Floats, Floats, geopandas.GeoSeries]:
    """Make households and cells; a thousand households stand on corners of cells."""
    rng = np.random.default_rng(20_160_101)
    x, y = make_points(points, rng)
    cells = make_cells(x, y, rng)
    corners = shapely.get_coordinates(cells.to_numpy())
    some = corners[rng.choice(len(corners), min(1_000, points))].T
    x[: some.shape[1]], y[: some.shape[1]] = some
    return x, y, cells


def lowest(point: Ints, cell: Ints, count: int) -> Ints:
    """Keep of a join's pairs the lowest cell of each point, -1 where it has none."""
    found = np.full(count, -1)
    found[point] = cell
    while (lower := cell < found[point]).any():
        found[point[lower]] = cell[lower]
    return found


def by_geopandas(points: geopandas.GeoDataFrame, cells: geopandas.GeoDataFrame) -> Ints:
    pairs = geopandas.sjoin(points, cells, predicate="intersects")
    return lowest(pairs.index.to_numpy(), pairs["index_right"].to_numpy(), len(points))


def sedona_with(points: geopandas.GeoDataFrame, cells: geopandas.GeoDataFrame) -> Callable[[], Ints]:
    """Load both into memory tables, in sedonadb's own form, and give the join."""
    sedona = sedonadb.connect()
    for name, frame in (("points", points), ("cells", cells)):
        numbered = frame.assign(id=np.arange(len(frame)))
        sedona.create_data_frame(numbered).to_memtable().to_view(name)
    join = "SELECT p.id AS point, c.id AS cell FROM points p JOIN cells c ON ST_Intersects(c.geometry, p.geometry)"

    def run() -> Ints:
        pairs = pa.table(sedona.sql(join))
        return lowest(pairs["point"].to_numpy(), pairs["cell"].to_numpy(), len(points))

    return run


def timed(run: Callable[[], Ints]) -> tuple[float, Ints]:
    began = time.perf_counter()
    result = run()
    return time.perf_counter() - began, result


def status_mb(field: str) -> float:
    """A size from Linux's /proc/self/status."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":")) / 1024


def own_peak_mb(city: Path) -> float:
    """What assign_points takes at its peak above its inputs, in this process that has done nothing else."""
    saved = np.load(city / "points.npz")
    x, y = saved["x"], saved["y"]
    cells = geopandas.read_parquet(city / "cells.parquet").geometry
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # forget the peak so far
    before = status_mb("VmRSS")
    assign_points(x, y, cells)
    return status_mb("VmHWM") - before


def memory_row(x: Floats, y: Floats, cells: geopandas.GeoSeries) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "points.npz", x=x, y=y)
        geopandas.GeoDataFrame(geometry=cells).to_parquet(Path(folder) / "cells.parquet")
        run = [sys.executable, __file__, "--memory-of", folder]
        peak = float(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    return Row("assign_points, peak memory above its inputs", peak, "MB", at_most=MEMORY_CEILING_MB)


def rows(options: Options) -> list[Row]:
    return [row for size in options.sizes for row in at_size(size)]


def at_size(points: int) -> list[Row]:
    x, y, cells = make_city(points)
    print(f"{points:,} points, {len(cells):,} cells of {shapely.get_num_coordinates(cells).mean() - 1:.0f} vertices")
    cell_frame = geopandas.GeoDataFrame(geometry=cells)
    point_frame = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(x, y))
    sides = {
        "assign_points": lambda: assign_points(x, y, cells),
        "locate (borders too)": lambda: locate(x, y, cells).cell,
        "geopandas.sjoin": lambda: by_geopandas(point_frame, cell_frame),
        "sedonadb": sedona_with(point_frame, cell_frame),
    }
    best, answers = {}, {}
    for name, run in sides.items():
        runs = [timed(run) for _ in range(REPEATS)]
        best[name], answers[name] = min(seconds for seconds, _ in runs), runs[0][1]
    own, (sjoin, sedona) = answers["assign_points"], (answers["geopandas.sjoin"], answers["sedonadb"])
    inside = ~locate(x, y, cells).on_border
    speed = {peer: best[peer] / best["assign_points"] for peer in ("geopandas.sjoin", "sedonadb")}
    measured = [
        *(Row(f"{name}, best of {REPEATS}", seconds, "s") for name, seconds in best.items()),
        *(Row(f"times as fast as {peer}", speed[peer], "x", floor) for peer, floor in FLOORS.items()),
        Row("points off borders that geopandas sees elsewhere", float((own != sjoin)[inside].sum()), "", at_most=0),
        Row("points off borders that sedonadb sees elsewhere", float((own != sedona)[inside].sum()), "", at_most=0),
        Row("points on borders", float((~inside).sum()), ""),
        Row("of them not in the lowest cell, by geopandas", float((own != sjoin)[~inside].sum()), "", at_most=0),
        memory_row(x, y, cells),
    ]
    return [replace(row, size=points) for row in measured]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory-of"]:
        print(own_peak_mb(Path(sys.argv[2])))
    else:
        sys.exit(alone(__doc__, rows))
