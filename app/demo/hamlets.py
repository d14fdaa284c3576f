"""Hamlets along the roads between the towns, and the meter boxes along their lanes."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from app.demo import facts
from app.demo.groups import compact_groups
from app.demo.land import Land
from app.demo.texts import joined

ROAD_BENDS = 5
ROADSIDE_M = 900
REMOTE_SHARE = 0.15
HAMLET_DISTANCE_M = 350
CANDIDATES = 120_000
SMALLEST_HAMLET, LARGEST_HAMLET = 10, 400
BOX_SIZES = np.array([0.14, 0.14, 0.13, 0.13, 0.12, 0.1, 0.08, 0.06, 0.04, 0.03, 0.02, 0.01])
"""Share of boxes with 1, 2, ... 12 meters."""
LANE_M, HOUSE_M = 38, 24
VILLAGE_HOUSEHOLDS = 700
"""About so many households carry the name of one village, while there are names."""
REPEATS = np.array(["", "二", "三", "四", "五", "六", "七", "八"], dtype=object)


class Lots(NamedTuple):
    """Boxes of hamlets, (n,) each: meters, hamlet, rank in the hamlet, number of the first household in it."""

    size: NDArray[np.int64]
    hamlet: NDArray[np.int64]
    rank: NDArray[np.int64]
    number: NDArray[np.int64]


def roads(land: Land, rng: Generator) -> NDArray[np.float64]:
    """Winding roads between neighbouring town seats: (roads, points, 2) in metres.

    Two seats are neighbours when no third one lies in the circle between them (Gabriel and Sokal 1969).
    """
    seats = land.sites.groupby("seat")[["x", "y"]].first().to_numpy()
    a, b = np.triu_indices(len(seats), k=1)
    middle, radius = (seats[a] + seats[b]) / 2, np.hypot(*(seats[a] - seats[b]).T) / 2
    distance = np.hypot(*np.moveaxis(middle[:, None] - seats, 2, 0))
    near = (distance >= radius[:, None] - 1).all(axis=1)
    lines = np.stack([seats[a[near]], seats[b[near]]], axis=1)
    for _bend in range(ROAD_BENDS):
        step = np.diff(lines, axis=1)
        across = np.stack([-step[..., 1], step[..., 0]], axis=2) * rng.normal(0, 0.11, (*step.shape[:2], 1))
        wound = np.empty((len(lines), 2 * lines.shape[1] - 1, 2))
        wound[:, ::2], wound[:, 1::2] = lines, (lines[:, :-1] + lines[:, 1:]) / 2 + across
        lines = wound
    return lines


def hamlet_sites(land: Land, rng: Generator) -> pd.DataFrame:
    """Where hamlets may lie, in random order: x, y, heading (radians, along the road), seat."""
    lines = roads(land, rng)
    start, step = lines[:, :-1].reshape(-1, 2), np.diff(lines, axis=1).reshape(-1, 2)
    length = np.hypot(*step.T)
    on = rng.choice(len(start), CANDIDATES, p=length / length.sum())
    heading = np.arctan2(step[on, 1], step[on, 0])
    aside = rng.laplace(0, ROADSIDE_M, CANDIDATES) * np.where(rng.random(CANDIDATES) < REMOTE_SHARE, 4, 1)
    x, y = (start[on] + step[on] * rng.random((CANDIDATES, 1))).T
    sites = pd.DataFrame({"x": x - aside * np.sin(heading), "y": y + aside * np.cos(heading), "heading": heading})
    sites = sites[~(sites[["x", "y"]] // HAMLET_DISTANCE_M).duplicated()].reset_index(drop=True)
    points = shapely.points(land.plane.to_degrees(sites[["x", "y"]].to_numpy()))
    seat, site = shapely.STRtree(points).query(land.towns, predicate="contains")
    return sites.iloc[site].assign(seat=seat).sort_index()


def hamlet_boxes(seat: int, sites: pd.DataFrame, households: int, median: float, rng: Generator) -> pd.DataFrame:
    """Boxes of a town's hamlets, which take the first of the sites; half of them have fewer households than `median`.

    Columns: x, y, size, hamlet (from 0), town, place (village and hamlet), number (of the first house in the box).
    """
    size = _hamlet_sizes(len(sites), households, median, rng)
    sites = sites.iloc[: len(size)]
    lots = _lots(size, rng)
    lanes = np.maximum(1, np.round(np.sqrt(np.bincount(lots.hamlet, minlength=len(size)) / 3))).astype(int)[lots.hamlet]
    along = (lots.rank // lanes - 1.5) * HOUSE_M + rng.normal(0, 3, len(lanes))
    across = (lots.rank % lanes - (lanes - 1) / 2) * LANE_M + rng.normal(0, 4, len(lanes)) + along**2 / 900
    heading = (sites["heading"].to_numpy() + rng.normal(0, 0.3, len(sites)))[lots.hamlet]
    at = sites[["x", "y"]].to_numpy()
    town, place = _names(seat, at, size, rng)
    return pd.DataFrame(
        {
            "x": at[lots.hamlet, 0] + along * np.cos(heading) - across * np.sin(heading),
            "y": at[lots.hamlet, 1] + along * np.sin(heading) + across * np.cos(heading),
            "size": lots.size,
            "hamlet": lots.hamlet,
            "town": town[lots.hamlet],
            "place": place[lots.hamlet],
            "number": lots.number,
        }
    )


def villages_of(seat: int) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Names of a seat's villages (in a city: communities) and of their towns; seats of one town share them out."""
    seats, villages = facts.seats(), facts.villages()
    own = seats["towns"][seat].split(";")
    named = villages[villages["town"].isin(own)]
    rural = named[named["code"].str[9] == "2"]
    sharing = list(seats.index[seats["towns"].str.contains(own[0])])
    named = (rural if len(rural) else named).iloc[sharing.index(seat) :: len(sharing)]
    return named["name"].to_numpy(dtype=object), named["town"].map(facts.towns()).to_numpy(dtype=object)


