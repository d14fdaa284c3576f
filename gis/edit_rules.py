"""What an edit of cells must not do, and the proof that it did not."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gis.coverage import NOISE_M2, check
from gis.wgs84 import WGS84

INVALID_SHAPE = "invalid_shape"
LINE_CROSSES_ITSELF = "line_crosses_itself"
LINE_CUTS_NOTHING = "line_cuts_nothing"
TOO_MANY_PARTS = "too_many_parts"
PART_TOO_SMALL = "part_too_small"
NOTHING_TO_HALVE = "nothing_to_halve"
NOT_ADJACENT = "not_adjacent"
OUTSIDE_LAYER = "outside_layer"
FROZEN = "frozen"
NO_TAKER = "no_taker"
VANISHES = "vanishes"
FALLS_APART = "falls_apart"
TEARS = "tears"
CODES = (
    INVALID_SHAPE,
    LINE_CROSSES_ITSELF,
    LINE_CUTS_NOTHING,
    TOO_MANY_PARTS,
    PART_TOO_SMALL,
    NOTHING_TO_HALVE,
    NOT_ADJACENT,
    OUTSIDE_LAYER,
    FROZEN,
    NO_TAKER,
    VANISHES,
    FALLS_APART,
    TEARS,
)
NONE = np.empty(0, dtype=object)


class EditError(Exception):
    """An edit that would tear the layer: `code` is one of `CODES`, `details` what it is about (positions, areas)."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details


def require_proven(before: NDArray[np.object_], after: NDArray[np.object_], kept: NDArray[np.object_] = NONE) -> None:
    """Refuse an edit that opens a gap, adds an overlap or leaves an invalid cell.

    Parameters
    ----------
    before, after : arrays of (multi)polygons, EPSG:4326, what the edit changes, before and after
    kept : array of (multi)polygons, EPSG:4326, optional
        Cells around that stay as they are: they cover what they covered, but nothing may overlap them.

    Raises
    ------
    EditError
        TEARS, with gap_m2, overlap_m2 and the number of invalid cells.

    Examples
    --------
    >>> halves = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> require_proven(np.array([shapely.box(0, 0, 2, 1)]), halves)
    """
    new = check(gpd.GeoSeries(np.concatenate([after, kept]), crs=WGS84), shapely.union_all(before))
    if new.is_proven:
        return
    old = check(gpd.GeoSeries(np.concatenate([before, kept]), crs=WGS84))
    worse_overlap = new.overlap_m2 - old.overlap_m2
    worse_invalid = len(new.invalid) - len(old.invalid) + len(new.empty)
    if new.gap_m2 or worse_overlap >= NOISE_M2 or worse_invalid > 0:
        raise EditError(TEARS, gap_m2=new.gap_m2, overlap_m2=worse_overlap, invalid=worse_invalid)
