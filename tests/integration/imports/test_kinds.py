"""Stations, transformer areas, managers, cells and ownership from files."""

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.grid.models import CustomerManager, GridCell, Ownership
from app.imports.service import Outcome
from app.organisation.models import Feeder, OrganisationUnit, TransformerArea
from tests.factories import make_area, make_box, make_cell, make_manager, make_meter_point, make_station, own, square
from tests.integration.imports.conftest import Import


def said(outcome: Outcome) -> list[tuple[int, str]]:
    return [(issue["row"], issue["code"]) for issue in outcome.issues]


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    return outcome.created, outcome.updated, outcome.unchanged, outcome.rejected


def layer(path: Path, shapes: list[shapely.Geometry], **columns: list[Any]) -> Path:
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326").to_file(path, driver="GeoJSON")
    return path


STATIONS = """编码,名称,上级,类型,监督电话
HZ,惠州供电局,,供电局,95598
HC,惠城供电局,HZ,区县局,
HC01,桥东供电所,惠城供电局,,2345678
X1,甲,不存在,,
X2,乙,X3,,
X3,丙,X2,,
HC01,又一个,HC,,
X4,丁,,村,
"""


def test_stations_form_a_tree(session: Session, bring: Import) -> None:
    outcome = bring("stations", STATIONS)
    assert said(outcome) == [(5, "unknown_unit"), (6, "circle"), (7, "circle"), (8, "doubled"), (9, "unknown_word")]
    station = session.scalars(select(OrganisationUnit).where(OrganisationUnit.code == "HC01")).one()
    assert (station.kind, station.supervision_phone) == ("station", "07522345678")
    assert (station.parent and station.parent.code, station.parent and station.parent.kind) == ("HC", "district")
    assert counts(bring("stations", STATIONS)) == (0, 0, 3, 5)
    assert counts(bring("stations", "编码,名称\nHC01,桥东所\n")) == (0, 1, 0, 0)


def test_boundaries_must_be_sound(session: Session, bring: Import, tmp_path: Path) -> None:
    bow = shapely.Polygon([(114.4, 23.1), (114.5, 23.2), (114.5, 23.1), (114.4, 23.2)])
    shapes = [square(), bow, shapely.Point(114.4, 23.1), shapely.Polygon()]
    outcome = bring("stations", layer(tmp_path / "a.geojson", shapes, code=["A", "B", "C", "D"]))
    assert said(outcome) == [(2, "self_crossing"), (3, "not_a_polygon")]
    (stored,) = session.scalars(select(OrganisationUnit.boundary).where(OrganisationUnit.code == "A"))
    assert stored is not None
    assert stored.equals_exact(square(), 1e-7, normalize=True)


def test_rejected_shapes_come_back_as_text(session: Session, bring: Import, tmp_path: Path) -> None:
    """The error file of a geometry file can be mended in a spreadsheet."""
    path = layer(tmp_path / "a.geojson", [square()], code=["A"], station=["S9"])
    bring("cells", path, errors=tmp_path / "rejected.csv")
    make_station(session, code="S9")
    assert counts(bring("cells", tmp_path / "rejected.csv")) == (1, 0, 0, 0)


AREAS = """台区编号,台区名称,供电单位,线路编号,线路名称
T1,一号台区,S1,F1,水门线
T2,二号台区,,F1,
T3,三号台区,S9,,
T4,四号台区,,,
"""


def test_areas_bring_their_feeders(session: Session, bring: Import) -> None:
    make_station(session, code="S1")
    outcome = bring("transformer-areas", AREAS)
    assert said(outcome) == [(3, "no_station"), (4, "unknown_station"), (5, "no_station")]
    assert session.scalars(select(Feeder.name)).all() == ["水门线"]
    assert counts(bring("transformer-areas", AREAS)) == (1, 0, 1, 2)
    areas = session.scalars(select(TransformerArea).order_by(TransformerArea.code)).all()
    assert [(area.code, area.station.code) for area in areas] == [("T1", "S1"), ("T2", "S1")]


