"""The trail of what was looked at and changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.model import Base


class AuditEntry(Base):
    """One act: who did what to what, and when. Appended to a chain of hashes, never changed.

    Customers are named by their id alone, without a foreign key: the trail outlives what it tells of.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_actor_id", "actor", "id"),
        Index("ix_audit_entry_action_id", "action", "id"),
        Index("ix_audit_entry_customer_id_id", "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The act's number: one more than the one before, without a gap."""
    at: Mapped[datetime]
    """What the clock said; acts are ordered by number, for clocks are set back."""
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    customer_id: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous: Mapped[str] = mapped_column(String(64))
    """The hash of the act before."""
    hash: Mapped[str] = mapped_column(String(64))
