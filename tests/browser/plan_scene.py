"""A plan of two managers on its map, as whoever tests it touches it."""

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from app.core.database import database
from app.plans.models import Plan, PlanStep

STEP = 0.152
"""How wide one of the six cells is on the screen, as a share of the map, whatever zoom it took."""


class Scene:
    """Two managers of three cells in a row, open on the map."""

    def __init__(self, page: Page, address: str, codes: list[str]) -> None:
        self.page, self.address, self.codes = page, address, codes
        self.open()

    def open(self) -> None:
        self.page.goto(self.address)
        expect(self.page.locator("#plan[data-ready]")).to_be_visible()

    def place(self, cell: float) -> tuple[float, float]:
        """Where the middle of a cell is on the screen, the first is 0; 2.5 is on the border between the two beats."""
        box = self.page.locator(".map").bounding_box()
        assert box is not None
        return box["x"] + box["width"] * (0.5 + STEP * (cell - 2.5)), box["y"] + box["height"] / 2

    def click(self, cell: float, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.down(key)
        self.page.mouse.click(*self.place(cell))
        for key in keys:
            self.page.keyboard.up(key)

    def drag(self, *places: tuple[float, float]) -> None:
        """Press at the first place and move to the others; the hand does not let go."""
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=8)

    def row(self, manager: int) -> Locator:
        return self.page.locator(".plan-manager").filter(has_text=self.codes[manager])

    def expect_loads(self, *loads: int) -> None:
        for manager, load in enumerate(loads):
            expect(self.row(manager)).to_contain_text(f"{load} /")

    def expect_saved(self, within_s: float = 5) -> None:
        expect(self.page.locator(".plan-status[data-state=saved]")).to_be_visible(timeout=within_s * 1000)


def plan_id() -> int:
    with database().transaction() as session:
        return session.scalars(select(Plan.id)).one()


def steps_taken() -> list[str]:
    with database().transaction() as session:
        return list(session.scalars(select(PlanStep.kind).order_by(PlanStep.number)))
