from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from app.demo import files
from gis import coverage


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    assert all(path.exists() for path in files.write(folder, 300, seed=1))
    return folder


def test_customers_are_as_an_older_office_program_saves_them(folder: Path) -> None:
    customers = pd.read_csv(folder / "customers.csv", encoding="gb18030", dtype=str)
    assert len(customers) == 300 + len(files.FAULTS) + 1
    assert customers["户号"].duplicated().sum() == 1
    assert customers["经度"].tail(9).isin(["0", "东经114.41度", "117.2"]).sum() == 3


def test_cells_fill_the_stations(folder: Path) -> None:
    stations, cells = (gpd.read_file(folder / name) for name in ("stations.geojson", "cells.geojson"))
    assert coverage.check(cells.geometry, stations.geometry).is_proven


def test_stations_hold_what_a_utility_would_write(folder: Path) -> None:
    stations = gpd.read_file(folder / "stations.geojson")
    assert list(stations.columns) == ["code", "name", "geometry"]


def test_managers_and_areas_name_stations_of_the_boundary_file(folder: Path) -> None:
    stations = set(gpd.read_file(folder / "stations.geojson")["code"])
    assert set(pd.read_excel(folder / "managers.xlsx", engine="calamine")["供电单位"]) == stations
    assert set(pd.read_csv(folder / "areas.csv")["供电单位"]) == stations
