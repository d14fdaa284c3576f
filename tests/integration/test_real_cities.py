"""The whole way on addresses that nobody here made: import, cells, assignment, share-out, map, cards, look-up."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from flask import Flask

from app.cli import main
from tests.shared_data import SHARED

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason=f"no real data at {SHARED}")


@pytest.fixture
def gridcrm(app: Flask) -> Any:
    """Run a command of the program in this test's application; returns what it prints."""

    def run(*arguments: str | Path) -> str:
        command, *rest = (str(argument) for argument in arguments)
        outcome = CliRunner().invoke(main.commands[command], rest)
        assert outcome.exit_code == 0, (outcome.output, outcome.exception)
        return outcome.stdout

    return run


def managers_file(path: Path, stations: dict[str, int]) -> Path:
    """About one manager for 2,000 households of each station."""
    rows = [
        {"工号": f"{code}-{number:03}", "姓名": f"测试经理{number}", "供电单位": code, "电话": f"1380000{number:04}"}
        for code, households in stations.items()
        for number in range(1, 2 + households // 2000)
    ]
    pd.DataFrame(rows).to_csv(path, index=False, encoding="gb18030")
    return path


def whole_way(gridcrm: Any, folder: Path, customers: pd.DataFrame) -> None:
    """From the lists of a morning to the map, the cards and the look-up of the evening."""
    counts = customers["供电单位"].value_counts().to_dict()
    stations = pd.DataFrame({"编号": list(counts), "名称": [f"{code}供电所" for code in counts]})
    stations.to_csv(folder / "stations.csv", index=False)
    customers.to_csv(folder / "customers.csv", index=False, encoding="utf-8-sig")
    gridcrm("import", "stations", folder / "stations.csv")
    gridcrm("import", "managers", managers_file(folder / "managers.csv", counts))
    imported = json.loads(gridcrm("import", "customers", folder / "customers.csv", "--json"))
    assert (imported["rows"], imported["accepted"]) == (len(customers), len(customers))

    gridcrm("cells", "make", "--method", "quadtree")
    proof = json.loads(gridcrm("cells", "check", "--json"))
    assert (proof["gaps"], proof["overlaps"], proof["households_outside"]) == (0, 0, 0)
    gridcrm("cells", "share-out", "--station", "all")
    assigned = json.loads(gridcrm("assign", "--all", "--json"))
    assert (assigned["counts"]["unassigned"], sum(assigned["counts"].values())) == (0, len(customers))

    gridcrm("map", "--out", folder / "map.html")
    assert (folder / "map.html").stat().st_size < 12e6
    example = customers.iloc[len(customers) // 2]
    found = json.loads(gridcrm("lookup", example["户号"], "--json"))
    assert [hit["account_no"] for hit in found] == [example["户号"]]
    assert found[0]["manager"]["phone"]
    gridcrm("cards", "--manager", found[0]["manager"]["code"], "--out", folder / "cards.pdf")
    assert (folder / "cards.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("database_url", "regions"),
    [("sqlite", "012345678"), ("postgis", "45")],
    indirect=["database_url"],
    ids=["the whole country on SQLite", "two of its regions on PostGIS"],
)
def test_a_country(gridcrm: Any, tmp_path: Path, regions: str) -> None:
    """Iceland: 139,409 addresses, towns and lone farms; a municipality is a station, its number begins with its region.

    The whole country takes PostGIS minutes where others use the machine too, so that it gets a part of it here.
    """
    addresses = pd.read_parquet(SHARED / "iceland/addresses.parquet")
    addresses = addresses[addresses["svfnr"].astype(str).str.zfill(4).str[0].isin(list(regions))]
    house = addresses["husnr"].map(lambda number: "" if pd.isna(number) else f" {number:.0f}")
    customers = pd.DataFrame(
        {
            "户号": addresses["hnitnum"].astype(str),
            "户名": "Heimili",
            "用电地址": addresses["street"] + house + addresses["bokst"],
            "供电单位": addresses["svfnr"].astype(str),
            "经度": addresses["lon"],
            "纬度": addresses["lat"],
        }
    )
    whole_way(gridcrm, tmp_path, customers)


def test_a_city_of_towers(gridcrm: Any, tmp_path: Path) -> None:
    """Hong Kong: 8,275 addresses in Chinese, a third of which share their position with another."""
    addresses = pd.read_csv(SHARED / "hongkong/hk_addresses_3districts.csv.gz", dtype=str).fillna("")
    place = addresses[["district", "street", "no", "estate", "building", "block"]].agg("".join, axis=1)
    customers = pd.DataFrame(
        {
            "户号": [f"HK{number:06}" for number in range(len(addresses))],
            "户名": "测试用户",
            "用电地址": place,
            "供电单位": addresses["district"],
            "经度": addresses["lon"],
            "纬度": addresses["lat"],
        }
    )
    whole_way(gridcrm, tmp_path, customers)
    assert "觀塘" in gridcrm("lookup", "觀塘", "--json")
