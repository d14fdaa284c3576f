"""Choose a manager, see the first sheet, take the PDF away."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.core.database import database
from tests.integration.cards.scene import Beat, make_beat


@pytest.fixture
def beat(app: Flask) -> Beat:
    with database().sessions() as session:
        beat = make_beat(session, boxes=12)
        assert beat.cell.station
        return beat


def choose(page: Page, beat: Beat) -> None:
    page.goto("/cards/")
    page.get_by_label("客户经理").fill(beat.manager.code)
    page.get_by_label("供电所").select_option(beat.cell.station.code)
    expect(page.locator("#cards")).to_have_text("12")


def width_shown(page: Page) -> int:
    preview = page.get_by_alt_text("第一张纸")
    return int(preview.evaluate("picture => picture.decode().then(() => picture.naturalWidth)"))


def test_a_click_on_the_sheet_says_where_the_first_card_comes(page: Page, beat: Beat) -> None:
    choose(page, beat)
    assert width_shown(page) > 700
    expect(page.locator("#sheets")).to_have_text("2")
    page.locator(".slot", has_text="10").click()
    expect(page).to_have_url(re.compile("start=10"))
    page.locator(".sheet", has_text="A6").click()
    expect(page.locator("#sheets")).to_have_text("12")
    expect(page.locator(".slots")).to_have_count(0)


def test_a_print_is_followed_to_its_file_and_kept_in_the_list(page: Page, beat: Beat) -> None:
    choose(page, beat)
    page.get_by_role("button", name="生成 PDF").click()
    link = page.get_by_role("link", name="下载 PDF")
    expect(link).to_be_visible(timeout=20_000)
    with page.expect_download() as download:
        link.click()
    assert download.value.path().read_bytes().startswith(b"%PDF")
    page.goto("/cards/")
    page.locator("#prints").scroll_into_view_if_needed()
    expect(page.locator("#print-state")).to_have_text("内容有效")


def test_what_is_unknown_is_said_beside_its_field(page: Page, beat: Beat) -> None:
    page.goto("/cards/")
    page.get_by_label("网格", exact=True).fill("没有这格")
    page.get_by_label("网格", exact=True).press("Enter")
    expect(page.locator("#field-cell-error")).to_contain_text("没有这格")
    expect(page.get_by_label("网格", exact=True)).to_have_value("没有这格")


def test_the_page_behind_the_code_fits_a_phone(page: Page, beat: Beat) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(f"/c/{beat.cell.card_token}")
    expect(page.get_by_role("link", name=re.compile("拨打"))).to_have_attribute("href", "tel:13800138000")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("Customer manager")).to_be_visible()
