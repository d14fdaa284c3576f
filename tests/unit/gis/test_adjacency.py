import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.adjacency import bridge_islands, components, neighbours
from gis.cells import make_cells
from gis.metres import metres_per_degree

NORTH = float(metres_per_degree(23.005)[1])


def layer(*boxes):
    return gpd.GeoSeries([shapely.box(*box) for box in boxes], crs="EPSG:4326")


def test_a_shared_border_is_measured_in_metres():
    near = neighbours(layer((114, 23, 114.01, 23.01), (114.01, 23, 114.02, 23.01)))
    assert near.edges.tolist() == [[0, 1]]
    assert near.border_m == pytest.approx([0.01 * NORTH], rel=1e-4)


def test_a_common_corner_is_no_border():
    assert not len(neighbours(layer((114, 23, 114.01, 23.01), (114.01, 23.01, 114.02, 23.02))).edges)


def test_borders_without_common_vertices_are_found():
    near = neighbours(layer((114, 23, 114.01, 23.01), (114.01, 23.002, 114.02, 23.006)))
    assert near.border_m == pytest.approx([0.004 * NORTH], rel=1e-4)


def test_borders_a_millimetre_apart_are_borders():
    assert len(neighbours(layer((114, 23, 114.01, 23.01), (114.01 + 1e-8, 23.002, 114.02, 23.006))).edges) == 1


def test_no_cells_have_no_neighbours():
    assert neighbours(layer()).edges.shape == (0, 2)


def test_the_same_pairs_as_by_intersecting_all_borders():
    chance = np.random.default_rng(0)
    x, y = chance.uniform(114, 114.1, 2_000), chance.uniform(23, 23.1, 2_000)
    cells = make_cells(shapely.Point(114.05, 23.05).buffer(0.05), x, y, "quadtree", 30)
    i, j = cells.sindex.query(cells.to_numpy(), predicate="intersects")
    i, j = i[i < j], j[i < j]
    shared = shapely.length(shapely.intersection(cells.to_numpy()[i], cells.to_numpy()[j])) > 0
    assert set(map(tuple, neighbours(cells).edges.tolist())) == set(
        zip(i[shared].tolist(), j[shared].tolist(), strict=True)
    )


def test_components_are_numbered_in_order_of_their_lowest_node():
    assert components(6, np.array([[4, 1], [5, 2], [2, 3]])).tolist() == [0, 1, 2, 2, 1, 2]


def test_islands_are_linked_where_they_are_nearest():
    positions = np.array([[0.0, 0], [1, 0], [5, 0], [6, 0], [6, 9]])
    bridges = bridge_islands(np.array([[0, 1], [2, 3]]), positions)
    assert bridges.edges[bridges.bridge].tolist() == [[1, 2], [3, 4]]
    assert not components(5, bridges.edges).any()


def test_a_connected_graph_needs_no_bridge():
    assert not bridge_islands(np.array([[0, 1]]), np.zeros((2, 2))).bridge.any()
