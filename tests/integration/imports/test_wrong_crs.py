"""Customers deep inside every boundary whose file is in another coordinate system than said."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli import main
from app.customers.models import MeterBox
from app.imports.issues import sentence
from app.imports.service import Outcome
from gis.coordinates import wgs84_to_gcj02
from tests.factories import make_area, make_station, square
from tests.integration.imports.conftest import HEADINGS, Import, customers
from tests.statements import counted

AREAS = np.random.default_rng(1).uniform((114.4, 23.0), (114.6, 23.2), (25, 2))
"""Middles of transformer areas, 30 km and more from every boundary."""


@pytest.fixture(autouse=True)
def organisation(session: Session) -> None:
    station = make_station(session, code="S1", boundary=square(114.0, 22.6, side=1.0))
    for number in range(len(AREAS)):
        make_area(session, station, code=f"TQ{number}")


def boxes(seed: int, each: int = 4) -> list[dict[str, str]]:
    """Boxes up to 150 m from the middles of their areas."""
    rng = np.random.default_rng(seed)
    places = np.repeat(AREAS, each, axis=0) + rng.uniform(-0.0015, 0.0015, (len(AREAS) * each, 2))
    return [
        {"台区编号": f"TQ{number // each}", "表箱号": f"BX{seed}-{number}", "户号": f"0317{seed:03}{number:06}",
         "电能表资产号": f"M{seed}-{number}", "经度": str(lon), "纬度": str(lat)}
        for number, (lon, lat) in enumerate(places)
    ]  # fmt: skip


def in_gcj02(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    lon, lat = wgs84_to_gcj02(*([float(row[name]) for row in rows] for name in ("经度", "纬度")))
    return [row | {"经度": str(x), "纬度": str(y)} for row, x, y in zip(rows, lon, lat, strict=True)]


def doubts(outcome: Outcome) -> list[tuple[str, str]]:
    return [(warning["code"], warning["details"]["crs"]) for warning in outcome.warnings]


def positions(session: Session) -> Iterable[Any]:
    return [(place.x, place.y) for place in session.scalars(select(MeterBox.position).order_by(MeterBox.number))]


@pytest.mark.parametrize("seed", [1, 2], ids=["the same boxes", "new boxes of the same areas"])
def test_gcj02_read_as_wgs84_is_doubted(session: Session, bring: Import, seed: int) -> None:
    bring("customers", customers(*boxes(1)))
    before = positions(session)
    trial = bring("customers", customers(*in_gcj02(boxes(seed))), dry_run=True)
    assert doubts(trial) == [("wrong_crs_of_boxes", "gcj02")]
    assert 450 < trial.warnings[0]["details"]["metres"] < 620
    assert "import the file again as GCJ-02 (--crs gcj02)" in sentence(**trial.warnings[0])
    assert positions(session) == before
    assert doubts(bring("customers", customers(*in_gcj02(boxes(seed))), crs="gcj02")) == []


@pytest.mark.parametrize("seed", [1, 2], ids=["the same boxes", "new boxes of the same areas"])
def test_wgs84_read_as_gcj02_is_doubted(bring: Import, seed: int) -> None:
    bring("customers", customers(*boxes(1)))
    outcome = bring("customers", customers(*boxes(seed)), crs="gcj02")
    assert doubts(outcome) == [("crs_of_boxes_changed", "wgs84")]


def test_who_mends_a_wrong_import_is_told_that_all_is_well(bring: Import) -> None:
    bring("customers", customers(*in_gcj02(boxes(1))))
    mended = bring("customers", customers(*in_gcj02(boxes(1))), crs="gcj02")
    assert doubts(mended) == [("crs_of_boxes_changed", "wgs84")]
    assert "If this mends an earlier import, all is well" in sentence(**mended.warnings[0])


def test_boxes_are_found_by_their_accounts_too(bring: Import) -> None:
    bring("customers", customers(*boxes(1)))
    headings = [heading for heading in HEADINGS if heading not in ("表箱号", "台区编号")]
    outcome = bring("customers", customers(*in_gcj02(boxes(1)), headings=headings))
    assert doubts(outcome) == [("wrong_crs_of_boxes", "gcj02")]


def test_an_ordinary_day_raises_no_doubt(bring: Import) -> None:
    """A first file, new boxes among the old, a town some of whose boxes moved, and a few rows in GCJ-02."""
    files = [boxes(1), boxes(2), boxes(1)[:60] + in_gcj02(boxes(1))[60:], in_gcj02(boxes(3))[:30]]
    assert [doubts(bring("customers", customers(*rows))) for rows in files] == [[], [], [], []]


def test_the_number_of_statements_does_not_grow_with_rows(session: Session, bring: Import) -> None:
    bring("customers", customers(*boxes(1)))
    session.flush()
    with counted(session) as few:
        bring("customers", customers(*boxes(2, each=1)))
    session.flush()
    with counted(session) as many:
        bring("customers", customers(*boxes(3, each=10)))
    assert len(many) == len(few)


def test_the_command_says_it_beside_its_json(app: Flask, session: Session, bring: Import, tmp_path: Path) -> None:
    bring("customers", customers(*boxes(1)))
    session.commit()
    (tmp_path / "new.csv").write_text(customers(*in_gcj02(boxes(2))), "utf-8")
    said = CliRunner().invoke(main.commands["import"], ["customers", str(tmp_path / "new.csv"), "--dry-run", "--json"])
    assert json.loads(said.stdout)["created"] == 100
    assert "GCJ-02 (--crs gcj02)" in said.stderr
