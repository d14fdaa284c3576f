"""A clerk brings a customers file with three broken rows."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from app.core.database import database
from tests.factories import make_area, make_cell, make_station, square
from tests.integration.imports.conftest import customers


def test_a_clerk_imports_customers(page: Page, tmp_path: Path) -> None:
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
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="上传并查看").click()
    expect(page.get_by_label("列“户号”的内容")).to_have_value("account_no")
    expect(page.get_by_role("cell", name="陈建国").first).to_be_visible()
    page.get_by_role("button", name="开始导入").click()
    page.wait_for_selector('[data-state="done"]')
    page.get_by_role("link", name="查看结果").click()

    expect(page.locator('[data-figure="created"]')).to_contain_text("2")
    expect(page.locator('[data-figure="rejected"]')).to_contain_text("3")
    rows = page.locator("#issues tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_have_text(re.compile(r"3\s*联系电话\s*1381234\s*“1381234”不是电话号码"))
    expect(rows.nth(1)).to_contain_text("没有编号或名称为“TQ9”的台区")
    expect(rows.nth(2)).to_contain_text("经度和纬度似乎填反了")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载退回行").click()
    assert download.value.suggested_filename == "客户清单 退回行.xlsx"
