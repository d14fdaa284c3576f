"""A supervisor brings a customers file with three broken rows, mends them and brings them again."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from app.core.database import database
from tests.factories import make_area, make_cell, make_station, square
from tests.integration.imports.conftest import customers


def _drop(page: Page, file: Path) -> None:
    """Let a file fall onto the marked place, as from the desk."""
    script = """content => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(content)], "客户清单.csv"));
        document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", {dataTransfer: transfer}));
    }"""
    page.evaluate(script, list(file.read_bytes()))
    expect(page.locator("[data-drop-name]")).to_contain_text(file.name)


def test_three_broken_rows_are_mended(page: Page, tmp_path: Path) -> None:
    with database().transaction() as session:
        station = make_station(session, code="S1", boundary=square())
        make_area(session, station, code="TQ1")
        make_cell(session, station, code="S1-A", shape=square())
    broken = {"联系电话": "1381234"}, {"台区编号": "TQ9"}, {"经度": "23.105", "纬度": "114.405"}
    file = tmp_path / "客户清单.csv"
    file.write_text(customers({}, *broken, {}), "gb18030")

    page.goto("/imports")
    page.get_by_role("link", name="导入文件").first.click()
    page.get_by_label("客户与表箱").check()
    _drop(page, file)
    page.get_by_role("button", name="上传并查看").click()
    expect(page.get_by_label("列“户号”的内容")).to_have_value("account_no")
    expect(page.get_by_role("cell", name="陈建国").first).to_be_visible()
    page.get_by_role("button", name="试导入").click()
    expect(page.get_by_text("这是试导入，没有改动任何数据")).to_be_visible()
    page.get_by_role("button", name="正式导入").click()

    expect(page.locator(".tile", has_text="新增")).to_contain_text("2")
    expect(page.locator(".tile", has_text="退回")).to_contain_text("3")
    rows = page.locator("#issues tbody")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text(re.compile(r"3\s*联系电话\s*“1381234”不是电话号码"))
    expect(rows.nth(1)).to_contain_text("没有编号或名称为“TQ9”的台区")
    expect(rows.nth(2)).to_contain_text("经度和纬度似乎填反了")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV (GB18030)").click()
    assert download.value.suggested_filename == "客户清单 退回行.csv"

    page.get_by_label("第 3 行的联系电话").fill("13812345679")
    page.get_by_label("第 4 行的台区编号").fill("TQ1")
    page.get_by_label("第 5 行的经度").fill("114.405")
    rows.nth(2).get_by_text("整行内容").click()
    rows.nth(2).get_by_label("纬度").fill("23.105")
    page.get_by_role("button", name="导入改正后的行").click()

    expect(page.get_by_text("所有行均已导入")).to_be_visible()
    page.locator(".tile", has_text="新增").click()
    expect(page.locator("tbody tr")).to_have_count(3)
