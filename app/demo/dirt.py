"""What is wrong in every real register, in an honest measure."""

import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from app.demo.city import VILLAGE, City
from gis.metres import metres_per_degree

UNLOCATED_SHARE = 0.02
UNLOCATED_HAMLETS = 0.02
UNLOCATED_AREAS = 0.004
ONE_POINT_HAMLETS = 0.006
"""Hamlets whose boxes all carry the position of the village committee."""
FEW_BOXES = 3
OUTSIDE_SHARE = 0.0004
OUTSIDE_M = (8.0, 45.0)
"""So far outside the service area lie boxes whose position was taken from the road."""
LOST_SHARE = 0.1
"""Of those outside, so many lie ten times as far, beyond what an assignment repairs."""
WRONG_AREA_SHARE = 0.01


def spoil_positions(city: City) -> None:
    """Lose some positions of the city's boxes, one by one and by village, and put others where they are not."""
    rng = np.random.default_rng([city.seed, 2])
    boxes = city.boxes
    _put_on_one_point(boxes, rng)
    _push_outside(city, rng)
    area, hamlet = boxes["area"].to_numpy(), _hamlets(boxes)
    rural = np.unique(area[boxes["style"] == VILLAGE])
    lost = rng.random(len(boxes)) < UNLOCATED_SHARE
    lost |= np.isin(hamlet, _some(np.unique(hamlet[hamlet >= 0]), UNLOCATED_HAMLETS, rng))
    lost |= np.isin(area, _some(rural, UNLOCATED_AREAS, rng))
    boxes.loc[lost, ["lon", "lat"]] = np.nan


def wrong_areas(city: City) -> pd.Series:
    """Boxes (box_no) that are booked on another transformer area (code) of their station than supplies them."""
    rng = np.random.default_rng([city.seed, 3])
    wrong = city.boxes[rng.random(len(city.boxes)) < WRONG_AREA_SHARE]
    codes = city.areas.groupby("station")["code"].agg(list)
    booked = [
        codes[station][int(draw * len(codes[station]))]
        for station, draw in zip(wrong["station"], rng.random(len(wrong)), strict=True)
    ]
    booked = pd.Series(booked, index=wrong["box_no"], dtype=object)
    return booked[booked.to_numpy() != wrong["area"].to_numpy()]


def _hamlets(boxes: pd.DataFrame) -> NDArray[np.int64]:
    """A number for each hamlet of the city, -1 in towns."""
    return np.where(boxes["hamlet"] >= 0, boxes.groupby(["seat", "hamlet"]).ngroup(), -1)


def _some(values: NDArray[np.generic], share: float, rng: Generator) -> NDArray[np.generic]:
    """That share of the values, one at the least."""
    return rng.choice(values, min(len(values), max(1, round(share * len(values)))), replace=False)


def _put_on_one_point(boxes: pd.DataFrame, rng: Generator) -> None:
    hamlet = _hamlets(boxes)
    numbers, size = np.unique(hamlet[hamlet >= 0], return_counts=True)
    chosen = np.isin(hamlet, _some(numbers[size > FEW_BOXES], ONE_POINT_HAMLETS, rng))
    boxes.loc[chosen, ["lon", "lat"]] = boxes[chosen].groupby(hamlet[chosen])[["lon", "lat"]].transform("first")


def _push_outside(city: City, rng: Generator) -> None:
    """Move the boxes nearest to the city's outline across it."""
    boxes, rim = city.boxes, city.land.outline.boundary
    points = shapely.points(boxes[["lon", "lat"]].to_numpy())
    count = max(3, round(OUTSIDE_SHARE * len(boxes)))
    nearest = np.argsort(shapely.distance(points, rim), kind="stable")[:count]
    foot = shapely.get_coordinates(shapely.line_interpolate_point(rim, shapely.line_locate_point(rim, points[nearest])))
    east, north = metres_per_degree(foot[:, 1])
    scale = np.column_stack([east, north])
    out = (foot - shapely.get_coordinates(points[nearest])) * scale
    metres = rng.uniform(*OUTSIDE_M, count) * np.where(rng.random(count) < LOST_SHARE, 10, 1)
    boxes.loc[nearest, ["lon", "lat"]] = (foot + out / np.hypot(*out.T)[:, None] * metres[:, None] / scale).round(6)
