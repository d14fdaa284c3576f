"""Areas from nothing but boxes: no gap, no overlap, every point in its own group's area."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.coverage import check
from gis.territories import outline, territories, without_overlap


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 60), groups=st.integers(1, 4))
def test_territories_cover_their_points_and_each_other_nowhere(seed: int, count: int, groups: int) -> None:
    chance = np.random.default_rng(seed)
    x, y = 114 + 0.2 * chance.random(count), 23 + 0.2 * chance.random(count)
    group = chance.integers(0, groups, count)
    parts = territories(x, y, group)
    assert set(parts.index) == set(group)
    assert shapely.covers(parts[group].to_numpy(), shapely.points(x, y)).all()
    assert check(parts.reset_index(drop=True), outline(x, y)).is_proven


def test_a_position_of_two_groups_goes_to_the_weightier() -> None:
    parts = territories([114, 114, 114.01], [23, 23, 23], ["a", "b", "c"], [1, 2, 1])
    assert list(parts.index) == ["b", "c"]


def test_an_outline_wants_points() -> None:
    with pytest.raises(ValueError, match="needs points"):
        outline([], [])


def test_areas_that_only_touch_stay_bit_for_bit() -> None:
    areas = gpd.GeoSeries([shapely.box(114, 23, 114.01, 23.01), shapely.box(114.01, 23, 114.02, 23.01)], crs=4326)
    assert without_overlap(areas).geom_equals_exact(areas, 0).all()


def test_a_covered_area_comes_out_empty() -> None:
    areas = gpd.GeoSeries([shapely.box(114, 23, 114.02, 23.02), shapely.box(114.005, 23.005, 114.01, 23.01)], crs=4326)
    assert without_overlap(areas).is_empty.tolist() == [False, True]
