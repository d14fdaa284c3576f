"""Files that came in, what became of their rows, and the column mappings worth remembering."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from app.core.model import Base, Moment, Pk, reference


class ImportRun(Base):
    """One file: its kind, how it is to be read, and the outcome."""

    __tablename__ = "import_run"

    id: Mapped[Pk]
    kind: Mapped[str]
    filename: Mapped[str]
    path: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    issues: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[Moment]
    finished_at: Mapped[datetime | None]
    job_id: Mapped[int | None] = reference("job.id")
    user_id: Mapped[int | None] = reference("app_user.id")
    """Who brought it; None for the shell."""


class ColumnMapping(Base):
    """How a file with these headings was read last time."""

    __tablename__ = "column_mapping"

    id: Mapped[Pk]
    signature: Mapped[str] = mapped_column(unique=True)
    columns: Mapped[dict[str, str]] = mapped_column(JSON)
    updated_at: Mapped[Moment]
