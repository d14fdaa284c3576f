import geopandas as gpd
import pytest
import shapely

from app.demo import facts
from app.demo.land import divide
from gis import coverage


@pytest.mark.parametrize("households", [1_000, 1_780_000])
def test_stations_fill_the_counties_without_a_gap_or_an_overlap(households: int) -> None:
    land = divide(households)
    cells = gpd.GeoSeries(land.stations.geometry.to_numpy(), crs="EPSG:4326")
    assert coverage.check(cells, facts.counties().geometry).is_proven
    assert shapely.coverage_is_valid(cells.to_numpy())


def test_every_county_has_a_station_and_the_whole_city_sixty() -> None:
    assert divide(1_000).stations["county"].value_counts().to_dict() == dict.fromkeys(facts.counties().index, 1)
    assert len(divide(1_780_000).stations) == 60


def test_a_seat_lies_in_its_own_town() -> None:
    towns = divide(1_000).towns
    seats = facts.seats()
    assert shapely.contains_xy(towns, seats["lon"], seats["lat"]).all()


def test_stations_have_different_names() -> None:
    assert divide(1_780_000).stations["name"].is_unique