MANAGERS = """工号,姓名,供电单位,工作电话,备用经理,目标户数
K1,李一,S1,13800000001,K2,1800
K2,王二,S1,13800000002,,
K3,张三,S1,13800000003,K3,
K4,赵四,S1,,K9,
K5,钱五,S1,110220,,
K6,孙六,S1,,,many
"""


def test_managers_and_their_backups(session: Session, bring: Import) -> None:
    make_station(session, code="S1")
    outcome = bring("managers", MANAGERS)
    assert said(outcome) == [(4, "own_backup"), (5, "unknown_manager"), (6, "bad_phone"), (7, "bad_count")]
    manager = session.scalars(select(CustomerManager).where(CustomerManager.code == "K1")).one()
    assert (manager.work_phone, manager.target_households) == ("13800000001", 1800)
    assert manager.backup is not None
    assert manager.backup.code == "K2"
    assert counts(bring("managers", MANAGERS)) == (0, 0, 2, 4)


def test_cells_take_their_station_from_its_boundary_and_their_boxes(
    session: Session, bring: Import, tmp_path: Path
) -> None:
    station = make_station(session, code="S1", boundary=square(side=0.02))
    point = make_meter_point(session, make_box(session, station, at=(114.405, 23.105)))
    outcome = bring("cells", layer(tmp_path / "a.geojson", [square()], code=["A"]))
    session.refresh(point)
    assert (outcome.assigned, point.reason, point.cell and point.cell.station.code) == (1, "inside", "S1")


def test_cells_that_overlap_stay_out(session: Session, bring: Import, tmp_path: Path) -> None:
    station = make_station(session, code="S1")
    make_cell(session, station, code="STAYS", shape=square(114.50))
    shapes = [square(114.40), square(114.41), square(114.405), square(114.505)]
    path = layer(tmp_path / "a.geojson", shapes, code=["A", "B", "C", "D"], station=["S1"] * 4)
    outcome = bring("cells", path)
    assert said(outcome) == [(3, "overlap"), (4, "overlap")]
    assert [issue["details"]["other"] for issue in outcome.issues] in (["A", "STAYS"], ["B", "STAYS"])
    assert outcome.issues[0]["details"]["area"] == pytest.approx(567_000, rel=0.01)
    assert counts(bring("cells", path)) == (0, 0, 2, 2)


def test_a_redrawn_cell_gives_its_boxes_back(session: Session, bring: Import, tmp_path: Path) -> None:
    station = make_station(session, code="S1")
    point = make_meter_point(session, make_box(session, station, at=(114.409, 23.105)))
    for side in (0.01, 0.005):
        path = layer(tmp_path / "a.geojson", [square(side=side)], code=["A"], station=["S1"])
        outcome = bring("cells", path)
    session.refresh(point)
    assert (outcome.updated, outcome.unassigned, point.reason) == (1, 1, "unassigned")


def test_a_retired_code_is_not_used_again(session: Session, bring: Import, tmp_path: Path) -> None:
    cell = make_cell(session, make_station(session, code="S1"), code="A")
    cell.retired_at = cell.created_at
    session.flush()
    path = layer(tmp_path / "a.geojson", [square()], code=["A"], station=["S1"])
    assert said(bring("cells", path)) == [(1, "retired_cell")]


def history(session: Session) -> list[tuple[str, str | None]]:
    rows = session.scalars(select(Ownership).order_by(Ownership.valid_from))
    return [(str(row.valid_from), row.manager and row.manager.code) for row in rows]


def make_hands(session: Session) -> None:
    station = make_station(session, code="S1")
    for code in ("K1", "K2"):
        make_manager(session, station, code=code)
    make_cell(session, station, code="C1")


OWNERSHIP = """网格编号,工号,起始日期,截止日期
C1,K1,2026-01-01,2026/3/31
C1,K2,20260401,
"""


