"""A plan goes its way by buttons that ask first, on a desk's screen and on a phone's."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.core import clock
from app.core.database import database
from tests.integration.plans.publication import published, set_clock


@pytest.fixture(params=[1280, 390], ids=["desk", "phone"])
def follows(request: pytest.FixtureRequest, app: Flask, page: Page) -> str:
    """What follows from a plan that is published for tomorrow."""
    with database().transaction() as session:
        plan = published(session).plan
        address = f"/plans/{plan.id}/follows"
    page.set_viewport_size({"width": request.param, "height": 800})
    return address


def agree(page: Page, verb: str) -> None:
    page.locator("summary", has_text=verb).click()
    page.locator(".confirm-sheet").get_by_role("button", name=verb).click()


def test_a_plan_is_withdrawn_before_its_day(page: Page, follows: str) -> None:
    page.goto(follows)
    agree(page, "撤回")
    expect(page.locator("#way")).to_contain_text("请复制")


def test_a_plan_is_rolled_back_after_its_day(page: Page, follows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, clock.today() + timedelta(days=1))
    page.goto(follows)
    agree(page, "回退")
    expect(page.get_by_role("heading", name="回退")).to_be_visible()
