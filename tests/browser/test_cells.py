"""Cells divided, merged and reshaped with the mouse; beats on maps."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.core.database import database
from tests.factories import make_cell, make_manager, make_station, own, square


@pytest.fixture
def cells(app: Flask) -> None:
    """Two neighbours of one beat."""
    with database().transaction() as session:
        station = make_station(session, code="ST", name="城南供电所")
        manager = make_manager(session, station, code="KH1", name="李经理")
        west = make_cell(session, station, code="ST-WEST", households=120)
        own(session, west, manager)
        own(session, make_cell(session, station, code="ST-EAST", shape=square(114.41)), manager)


def open_editor(page: Page, tool: str) -> tuple[float, float, float, float]:
    """Open the cell with a tool in hand; gives the map's place on the screen."""
    page.goto("/cells/ST-WEST")
    expect(page.locator(".map[data-drawn=yes]")).to_be_visible()
    page.get_by_role("button", name=tool).click()
    box = page.locator(".map").bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"], box["height"]


def test_a_line_across_divides_a_cell(page: Page, cells: None) -> None:
    left, top, width, height = open_editor(page, "画线拆分")
    page.mouse.click(left + width * 0.25, top + height * 0.5)
    page.mouse.dblclick(left + width * 0.48, top + height * 0.55)
    page.get_by_role("button", name="应用").click()
    expect(page.get_by_text("3 个网格，空隙 0 处，重叠 0 处")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("ST-WEST")


def test_a_click_on_a_neighbour_merges(page: Page, cells: None) -> None:
    left, top, width, height = open_editor(page, "与相邻网格合并")
    page.mouse.click(left + width * 0.8, top + height * 0.5)
    page.get_by_role("button", name="应用").click()
    expect(page.get_by_text("1 个网格，空隙 0 处，重叠 0 处")).to_be_visible()


def test_a_dragged_corner_moves_the_border_for_both(page: Page, cells: None) -> None:
    left, top, width, height = open_editor(page, "调整边界")
    corner = page.locator(".marker-icon:not(.marker-icon-middle)").nth(1)
    corner.hover()
    page.mouse.down()
    page.mouse.move(left + width * 0.6, top + height * 0.3, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="应用").click()
    expect(page.get_by_text("2 个网格的边界已更新")).to_be_visible()


def test_a_refusal_is_said_beside_the_map(page: Page, cells: None) -> None:
    left, top, width, height = open_editor(page, "画线拆分")
    page.mouse.click(left + width * 0.97, top + height * 0.1)
    page.mouse.dblclick(left + width * 0.97, top + height * 0.8)
    page.get_by_role("button", name="应用").click()
    expect(page.get_by_role("alert")).to_contain_text("没有把网格分开")
    assert page.url.endswith("/cells/ST-WEST")


@pytest.mark.parametrize(("tool", "words"), [("与相邻网格合并", "至少选择一个相邻网格"), ("画线拆分", "尚未画线")])
def test_applying_nothing_says_what_to_do(page: Page, cells: None, tool: str, words: str) -> None:
    open_editor(page, tool)
    page.get_by_role("button", name="应用").click()
    expect(page.get_by_role("alert")).to_contain_text(words)


def test_ticked_neighbours_are_merged_without_a_map(page: Page, cells: None) -> None:
    page.goto("/cells/ST-WEST")
    page.get_by_label("与 ST-EAST 合并").check()
    page.get_by_role("button", name="将勾选的网格并入本网格").click()
    expect(page.get_by_text("1 个网格，空隙 0 处，重叠 0 处")).to_be_visible()


def test_what_a_form_refuses_is_said_on_the_cell_s_page(page: Page, cells: None) -> None:
    page.goto("/cells/ST-WEST")
    page.get_by_role("button", name="将勾选的网格并入本网格").click()
    expect(page.get_by_role("alert")).to_contain_text("至少选择一个相邻网格")
    expect(page).to_have_url(re.compile("/cells/ST-WEST$"))


def test_the_beats_of_a_station_are_on_a_map(page: Page, cells: None) -> None:
    page.goto("/stations/ST")
    expect(page.locator(".map[data-drawn=yes]")).to_be_visible()
    page.locator(".map").scroll_into_view_if_needed()
    box = page.locator(".map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    expect(page.locator(".leaflet-popup")).to_contain_text("李经理")
