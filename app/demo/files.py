"""The demo city as the files that a utility would bring, with some faults to mend."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from app.demo import dirt, people
from app.demo.city import City, build
from gis.cells import make_cells
from gis.codes import new_codes

CUSTOMER_COLUMNS = {
    "account_no": "户号",
    "customer_no": "客户编号",
    "name": "户名",
    "phones": "联系电话",
    "address": "用电地址",
    "meter_point_no": "计量点编号",
    "asset_no": "电能表资产号",
    "box_no": "表箱号",
    "area": "台区编号",
    "station": "供电单位",
    "lon": "经度",
    "lat": "纬度",
}
MANAGER_COLUMNS = {
    "code": "工号",
    "name": "姓名",
    "station": "供电单位",
    "work_phone": "工作电话",
    "supervision_phone": "监督电话",
    "backup": "备用经理",
}
AREA_COLUMNS = {"code": "台区编号", "name": "台区名称", "station": "供电单位", "feeder": "线路编号"}
FAULTS: tuple[dict[str, object], ...] = (
    {"account_no": ""},
    {"phones": "1541234"},
    {"lon": "23.11", "lat": "114.41"},
    {"lon": "0", "lat": "0"},
    {"lon": "东经114.41度", "lat": "23.11"},
    {"lon": "117.2", "lat": "31.8"},
    {"area": "HC99T9999"},
    {"station": "某某供电所"},
)
"""What is wrong in each of the last rows of the customers file; one more has a metering point of a row before."""

NEW_NUMBERS = (
    ("account_no", "0317", "0318"),
    ("customer_no", "0317", "0318"),
    ("meter_point_no", "0317", "0318"),
    ("asset_no", "GD", "GE"),
)
"""Faulty rows are customers of their own, so that each has the one fault only and can be mended."""


def write(folder: Path, households: int, seed: int) -> list[Path]:
    """Write stations, transformer areas, managers, customers and cells; the paths in the order of importing."""
    city = build(households, seed)
    dirt.spoil_positions(city)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [
        folder / name for name in ("stations.geojson", "areas.csv", "managers.xlsx", "customers.csv", "cells.geojson")
    ]
    stations, areas, managers, customers, cells = paths
    city.land.stations[["code", "name", "boundary"]].to_file(stations, driver="GeoJSON", index=False)
    _renamed(city.areas, AREA_COLUMNS).to_csv(areas, index=False, encoding="utf-8-sig")
    _renamed(people.managers(city), MANAGER_COLUMNS).to_excel(managers, index=False, engine="xlsxwriter")
    _write_customers(city, customers)
    _cells(city).to_file(cells, driver="GeoJSON")
    return paths


def _renamed(table: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    return table[list(columns)].rename(columns=columns)


def _write_customers(city: City, path: Path) -> None:
    """As an older office program saves it: GB18030, the faulty rows at the end."""
    last = pd.DataFrame()
    for number, frame in enumerate(people.customer_frames(city)):
        last = frame
        rows = _renamed(frame, CUSTOMER_COLUMNS)
        rows.to_csv(path, index=False, mode="a" if number else "w", header=not number, encoding="gb18030")
    doubled = last[["account_no", "meter_point_no"]].iloc[0].to_dict()
    faulty = last.tail(len(FAULTS) + 1).astype(object)
    for column, prefix, other in NEW_NUMBERS:
        faulty[column] = faulty[column].str.replace(prefix, other, n=1)
    for row, fault in zip(faulty.index, (*FAULTS, doubled), strict=True):
        faulty.loc[row, list(fault)] = list(fault.values())
    _renamed(faulty, CUSTOMER_COLUMNS).to_csv(path, index=False, mode="a", header=False, encoding="gb18030")


def _cells(city: City) -> gpd.GeoDataFrame:
    """A cell for each transformer area, over all stations."""
    layers = []
    for station in city.land.stations.itertuples():
        boxes = city.boxes[city.boxes["station"] == station.code]
        shapes = make_cells(station.boundary, boxes["lon"], boxes["lat"], "transformer-areas", group=boxes["area"])
        codes = new_codes(station.code, [], len(shapes))
        layers.append(gpd.GeoDataFrame({"code": codes, "station": station.code}, geometry=shapes, crs="EPSG:4326"))
    return pd.concat(layers, ignore_index=True)
