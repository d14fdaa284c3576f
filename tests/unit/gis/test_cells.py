import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.cells import METHODS, make_cells
from gis.coverage import check
from tests.shared_data import SHARED

STATION = shapely.box(114.0, 23.0, 114.2, 23.1)


def households_in(cells, x, y, weight=None):
    cell, point = shapely.STRtree(shapely.points(x, y)).query(cells.to_numpy(), predicate="intersects")
    return np.bincount(cell, weights=None if weight is None else weight[point], minlength=len(cells))


def towns(seed, area, points=4_000, centres=8):
    chance = np.random.default_rng(seed)
    west, south, east, north = area.bounds
    centre = chance.uniform((west, south), (east, north), (centres, 2))
    lonlat = centre[chance.integers(0, centres, points)] + chance.normal(0, 0.004, (points, 2))
    return lonlat[:, 0], lonlat[:, 1]


coordinates = st.one_of(
    st.floats(-0.01, 0.21, allow_nan=False),
    st.sampled_from([0.0, 0.05, 0.05 + 1e-7, 0.1, 0.1 + 1e-12, float("nan")]),
)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=15, deadline=None)
@given(offsets=st.lists(st.tuples(coordinates, coordinates), max_size=40), target=st.sampled_from([0.5, 2, 300]))
def test_any_points_give_cells_that_fill_the_area(method, offsets, target):
    x, y = 114 + np.array([dx for dx, _ in offsets]), 23 + np.array([dy for _, dy in offsets]) / 2
    cells = make_cells(STATION, x, y, method, target, group=np.arange(len(x)) % 3)
    report = check(cells, STATION)
    assert report.is_proven
    assert shapely.coverage_is_valid(cells.to_numpy())


@pytest.mark.parametrize("method", METHODS)
def test_a_coast_with_islands_and_a_lake_is_filled(method):
    lake = shapely.Point(114.05, 23.05).buffer(0.02)
    islands = [shapely.Point(114.3 + i / 50, 23.05).buffer(0.004) for i in range(3)]
    area = shapely.MultiPolygon([STATION.difference(lake), *islands])
    x, y = towns(1, STATION)
    cells = make_cells(area, np.append(x, 114.3), np.append(y, 23.05), method, 200, group=np.arange(len(x) + 1) % 40)
    report = check(cells, area)
    assert report.is_proven
    assert (households_in(cells, np.append(x, 114.3), np.append(y, 23.05)) > 0).all()


@pytest.mark.parametrize("method", ["fishnet", "hexagon", "quadtree"])
def test_only_cells_with_an_empty_island_have_several_parts(method):
    island = shapely.Point(114.3, 23.05).buffer(0.004)
    cells = make_cells(shapely.MultiPolygon([STATION, island]), *towns(2, STATION), method, 200)
    assert check(cells).multipart.size == 1


def test_no_quadtree_cell_holds_more_than_twice_the_target():
    x, y = towns(3, STATION)
    weight = np.random.default_rng(3).integers(1, 60, len(x)).astype(float)
    cells = make_cells(STATION, x, y, "quadtree", 200, weight=weight)
    assert households_in(cells, x, y, weight).max() <= 400


def test_few_quadtree_cells_are_tiny():
    x, y = towns(4, STATION)
    held = households_in(make_cells(STATION, x, y, "quadtree", 200), x, y)
    assert np.mean(held < 100) < 0.1


def test_a_tower_that_exceeds_the_target_is_one_cell():
    x, y = np.full(1000, 114.1), np.full(1000, 23.05)
    assert len(make_cells(STATION, x, y, "quadtree", 200)) == 1


@pytest.mark.parametrize("method", ["fishnet", "hexagon"])
def test_inhabited_squares_and_hexagons_hold_about_the_target(method):
    chance = np.random.default_rng(5)
    x, y = chance.uniform(114, 114.2, 8_000), chance.uniform(23, 23.1, 8_000)
    held = households_in(make_cells(STATION, x, y, method, 200), x, y)
    assert 120 < np.median(held) < 300


def test_every_box_lies_in_the_cell_of_its_transformer_area():
    x, y = towns(6, STATION, points=1_500)
    inside = shapely.contains_xy(STATION, x, y)
    x, y = x[inside], y[inside]
    group = np.array([f"T{number}" for number in np.random.default_rng(6).integers(0, 25, len(x))])
    cells = make_cells(STATION, x, y, "transformer-areas", group=group)
    cell, point = shapely.STRtree(shapely.points(x, y)).query(cells.to_numpy(), predicate="intersects")
    assert len(cells) == 25
    assert len(set(zip(cell.tolist(), group[point].tolist(), strict=True))) == 25


def test_boxes_without_a_transformer_area_found_no_cell():
    x, y = np.array([114.05, 114.1, 114.15]), np.full(3, 23.05)
    assert len(make_cells(STATION, x, y, "transformer-areas", group=np.array(["T1", None, "T2"], dtype=object))) == 2


def test_the_same_input_gives_the_same_cells():
    x, y = towns(7, STATION)
    first, second = (make_cells(STATION, x, y, "quadtree", 200) for _ in range(2))
    assert first.geom_equals_exact(second, 0).all()


@pytest.mark.parametrize(
    ("area", "method", "target"),
    [(shapely.Polygon(), "quadtree", 200), (STATION, "pentagons", 200), (STATION, "quadtree", 0)],
)
def test_nonsense_is_refused(area, method, target):
    with pytest.raises(ValueError, match=r"area|method|target"):
        make_cells(area, [114.1], [23.05], method, target)


@pytest.mark.skipif(not SHARED.exists(), reason="shared data are absent")
@pytest.mark.parametrize("method", METHODS)
def test_the_coast_of_huidong(method):
    counties = gpd.read_file(SHARED / "huizhou" / "county_amap_hd_wgs84.geojson")
    area = max(counties.geometry, key=shapely.get_num_coordinates)
    x, y = towns(8, area, points=20_000, centres=40)
    cells = make_cells(area, x, y, method, 200, group=(x * 100).astype(int))
    assert check(cells, area).is_proven


@pytest.mark.skipif(not SHARED.exists(), reason="shared data are absent")
def test_every_municipality_of_iceland():
    addresses = pd.read_parquet(SHARED / "iceland" / "addresses.parquet", columns=["svfnr", "lon", "lat"])
    for _, here in addresses.groupby("svfnr"):
        area = shapely.multipoints(here[["lon", "lat"]].to_numpy()).convex_hull.buffer(0.01)
        cells = make_cells(area, here["lon"], here["lat"], "quadtree", 200)
        report = check(cells, area, (here["lon"], here["lat"]))
        assert (report.is_proven, report.households_outside) == (True, 0)


@pytest.mark.skipif(not SHARED.exists(), reason="shared data are absent")
def test_the_towers_of_hong_kong():
    addresses = pd.read_csv(SHARED / "hongkong" / "hk_addresses_3districts.csv.gz", usecols=["lon", "lat"])
    area = shapely.multipoints(addresses.to_numpy()).convex_hull.buffer(0.001)
    cells = make_cells(area, addresses["lon"], addresses["lat"], "quadtree", 100)
    assert check(cells, area).is_proven
    assert households_in(cells, addresses["lon"], addresses["lat"]).max() <= 200
