"""Files made to exhaust, to deceive or to read what is not theirs: refused in words, in bounded time and memory."""

import io
import json
import resource
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import xlsxwriter

from app.core.errors import DomainError
from app.imports.readers import content, open_table, text

Make = Callable[[Path], None]
MOST_GROWTH = 400 * 1024
"""Kilobytes by which the test's own process may grow over a hostile file."""


def score(row: Sequence[str]) -> int:
    return len(row)


def refusal(path: Path) -> str:
    """What is said of a file, all of which is read."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DomainError) as refused:
        for _block in open_table(path, score).blocks:
            pass
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH
    return str(refused.value)


def workbook(path: Path, **parts: str) -> Path:
    """A workbook with some of its parts replaced; keys are the parts' stems."""
    sound = io.BytesIO()
    with xlsxwriter.Workbook(sound) as book:
        book.add_worksheet().write_row(0, 0, ["户号", "户名"])
    with zipfile.ZipFile(sound) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, parts.get(Path(name).stem, source.read(name)))
    return path


def sheet(rows: str, before: str = "") -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?>{before}<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'


def cell(place: str, row: int) -> str:
    return f'<row r="{row}"><c r="{place}" t="inlineStr"><is><t>x</t></is></c></row>'


def squares() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.xlsx", b"<html>"),
        ("a.xls", b"PK\x03\x04"),
        ("a.gpkg", b"<OGRVRTDataSource/>"),
        ("a.shp", b"<OGRVRTDataSource/>"),
        ("a.zip", b"%PDF-1.7"),
        ("a.geojson", b"<OGRVRTDataSource/>"),
        ("a.json", b"PK\x03\x04"),
        ("a.csv", b"PK\x03\x04"),
        ("a.txt", b"\x7fELF"),
    ],
)
def test_a_file_must_be_what_its_name_says(tmp_path: Path, name: str, head: bytes) -> None:
    (tmp_path / name).write_bytes(head + b" " * 100)
    assert "something else inside" in refusal(tmp_path / name)


