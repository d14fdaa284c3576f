"""What is known about Huizhou, read from the files in data/ (their sources: data/SOURCES.md)."""

from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

DATA = Path(__file__).parent / "data"


@cache
def counties() -> gpd.GeoDataFrame:
    """The five counties by code: name, name_en, letters (for codes), outline; neighbours share every vertex."""
    return gpd.read_file(DATA / "counties.geojson").set_index("code")


@cache
def seats() -> pd.DataFrame:
    """The 75 town seats: name, lon, lat, county, size (households of a thousand), towns (codes, ";"-joined)."""
    return pd.read_csv(DATA / "town_seats.csv", dtype={"county": str, "towns": str})


@cache
def towns() -> pd.Series:
    """Official names of towns and streets by their code."""
    return pd.read_csv(DATA / "towns.csv", dtype=str).set_index("code")["name"]


@cache
def villages() -> pd.DataFrame:
    """Villages and communities: code, name, town; a code's tenth digit is 2 for a village."""
    return pd.read_csv(DATA / "villages.csv", dtype=str)


@cache
def words(kind: str) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Words of one kind and how often each is used; the shares sum to 1."""
    table = pd.read_csv(DATA / "words.csv").query("kind == @kind")
    weight = table["weight"].to_numpy(dtype=float)
    return table["word"].to_numpy(dtype=object), weight / weight.sum()
