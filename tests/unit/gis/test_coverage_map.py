"""The coverage map: every beat told from its neighbours, one file, nothing from outside."""

import base64
import hashlib
import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.adjacency import neighbours
from gis.coverage_map import MOST_MARKS, Coverage, coverage_file, coverage_of
from gis.inline_policy import INLINE, policy_of
from gis.wall_map import wall_map

NO_POINTS = gpd.GeoSeries([], crs=4326)


def layer(owners: list[str | None], side: int, **columns: object) -> gpd.GeoDataFrame:
    """A square of side x side cells near Huizhou with these owners, row by row."""
    boxes = [
        shapely.box(114 + x / 100, 23 + y / 100, 114.01 + x / 100, 23.01 + y / 100)
        for y in range(side)
        for x in range(side)
    ]
    values = {
        "code": [f"C{i}" for i in range(len(boxes))],
        "station_name": "江北供电所",
        "manager_code": owners,
        "manager_name": [owner and f"经理{owner}" for owner in owners],
        "manager_phone": [owner and "13800000000" for owner in owners],
        "households": 100,
        "target": 200,
    }
    return gpd.GeoDataFrame(values | columns, geometry=boxes, crs=4326)


@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=16, max_size=16))
def test_neighbouring_beats_differ_in_colour(owners: list[str | None]) -> None:
    cells = layer(owners, 4)
    drawn = coverage_of(cells, NO_POINTS)
    colour = np.append(drawn.managers["colour"].to_numpy(object), "none")[drawn.cells["manager"]]
    for first, second in neighbours(cells.geometry).edges:
        if owners[first] != owners[second] and None not in (owners[first], owners[second]):
            assert colour[first] != colour[second]


def test_loads_are_those_of_the_cells() -> None:
    managers = coverage_of(layer(["a", "a", "b", None], 2), NO_POINTS).managers
    assert managers.set_index("code")["households"].to_dict() == {"a": 200, "b": 100}


def test_simplified_cells_keep_their_shared_borders() -> None:
    t = np.linspace(0, 1, 500)
    wave = np.column_stack([114.01 + 0.001 * np.sin(40 * t), 23 + 0.01 * t])
    west = shapely.Polygon([(114, 23), *wave, (114, 23.01)])
    east = shapely.Polygon([(114.02, 23), (114.02, 23.01), *wave[::-1]])
    cells = layer(["a", "b", "a", "b"], 2).iloc[:2].set_geometry([west, east], crs=4326)
    drawn = coverage_of(cells, NO_POINTS, vertices=100)
    assert shapely.get_num_coordinates(drawn.cells.geometry.array).sum() <= 100
    assert shapely.coverage_is_valid(drawn.cells.geometry.array)


@given(st.integers(0, 5000), st.integers(0, 2**32 - 1))
def test_every_uncovered_household_is_counted(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = gpd.GeoSeries(shapely.points(rng.uniform(114, 115, count), rng.uniform(23, 24, count)), crs=4326)
    marks = coverage_of(layer(["a"], 1), points).uncovered
    assert marks[:, 2].sum() == count if count else len(marks) == 0
    assert len(marks) <= MOST_MARKS


def test_another_coordinate_system_is_refused() -> None:
    with pytest.raises(ValueError, match="EPSG:4326"):
        coverage_of(layer(["a"], 1).to_crs(32650), NO_POINTS)


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    (tmp_path / "leaflet.js").write_text("var L = {};\n//# sourceMappingURL=leaflet.js.map")
    (tmp_path / "leaflet.css").write_text(".leaflet-pane {}")
    return tmp_path


def page(coverage: Coverage, vendor: Path) -> str:
    return coverage_file(coverage, vendor)


def test_the_file_asks_nobody_for_anything(vendor: Path) -> None:
    html = page(coverage_of(layer(["a", "b", None, "a"], 2), NO_POINTS), vendor)
    assert re.findall(r'(?:src|href)\s*=\s*"[^"#]', html) == []
    assert "https://" not in html


@pytest.mark.parametrize("name", ["</script><script>alert(1)", "<!--<script>", "{{7*7}}", "{% raw %}", "{{{{#{#}}}}"])
def test_a_name_is_neither_markup_nor_template(vendor: Path, name: str) -> None:
    html = page(coverage_of(layer(["a"], 1, manager_name=name), NO_POINTS), vendor)
    managers, _end = json.JSONDecoder().raw_decode(html, html.index('[["a",'))
    assert managers[0][1] == name
    assert name not in html


def test_the_file_allows_its_own_scripts_and_styles_only(vendor: Path) -> None:
    html = page(coverage_of(layer(["a"], 1), NO_POINTS), vendor)
    policy = policy_of(html)
    assert policy.startswith("default-src 'none'; img-src data:; script-src 'sha256-")
    assert "unsafe" not in policy
    for _kind, text in INLINE.findall(html):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy


def test_the_wall_map_fills_its_frame() -> None:
    svg = wall_map(coverage_of(layer(["a", "b", None, "a"], 2), NO_POINTS), 400, 240)
    heights = [float(y) for y in re.findall(r"[ML][\d.-]+ ([\d.-]+)", svg)]
    assert (min(heights), max(heights)) == pytest.approx((0, 240), abs=0.1)
