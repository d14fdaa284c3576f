"""Plans: who is to answer for which cells from some day on, before anybody does."""

from datetime import date
from typing import Any

import shapely
from sqlalchemy import JSON, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.geometry import Geometry
from app.core.model import Base, Code, Day, Moment, Name, Pk, reference
from app.grid.models import CustomerManager, GridCell
from app.organisation.models import OrganisationUnit

STATES = ("draft", "submitted", "approved", "published", "withdrawn")
"""What a plan goes through; a published one is in force from its day on."""


class Plan(Base):
    """A plan for the cells of a unit, started from who answered for them on a day (规划方案)."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("state <> 'published' or effective_on is not null", name="published_for_a_day"),
    )

    id: Mapped[Pk]
    name: Mapped[Name]
    unit_id: Mapped[int] = reference("organisation_unit.id")
    base_on: Mapped[Day]
    state: Mapped[str] = mapped_column(String(16), default="draft")
    effective_on: Mapped[date | None]
    rolled_back_on: Mapped[date | None]
    """From this day on the former state is in force again, by another publication."""
    note: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=0)
    """The number of its last step: whoever edits says which one was seen last."""
    copied_from_id: Mapped[int | None] = reference("plan.id")
    made_by: Mapped[Name]
    made_at: Mapped[Moment]
    submitted_by: Mapped[Name | None]
    approved_by: Mapped[Name | None]

    unit: Mapped[OrganisationUnit] = relationship()


class PlanCell(Base):
    """A cell as a plan has it: one of the register, or one that the plan makes by splitting or merging."""

    __tablename__ = "plan_cell"
    __table_args__ = (UniqueConstraint("plan_id", "key"), CheckConstraint("households >= 0", name="households"))

    id: Mapped[Pk]
    plan_id: Mapped[int] = reference("plan.id", index=False, ondelete="CASCADE")
    key: Mapped[Code]
    """The cell's code; of a cell that the plan makes, that of its parent with a number."""
    cell_id: Mapped[int | None] = reference("grid_cell.id")
    station_id: Mapped[int] = reference("organisation_unit.id")
    base_manager_id: Mapped[int | None] = reference("customer_manager.id", index=False)
    manager_id: Mapped[int | None] = reference("customer_manager.id")
    locked: Mapped[bool] = mapped_column(default=False)
    gone: Mapped[bool] = mapped_column(default=False)
    """Other cells of the plan have taken its place."""
    households: Mapped[int] = mapped_column(default=0)
    shape: Mapped[shapely.Geometry | None] = mapped_column(Geometry("MULTIPOLYGON"))
    """As the plan draws it; None where that is as the register has it."""
    base_mark: Mapped[str | None] = mapped_column(String(16))
    """Of the shape that the register had when the plan began."""
    version: Mapped[int] = mapped_column(default=0)
    """The number of the step that changed it last."""

    manager: Mapped[CustomerManager | None] = relationship(foreign_keys=[manager_id])
    register_cell: Mapped[GridCell | None] = relationship()


class PlanStep(Base):
    """What somebody did to a plan, with before and after: nothing is ever taken out of this list."""

    __tablename__ = "plan_step"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: Mapped[Pk]
    plan_id: Mapped[int] = reference("plan.id", index=False, ondelete="CASCADE")
    number: Mapped[int]
    at: Mapped[Moment]
    actor: Mapped[Name]
    kind: Mapped[str] = mapped_column(String(16))
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Keys of cells to those of their fields that the step changed; managers by code, shapes as WKB in hexadecimals."""
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What doing the step again in the register takes: the line of a split, the step that an undoing undid."""
    undone: Mapped[bool] = mapped_column(default=False)
    dropped: Mapped[bool] = mapped_column(default=False)
    """Undone, and followed by another step: it cannot be redone."""
