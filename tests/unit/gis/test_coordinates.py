import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis import coordinates
from gis.coordinates import (
    CHINA_OUTLINE,
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    geometry_to_wgs84,
    to_metres,
    to_wgs84,
    utm_crs,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from tests.shared_data import SHARED

CENTIMETRE = 0.01 / 111_320
WEST, SOUTH, EAST, NORTH = CHINA_OUTLINE
OFFSETS = [wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02, wgs84_to_bd09, bd09_to_wgs84]
ROUND_TRIPS = [(wgs84_to_gcj02, gcj02_to_wgs84), (gcj02_to_bd09, bd09_to_gcj02), (wgs84_to_bd09, bd09_to_wgs84)]
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs the shared data")

# A twentieth of a degree from the outline, which the offsets of up to two kilometres must not cross.
lons, lats = st.floats(WEST + 0.05, EAST - 0.05), st.floats(SOUTH + 0.05, NORTH - 0.05)


def metres_apart(lon: NDArray, lat: NDArray, other_lon: NDArray, other_lat: NDArray) -> NDArray:
    return np.hypot((lon - other_lon) * np.cos(np.radians(lat)), lat - other_lat) * 111_320


@pytest.mark.parametrize(("there", "back"), ROUND_TRIPS)
@given(lon=lons, lat=lats)
def test_the_inverse_is_exact_to_a_millimetre(there, back, lon, lat):
    assert metres_apart(*back(*there(lon, lat)), lon, lat) < 0.001


@given(lon=st.floats(113.8, 115.4), lat=st.floats(22.4, 24.0))
def test_in_huizhou_gcj02_lies_some_hundred_metres_off(lon, lat):
    assert 400 < metres_apart(*wgs84_to_gcj02(lon, lat), lon, lat) < 700


@pytest.mark.parametrize("convert", OFFSETS)
@pytest.mark.parametrize(
    "place", [(2.35, 48.86), (-74.0, 40.7), (WEST - 1e-9, 30.0), (100.0, NORTH + 1e-9), (150, -30), (100, -np.inf)]
)
def test_outside_the_outline_nothing_moves(convert, place):
    assert convert(*place) == place


@pytest.mark.parametrize("convert", [wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02])
@pytest.mark.parametrize("place", [(WEST, 30.0), (EAST, 30.0), (100.0, SOUTH), (100.0, NORTH)])
def test_the_outline_itself_moves(convert, place):
    assert convert(*place) != place


@pytest.mark.parametrize("convert", OFFSETS)
def test_nan_stays_nan_and_spoils_no_neighbour(convert):
    lon, lat = convert([114.4, np.nan, 114.4], [23.1, np.nan, 23.1])
    assert np.isnan(lon).tolist() == np.isnan(lat).tolist() == [False, True, False]
    assert lon[0] == lon[2] == convert(114.4, 23.1)[0]


@pytest.mark.parametrize("convert", OFFSETS)
def test_inputs_are_untouched(convert):
    lon, lat = np.array([114.4, 2.0]), np.array([23.1, 48.0])
    lon.flags.writeable = lat.flags.writeable = False
    new_lon, new_lat = convert(lon, lat)
    assert not np.shares_memory(new_lon, lon)
    assert not np.shares_memory(new_lat, lat)


def test_a_scalar_broadcasts_over_an_array():
    assert np.array_equal(wgs84_to_gcj02([114.4, 114.5], 23.1), wgs84_to_gcj02([114.4, 114.5], [23.1, 23.1]))


def test_arrays_of_different_length_are_refused():
    with pytest.raises(ValueError, match="broadcast"):
        wgs84_to_gcj02([1.0, 2.0], [1.0, 2.0, 3.0])


@needs_shared
def test_agrees_with_prcoords_on_a_thousand_points():
    golden = pd.read_csv(SHARED / "coordinates/golden_huizhou_1000.csv")
    wgs, gcj, bd = ((golden[f"{system}_lon"], golden[f"{system}_lat"]) for system in ("wgs", "gcj", "bd"))
    rounding = 1e-9
    for convert, source, target in [
        (wgs84_to_gcj02, wgs, gcj),
        (gcj02_to_bd09, gcj, bd),
        (wgs84_to_bd09, wgs, bd),
        (gcj02_to_wgs84, gcj, wgs),
        (bd09_to_gcj02, bd, gcj),
        (bd09_to_wgs84, bd, wgs),
    ]:
        np.testing.assert_allclose(convert(*source), target, rtol=0, atol=2 * rounding)


@needs_shared
def test_agrees_with_vectors_that_other_projects_publish():
    published = pd.read_csv(SHARED / "coordinates/published_unit_vectors.csv")
    convert = {"wgs2gcj": wgs84_to_gcj02, "gcj2bd": gcj02_to_bd09, "bd2gcj": bd09_to_gcj02, "bd2wgs": bd09_to_wgs84}
    known = published[published["op"].isin(convert)]
    off = np.array(
        [metres_apart(*convert[row.op](row.lon_in, row.lat_in), row.lon_out, row.lat_out) for row in known.itertuples()]
    )
    wrong_in_their_source = known["prcoords_diff_m"] > 1
    assert wrong_in_their_source.sum() == 2
    assert (off[wrong_in_their_source] > 9).all()
    # The published BD-09 inverse is one step of it, 5 cm off there.
    assert (off[~wrong_in_their_source] < 0.05).all()


@pytest.mark.parametrize("name", ["wgs84", "WGS84", "EPSG:4326", "epsg:4490"])
def test_wgs84_and_cgcs2000_pass_through(name):
    lon = np.array([114.4])
    moved, lat = to_wgs84(lon, [23.1], name)
    assert (moved.tolist(), lat.tolist()) == ([114.4], [23.1])
    assert not np.shares_memory(moved, lon)


def test_names_choose_the_offset_systems():
    assert to_wgs84(114.4, 23.1, "GCJ02") == gcj02_to_wgs84(114.4, 23.1)
    assert to_wgs84(114.4, 23.1, "bd09") == bd09_to_wgs84(114.4, 23.1)


def test_projected_coordinates_come_east_first():
    hong_kong = to_wgs84(836_694.05, 819_069.80, "EPSG:2326")
    assert metres_apart(*hong_kong, 114.1785, 22.3121) < 1_000


def test_cgcs2000_zones_differ_from_utm_by_less_than_a_metre():
    lon, lat = to_wgs84(500_000.0, 2_555_000.0, "EPSG:4547")
    assert lon == pytest.approx(114.0)
    assert lat == pytest.approx(23.095, abs=0.01)


def test_what_cannot_be_projected_back_is_nan():
    lon, lat = to_wgs84([1e12, np.nan], [1e12, 0.0], "EPSG:32650")
    assert np.isnan([lon, lat]).all()


@pytest.mark.parametrize("name", ["gcj-02", "EPSG:0", "baidu", ""])
def test_an_unknown_system_is_named_in_the_error(name):
    with pytest.raises(ValueError, match=f"unknown coordinate system '{name}'"):
        to_wgs84(114.4, 23.1, name)


def test_geometries_keep_index_name_and_gaps():
    square = shapely.box(114.0, 23.0, 114.5, 23.5)
    layer = geopandas.GeoSeries([square, None, shapely.Point()], index=[7, 8, 9], name="shape", crs="EPSG:4326")
    moved = geometry_to_wgs84(layer, "gcj02")
    assert (moved.index.tolist(), moved.name, moved.crs.to_epsg()) == ([7, 8, 9], "shape", 4326)
    assert moved[8] is None
    assert moved[9].is_empty
    corners = shapely.get_coordinates(moved[7])
    assert np.array_equal(corners.T, gcj02_to_wgs84(*shapely.get_coordinates(square).T))
    assert layer[7].equals_exact(square)


def test_an_array_of_geometries_comes_back_as_one():
    moved = geometry_to_wgs84(np.array([shapely.Point(114.4, 23.1), None], dtype=object), "bd09")
    assert isinstance(moved, np.ndarray)
    assert (moved[0].x, moved[0].y) == bd09_to_wgs84(114.4, 23.1)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [(114.4, 23.1, 32650), (-21.9, 64.1, 32627), (151.2, -33.9, 32756), (180.0, 10.0, 32601), (-180.0, 10.0, 32601)],
)
def test_the_utm_zone_is_the_local_one(lon, lat, code):
    assert utm_crs(lon, lat).to_epsg() == code


def test_without_any_position_there_is_no_zone():
    with pytest.raises(ValueError, match="no finite position"):
        utm_crs([np.nan], [23.1])


@given(lon=st.floats(113.8, 115.4), lat=st.floats(22.4, 24.0))
def test_metres_are_true_to_scale(lon, lat):
    x, y = to_metres([lon, lon], [lat, lat + 0.001])
    assert np.hypot(*(x[1] - x[0], y[1] - y[0])) == pytest.approx(110.76, rel=0.001)


def test_positions_that_are_nan_stay_so_in_metres():
    x, y = to_metres([114.4, np.nan], [23.1, 23.1])
    assert np.isnan(x).tolist() == np.isnan(y).tolist() == [False, True]


def test_a_given_projection_is_used():
    zone = utm_crs(120.0, 23.0)
    assert to_metres(114.4, 23.1, zone) == coordinates.metre_transformer(zone).transform(114.4, 23.1)