def _hamlet_sizes(most: int, households: int, median: float, rng: Generator) -> NDArray[np.int64]:
    """Households of each hamlet; together `households`, unless there are too few sites for that."""
    size = np.clip(rng.lognormal(np.log(median), 0.6, most), SMALLEST_HAMLET, LARGEST_HAMLET).astype(int)
    size = np.diff(np.minimum(np.cumsum(size), households), prepend=0)
    return size[size > 0]


def _lots(households: NDArray[np.int64], rng: Generator) -> Lots:
    """Cut each hamlet's households into boxes."""
    whole = int(households.sum())
    drawn = np.cumsum(rng.choice(np.arange(1, len(BOX_SIZES) + 1), whole, p=BOX_SIZES))
    first = np.cumsum(households) - households
    starts = np.union1d(first, drawn[drawn < whole])
    hamlet = np.searchsorted(first, starts, side="right") - 1
    rank = np.arange(len(starts)) - np.searchsorted(starts, first)[hamlet]
    return Lots(np.diff(starts, append=whole), hamlet, rank, starts - first[hamlet] + 1)


def _names(
    seat: int, at: NDArray[np.float64], households: NDArray[np.int64], rng: Generator
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Town and place (village and hamlet) of each hamlet; the hamlets of a village lie together."""
    villages, towns = villages_of(seat)
    parts = int(np.clip(round(households.sum() / VILLAGE_HOUSEHOLDS), 1, max(1, min(len(villages), len(at)))))
    village = compact_groups(at, households.astype(float), parts)
    rank = pd.Series(village).groupby(village).cumcount().to_numpy()
    words = rng.permutation(facts.words("hamlet")[0])
    repeat = REPEATS[np.minimum(rank // len(words), len(REPEATS) - 1)]
    chosen = rng.permutation(len(villages))[village]
    return towns[chosen], joined(villages[chosen], words[(rank + 7 * village) % len(words)], repeat, "小组")
