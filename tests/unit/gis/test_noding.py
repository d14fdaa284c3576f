import numpy as np
import pytest
import shapely

from gis.noding import dissolve, joined

WHOLE, HALVES = shapely.box(0, 0, 1, 2), [shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)]


@pytest.mark.parametrize("polygons", [[WHOLE], HALVES, [WHOLE, *HALVES]], ids=["one", "shared", "not shared"])
def test_polygons_side_by_side_are_joined_whether_or_not_they_share_every_vertex(polygons):
    whole = joined(np.array(polygons))
    assert whole.is_valid
    assert whole.equals(shapely.union_all(polygons))


def test_polygons_of_one_label_become_one_in_the_order_of_labels():
    pieces = dissolve(np.array([HALVES[0], WHOLE, HALVES[1]]), np.array([5, 2, 5]))
    assert [piece.bounds for piece in pieces] == [(0, 0, 1, 2), (1, 0, 2, 2)]
