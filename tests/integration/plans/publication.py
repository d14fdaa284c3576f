"""A station with two managers of two cells each, and a plan that gives the second cell to the second manager."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.grid.models import CustomerManager, GridCell
from app.grid.queries import manager_of
from app.plans import edits, publishing, steps
from app.plans.models import Plan, PlanCell
from tests.factories import make_plan, make_row_of_cells, make_station


@dataclass
class Scene:
    plan: Plan
    former: CustomerManager
    fresh: CustomerManager
    cell: GridCell
    day: date
    """The first on which the plan is to hold: tomorrow."""

    def on(self, session: Session, day: date) -> CustomerManager | None:
        return manager_of(session, self.cell, day)


def make_scene(session: Session) -> Scene:
    station = make_station(session)
    codes = make_row_of_cells(session, station)
    plan = make_plan(session, station, clock.today())
    keys = list(session.scalars(select(PlanCell.key).where(PlanCell.plan_id == plan.id).order_by(PlanCell.key)))
    steps.move(session, plan, [keys[1]], codes[1], "li", 0)
    managers = [session.scalars(select(CustomerManager).where(CustomerManager.code == code)).one() for code in codes]
    managers[0].name, managers[1].name = "何前任", "罗后任"
    cell = session.scalars(select(GridCell).where(GridCell.code == keys[1])).one()
    return Scene(plan, managers[0], managers[1], cell, clock.today() + timedelta(days=1))


def approved(session: Session, line: shapely.LineString | None = None) -> Scene:
    """With a line, the plan splits the third cell along it besides."""
    scene = make_scene(session)
    if line is not None:
        keys = session.scalars(select(PlanCell.key).where(PlanCell.plan_id == scene.plan.id).order_by(PlanCell.key))
        edits.split(session, scene.plan, keys.all()[2], line, "li", scene.plan.version)
    publishing.submit(session, scene.plan, "li")
    publishing.approve(session, scene.plan, "wang")
    return scene


def published(session: Session) -> Scene:
    scene = approved(session)
    publishing.publish(session, scene.plan, scene.day, "li")
    return scene


def set_clock(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    """Let it be noon of that day for everyone."""

    class Noon(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime(day.year, day.month, day.day, 12, tzinfo=tz)

    monkeypatch.setattr(clock, "datetime", Noon)
