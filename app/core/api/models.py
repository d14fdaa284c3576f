"""Posts that were done, so that a client which did not hear the answer can ask again without doing them twice."""

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.model import Base, Moment, Pk, reference


class IdempotencyKey(Base):
    """A client's own name for one POST, what it sent, and what it was answered; kept for a day."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[Pk]
    user_id: Mapped[int] = reference("app_user.id", index=False)
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 over where and what was posted."""
    status: Mapped[int]
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    body: Mapped[str]
    created_at: Mapped[Moment] = mapped_column(index=True)
