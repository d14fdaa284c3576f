"""Killed with -9 while a plan is published: it is published wholly, or not at all."""

import random
from datetime import date

import pytest
import shapely
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.grid.models import GridCell, Ownership
from app.plans.models import Plan
from tests.integration.plans.publication import Scene, approved
from tests.processes import Program

KILLS = 4
PUBLISH = (
    "from datetime import date; from app.core.database import database; from app.plans.models import Plan; "
    "from app.plans import publishing; t = database().transaction(); s = t.__enter__(); "
    "publishing.publish(s, s.get(Plan, {plan}), date.fromisoformat('{day}'), 'li'); t.__exit__(None, None, None)"
)


@pytest.fixture
def scene(session: Session) -> Scene:
    scene = approved(session, shapely.LineString([(114.425, 23.09), (114.425, 23.12)]))
    session.commit()
    return scene


def written(session: Session, plan: int, day: date) -> tuple[str, int, int]:
    """The plan's state, what is owned anew on its day, and the cells in use."""
    session.rollback()
    state = session.scalars(select(Plan.state).where(Plan.id == plan)).one()
    owned = session.scalar(select(func.count()).where(Ownership.valid_from == day)) or 0
    return state, owned, session.scalar(select(func.count(GridCell.id)).where(GridCell.retired_at.is_(None))) or 0


def test_a_publication_is_whole_or_has_not_happened(session: Session, scene: Scene, program: Program) -> None:
    plan, day, moments = scene.plan.id, scene.day, random.Random(3)
    before = written(session, plan, day)
    assert before == ("approved", 0, 4)
    publish, length = PUBLISH.format(plan=plan, day=day.isoformat()), 0.5
    for _kill in range(KILLS):
        program.run(publish, kill_after=moments.uniform(0.02, 1) * length)
        if written(session, plan, day) != before:
            break
    assert written(session, plan, day) in (before, ("published", 1, 5))
    program.run(publish)
    assert written(session, plan, day) == ("published", 1, 5)
    assert session.execute(text("select count(*) from plan_step where kind = 'publish'")).scalar() == 1
