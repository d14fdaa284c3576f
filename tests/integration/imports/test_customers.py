"""A customers file: what goes in, what stays out and why."""

import csv
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.assignment.queries import work_counts
from app.core.access import EVERYWHERE
from app.core.errors import DomainError
from app.core.staging import is_sqlite
from app.customers.models import Account, Customer, MeterBox, MeterPoint
from app.imports.issues import sentence
from app.organisation.models import OrganisationUnit
from tests.factories import make_area, make_cell, make_station, square
from tests.integration.imports.conftest import GOOD, HEADINGS, Import, customers

pytestmark = pytest.mark.usefixtures("organisation")


def test_good_rows_go_in_and_get_their_cell(session: Session, bring: Import) -> None:
    make_cell(session, code="S1-A", shape=square())
    outcome = bring("customers", customers({}, {"经度": "", "纬度": ""}))
    assert outcome.figures() | {"seconds": 0} == {
        "rows": 2, "accepted": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0,
        "assigned": 2, "unassigned": 0, "seconds": 0,
    }  # fmt: skip
    reasons = session.scalars(select(MeterPoint.reason).order_by(MeterPoint.number)).all()
    assert reasons == ["inside", "transformer_area"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_comes_through_in_every_encoding(
    session: Session, bring: Import, tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "a.csv").write_text(customers({}), encoding)
    bring("customers", tmp_path / "a.csv")
    assert session.scalars(select(Customer.name)).all() == ["陈建国"]


def test_a_spreadsheet_whose_accounts_are_numbers(session: Session, bring: Import, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, [3170000000001, *GOOD[1:8], 114.405, 23.105])
    assert bring("customers", tmp_path / "a.xlsx").created == 1
    assert session.scalars(select(Account.number)).all() == ["3170000000001"]


REJECTED = [
    ({"户号": ""}, "missing", "户号"),
    ({"户号": "0317?"}, "account_format", "户号"),
    ({"户号": "3.17E+12"}, "digits_lost", "户号"),
    ({"户号": "0317000000001"}, "doubled", "户号"),
    ({"联系电话": "1381234567"}, "bad_phone", "联系电话"),
    ({"联系电话": "13812345678/12"}, "bad_phone", "联系电话"),
    ({"台区编号": "TQ9"}, "unknown_area", "台区编号"),
    ({"供电单位": "S9"}, "unknown_station", "供电单位"),
    ({"台区编号": "", "供电单位": "", "经度": "", "纬度": ""}, "no_station", "供电单位"),
    ({"经度": "0", "纬度": "0"}, "zero_position", "经度"),
    ({"经度": "23.105", "纬度": "114.405"}, "swapped", "经度"),
    ({"经度": "113.2"}, "outside_service_area", "经度"),
    ({"经度": "214.405"}, "impossible_position", "经度"),
    ({"经度": "东经114度"}, "not_a_number", "经度"),
    ({"纬度": ""}, "half_position", "经度"),
    ({"表箱号": "B" * 65}, "too_long", "表箱号"),
]


@pytest.mark.parametrize(("change", "code", "column"), REJECTED, ids=[code for _change, code, _column in REJECTED])
def test_a_bad_row_stays_out_and_says_why(
    session: Session, bring: Import, change: dict[str, str], code: str, column: str
) -> None:
    outcome = bring("customers", customers({}, change, {}))
    (issue,) = outcome.issues
    assert (issue["row"], issue["code"], issue["column"], issue["value"]) == (
        3,
        code,
        column,
        change.get(column, issue["value"]),
    )
    assert sentence(issue["code"], issue["details"])
    assert (outcome.accepted, session.scalar(select(func.count(Account.id)))) == (2, 2)


def test_several_phones_and_names_of_units_are_understood(session: Session, bring: Import) -> None:
    said = {"联系电话": "138 1234 5678 / 0752-2345678、13912345678", "供电单位": "桥东供电所", "台区编号": "水门台区"}
    assert bring("customers", customers(said)).created == 1
    phones = [phone.number for phone in session.scalars(select(Customer)).one().phones]
    assert phones == ["13812345678", "07522345678", "13912345678"]


def test_a_row_without_station_belongs_where_it_lies(session: Session, bring: Import) -> None:
    make_station(session, code="S2", boundary=square(114.5, 23.1))
    bring("customers", customers({"供电单位": "", "台区编号": "", "经度": "114.505"}))
    assert session.scalars(select(MeterBox)).one().station.code == "S2"


def test_a_station_without_a_boundary_may_have_customers_anywhere(session: Session, bring: Import) -> None:
    make_station(session, code="IS", name="Reykjavík")
    far = {"供电单位": "IS", "台区编号": ""}
    outcome = bring("customers", customers(far | {"经度": "-21.9", "纬度": "64.1"}, far | {"纬度": "164.1"}))
    assert [issue["code"] for issue in outcome.issues] == ["impossible_position"]


def test_two_customers_cannot_share_an_account(bring: Import) -> None:
    headings = [*HEADINGS, "计量点编号"]
    rows = customers(
        {"计量点编号": "JL1"}, {"计量点编号": "JL2", "户号": "0317000000001", "户名": "李明"}, headings=headings
    )
    assert [issue["code"] for issue in bring("customers", rows).issues] == ["disputed_account"]


def test_a_village_on_one_point_draws_a_warning(bring: Import) -> None:
    outcome = bring("customers", customers(*[{}] * 31))
    (warning,) = outcome.warnings
    assert (outcome.accepted, warning["code"], warning["details"]["boxes"]) == (31, "shared_position", 31)


def test_rows_without_position_are_counted(bring: Import) -> None:
    (warning,) = bring("customers", customers({"经度": "", "纬度": ""})).warnings
    assert (warning["code"], warning["details"]) == ("no_position", {"rows": 1})


def test_gcj02_positions_are_moved(session: Session, bring: Import) -> None:
    bring("customers", customers({}), crs="gcj02")
    position = session.scalars(select(MeterBox)).one().position
    assert position is not None
    assert 0.004 < 114.405 - position.x < 0.006


def versions(session: Session) -> list[Any]:
    hidden = "rowid, *" if is_sqlite(session) else "ctid, xmin, *"
    tables = ("customer", "customer_phone", "account", "meter_box", "meter_point", "meter_installation")
    return [tuple(map(str, row)) for table in tables for row in session.execute(text(f"select {hidden} from {table}"))]


def test_the_area_that_a_box_leaves_may_lie_mostly_in_another_cell(session: Session, bring: Import) -> None:
    station = session.scalars(select(OrganisationUnit)).one()
    make_area(session, station, code="TQ2")
    for code, lon in (("S1-A", 114.40), ("S1-B", 114.41)):
        make_cell(session, station, code=code, shape=square(lon))
    lost, in_a, in_b = {"经度": "", "纬度": ""}, {"经度": "114.405"}, {"经度": "114.415"}
    bring("customers", customers(in_a, in_b, lost))
    bring("customers", customers(in_a | {"台区编号": "TQ2"}, in_b, lost))
    assert session.scalars(select(MeterPoint.reason).order_by(MeterPoint.number)).all()[-1] == "transformer_area"
    assert work_counts(session, EVERYWHERE)["conflict"] == 0


def test_the_same_file_again_changes_nothing(session: Session, bring: Import) -> None:
    make_cell(session, code="S1-A", shape=square())
    bring("customers", customers({}, {}, {}))
    before = versions(session)
    again = bring("customers", customers({}, {}, {}))
    assert (again.unchanged, again.assigned, again.unassigned) == (3, 0, 0)
    assert versions(session) == before


def test_a_dry_run_says_what_would_happen_and_changes_nothing(session: Session, bring: Import) -> None:
    bring("customers", customers({}))
    outcome = bring("customers", customers({"户名": "陈建军"}, {}, {"户号": ""}), dry_run=True)
    assert (outcome.created, outcome.updated, outcome.rejected) == (1, 1, 1)
    assert session.scalars(select(Customer.name)).all() == ["陈建国"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_the_error_file_is_mended_and_imported(bring: Import, tmp_path: Path, suffix: str) -> None:
    errors = tmp_path / f"rejected.{suffix}"
    bring("customers", customers({}, {"联系电话": "12"}, {"台区编号": "TQ9", "用电地址": "=1+1"}), errors=errors)
    again = bring("customers", errors, errors=tmp_path / "again.csv")
    assert (again.rows, again.rejected, {issue["code"] for issue in again.issues}) == (
        2,
        2,
        {"bad_phone", "unknown_area"},
    )
    with (tmp_path / "again.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:-2] == list(HEADINGS)
    mended = [row | {"联系电话": "", "台区编号": "TQ1"} for row in rows]
    with (tmp_path / "mended.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(mended)
    assert bring("customers", tmp_path / "mended.csv").created == 2


def test_columns_said_by_hand_are_remembered(session: Session, bring: Import) -> None:
    renamed = customers({}).replace("户名", "甲列").replace("用电地址", "乙列")
    bring("customers", renamed, columns={"name": "甲列", "address": "乙列"})
    bring("customers", renamed.replace("陈建国", "陈建军"))
    assert session.scalars(select(Customer.name)).all() == ["陈建军"]


@pytest.mark.parametrize(
    ("file", "columns", "said"),
    [
        ("甲,乙\n1,2\n", {}, "Account number"),
        ("户号,户名\n", {}, "no rows"),
        ("户号,户名\n1,甲\n", {"name": "丙"}, "no column 丙"),
        ("户号,户名\n1,甲\n", {"surname": "户名"}, "no field surname"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    bring: Import, file: str, columns: dict[str, str], said: str
) -> None:
    with pytest.raises(DomainError, match=said):
        bring("customers", file, columns=columns)


def test_an_unknown_coordinate_system_is_named(bring: Import) -> None:
    with pytest.raises(DomainError, match="mercator-of-my-own"):
        bring("customers", customers({}), crs="mercator-of-my-own")


def test_a_row_with_too_many_cells_comes_back_cell_by_cell(
    session: Session, bring: Import, organisation: None, tmp_path: Path
) -> None:
    errors = tmp_path / "errors.csv"
    file = "户号,户名,供电单位,用电地址\n0317000000001,陈建国,S1,水门路12号,3栋,501\n"
    outcome = bring("customers", file, errors=errors)
    assert outcome.codes == {"overlong_row": 1}
    row = errors.read_text("utf-8-sig").splitlines()[1].split(",")
    assert (row[:4], row[-2:]) == (["0317000000001", "陈建国", "S1", "水门路12号"], ["3栋", "501"])
    assert bring("customers", errors).codes == {"overlong_row": 1}
