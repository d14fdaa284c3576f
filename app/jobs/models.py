"""Long work, and how it ended."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.model import Base, Moment, Pk, reference

STATES = ("queued", "running", "done", "failed", "stopped")
WAITING = ("queued", "running")
"""The states in which there is still something to do."""


class Job(Base):
    """A piece of long work that a worker does; this row is the truth, the queue only wakes the worker."""

    __tablename__ = "job"
    __table_args__ = (CheckConstraint("state in ('queued', 'running', 'done', 'failed', 'stopped')", name="state"),)

    id: Mapped[Pk]
    kind: Mapped[str]
    title: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    language: Mapped[str]
    user_id: Mapped[int | None] = reference("app_user.id")
    """Who asked for it; None for the shell."""
    state: Mapped[str] = mapped_column(default="queued", index=True)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None]
    created_at: Mapped[Moment]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
