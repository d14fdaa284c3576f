"""Checks of coordinates, and what they say together about the file."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from app.customers.bulk import Places
from app.imports.checks.boundaries import misplaced
from app.imports.checks.known_places import unlike_register
from app.imports.checks.service_area import Floats, ServiceArea, is_on_earth
from app.imports.rows import Issue, Mask, Rows, Texts, blanked
from gis.coordinates import to_wgs84

MOST_SHARED = 10
"""So many shared positions are named one by one."""

MOST_COMPARED = 50_000
"""About so many positions, evenly from the whole file, are held against the boundaries."""

FileIssue = tuple[str, dict[str, Any]]
"""A code and its details, said once for the whole file."""


class Positions:
    """Reads longitude and latitude, and gathers what can only be judged at the end of the file."""

    def __init__(self, area: ServiceArea, crs: str, most_boxes: int) -> None:
        self.area = area
        self.crs = crs
        self.most_boxes = most_boxes
        self.unlocated = 0
        self._located: list[pd.DataFrame] = []

    def check(self, rows: Rows, bound: Mask) -> Iterator[Issue]:
        """Both or none, numbers, in this order, on this earth, and, for `bound` rows, in the service area."""
        given_lon, given_lat, lon, lat = read_positions(rows)
        yield Issue("half_position", "lon", given_lon & ~given_lat)
        yield Issue("half_position", "lat", given_lat & ~given_lon)
        given = given_lon & given_lat
        for name, numbers in (("lon", lon), ("lat", lat)):
            yield Issue("not_a_number", name, given & ~np.isfinite(numbers), {"value": rows.text(name)})
        given &= np.isfinite(lon) & np.isfinite(lat)
        zero = given & (np.abs(lon) < 1e-9) & (np.abs(lat) < 1e-9)
        yield Issue("zero_position", "lon", zero)
        given &= ~zero
        here_lon, here_lat = self._to_wgs84(lon, lat, given)
        yield from self._placed(given, bound, (lon, lat), (here_lon, here_lat))
        rows.values["lon"], rows.values["lat"] = here_lon, here_lat

    def _to_wgs84(self, lon: Floats, lat: Floats, given: Mask) -> tuple[Floats, Floats]:
        here_lon, here_lat = np.full(len(lon), np.nan), np.full(len(lon), np.nan)
        here_lon[given], here_lat[given] = to_wgs84(lon[given], lat[given], self.crs)
        return here_lon, here_lat

    def _placed(
        self, given: Mask, bound: Mask, raw: tuple[Floats, Floats], here: tuple[Floats, Floats]
    ) -> Iterator[Issue]:
        impossible = given & ~is_on_earth(*here)
        astray = impossible | (given & bound & ~self.area.contains(*here))
        mirrored = self._to_wgs84(raw[1], raw[0], astray)
        swapped = astray & np.where(bound, self.area.contains(*mirrored), is_on_earth(*mirrored))
        details = {"lon": raw[0], "lat": raw[1]}
        yield Issue("swapped", "lon", swapped, details)
        astray &= ~swapped
        impossible &= ~swapped
        yield Issue("impossible_position", "lon", impossible, details)
        yield Issue("outside_service_area", "lon", astray & ~impossible, details)

    def gather(self, rows: Rows, boxes: Texts) -> None:
        """Keep what `finish` needs of the accepted rows."""
        lon, lat, kept = rows.values["lon"], rows.values["lat"], ~rows.rejected
        located = kept & np.isfinite(lon)
        self.unlocated += int((kept & ~located).sum())
        box = pd.util.hash_array(boxes[located], categorize=False)
        columns = {"lon": lon[located], "lat": lat[located], "box": box, "row": rows.numbers[located]}
        self._located.append(pd.DataFrame(columns))

    def finish(self, known: Places) -> Iterator[FileIssue]:
        """What the file as a whole says, by itself and beside what was known before."""
        if self.unlocated:
            yield "no_position", {"rows": self.unlocated}
        located = pd.concat(self._located) if self._located else pd.DataFrame(columns=["lon", "lat", "box", "row"])
        if not len(located):
            return
        yield from _shared(located, self.most_boxes)
        by_register = list(unlike_register(known, self.crs))
        some = located.iloc[:: len(located) // MOST_COMPARED + 1]
        points = shapely.points(some["lon"].to_numpy(), some["lat"].to_numpy())
        yield from by_register or misplaced(points, self.area.boundaries)


def _shared(located: pd.DataFrame, most: int) -> Iterator[FileIssue]:
    boxes = located.drop_duplicates(["lon", "lat", "box"]).groupby(["lon", "lat"])["row"].agg(["size", "min"])
    crowded = boxes[boxes["size"] > most].sort_values("size", ascending=False).head(MOST_SHARED)
    for (lon, lat), (count, first) in zip(crowded.index, crowded.to_numpy(), strict=True):
        yield "shared_position", {"lon": float(lon), "lat": float(lat), "boxes": int(count), "first": int(first)}


def read_positions(rows: Rows) -> tuple[Mask, Mask, Floats, Floats]:
    """Which rows have a longitude and a latitude, and both as numbers (NaN for what is none)."""
    if rows.geometry is not None and not rows.has("lon"):
        points = blanked(rows.geometry, shapely.get_type_id(rows.geometry) != 0)
        lon, lat = shapely.get_x(points), shapely.get_y(points)
        given = np.isfinite(lon)
        return given, given.copy(), lon, lat
    lon, lat = rows.code_column("lon"), rows.code_column("lat")
    given_lon, given_lat = (np.asarray(pc.not_equal(texts, ""), dtype=bool) for texts in (lon, lat))
    return given_lon, given_lat, _numbers(lon), _numbers(lat)


def _numbers(texts: pa.Array) -> Floats:
    """The cells as numbers: all at once where all are written plainly."""
    try:
        plain = pc.cast(pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts), pa.float64())
        numbers = plain.to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        decimal = pd.Series(texts.to_pylist(), dtype=object)
        decimal = decimal.str.replace(r"^([+-]?\d+),(\d+)$", r"\1.\2", regex=True)
        numbers = pd.to_numeric(decimal, errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)
