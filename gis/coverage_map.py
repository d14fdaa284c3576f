"""Who looks after which cells, as one HTML file that opens without any network."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from branca.element import Element, Template
from numpy.typing import NDArray

from gis.adjacency import neighbours
from gis.inline_policy import sealed
from gis.metres import metres_per_degree

BEAT_COLOURS = ("#88ccee", "#cc6677", "#ddcc77", "#117733", "#332288", "#aa4499", "#44aa99", "#999933", "#882255")
"""Paul Tol's "muted" scheme, told apart by colour-blind readers too (SRON/EPS/TN/09-002, issue 3.2)."""
LOAD_COLOURS = ("#542788", "#998ec3", "#d8daeb", "#f7f7f7", "#fee0b6", "#f1a340", "#b35806")
"""Diverging PuOr in seven classes, colour-blind safe (colorbrewer2.org)."""
LOAD_LIMITS = (0.70, 0.85, 0.95, 1.05, 1.15, 1.30)
NOBODY = "#b8c0c8"
MOST_VERTICES = 250_000
MOST_MARKS = 1_500
DECIMALS = 5
"""1 m: enough for a map, and half the bytes of the stored coordinates."""

LABELS = {
    "by_manager": "By manager",
    "by_load": "By load",
    "stations": "Stations",
    "uncovered": "Customers without a cell",
    "cell": "Cell",
    "manager": "Customer manager",
    "phone": "Phone",
    "households": "Households",
    "load": "Load",
    "nobody": "Nobody",
    "target": "Target",
    "station": "Station",
}


@dataclass(frozen=True)
class Coverage:
    """Cells with their colours, ready to be drawn on any medium.

    `cells` (n rows, EPSG:4326): code, households, manager (position in `managers`, -1 for none), station, geometry.
    `managers`: code, name, phone, households, target, colour, load_colour. `stations`: name, geometry (outline).
    `uncovered` (m, 3): longitude, latitude, households.
    """

    cells: gpd.GeoDataFrame
    managers: pd.DataFrame
    stations: gpd.GeoDataFrame
    uncovered: NDArray[np.float64]
    labels: dict[str, str] = field(default_factory=lambda: LABELS)


def coverage_of(
    cells: gpd.GeoDataFrame,
    uncovered: gpd.GeoSeries,
    labels: dict[str, str] | None = None,
    vertices: int = MOST_VERTICES,
) -> Coverage:
    """Prepare cells for drawing: simplified together, beats coloured so that neighbours differ, uncovered gathered.

    Parameters
    ----------
    cells : GeoDataFrame of n (multi)polygons, EPSG:4326
        With columns code, station_name, manager_code, manager_name, manager_phone (None where nobody answers),
        households and target.
    uncovered : GeoSeries of points, EPSG:4326
        One for each household outside all cells.
    labels : words of the reader's language, keyed as LABELS
    vertices : the most vertices to keep; borders are simplified together until they fit

    Returns
    -------
    Coverage

    Raises
    ------
    ValueError
        When the layers are not in EPSG:4326.
    """
    for layer in (cells, uncovered):
        if len(layer) and (layer.crs is None or layer.crs.to_epsg() != 4326):
            raise ValueError(f"the layer must be in EPSG:4326, not {layer.crs}")
    cells = cells.reset_index(drop=True)
    managers, position = _managers(cells)
    managers["colour"] = _beat_colours(cells, position, len(managers))
    shapes = _simplified(cells.geometry.to_numpy(), vertices)
    drawn = gpd.GeoDataFrame(
        {
            "code": cells["code"],
            "households": cells["households"],
            "manager": position,
            "station": cells["station_name"],
        },
        geometry=shapes,
        crs=4326,
    )
    return Coverage(drawn, managers, _outlines(drawn), gathered(uncovered), {**LABELS, **(labels or {})})


