import geopandas
import numpy as np
import pytest
import shapely

from gis.coordinates import geometry_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from gis.crs_guess import FARTHEST_M, likely_crs
from tests.shared_data import SHARED

HUIZHOU = [441302, 441303, 441322, 441323, 441324]
COUNTY = shapely.box(114.0, 23.0, 114.5, 23.4)
SYSTEMS = {
    "wgs84": lambda lon, lat: (lon, lat),
    "gcj02": wgs84_to_gcj02,
    "bd09": wgs84_to_bd09,
    "swapped": lambda lon, lat: (lat, lon),
}
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs the shared data")


def counties(name: str) -> geopandas.GeoSeries:
    layer = geopandas.read_file(SHARED / f"huizhou/{name}.geojson")
    return layer[layer["adcode"].astype(int).isin(HUIZHOU)].set_index("adcode").sort_index().geometry


def moved(geometries, system: str):
    return shapely.transform(geometries, lambda xy: np.column_stack(SYSTEMS[system](*xy.T)))


def households(count: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    return shapely.points(rng.uniform(114.0, 114.5, count), rng.uniform(23.0, 23.4, count))


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_outline_tells_its_system(system):
    guess = likely_crs([moved(COUNTY, system)], [COUNTY])
    assert guess.best == system
    assert guess.best_distance_m < 10  # BD-09 bends a side of 40 km by some metres
    assert (guess.claimed_distance_m > 200) == (system != "wgs84")


@pytest.mark.parametrize("system", SYSTEMS)
def test_enough_points_tell_their_system(system):
    guess = likely_crs(moved(households(5_000), system), [COUNTY])
    assert guess.best == system
    assert guess.best_distance_m == 0
    assert (guess.claimed_distance_m > 0) == (system != "wgs84")


@pytest.mark.parametrize("system", ["wgs84", "gcj02"])
def test_dirt_in_the_points_does_not_hide_the_system(system):
    good = moved(households(5_000), system)
    dirt = np.concatenate([np.repeat(shapely.Point(0, 0), 300), moved(good[:300], "swapped"), [None, shapely.Point()]])
    assert likely_crs(np.concatenate([good, dirt]), [COUNTY]).best == system


def test_cells_of_part_of_the_areas_tell_their_system():
    areas = [shapely.box(114 + i / 10, 23, 114.1 + i / 10, 23.1) for i in range(4)]
    cells = [shapely.box(114.1 + i / 100, 23, 114.11 + i / 100, 23.1) for i in range(10)]
    assert likely_crs(moved(cells, "gcj02"), areas).best == "gcj02"


def test_points_deep_inside_tell_nothing():
    inner = shapely.points(np.linspace(114.2, 114.3, 500), np.linspace(23.1, 23.2, 500))
    guess = likely_crs(moved(inner, "gcj02"), [COUNTY])
    assert (guess.best, guess.claimed_distance_m) == (None, 0)


@pytest.mark.parametrize("shape", [shapely.Point(10, 50), shapely.box(10, 50, 11, 51)])
def test_a_layer_of_elsewhere_tells_nothing(shape):
    guess = likely_crs([shape], [COUNTY])
    assert (guess.best, guess.claimed_distance_m) == (None, FARTHEST_M)


def test_an_empty_layer_tells_nothing():
    assert likely_crs([None, shapely.Point()], [COUNTY]).best is None


def test_lines_and_mixtures_are_refused():
    with pytest.raises(ValueError, match="points only or polygons only"):
        likely_crs([shapely.Point(114.2, 23.2), COUNTY], [COUNTY])


def test_an_empty_reference_is_refused():
    with pytest.raises(ValueError, match="no area"):
        likely_crs([COUNTY], [None])


@needs_shared
@pytest.mark.parametrize("reference", ["county_tianditu_wgs84", "county_amap_hd_wgs84"])
def test_the_gcj02_counties_of_huizhou_are_found_out(reference):
    counties_gcj02, counties_wgs84 = counties("county_datav_gcj02"), counties(reference)
    claimed = likely_crs(counties_gcj02, counties_wgs84)
    assert claimed.best == "gcj02"
    assert claimed.claimed_distance_m > 300
    assert likely_crs(geometry_to_wgs84(counties_gcj02, "gcj02"), counties_wgs84).best == "wgs84"


def test_points_just_beside_the_boundary_are_no_other_system() -> None:
    x = np.linspace(114.01, 114.49, 200)
    beside = shapely.points(x, np.full(200, 23.0 - 0.0003))
    inside = shapely.points(x, np.full(200, 23.2))
    county = shapely.box(114.0, 23.0, 114.5, 23.4)
    assert likely_crs([*inside, *beside], [county]).best is None