@pytest.mark.parametrize("suffix", [".zip", ".xlsx"])
def test_an_archive_that_unpacks_to_a_thousandfold_is_not_unpacked(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bomb{suffix}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("cells.shp", "w") as member:
        for _megabyte in range(100):
            member.write(b"\0" * 2**20)
    assert "Unpacked, the file would have 105 MB" in refusal(path)


def test_an_archive_of_very_many_parts_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(content.MOST_MEMBERS + 1):
            archive.writestr(str(number), b"")
    assert "parts" in refusal(tmp_path / "a.zip")


def test_an_archive_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cells.shp", b"\0" * 10**6)
    path.write_bytes(path.read_bytes().replace((10**6).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    assert "damaged" in refusal(path)


def test_parts_of_an_archive_stay_in_its_folder(tmp_path: Path) -> None:
    squares().to_file(tmp_path / "outlines.shp")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in tmp_path.glob("outlines.*"):
            archive.write(part, f"../../{part.name}")
        archive.writestr("../../outlines.vrt", "<OGRVRTDataSource/>")
        archive.writestr("/etc/outlines.py", "")
    table = open_table(tmp_path / "a.zip", score)
    assert [block.text["code"].tolist() for block in table.blocks] == [["A"]]
    assert {path.suffix for path in tmp_path.parent.rglob("outlines.*")} <= {".shp", ".shx", ".dbf", ".prj", ".cpg"}


def test_two_cells_a_world_apart_make_no_table_of_all_between(tmp_path: Path) -> None:
    rows = sheet(cell("A1", 1) + cell("XFD1048576", 1048576))
    said = refusal(workbook(tmp_path / "a.xlsx", sheet1=rows))
    assert "memory or time" in said


def test_a_sheet_of_very_many_columns_is_refused(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet().write_row(0, 0, ["x"] * 16384)
    assert "more than 1000 columns" in refusal(tmp_path / "a.xlsx")


def test_a_dimension_tag_may_say_what_it_likes(tmp_path: Path) -> None:
    rows = sheet(cell("A1", 1) + cell("A2", 2)).replace("<sheetData>", '<dimension ref="A1:XFD999999999"/><sheetData>')
    table = open_table(workbook(tmp_path / "a.xlsx", sheet1=rows), score)
    assert [len(block.text) for block in table.blocks] == [1]


def test_an_open_document_that_repeats_a_row_a_billion_times_is_refused(tmp_path: Path) -> None:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    repeated = (
        '<table:table-row table:number-rows-repeated="1000000000">'
        '<table:table-cell office:value-type="string" table:number-columns-repeated="1000">'
        "<text:p>x</text:p></table:table-cell></table:table-row>"
    )
    document = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="a">{repeated}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", document)
    assert "no spreadsheet that can be read" in refusal(tmp_path / "a.ods")


@pytest.mark.parametrize(
    "definitions",
    [
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!doctype x SYSTEM "http://127.0.0.1:1/x.dtd">',
    ],
)
def test_a_sheet_with_entities_is_refused(tmp_path: Path, definitions: str) -> None:
    path = workbook(tmp_path / "a.xlsx", sheet1=sheet(cell("A1", 1).replace(">x<", ">&b;<"), definitions))
    assert "save it as .xlsx again" in refusal(path)


@pytest.mark.parametrize(
    "document",
    [
        {"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read SECRET"},
        {"type": "Topology", "objects": {}, "arcs": []},
        {"type": "FeatureCollection", "features": "none"},
    ],
)
def test_json_cannot_tell_gdal_what_to_read(tmp_path: Path, document: dict[str, object]) -> None:
    squares().to_file(tmp_path / "secret.gpkg", driver="GPKG")
    (tmp_path / "a.geojson").write_text(json.dumps(document).replace("SECRET", str(tmp_path / "secret.gpkg")))
    assert "no geometry" in refusal(tmp_path / "a.geojson")


def test_features_with_ever_new_attributes_are_refused(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {f"p{n}_{k}": 1 for k in range(100)}, "geometry": None} for n in range(20)
    ]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert "more than 1000 columns" in refusal(tmp_path / "a.geojson")


def _add_view(database: sqlite3.Connection) -> None:
    database.execute("alter table a rename to plain")
    database.execute("create view a as with recursive n(i) as (select 1 union all select i + 1 from n) select * from n")


def _add_computed(database: sqlite3.Connection) -> None:
    database.execute("alter table a add column swollen generated always as (hex(zeroblob(500000000))) virtual")


def _add_module(database: sqlite3.Connection) -> None:
    database.execute("pragma writable_schema = on")
    row = ("table", "spy", "spy", 0, "CREATE VIRTUAL TABLE spy USING VirtualText('/etc/passwd', 'utf-8')")
    database.execute("insert into sqlite_master values (?, ?, ?, ?, ?)", row)


def _drop_contents(database: sqlite3.Connection) -> None:
    database.execute("drop table gpkg_contents")


@pytest.mark.parametrize(
    ("change", "said"),
    [(_add_view, "views"), (_add_computed, "computed"), (_add_module, "views or"), (_drop_contents, "no layers")],
)
def test_a_geopackage_computes_nothing(tmp_path: Path, change: Callable[[sqlite3.Connection], None], said: str) -> None:
    squares().to_file(tmp_path / "a.gpkg", driver="GPKG", SPATIAL_INDEX="NO")
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as database:
        triggers = database.execute("select name from sqlite_master where type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f'drop trigger "{name}"')
        change(database)
        database.commit()
    assert said in refusal(tmp_path / "a.gpkg")


def test_triggers_of_a_geopackage_do_not_fire(tmp_path: Path) -> None:
    squares().to_file(tmp_path / "a.gpkg", driver="GPKG")
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as database:
        database.execute("create trigger t after insert on gpkg_contents begin delete from a; end")
        database.commit()
    table = open_table(tmp_path / "a.gpkg", score)
    assert [block.text["code"].tolist() for block in table.blocks] == [["A"]]


def test_shapes_too_large_for_memory_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LARGEST_SHAPES", 10)
    (tmp_path / "a.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    assert "Simplify them" in refusal(tmp_path / "a.geojson")


def test_one_endless_line_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(200 * 2**20)
    assert "longer than 16 million" in refusal(tmp_path / "a.csv")


def test_an_endless_cell_of_many_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LONGEST_LINE", 1000)
    (tmp_path / "a.csv").write_text('户号,户名\n1,"' + "x\n" * 1000)
    assert "quotation mark" in refusal(tmp_path / "a.csv")


def test_a_million_columns_of_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a," * 1_000_000 + "\n")
    assert "more than 1000 columns" in refusal(tmp_path / "a.csv")
