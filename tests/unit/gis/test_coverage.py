import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.coverage import check
from gis.metres import metres_per_degree
from tests.shared_data import SHARED

EAST, NORTH = (float(scale) for scale in metres_per_degree(23.005))


def layer(*polygons):
    return gpd.GeoSeries(polygons, crs="EPSG:4326")


def row_of_boxes(shift_m=0.0):
    """Two boxes of 1 km side by side; the second one is moved east by so many metres."""
    shift = shift_m / EAST
    return layer(shapely.box(114, 23, 114.01, 23.01), shapely.box(114.01 + shift, 23, 114.02 + shift, 23.01))


def test_boxes_side_by_side_are_proven():
    report = check(row_of_boxes(), shapely.box(114, 23, 114.02, 23.01))
    assert report.is_proven
    assert (report.cells, report.gap_m2, report.overlap_m2) == (2, 0, 0)


def test_a_gap_within_the_boundary_is_measured_and_named():
    report = check(row_of_boxes(shift_m=1), shapely.box(114, 23, 114.02, 23.01))
    assert report.gap_m2 == pytest.approx(0.01 * NORTH, rel=1e-3)
    assert report.gaps["cells"].tolist() == [(0, 1)]


def test_an_overlap_is_measured_and_named():
    report = check(row_of_boxes(shift_m=-1))
    assert report.overlap_m2 == pytest.approx(0.01 * NORTH, rel=1e-3)
    assert report.overlaps["cells"].tolist() == [(0, 1)]


def test_an_overlap_of_one_square_metre_counts():
    metre = shapely.box(114.01 - 1 / EAST, 23.005, 114.02, 23.005 + 1 / NORTH)
    report = check(layer(shapely.box(114, 23, 114.01, 23.01), metre.union(shapely.box(114.01, 23, 114.02, 23.01))))
    assert report.overlap_m2 == pytest.approx(1, rel=1e-3)


def test_a_cell_within_another_one_overlaps():
    report = check(layer(shapely.box(114, 23, 114.01, 23.01), shapely.box(114.002, 23.002, 114.003, 23.003)))
    assert len(report.overlaps) == 1


def test_the_same_cell_twice_overlaps():
    box = shapely.box(114, 23, 114.01, 23.01)
    assert check(layer(box, box)).overlaps["cells"].tolist() == [(0, 1)]


def test_a_hole_in_the_layer_is_a_gap_without_any_boundary():
    ring = shapely.box(114, 23, 114.01, 23.01) - shapely.box(114.004, 23.004, 114.005, 23.005)
    assert len(check(layer(ring)).gaps) == 1


def test_a_hole_in_layer_and_boundary_is_no_gap():
    ring = shapely.box(114, 23, 114.01, 23.01) - shapely.box(114.004, 23.004, 114.005, 23.005)
    assert check(layer(ring), ring).is_proven


def test_boundaries_of_several_stations_are_taken_together():
    stations = layer(shapely.box(114, 23, 114.01, 23.01), shapely.box(114.01, 23, 114.03, 23.01))
    assert len(check(row_of_boxes(), stations).gaps) == 1


def test_a_border_whose_vertices_differ_by_nanometres_is_noise():
    left = shapely.Polygon([(114, 23), (114.01, 23), (114.013, 23.01), (114, 23.01)])
    on_border = shapely.line_interpolate_point(shapely.LineString([(114.01, 23), (114.013, 23.01)]), 1 / 300)
    right = shapely.Polygon([(114.01, 23), (114.02, 23), (114.02, 23.01), (114.013, 23.01), on_border.coords[0]])
    assert check(layer(left, right), shapely.box(114, 23, 114.02, 23.01)).is_proven


def test_empty_invalid_and_multipart_cells_are_named():
    bow_tie = shapely.Polygon([(114, 23), (114.01, 23.01), (114.01, 23), (114, 23.01)])
    two = shapely.MultiPolygon([shapely.box(115, 23, 115.01, 23.01), shapely.box(116, 23, 116.01, 23.01)])
    report = check(layer(shapely.Polygon(), None, two, bow_tie))
    assert report.empty.tolist() == [0, 1]
    assert report.multipart.tolist() == [2]
    assert report.invalid.tolist() == [3]


def test_households_outside_are_counted_by_weight():
    points = (np.array([114.005, 115, np.nan]), np.array([23.005, 23, np.nan]))
    assert check(row_of_boxes(), points=points).households_outside == 1
    assert check(row_of_boxes(), points=points, weight=[3, 7, 5]).households_outside == 7


def test_another_crs_is_refused():
    with pytest.raises(ValueError, match="EPSG:4326"):
        check(row_of_boxes().to_crs("EPSG:32650"))


def test_no_cells_at_all():
    report = check(layer(), shapely.box(114, 23, 114.01, 23.01))
    assert (report.cells, len(report.gaps), len(report.overlaps)) == (0, 1, 0)


@pytest.mark.skipif(not SHARED.exists(), reason="shared data are absent")
def test_the_counties_of_huizhou_do_not_overlap():
    counties = gpd.read_file(SHARED / "huizhou" / "county_amap_hd_wgs84.geojson")
    assert check(counties.geometry).overlap_m2 == 0
