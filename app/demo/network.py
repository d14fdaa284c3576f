"""Transformer areas and feeders of a station."""

import numpy as np
import pandas as pd

from app.demo.groups import compact_groups
from app.demo.texts import joined

AREA_HOUSEHOLDS = 200
FEEDER_AREAS = 10
FEEDER_ENDINGS = np.array(["", "甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"], dtype=object)


def transformer_areas(station: str, boxes: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """The area (position) of each of a station's boxes; and the areas: code, name, station, feeder, x, y."""
    households = boxes["size"].to_numpy()
    count = max(1, round(households.sum() / AREA_HOUSEHOLDS))
    label = compact_groups(boxes[["x", "y"]].to_numpy(), households, count)
    members = boxes.groupby(label)
    areas = members[["x", "y"]].mean()
    areas["station"] = station
    areas["code"] = joined(f"{station}T", (areas.index + 1).map("{:04}".format).to_numpy())
    place = members["place"].first().str.replace(r"\d+号.*", "", regex=True)
    areas["name"] = joined(place.to_numpy(), place.groupby(place).cumcount().to_numpy() + 1, "号公变")
    return pd.Series(label, index=boxes.index), areas


def feeders(station: str, areas: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """The feeder (code) of each of a station's areas; and the feeders: code, name, station."""
    count = max(1, round(len(areas) / FEEDER_AREAS))
    label = compact_groups(areas[["x", "y"]].to_numpy(), np.ones(len(areas)), count)
    lines = areas.groupby(label)["name"].first().to_frame()
    lines["code"] = joined(f"{station}F", (lines.index + 1).map("{:02}".format).to_numpy())
    short = lines["name"].str[:2]
    twin = short.groupby(short).cumcount().clip(upper=len(FEEDER_ENDINGS) - 1)
    lines["name"] = joined("10kV", short.to_numpy(), FEEDER_ENDINGS[twin], "线")
    lines["station"] = station
    return lines["code"].reindex(label).set_axis(areas.index), lines[["code", "name", "station"]]
