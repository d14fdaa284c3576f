"""Files of every kind become headings and rows of text."""

import csv
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import DomainError
from app.core.formulas import as_typed
from app.imports.columns import guess
from app.imports.fields import CUSTOMERS
from app.imports.readers import Table, open_table
from app.imports.readers.sheets import FIRST_ROWS
from tests.factories import square


def score(row: Sequence[str]) -> int:
    return len(guess(CUSTOMERS, row))


def opened(path: Path, encoding: str | None = None) -> tuple[Table, pd.DataFrame]:
    table = open_table(path, score, encoding)
    return table, pd.concat([block.text for block in table.blocks])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_text("户号,户名\n0317,陈建国\n", encoding)
    table, rows = opened(tmp_path / "a.csv")
    assert table.headings == ["户号", "户名"]
    assert rows.to_numpy().tolist() == [["0317", "陈建国"]]
    assert table.encoding == encoding.removesuffix("-sig")


def test_a_wrong_encoding_shows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("户号,户名\n0317,陈建国\n", "gb18030")
    table, _rows = opened(tmp_path / "a.csv", "utf-8")
    assert "�" in table.headings[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path: Path, delimiter: str) -> None:
    line = delimiter.join(["户号", "户名", "用电地址"])
    (tmp_path / "a.csv").write_text(f'{line}\n1{delimiter}"a{delimiter}b"{delimiter}c\n')
    assert opened(tmp_path / "a.csv")[1].to_numpy().tolist() == [["1", f"a{delimiter}b", "c"]]


def test_a_title_above_the_headings_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("惠州供电局客户清单,,\n\n户号,户名,备注\n1,甲,\n")
    table, rows = opened(tmp_path / "a.csv")
    assert (table.headings, rows.index.tolist()) == (["户号", "户名", "备注"], [4])


def test_rows_keep_their_numbers_when_some_are_empty_or_broken(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('户号,户名\n1,甲\n,\n2\n3,乙,丙\n4,"丁\n戊"\n')
    table = open_table(tmp_path / "a.csv", score)
    block = next(table.blocks)
    assert block.text.index.tolist() == [2, 4, 5, 6]
    assert block.text["户名"].tolist() == ["甲", "", "乙", "丁\n戊"]
    assert block.surplus.tolist() == [(), (), ("丙",), ()]


CELLS = st.text(st.sampled_from("户0a,'\"= \n"), max_size=4)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_cells_are_read_as_they_were_written(rows: list[list[str]], end: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator=end).writerows([["户号", "户名", "备注"], *rows])
        wanted = [list(map(as_typed, row)) for row in rows if any(row)]
        read = [row for block in open_table(path, score).blocks for row in block.text.to_numpy().tolist()]
    assert read == wanted


@pytest.mark.parametrize("strange", ['5" x', '"a"b', 'a "b" c', '"a', 'a""'])
def test_a_strange_quotation_mark_is_read_as_ever(tmp_path: Path, strange: str) -> None:
    text = "\n".join(["户号,户名", *["1,甲"] * 20, f"2,{strange}"])
    (tmp_path / "a.csv").write_text(text, "utf-8")
    rows = list(csv.reader(text.splitlines()))[1:]
    assert opened(tmp_path / "a.csv")[1].to_numpy().tolist() == rows


def make_workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, pd.Timestamp):
                        sheet.write_datetime(number, column, cell.to_pydatetime(), day)
                    else:
                        sheet.write(number, column, cell)
    return path


def test_numbers_of_a_spreadsheet_keep_their_digits(tmp_path: Path) -> None:
    rows = [
        ["户号", "户名", "经度", "安装日期"],
        [3170000000001, "甲", 114.41251, pd.Timestamp(2026, 3, 1)],
        ["0317", "乙", 0, ""],
    ]
    _table, text = opened(make_workbook(tmp_path / "a.xlsx", {"Sheet1": rows}))
    assert text.to_numpy().tolist() == [["3170000000001", "甲", "114.41251", "2026-03-01"], ["0317", "乙", "0", ""]]


def test_a_number_too_long_for_a_spreadsheet_is_not_invented(tmp_path: Path) -> None:
    path = make_workbook(tmp_path / "a.xlsx", {"Sheet1": [["户号"], [1234567890123456789]]})
    assert opened(path)[1].iloc[0, 0] == "1.23456789012346E+18"


def test_the_first_rows_of_a_long_spreadsheet_come_before_the_others(tmp_path: Path) -> None:
    rows = [["户号"], *([f"0317{number}"] for number in range(FIRST_ROWS + 2))]
    first, rest = open_table(make_workbook(tmp_path / "a.xlsx", {"Sheet1": rows}), score).blocks
    assert (len(first.text), list(rest.text.index)) == (FIRST_ROWS, [FIRST_ROWS + 2, FIRST_ROWS + 3])
    assert first.done < rest.done == 1.0
    assert rest.text.iloc[-1, 0] == rows[-1][0]


def test_the_sheet_that_fits_is_chosen(tmp_path: Path) -> None:
    path = make_workbook(tmp_path / "a.xlsx", {"说明": [["本表说明"]], "数据": [["户号", "户名"], ["1", "甲"]]})
    assert opened(path)[0].headings == ["户号", "户名"]


def test_a_zipped_shapefile_with_chinese_attributes(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"code": ["A"], "name": ["惠城"]}, geometry=[square()], crs="EPSG:4326").to_crs(4547)
    frame.to_file(tmp_path / "cells.shp", encoding="gb18030")
    (tmp_path / "cells.cpg").unlink()
    with zipfile.ZipFile(tmp_path / "cells.zip", "w") as archive:
        for part in tmp_path.glob("cells.*"):
            if part.suffix != ".zip":
                archive.write(part, f"图层/{part.name}")
    table = open_table(tmp_path / "cells.zip", score)
    assert table.crs is not None
    assert "CGCS2000" in table.crs
    assert next(table.blocks).text.to_numpy().tolist() == [["A", "惠城"]]


@pytest.mark.parametrize(("suffix", "driver"), [("geojson", "GeoJSON"), ("gpkg", "GPKG")])
def test_geometry_files(tmp_path: Path, suffix: str, driver: str) -> None:
    frame = gpd.GeoDataFrame({"code": ["0042"], "size": [3.0]}, geometry=[square()], crs="EPSG:4326")
    frame.to_file(tmp_path / f"a.{suffix}", driver=driver)
    table = open_table(tmp_path / f"a.{suffix}", score)
    block = next(table.blocks)
    assert block.text.to_numpy().tolist() == [["0042", "3"]]
    assert block.geometry is not None
    assert block.geometry[0].equals_exact(square(), 1e-7, normalize=True)


@pytest.mark.parametrize(
    "name", ["a.pdf", "missing.csv", "empty.csv", "blank.csv", "broken.xlsx", "broken.zip", "broken.geojson"]
)
def test_what_cannot_be_read_is_refused_in_words(app_context: None, tmp_path: Path, name: str) -> None:
    content = {"empty.csv": "", "blank.csv": "\n\n"}.get(name, "x")
    if name != "missing.csv":
        (tmp_path / name).write_text(content)
    with pytest.raises(DomainError):
        open_table(tmp_path / name, score)
