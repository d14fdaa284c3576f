import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis import assignment, tiles
from gis.assignment import assign_points, locate, majority_cells, nearest_cells

SQUARES = geopandas.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(0, 1, 2, 2)])


def by_brute_force(x: NDArray, y: NDArray, cells: geopandas.GeoSeries) -> tuple[NDArray, NDArray]:
    """Every point against every cell, by GEOS: the lowest covering cell, and whether there are two."""
    covers = np.array([shapely.intersects_xy(cell, x, y) for cell in cells]).reshape(len(cells), len(x))
    return np.where(covers.any(axis=0), covers.argmax(axis=0) if len(cells) else -1, -1), covers.sum(axis=0) > 1


def voronoi(seeds: NDArray, rng: np.random.Generator) -> NDArray:
    return shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds)))


def overlapping(seeds: NDArray, rng: np.random.Generator) -> NDArray:
    """Huge and tiny discs."""
    return shapely.buffer(shapely.points(seeds), rng.random(len(seeds)) ** 6 * np.ptp(seeds), quad_segs=3)


def with_holes(seeds: NDArray, rng: np.random.Generator) -> NDArray:
    return shapely.difference(overlapping(seeds, rng), overlapping(seeds[::-1], rng))


def of_parts(seeds: NDArray, rng: np.random.Generator) -> NDArray:
    squares = voronoi(seeds, rng)
    return np.array([shapely.union_all(squares[start::5]) for start in range(5)])


def lattice(seeds: NDArray, rng: np.random.Generator) -> NDArray:
    west, south = np.meshgrid(np.arange(5.0), np.arange(4.0))
    return rng.permutation(shapely.box(west, south, west + 1, south + 1).ravel())