def test_ownership_from_day_to_day(session: Session, bring: Import) -> None:
    make_hands(session)
    assert counts(bring("ownership", OWNERSHIP)) == (2, 0, 0, 0)
    assert history(session) == [("2026-01-01", "K1"), ("2026-04-01", "K2")]
    assert counts(bring("ownership", OWNERSHIP)) == (0, 0, 2, 0)


def test_a_stand_in_gives_the_cell_back(session: Session, bring: Import) -> None:
    make_hands(session)
    cell, manager = session.scalars(select(GridCell)).one(), session.scalars(select(CustomerManager)).first()
    own(session, cell, manager, since=date(2020, 1, 1))
    bring("ownership", "cell,manager,from,to\nC1,K2,2026-01-01,2026-01-31\n")
    assert history(session) == [("2020-01-01", "K1"), ("2026-01-01", "K2"), ("2026-02-01", "K1")]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("C1,K1,2026-01-01,\nC1,K2,2026-01-01,", "two_owners"),
        ("C1,K1,2026-01-01,2026-02-28\nC1,K2,2026-02-01,", "two_owners"),
        ("C1,K1,2026-03-01,2026-02-01", "reversed_days"),
        ("C1,K1,2026-02-30,", "bad_day"),
        ("C9,K1,2026-01-01,", "unknown_cell"),
        ("C1,K9,2026-01-01,", "unknown_manager"),
        ("C1,K1,,", "missing"),
    ],
)
def test_hands_that_cannot_be(session: Session, bring: Import, rows: str, code: str) -> None:
    make_hands(session)
    outcome = bring("ownership", f"cell,manager,from,to\n{rows}\n")
    assert [issue["code"] for issue in outcome.issues] == [code]


def test_a_manager_who_has_left_gets_no_cell(session: Session, bring: Import) -> None:
    make_hands(session)
    station = session.scalars(select(OrganisationUnit)).one()
    make_manager(session, station, code="K3", left_on=date(2025, 12, 31))
    outcome = bring("ownership", "cell,manager,from\nC1,K3,2026-01-01\n")
    assert said(outcome) == [(2, "manager_gone")]


def test_a_manager_gets_no_cell_of_a_station_elsewhere(session: Session, bring: Import) -> None:
    make_hands(session)
    bureau, elsewhere = make_station(session, code="HZ", kind="bureau"), make_station(session, code="S2")
    session.scalars(select(OrganisationUnit).where(OrganisationUnit.code == "S1")).one().parent_id = bureau.id
    make_manager(session, bureau, code="K-ABOVE")
    make_manager(session, elsewhere, code="K-ELSEWHERE")
    outcome = bring(
        "ownership", "cell,manager,from\nC1,K-ABOVE,2026-01-01\nC1,K-ELSEWHERE,2026-02-01\nC1,,2026-03-01\n"
    )
    (issue,) = outcome.issues
    assert (issue["row"], issue["column"], issue["value"], issue["code"]) == (
        3,
        "manager",
        "K-ELSEWHERE",
        "other_station",
    )
    assert history(session) == [("2026-01-01", "K-ABOVE"), ("2026-03-01", None)]


def test_the_managers_file_says_who_leaves(session: Session, bring: Import) -> None:
    make_hands(session)
    file = "工号,姓名,供电单位,离岗日期\nK1,甲,S1,2026年3月1日\nK2,乙,S1,\nK3,丙,S1,soon\n"
    outcome = bring("managers", file)
    assert said(outcome) == [(4, "bad_day")]
    days = dict(list(session.execute(select(CustomerManager.code, CustomerManager.left_on))))
    assert days == {"K1": date(2026, 3, 1), "K2": None}
    assert counts(bring("managers", file))[2:] == (2, 1)


def test_an_area_moves_with_its_file(session: Session, bring: Import) -> None:
    make_area(session, make_station(session, code="S1"), code="T1")
    make_station(session, code="S2")
    assert counts(bring("transformer-areas", "台区编号,供电单位\nT1,S2\n")) == (0, 1, 0, 0)
