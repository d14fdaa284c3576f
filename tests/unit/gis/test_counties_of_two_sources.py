"""The county files of two publishers: what the conversion leaves between them, and what they drew differently."""

from functools import cache

import geopandas
import numpy as np
import pytest
import shapely

from gis.coordinates import geometry_to_wgs84, wgs84_to_gcj02
from gis.metres import LocalPlane
from tests.shared_data import SHARED

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="needs the shared data")

SAME_VERTEX_M = 5.0
FAR_M = 60.0
GCJ02, WGS84 = "county_datav_gcj02", "county_amap_hd_wgs84"
CHANGXING = "330522"
COUNTIES = ["441302", "441303", "441322", "441323", "441324", "469002", CHANGXING]


@cache
def counties(name: str) -> geopandas.GeoSeries:
    layer = geopandas.read_file(SHARED / f"huizhou/{name}.geojson")
    return layer.astype({"adcode": str}).set_index("adcode").geometry.loc[COUNTIES]


def rings_and_lines(code: str) -> tuple[list[np.ndarray], np.ndarray, shapely.STRtree]:
    """Rings of a converted county, the same as published, and the other publisher's borders; all in metres."""
    plane = LocalPlane.around(counties(WGS84)[code])
    converted = geometry_to_wgs84(np.array([counties(GCJ02)[code]]), "gcj02")[0]
    rings = shapely.get_rings(shapely.get_parts(shapely.transform(converted, plane.to_metres)))
    vertices = shapely.transform(counties(WGS84)[code], plane.to_metres)
    lines = shapely.transform(shapely.union_all(counties(WGS84).boundary.to_numpy()), plane.to_metres)
    return [shapely.get_coordinates(ring)[:-1] for ring in rings], shapely.get_coordinates(vertices), lines


def nearest_vertex(xy: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Vectors from each place to the nearest vertex."""
    tree = shapely.STRtree(shapely.points(vertices))
    _place, vertex = tree.query_nearest(shapely.points(xy), all_matches=False)
    return vertices[vertex] - xy


@pytest.mark.parametrize("code", COUNTIES)
def test_vertices_that_both_files_have_coincide_without_any_shift(code: str) -> None:
    """Most are common to both files, in Huizhou 94 %; nothing remains between them but rounding."""
    rings, vertices, _lines = rings_and_lines(code)
    apart = nearest_vertex(np.concatenate(rings), vertices)
    common = np.hypot(*apart.T) < SAME_VERTEX_M
    assert common.mean() > 0.84
    assert np.hypot(*np.median(apart[common], axis=0)) < 0.25
    assert np.median(np.hypot(*apart[common].T)) < 1.0


@pytest.mark.parametrize("code", sorted({*COUNTIES} - {CHANGXING}))
def test_what_lies_farther_than_60_m_is_a_corner_between_common_vertices(code: str) -> None:
    """The conversion is right on both sides, within a few vertices: there the publishers drew another line.

    Changxing has no part in this: 10 km of its southern border are of another edition, some 50 vertices in a row.
    """
    rings, vertices, lines = rings_and_lines(code)
    for ring in rings:
        far = shapely.distance(lines, shapely.points(ring)) > FAR_M
        common = np.hypot(*nearest_vertex(ring, vertices).T) < SAME_VERTEX_M
        if not common.any():
            assert len(ring) <= 4  # islets that both draw with three or four corners, but not the same ones
            continue
        for place in np.flatnonzero(far):
            assert np.roll(common, -place)[1:8].any()
            assert np.roll(common, -place)[-7:].any()


@pytest.mark.parametrize("code", COUNTIES)
def test_the_difference_is_the_same_without_our_inverse(code: str) -> None:
    """The WGS 84 file taken to GCJ-02 by the published formula lies as far from the file as it was published."""
    plane = LocalPlane.around(counties(WGS84)[code])
    forward = shapely.transform(
        shapely.union_all(counties(WGS84).boundary.to_numpy()),
        lambda xy: plane.to_metres(np.column_stack(wgs84_to_gcj02(*xy.T))),
    )
    published = shapely.get_coordinates(shapely.transform(counties(GCJ02)[code], plane.to_metres))
    rings, _vertices, lines = rings_and_lines(code)
    without_inverse = shapely.distance(forward, shapely.points(published))
    closed = np.concatenate([np.vstack([ring, ring[:1]]) for ring in rings])
    with_inverse = shapely.distance(lines, shapely.points(closed))
    np.testing.assert_allclose(without_inverse, with_inverse, atol=1.0)
