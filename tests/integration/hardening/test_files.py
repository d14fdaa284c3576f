"""Files in and out: names, kinds and cells that are not what they seem."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cards.queries import Selection
from app.cards.service import print_cards, printing
from app.core.access import EVERYWHERE
from app.core.settings import settings
from app.customers.models import Customer
from app.imports.models import ImportRun
from app.imports.service import Options, import_file, kind_by_name
from tests.integration.cards.scene import text_of
from tests.integration.hardening.scene import FORMULA, MARKUP, TYPESET, hostile_register
from tests.integration.imports.conftest import GOOD, HEADINGS, organisation

__all__ = ["organisation"]

FORMULAS = (FORMULA, "+1+1", "-2+3", "@SUM(A1)", "＝1+1", "'=1", "''=1", "=1'")


@pytest.fixture(autouse=True)
def committed(session: Session, organisation: None) -> None:
    session.commit()


def rows_of(names: tuple[str, ...], phone: str) -> list[list[str]]:
    rows = [list(HEADINGS)]
    for number, name in enumerate(names):
        values = dict(zip(HEADINGS, GOOD, strict=True))
        values |= {"户号": f"03170000001{number:02}", "户名": name, "联系电话": phone, "电能表资产号": f"MF{number}"}
        rows.append([values[heading] for heading in HEADINGS])
    return rows


def write_csv(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def rejected(session: Session, tmp_path: Path, suffix: str) -> Path:
    """The error file of rows whose phone is none, and whose names are formulas."""
    path = write_csv(tmp_path / "list.csv", [[*row] for row in rows_of(FORMULAS, "12")])
    errors = tmp_path / f"rejected{suffix}"
    outcome = import_file(session, kind_by_name("customers"), path, Options(errors=errors), "test", EVERYWHERE)
    assert outcome.rejected == len(FORMULAS)
    return errors


def names_after(session: Session, path: Path) -> set[str]:
    """What is stored once the phones have been mended and the file is imported."""
    outcome = import_file(session, kind_by_name("customers"), path, Options(), "test", EVERYWHERE)
    assert outcome.rejected == 0
    return set(session.scalars(select(Customer.name)))


def as_stored(name: str) -> str:
    return name.removeprefix("'") if re.match(r"'+[=+@＝-]", name) else name


def test_a_csv_error_file_holds_no_formula_and_imports_as_it_was(session: Session, tmp_path: Path) -> None:
    errors = rejected(session, tmp_path, ".csv")
    with errors.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "＝", "\t", "\r")] == []
    mended = [[cell if cell != "12" else "13812345678" for cell in row] for row in rows]
    assert names_after(session, write_csv(tmp_path / "mended.csv", mended)) == {as_stored(name) for name in FORMULAS}


def test_a_spreadsheet_of_errors_holds_text_only_and_imports_as_it_was(session: Session, tmp_path: Path) -> None:
    errors = rejected(session, tmp_path, ".xlsx")
    with zipfile.ZipFile(errors) as book:
        sheet, styles = book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/styles.xml").decode()
    assert "<f>" not in sheet
    assert 'quotePrefix="1"' in styles
    rows = CalamineWorkbook.from_path(str(errors)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in rows[1:]] == [as_stored(name) for name in FORMULAS]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/list.csv", "list.csv"),
        ("C:\\\\Users\\\\x\\\\list.csv", "list.csv"),
        ("li\0st\u202e.csv", "list.csv"),
        ("x" * 4096 + ".csv", "x" * 150 + ".csv"),
        ("<img src=x onerror=alert(1)>.csv", "<img src=x onerror=alert(1)>.csv"),
    ],
)
def test_a_file_s_name_is_but_a_text(client: FlaskClient, session: Session, sent: str, kept: str) -> None:
    file = (io.BytesIO("户号,户名\n1,甲\n".encode()), sent)
    answer = client.post("/imports/new", data={"kind": "customers", "file": file})
    assert answer.status_code == 302
    assert session.scalars(select(ImportRun.filename)).one() == kept
    (stored,) = (settings().instance / "uploads").iterdir()
    assert re.fullmatch(r"[0-9a-f]{32}\.csv", stored.name)
    assert "<img src=x" not in client.get(answer.location).text


@pytest.mark.parametrize("name", ["list.xlsx", "list.gpkg", "list.zip", "list.csv", ".." + "/" * 50, "x." + "y" * 4096])
def test_an_upload_that_is_something_else_is_not_kept(client: FlaskClient, session: Session, name: str) -> None:
    answer = client.post("/imports/new", data={"kind": "customers", "file": (io.BytesIO(b"\x7fELF"), name)})
    assert answer.status_code == 422
    assert len(answer.text) < 10_000
    assert session.scalar(select(func.count(ImportRun.id))) == 0
    uploads = settings().instance / "uploads"
    assert not uploads.exists() or list(uploads.iterdir()) == []


def test_a_card_prints_what_is_written(session: Session, tmp_path: Path) -> None:
    register = hostile_register(session)
    outcome = print_cards(session, EVERYWHERE, Selection(cell=register.cell), printing(), tmp_path / "cards.pdf")
    assert outcome.cards == 1
    printed = re.sub(r"\s", "", text_of(tmp_path / "cards.pdf"))
    for text in (FORMULA, MARKUP, TYPESET):
        assert re.sub(r"\s", "", text)[:40] in printed
    assert "root:" not in printed