def _managers(cells: gpd.GeoDataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """The managers of the cells with their loads, and the position of each cell's manager among them."""
    position, codes = pd.factorize(cells["manager_code"], sort=True)
    owned = cells[position >= 0].groupby("manager_code", sort=True)
    managers = owned.agg(
        name=("manager_name", "first"),
        phone=("manager_phone", "first"),
        households=("households", "sum"),
        target=("target", "first"),
    )
    managers = managers.reindex(codes).rename_axis("code").reset_index()
    share = managers["households"] / managers["target"].where(managers["target"] > 0)
    classes = np.searchsorted(LOAD_LIMITS, share.fillna(1.0).to_numpy(dtype=float), side="right")
    managers["load_colour"] = np.array(LOAD_COLOURS)[classes]
    return managers, position.astype(np.int64)


def _beat_colours(cells: gpd.GeoDataFrame, position: NDArray[np.int64], count: int) -> list[str]:
    """Colours such that neighbouring beats differ: the busiest first (Welsh and Powell, 1967)."""
    edges = position[neighbours(cells.geometry).edges] if len(cells) > 1 else np.empty((0, 2), dtype=np.int64)
    edges = edges[(edges[:, 0] != edges[:, 1]) & (edges >= 0).all(axis=1)]
    near: list[set[int]] = [set() for _ in range(count)]
    for first, second in edges.tolist():
        near[first].add(second)
        near[second].add(first)
    chosen = [-1] * count
    for beat in sorted(range(count), key=lambda beat: -len(near[beat])):
        taken = {chosen[other] for other in near[beat]}
        free = [colour for colour in range(len(BEAT_COLOURS)) if colour not in taken]
        chosen[beat] = free[beat % len(free)] if free else beat % len(BEAT_COLOURS)
    return [BEAT_COLOURS[colour] for colour in chosen]


def _simplified(shapes: NDArray[np.object_], vertices: int) -> NDArray[np.object_]:
    """Shapes with shared borders simplified alike (Visvalingam and Whyatt, 1993, as in GEOS coverage_simplify)."""
    tolerance, simple = 5e-5, shapes
    while shapely.get_num_coordinates(simple).sum() > vertices and tolerance < 0.01:
        simple = shapely.coverage_simplify(simple, tolerance)
        tolerance *= 3
    return simple


def _rounded(shapes: gpd.GeoSeries) -> list[str]:
    return shapely.to_geojson(shapely.transform(shapes.to_numpy(), lambda xy: np.round(xy, DECIMALS))).tolist()


def _outlines(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    names = sorted(cells["station"].dropna().unique())
    outlines = [_united(cells.geometry[cells["station"] == name].to_numpy()) for name in names]
    return gpd.GeoDataFrame({"name": names}, geometry=outlines, crs=4326)


def _united(shapes: NDArray[np.object_]) -> shapely.Geometry:
    """One outline; the fast way needs a clean coverage, which an imported layer may not be."""
    try:
        return shapely.coverage_union_all(shapes)
    except shapely.GEOSException:
        return shapely.union_all(shapely.make_valid(shapes))


def gathered(points: gpd.GeoSeries) -> NDArray[np.float64]:
    """Points as marks with a count; gathered on a coarser and coarser raster until there are few enough.

    Parameters
    ----------
    points : GeoSeries of points, EPSG:4326

    Returns
    -------
    (m, 3) float array
        Longitude, latitude and number of points of each mark; m is at most MOST_MARKS.

    Examples
    --------
    >>> gathered(gpd.GeoSeries.from_xy([114.4, 114.4], [23.1, 23.1], crs=4326)).tolist()
    [[114.4, 23.1, 2.0]]
    """
    xy = shapely.get_coordinates(points.to_numpy()) if len(points) else np.empty((0, 2))
    metres, marks = 10.0, np.empty((0, 3))
    while len(xy):
        east, north = metres_per_degree(xy[:, 1].mean())
        step = metres / np.array([float(east), float(north)])
        squares, where, counts = np.unique(np.floor(xy / step), axis=0, return_inverse=True, return_counts=True)
        if len(squares) <= MOST_MARKS:
            where = where.reshape(-1)
            centres = np.column_stack([np.bincount(where, xy[:, axis]) / counts for axis in (0, 1)])
            marks = np.column_stack([np.round(centres, DECIMALS), counts])
            break
        metres *= 2
    return marks


def coverage_file(coverage: Coverage, vendor: Path, language: str = "zh", by: str = "manager") -> str:
    """The coverage map as an HTML document that opens anywhere and runs nothing but its own script.

    Parameters
    ----------
    coverage, vendor, language, by : as of `coverage_map`

    Returns
    -------
    str
        With a Content-Security-Policy of its own, see `gis.inline_policy`.
    """
    return sealed(coverage_map(coverage, vendor, language, by).get_root().render())


def coverage_map(coverage: Coverage, vendor: Path, language: str = "zh", by: str = "manager") -> folium.Map:
    """Draw the coverage as a folium map whose file needs nothing from outside.

    Cells are coloured by manager or by load (one click apart); a click on a cell names its manager; stations and
    uncovered customers are layers that switch on and off.

    Parameters
    ----------
    coverage : what `coverage_of` returns
    vendor : folder with leaflet.js and leaflet.css, which are written into the file
    language : of the document
    by : "manager" or "load", what the colours mean at first

    Returns
    -------
    folium.Map
    """
    west, south, east, north = coverage.cells.total_bounds if len(coverage.cells) else (114.0, 22.9, 115.0, 23.5)
    chart = folium.Map(tiles=None, prefer_canvas=True, zoom_control=True)
    chart.default_js, chart.default_css = [], []
    chart.fit_bounds([[south, west], [north, east]])
    figure: Any = chart.get_root()
    figure.header.add_child(Element('<meta name="referrer" content="no-referrer">'))
    figure.header.add_child(Element(f"<style>{_inline(vendor / 'leaflet.css')}{_own('coverage_map.css')}</style>"))
    figure.header.add_child(Element(f"<script>{_inline(vendor / 'leaflet.js')}</script>"))
    _CellLayer(coverage, by).add_to(chart)
    figure.html.add_child(Element(f'<script>document.documentElement.lang = "{language}"</script>'))
    return chart


def _inline(path: Path) -> str:
    """A file's text as it may stand inside a Jinja template and a script element."""
    text = path.read_text("utf-8").replace("</script", "<\\/script")
    text = "\n".join(line for line in text.splitlines() if "sourceMappingURL" not in line)
    return "{% raw %}" + text + "{% endraw %}"


def _own(name: str) -> str:
    return _inline(Path(__file__).with_name(name))


class _CellLayer(folium.MacroElement):
    """The coverage's data and the script that draws it."""

    _template = Template(
        "{% macro script(this, kwargs) %}\n(function (map, data) {\n"
        + _own("coverage_map.js")
        + "\n})({{ this._parent.get_name() }}, {{ this.data }});\n{% endmacro %}"
    )

    def __init__(self, coverage: Coverage, by: str) -> None:
        super().__init__()
        self._name = "CellLayer"
        self.data = _script_data(coverage, by)


def _script_data(coverage: Coverage, by: str) -> str:
    cells, managers = coverage.cells, coverage.managers
    station = pd.factorize(cells["station"])
    document: dict[str, Any] = {
        "managers": managers[["code", "name", "phone", "households", "target", "colour", "load_colour"]].to_numpy(
            object
        ),
        "stations": list(station[1]),
        "uncovered": coverage.uncovered,
        "labels": coverage.labels,
        "nobody": NOBODY,
        "by": by,
        "loadColours": LOAD_COLOURS,
        "loadLimits": LOAD_LIMITS,
        "properties": [
            cells["code"].tolist(),
            cells["households"].tolist(),
            cells["manager"].tolist(),
            station[0].tolist(),
        ],
    }
    text = _mere_text(json.dumps(document, ensure_ascii=False, default=_plain, separators=(",", ":")))
    shapes, outlines = ",".join(_rounded(cells.geometry)), ",".join(_rounded(coverage.stations.geometry))
    return f'{text[:-1]},"shapes":[{shapes}],"outlines":[{outlines}]}}'


def _mere_text(document: str) -> str:
    """JSON in which no name can be markup, nor a template: branca renders a script that it has made once more."""
    document = document.replace("<", "\\u003c")
    for opening in ("{{", "{%", "{#"):
        document = document.replace(opening, opening.replace("{", "\\u007b"))
    return document


def _plain(value: Any) -> Any:
    return None if value is pd.NA else value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)
