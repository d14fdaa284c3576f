import shapely

from app.demo import dirt
from app.demo.city import VILLAGE, City


def test_a_few_boxes_lost_their_position(spoilt_city: City) -> None:
    assert 0.01 < spoilt_city.boxes["lon"].isna().mean() < 0.12


def test_a_whole_transformer_area_has_no_position(spoilt_city: City) -> None:
    assert spoilt_city.boxes.groupby("area")["lon"].count().eq(0).any()


def test_boxes_of_a_hamlet_share_one_point(spoilt_city: City) -> None:
    located = spoilt_city.boxes[spoilt_city.boxes["style"].eq(VILLAGE)].dropna(subset="lon")
    hamlets = located.groupby(["seat", "hamlet"])[["lon", "lat"]]
    assert (hamlets.nunique().eq(1).all(axis=1) & (hamlets.size() > 1)).any()


def test_some_boxes_lie_outside_the_city_but_near(spoilt_city: City) -> None:
    located = spoilt_city.boxes.dropna(subset="lon")
    points = shapely.points(located[["lon", "lat"]].to_numpy())
    far = shapely.distance(points, spoilt_city.land.outline)
    assert 0 < (far > 0).sum() < 20
    assert far.max() < 0.006


def test_a_wrong_area_is_another_one_of_the_same_station(city: City) -> None:
    wrong = dirt.wrong_areas(city)
    right = city.boxes.set_index("box_no").loc[wrong.index]
    assert len(wrong)
    assert (wrong != right["area"]).all()
    assert (wrong.str[:4] == right["station"]).all()
