"""Real boundaries: a file in GCJ-02 that claims WGS 84."""

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.imports.service import Outcome
from app.organisation.models import OrganisationUnit
from gis.coordinates import gcj02_to_wgs84
from gis.metres import LocalPlane
from tests.factories import make_station, square
from tests.integration.imports.conftest import Import
from tests.shared_data import SHARED

HUIZHOU = SHARED / "huizhou"
GCJ02 = HUIZHOU / "county_datav_gcj02.geojson"
WGS84 = HUIZHOU / "county_amap_hd_wgs84.geojson"

pytestmark = pytest.mark.skipif(not HUIZHOU.exists(), reason="the shared data is not on this machine")


def warned(outcome: Outcome) -> list[str]:
    return [warning["details"]["crs"] for warning in outcome.warnings if warning["code"] == "wrong_crs"]


def test_counties_in_gcj02_draw_the_warning_even_in_an_empty_register(bring: Import) -> None:
    outcome = bring("stations", GCJ02, crs="wgs84")
    assert (outcome.accepted, warned(outcome)) == (7, ["gcj02"])
    assert 400 < outcome.warnings[0]["details"]["metres"] < 700


@pytest.mark.parametrize(("path", "crs"), [(GCJ02, "gcj02"), (WGS84, "wgs84"), (WGS84, None)])
def test_counties_in_their_own_system_draw_none(bring: Import, path: Path, crs: str | None) -> None:
    assert bring("stations", path, crs=crs).warnings == []


FARTHER_THAN_60_M = {
    "441302": 4, "441303": 8, "441322": 2, "441323": 5, "441324": 2,  # Huizhou: 21 of 3,469 vertices, at most 142 m
    "469002": 1,
    "330522": 50,  # Changxing: 10 km of its southern border, and four short stretches, are of another edition
}  # fmt: skip
"""Vertices in places where the two publishers draw another line; tests/unit/gis/test_counties_of_two_sources.py proves
that between these places the files agree to a metre, and that the published files differ by as much."""


def stored(session: Session) -> dict[str, shapely.Geometry]:
    session.expire_all()
    return dict(session.execute(select(OrganisationUnit.code, OrganisationUnit.boundary)).all())


def vertices(shape: shapely.Geometry) -> np.ndarray:
    rings = [shapely.get_coordinates(ring)[:-1] for ring in shapely.get_rings(shapely.get_parts(shape))]
    return np.concatenate(rings)


def test_imported_as_gcj02_they_lie_within_60_m_of_the_wgs84_ones(session: Session, bring: Import) -> None:
    """Every vertex of them lies so near the borders of the WGS 84 file, but those where the publishers differ."""
    bring("stations", GCJ02, crs="gcj02")
    converted = stored(session)
    bring("stations", WGS84)
    borders = shapely.union_all([shape.boundary for shape in stored(session).values()])
    farther = {}
    for code, county in converted.items():
        plane = LocalPlane.around(county)
        corners = shapely.points(plane.to_metres(vertices(county)))
        distance = shapely.distance(shapely.transform(borders, plane.to_metres), corners)
        farther[code] = int((distance > 60).sum())
        assert np.median(distance) < 1
    assert farther == FARTHER_THAN_60_M


def test_an_import_adds_nothing_to_the_conversion(session: Session, bring: Import) -> None:
    """What is stored is each published vertex, converted: nothing rounded, snapped or left out."""
    bring("stations", GCJ02, crs="gcj02")
    published = geopandas.read_file(GCJ02).set_index("adcode").geometry
    for code, county in stored(session).items():
        lon, lat = shapely.get_coordinates(published[int(code)]).T
        np.testing.assert_array_equal(shapely.get_coordinates(county), np.column_stack(gcj02_to_wgs84(lon, lat)))


def test_cells_are_held_against_the_stored_boundaries(session: Session, bring: Import, tmp_path: Path) -> None:
    bring("stations", WGS84)
    assert warned(bring("cells", GCJ02, columns={"code": "adcode"}, dry_run=True)) == ["gcj02"]


def test_a_boundary_elsewhere_says_nothing_of_huizhou(session: Session, bring: Import) -> None:
    make_station(session, boundary=square(-21.9, 64.1))
    assert warned(bring("stations", GCJ02)) == ["gcj02"]