@st.composite
def cells_and_points(draw):
    """Cells of some kind, and points around them: scattered, on vertices, in the middle of edges, and not finite."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    make = draw(st.sampled_from([voronoi, overlapping, with_holes, of_parts, lattice]))
    scale, shift = draw(st.sampled_from([(1, 0), (1e-3, 114), (1e5, 2.5e6)]))
    shapes = make(rng.random((draw(st.integers(6, 40)), 2)) * scale + shift, rng)
    corners = shapely.get_coordinates(shapes)
    low, high = corners.min(axis=0), corners.max(axis=0)
    count = draw(st.sampled_from([0, 1, 50, 400]))
    spread = draw(st.sampled_from([0.01, 0.3, 1.0]))
    scattered = rng.choice(corners, 1) + rng.normal(size=(count, 2)) * (high - low) * spread
    middles = (corners[1:] + corners[:-1]) / 2
    places = [scattered, rng.choice(corners, count), rng.choice(middles, count), [(np.nan, 1.0), (np.inf, -np.inf)]]
    x, y = np.concatenate(places).T
    if draw(st.booleans()):
        x = np.where(np.isfinite(x), np.round(x, 1), x)
    return x, y, geopandas.GeoSeries([*shapes, None, shapely.Polygon()])


@pytest.mark.parametrize(
    ("block", "work", "few"),
    [(32_768, 64, 0), (64, np.inf, 0), (32_768, np.inf, 0), (64, 0, 0), (32_768, 64, 1_000)],
    ids=["usual", "cut", "raster", "tree", "few"],
)
@settings(max_examples=40, deadline=None)
@given(case=cells_and_points())
def test_agrees_with_brute_force_on_and_off_borders(block, work, few, case):
    x, y, cells = case
    expected, shared = by_brute_force(x, y, cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assignment, "_FEW", few)
        patch.setattr(assignment, "_BLOCK", block)
        patch.setattr(assignment, "_SMALL_BLOCK", block // 2)
        patch.setattr(tiles, "_WORK_PER_POINT", work)
        found = locate(x, y, cells)
        assert np.array_equal(assign_points(x, y, cells), expected)
    assert np.array_equal(found.cell, expected)
    assert np.array_equal(found.on_border, shared)


def test_most_points_are_settled_without_a_geometry_test():
    rng = np.random.default_rng(3)
    shapes = voronoi(rng.random((50, 2)), rng)
    x, y = rng.random((2, 20_000))
    sifted = tiles.sift(tiles.Outlines.of(shapes), x, y)
    assert len(sifted.open) < 0.2 * len(x)
    settled = np.setdiff1d(np.arange(len(x)), sifted.open)
    assert np.array_equal(sifted.cell[settled], by_brute_force(x, y, geopandas.GeoSeries(shapes))[0][settled])


def test_the_answer_is_a_position_not_a_label():
    relabelled = SQUARES.set_axis(["c", "a", "b"])
    assert assign_points([1.5], [0.5], relabelled).tolist() == [1]


@pytest.mark.parametrize(
    ("x", "y", "lowest", "lowest_backwards"), [(1.0, 0.5, 0, 1), (1.0, 1.0, 0, 0), (1.5, 1.0, 1, 0)]
)
def test_a_shared_border_belongs_to_the_lowest_position(x, y, lowest, lowest_backwards):
    assert locate([x], [y], SQUARES) == ([lowest], [True])
    assert locate([x], [y], SQUARES[::-1]) == ([lowest_backwards], [True])


def test_the_outer_border_belongs_to_its_cell_alone():
    found = locate([0.0, 2.0], [0.5, 2.0], SQUARES)
    assert (found.cell.tolist(), found.on_border.tolist()) == ([0, 2], [False, False])


def test_holes_are_outside_and_their_rims_inside():
    ring = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    assert assign_points([0.5, 1.5, 1.0], [0.5, 1.5, 1.5], geopandas.GeoSeries([ring])).tolist() == [0, -1, 0]


def test_an_island_in_a_hole_is_found():
    ring = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    assert assign_points([1.5, 0.5], [1.5, 0.5], geopandas.GeoSeries([ring, shapely.box(1, 1, 2, 2)])).tolist() == [
        1,
        0,
    ]


def test_positions_that_are_not_finite_lie_nowhere():
    x, y = [np.nan, 0.5, np.inf, -np.inf], [0.5, np.nan, 0.5, -np.inf]
    assert assign_points(x, y, SQUARES).tolist() == [-1, -1, -1, -1]


def test_many_households_in_one_tower():
    found = locate(np.full(50_000, 1.0), np.full(50_000, 0.5), SQUARES)
    assert set(found.cell) == {0}
    assert found.on_border.all()


def test_a_far_island_does_not_spoil_the_raster():
    cells = geopandas.GeoSeries([*SQUARES, shapely.box(1e12, 1e12, 1e12 + 1, 1e12 + 1)])
    assert assign_points([0.5, 1.5, 1e12 + 0.5], [0.5, 0.5, 1e12 + 0.5], cells).tolist() == [0, 1, 3]


def test_no_points_and_no_cells():
    nothing = assign_points([], [], SQUARES)
    assert (nothing.dtype, nothing.shape) == (np.dtype("int64"), (0,))
    for cells in (geopandas.GeoSeries([]), geopandas.GeoSeries([None, shapely.Polygon()])):
        assert assign_points([0.5], [0.5], cells).tolist() == [-1]


def test_nothing_of_the_callers_is_touched():
    x, y = np.array([0.5, 1.5]), np.array([0.5, 0.5])
    x.flags.writeable = y.flags.writeable = False
    shapely.prepare(SQUARES[1])
    assert assign_points(x, y, SQUARES).tolist() == [0, 1]
    assert shapely.is_prepared(SQUARES.to_numpy()).tolist() == [False, True, False]
    shapely.destroy_prepared(SQUARES[1])


def test_points_of_different_number_are_refused():
    with pytest.raises(ValueError, match="of one length"):
        assign_points([1.0, 2.0], [1.0], SQUARES)


def test_a_cell_that_is_a_line_is_refused():
    with pytest.raises(ValueError, match="cell 1 is a LineString"):
        assign_points([1.0], [1.0], geopandas.GeoSeries([SQUARES[0], shapely.LineString([(0, 0), (1, 1)])]))


def test_the_nearest_cell_within_reach():
    position, distance = nearest_cells([2.5, 0.5, 9.0, np.nan], [0.5, 0.5, 0.5, 0.5], SQUARES, max_distance=1)
    assert position.tolist() == [1, 0, -1, -1]
    np.testing.assert_array_equal(distance, [0.5, 0, np.nan, np.nan])


def test_the_distance_itself_is_within_reach():
    assert nearest_cells([3.0], [0.5], SQUARES, max_distance=1)[0].tolist() == [1]


def test_of_equally_near_cells_the_lowest_is_taken():
    apart = geopandas.GeoSeries([None, shapely.box(2, 0, 3, 1), shapely.box(0, 0, 1, 1)])
    assert nearest_cells([1.5], [0.5], apart, max_distance=1)[0].tolist() == [1]


@settings(max_examples=30, deadline=None)
@given(case=cells_and_points(), reach=st.sampled_from([1e-4, 0.1, 1e4]))
def test_the_nearest_cell_agrees_with_brute_force(case, reach):
    x, y, cells = case
    shapes = cells[:-2].to_numpy()
    finite = np.isfinite(x) & np.isfinite(y)
    points = shapely.points(np.where(finite, x, 0), np.where(finite, y, 0))
    distances = np.nan_to_num(shapely.distance(shapes[:, None], points), nan=np.inf)  # NaN: an empty cell
    usable = finite & (distances.min(axis=0) <= reach)
    position, distance = nearest_cells(x, y, cells, reach)
    assert np.array_equal(position, np.where(usable, distances.argmin(axis=0), -1))
    assert np.array_equal(distance, np.where(usable, distances.min(axis=0), np.nan), equal_nan=True)


def test_no_cells_are_near_nothing():
    assert nearest_cells([1.0], [1.0], geopandas.GeoSeries([]), 50)[0].tolist() == [-1]


@pytest.mark.parametrize("reach", [0, -1, np.nan])
def test_a_reach_that_is_not_positive_is_refused(reach):
    with pytest.raises(ValueError, match="more than 0"):
        nearest_cells([1.0], [1.0], SQUARES, reach)


def test_degrees_are_no_distance():
    with pytest.raises(ValueError, match="projected"):
        nearest_cells([1.0], [1.0], SQUARES.set_crs("EPSG:4326"), 50)


def test_an_area_goes_with_four_fifths_of_its_located_boxes():
    group = [1] * 6 + [2] * 5 + [3] * 2
    cell = [*[7, 7, 7, 7, 8, -1], *[7, 7, 7, 8, 8], *[-1, -1]]
    main = majority_cells(group, cell)
    assert main.index.tolist() == [1]
    assert main.loc[1].tolist() == [7, 0.8]


def test_of_equal_shares_the_lowest_cell_is_taken():
    assert majority_cells([1, 1, 1, 1], [9, 5, 9, 5], share=0.5)["cell"].tolist() == [5]


def test_no_boxes_make_no_areas():
    main = majority_cells([], [])
    assert (len(main), main.columns.tolist(), main.index.name) == (0, ["cell", "share"], "group")


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 3)), max_size=60), st.integers(1, 10))
def test_majorities_agree_with_counting_by_hand(boxes, tenths):
    expected = {}
    for group in {group for group, _ in boxes}:
        cells = [cell for owner, cell in boxes if owner == group and cell >= 0]
        most = max(sorted(set(cells)), key=cells.count, default=None)
        if most is not None and 10 * cells.count(most) >= tenths * len(cells):
            expected[group] = most
    group, cell = np.array(boxes, dtype=int).reshape(-1, 2).T
    assert majority_cells(group, cell, tenths / 10)["cell"].to_dict() == expected


@pytest.mark.parametrize("share", [-0.1, 0, 1.1, np.nan])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match="share must be"):
        majority_cells([1], [1], share)


def test_groups_and_cells_of_different_number_are_refused():
    with pytest.raises(ValueError, match="of one length"):
        majority_cells([1, 2], [1])
