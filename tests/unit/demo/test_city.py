import numpy as np
import pandas as pd
import shapely

from app.demo.city import City, build


def test_a_city_has_exactly_as_many_households_as_asked_for(city: City) -> None:
    assert city.boxes["size"].sum() == 3_000


def test_the_same_seed_gives_the_same_city() -> None:
    city = build(60, seed=7)
    assert city.boxes["size"].sum() == 60
    pd.testing.assert_frame_equal(build(60, seed=7).boxes, city.boxes)
    assert not build(60, seed=8).boxes["lon"].equals(city.boxes["lon"])


def test_boxes_lie_in_their_station(city: City) -> None:
    boundary = dict(zip(city.land.stations["code"], city.land.stations.geometry, strict=True))
    for station, boxes in city.boxes.groupby("station"):
        assert shapely.intersects_xy(boundary[station], boxes["lon"], boxes["lat"]).all()
        assert boxes["area"].str.startswith(station).all()


def test_boxes_hold_one_to_sixty_meters(city: City) -> None:
    assert city.boxes["size"].between(1, 60).all()


def test_transformer_areas_have_about_two_hundred_customers(city: City) -> None:
    households = city.boxes.groupby("area")["size"].sum()
    assert set(households.index) == set(city.areas["code"])
    assert households.between(80, 400).all()


def test_numbers_of_boxes_areas_and_feeders_are_unique(city: City) -> None:
    assert city.boxes["box_no"].is_unique
    assert city.areas["code"].is_unique
    assert city.feeders["code"].is_unique
    assert set(city.areas["feeder"]) == set(city.feeders["code"])


def test_boxes_of_a_transformer_area_lie_together(city: City) -> None:
    spread = city.boxes.groupby("area")[["x", "y"]].std().fillna(0)
    whole = city.boxes[["x", "y"]].std()
    assert np.median(spread / whole) < 0.35
