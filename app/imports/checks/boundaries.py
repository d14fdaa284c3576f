"""Whether a file lies where its boundaries say that it should."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from flask import current_app
from numpy.typing import NDArray

from gis.crs_guess import likely_crs


@cache
def _counties(root: str) -> NDArray[np.object_]:
    """Outlines of the counties that the program knows, for a register that has no boundaries yet."""
    return gpd.read_file(Path(root) / "demo/data/counties.geojson").geometry.to_numpy()


def misplaced(shapes: NDArray[np.object_], stored: NDArray[np.object_]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Warn when the shapes (as WGS 84) fit the boundaries clearly better in another coordinate system."""
    reference = _near(shapes, stored)
    if not len(reference):
        reference = _near(shapes, _counties(current_app.root_path))
    if not len(reference):
        return
    guess = likely_crs(shapes, reference)
    if guess.best == "swapped":
        yield "swapped_layer", {}
    elif guess.best not in (None, "wgs84"):
        yield "wrong_crs", {"crs": guess.best, "metres": round(guess.claimed_distance_m)}


def _near(shapes: NDArray[np.object_], areas: NDArray[np.object_]) -> NDArray[np.object_]:
    """The areas that the shapes, or their mirror image with swapped axes, come near."""
    if not len(areas):
        return areas
    west, south, east, north = shapely.total_bounds(shapes)
    extent = shapely.box(west - 0.1, south - 0.1, east + 0.1, north + 0.1)
    mirrored = shapely.box(south - 0.1, west - 0.1, north + 0.1, east + 0.1)
    return areas[shapely.intersects(areas, extent) | shapely.intersects(areas, mirrored)]
