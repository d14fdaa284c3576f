"""The trail of what was looked at and changed."""

from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from app.core.model import Base, Moment, Pk


class AuditEntry(Base):
    """One act: who did what to what, and when. Written once, never changed."""

    __tablename__ = "audit_entry"

    id: Mapped[Pk]
    at: Mapped[Moment] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
