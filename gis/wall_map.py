"""The coverage map as a drawing for the wall: SVG without script, for print."""

from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gis.coverage_map import NOBODY, Coverage
from gis.metres import metres_per_degree

UNCOVERED = "#e6007e"


def wall_map(coverage: Coverage, width: float, height: float, by: str = "manager", labels: int = 40) -> str:
    """Draw the coverage into a frame of `width` x `height` millimetres.

    The sheet is a plate carrée scaled at its middle latitude, true to scale within 1 % for a city.

    Parameters
    ----------
    coverage : what `coverage_of` returns
    width, height : millimetres
    by : "manager" or "load", what the cells' colours mean
    labels : cells carry their codes when there are no more than this many

    Returns
    -------
    SVG document as text; the font of its labels is left to the reader's style

    Raises
    ------
    ValueError
        When there is nothing to draw.
    """
    if not len(coverage.cells):
        raise ValueError("there are no cells to draw")
    frame = _Frame(coverage.cells, width, height)
    column = "load_colour" if by == "load" else "colour"
    palette = np.append(coverage.managers[column].to_numpy(dtype=object), NOBODY)
    colours = palette[coverage.cells["manager"].to_numpy()]
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}">',
        '<g stroke="#4a5866" stroke-width="0.08" fill-rule="evenodd" fill-opacity="0.75">',
        *(
            f'<path fill="{colour}" d="{path}"/>'
            for colour, path in zip(colours, frame.paths(coverage.cells), strict=True)
        ),
        '</g><g fill="none" stroke="#1d2733" stroke-width="0.35">',
        *(f'<path d="{path}"/>' for path in frame.paths(coverage.stations)),
        f'</g><g fill="{UNCOVERED}" stroke="#fff" stroke-width="0.1">',
        *(
            f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{0.6 + 0.4 * np.log10(n):.2f}"/>'
            for x, y, n in frame.marks(coverage)
        ),
        "</g>",
        *(frame.labels(coverage.cells, "code") if len(coverage.cells) <= labels else ()),
        *(frame.labels(coverage.stations, "name") if len(coverage.stations) > 1 else ()),
        "</svg>",
    ]
    return "\n".join(parts)


class _Frame:
    """From degrees to millimetres on the sheet, the y axis downwards."""

    def __init__(self, cells: gpd.GeoDataFrame, width: float, height: float) -> None:
        west, south, east, north = cells.total_bounds
        self.scale = np.array([float(part) for part in metres_per_degree((south + north) / 2)])
        span = np.array([east - west, north - south]) * self.scale
        self.per_metre = float(np.min(np.array([width, height]) / np.maximum(span, 1.0)))
        self.middle, self.centre = np.array([(west + east) / 2, (south + north) / 2]), np.array([width / 2, height / 2])

    def place(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.centre + (degrees - self.middle) * self.scale * self.per_metre * np.array([1.0, -1.0])

    def paths(self, layer: gpd.GeoDataFrame) -> list[str]:
        """One SVG path for each geometry."""
        shapes = shapely.transform(layer.geometry.to_numpy(), self.place)
        parts, owner = shapely.get_parts(shapes, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        paths: list[list[str]] = [[] for _ in range(len(layer))]
        for ring, cell in zip(rings, owner[part], strict=True):
            points = shapely.get_coordinates(ring)[:-1]
            paths[cell].append("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + "Z")
        return ["".join(path) for path in paths]

    def marks(self, coverage: Coverage) -> NDArray[np.float64]:
        places = self.place(coverage.uncovered[:, :2]) if len(coverage.uncovered) else np.empty((0, 2))
        return np.column_stack([places, coverage.uncovered[:, 2]]) if len(places) else np.empty((0, 3))

    def labels(self, layer: gpd.GeoDataFrame, column: str) -> list[str]:
        """Names at a point that surely lies inside, white-edged so that they read on any colour."""
        places = self.place(shapely.get_coordinates(shapely.point_on_surface(layer.geometry.to_numpy())))
        style = (
            'text-anchor="middle" font-size="3" fill="#1d2733" stroke="#fff" stroke-width="0.8" paint-order="stroke"'
        )
        return [
            f'<text x="{x:.2f}" y="{y:.2f}" {style}>{escape(str(text))}</text>'
            for (x, y), text in zip(places, layer[column], strict=True)
        ]
