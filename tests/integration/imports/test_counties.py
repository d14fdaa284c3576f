"""Real boundaries: a file in GCJ-02 that claims WGS 84."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.imports.service import Outcome
from app.organisation.models import OrganisationUnit
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


def stored(session: Session) -> shapely.Geometry:
    session.expire_all()
    codes = ("441302", "441303", "441322", "441323", "441324")
    shapes = session.scalars(select(OrganisationUnit.boundary).where(OrganisationUnit.code.in_(codes))).all()
    return shapely.union_all(list(shapes))


def test_imported_as_gcj02_they_lie_on_the_wgs84_ones(session: Session, bring: Import) -> None:
    bring("stations", GCJ02, crs="gcj02")
    moved = stored(session)
    bring("stations", WGS84)
    plane = LocalPlane.around(moved)
    moved, reference = (shapely.transform(shape, plane.to_metres) for shape in (moved, stored(session)))
    corners = shapely.points(shapely.get_coordinates(moved))
    assert np.median(shapely.distance(corners, reference.boundary)) < 60


def test_cells_are_held_against_the_stored_boundaries(session: Session, bring: Import, tmp_path: Path) -> None:
    bring("stations", WGS84)
    assert warned(bring("cells", GCJ02, columns={"code": "adcode"}, dry_run=True)) == ["gcj02"]


def test_a_boundary_elsewhere_says_nothing_of_huizhou(session: Session, bring: Import) -> None:
    make_station(session, boundary=square(-21.9, 64.1))
    assert warned(bring("stations", GCJ02)) == ["gcj02"]
