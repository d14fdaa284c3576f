"""The demo city: where its households live, and what supplies them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from app.demo import facts
from app.demo.hamlets import hamlet_boxes, hamlet_sites
from app.demo.land import Land, divide
from app.demo.network import feeders, transformer_areas
from app.demo.streets import Town, street_boxes

VILLAGE = 3
"""Style of a box in a hamlet; those of a town: `app.demo.blocks`."""
WHOLE_CITY = 1_780_000
HAMLET_HOUSEHOLDS, SMALLEST_MEDIAN = 58, 18
"""A small demo has smaller hamlets, so that it still has many."""


@dataclass(frozen=True)
class City:
    """All that is fixed before people move in.

    `boxes`, station by station: x, y (metres), lon, lat, size (meters in the box), style, county, town, place (address
    within the town), number (of the first house in a hamlet's box), hamlet (-1 in towns), station, area (codes),
    box_no. `areas`: code, name, station, feeder (codes). `feeders`: code, name, station.
    """

    seed: int
    land: Land
    boxes: pd.DataFrame
    areas: pd.DataFrame
    feeders: pd.DataFrame


def build(households: int, seed: int = 1) -> City:
    """A city of exactly so many metered households; the same for the same seed."""
    land = divide(households)
    sites = hamlet_sites(land, np.random.default_rng([seed, 0]))
    wanted = land.sites.groupby("seat")["households"].sum()
    median = float(np.clip(HAMLET_HOUSEHOLDS * (households / WHOLE_CITY) ** 0.25, SMALLEST_MEDIAN, HAMLET_HOUSEHOLDS))
    towns = [_town(land, seat, sites[sites["seat"] == seat], wanted[seat], median, seed) for seat in wanted.index]
    boxes = _in_stations(land, pd.concat(towns, ignore_index=True))
    return _supplied(seed, land, boxes)


def _town(land: Land, seat: int, sites: pd.DataFrame, households: int, median: float, seed: int) -> pd.DataFrame:
    """Boxes of a town and of the hamlets around it."""
    rng = np.random.default_rng([seed, 1, seat])
    row, region = facts.seats().loc[seat], land.towns[seat]
    shapely.prepare(region)

    def within(at: NDArray[np.float64]) -> NDArray[np.bool_]:
        return shapely.contains_xy(region, *land.plane.to_degrees(at).T)

    centre = land.plane.to_metres(np.array([[row["lon"], row["lat"]]]))[0]
    rural = round(households * (1 - _urban_share(row["size"])))
    urban_radius = 12 * np.sqrt(households - rural) + 150
    outside = np.hypot(*(sites[["x", "y"]].to_numpy() - centre).T) > urban_radius
    hamlets = hamlet_boxes(seat, sites[outside], rural, median, rng)
    hamlets = hamlets[within(hamlets[["x", "y"]].to_numpy())]
    streets = street_boxes(Town.random(centre, rng), within, households - int(hamlets["size"].sum()), rng)
    streets["town"] = _quarters(seat, streets, centre, rng)
    boxes = pd.concat([streets.assign(hamlet=-1, number=0), hamlets.assign(style=VILLAGE)], ignore_index=True)
    return boxes.assign(county=row["county"], seat=seat)


def _urban_share(size: float) -> float:
    """Share of a town's households that live in its streets; large towns leave less to the villages."""
    return float(np.clip(0.3 + 0.15 * np.log2(size / 3), 0.25, 0.95))


def _quarters(seat: int, boxes: pd.DataFrame, centre: NDArray[np.float64], rng: Generator) -> NDArray[np.object_]:
    """Official town of each box; where a seat has several, they lie around it in sectors."""
    names = facts.towns()[facts.seats()["towns"][seat].split(";")].to_numpy(dtype=object)
    x, y = (boxes[["x", "y"]].to_numpy() - centre).T
    turn = (np.arctan2(y, x) + rng.uniform(0, 2 * np.pi)) / (2 * np.pi) % 1
    return names[(turn * len(names)).astype(int)]


def _in_stations(land: Land, boxes: pd.DataFrame) -> pd.DataFrame:
    """Positions in degrees (six decimals, as they are measured) and the station that they lie in."""
    degrees = land.plane.to_degrees(boxes[["x", "y"]].to_numpy()).round(6)
    boxes["lon"], boxes["lat"] = degrees.T
    station, box = shapely.STRtree(shapely.points(degrees)).query(
        land.stations.geometry.to_numpy(), predicate="intersects"
    )
    _, first = np.unique(box, return_index=True)
    codes = land.stations["code"].to_numpy(dtype=object)
    boxes = boxes.iloc[box[first]].assign(station=codes[station[first]])
    return boxes.sort_values("station", kind="stable", ignore_index=True)


def _supplied(seed: int, land: Land, boxes: pd.DataFrame) -> City:
    """Transformer areas, feeders and box numbers."""
    parts, areas, lines = [], [], []
    for station, own in boxes.groupby("station"):
        label, station_areas = transformer_areas(str(station), own)
        station_areas["feeder"], station_lines = feeders(str(station), station_areas)
        own = own.assign(area=station_areas["code"].to_numpy()[label]).sort_values("area", kind="stable")
        parts.append(own.assign(box_no=[f"{station}B{number:05}" for number in range(1, len(own) + 1)]))
        areas.append(station_areas[["code", "name", "station", "feeder"]])
        lines.append(station_lines)
    return City(
        seed,
        land,
        pd.concat(parts, ignore_index=True),
        pd.concat(areas, ignore_index=True),
        pd.concat(lines, ignore_index=True),
    )
