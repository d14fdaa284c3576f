"""A publication that is interrupted at any statement has not happened at all."""

from typing import Any, cast

import pytest
import shapely
from flask import Flask
from sqlalchemy import Table, event, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.core.database import database
from app.grid.models import GridCell, Ownership
from app.plans import publishing
from app.plans.models import Plan, PlanCell, PlanStep
from tests.integration.plans.publication import Scene, approved

WRITTEN = (Ownership, Plan, PlanCell, PlanStep, AuditEntry, GridCell)
MIDDLE = shapely.LineString([(114.425, 23.102), (114.425, 23.108)])
"""Down the middle of the third cell, which the plan splits besides."""


class Cut(Exception):
    """The line went dead."""


class Cutter:
    """Lets so many statements through, and no more."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self, *_statement: Any) -> None:
        if self.left == 0:
            raise Cut
        self.left -= 1


def publish(scene: Scene, through: int) -> int:
    """Publish in a transaction of its own; returns how many of the statements let through were not needed."""
    cutter = Cutter(through)
    event.listen(database().engine, "before_cursor_execute", cutter)
    try:
        with database().transaction() as session:
            publishing.publish(session, session.get_one(Plan, scene.plan.id), scene.day, "li")
    finally:
        event.remove(database().engine, "before_cursor_execute", cutter)
    return cutter.left


def stored(session: Session) -> list[Any]:
    session.rollback()
    tables = [cast(Table, model.__table__) for model in WRITTEN]
    return [session.execute(select(table).order_by(table.c.id)).all() for table in tables]


@pytest.mark.parametrize(("line", "every"), [(None, 1), (MIDDLE, 8)], ids=["moves", "moves and a split"])
def test_interrupted_at_any_statement_nothing_has_happened(
    app: Flask, session: Session, line: shapely.LineString | None, every: int
) -> None:
    scene = approved(session, line)
    session.commit()
    before, through = stored(session), 0
    while True:
        try:
            publish(scene, through)
            break
        except Cut:
            assert stored(session) == before, f"after {through} statements"
            through += every
    assert through > len(WRITTEN)
    assert stored(session) != before
