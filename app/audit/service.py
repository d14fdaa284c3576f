"""Write the trail, in the transaction of what it records."""

from typing import Any

from sqlalchemy.orm import Session

from app.audit.models import AuditEntry


def record(session: Session, actor: str, action: str, subject: str, **details: Any) -> None:
    """Add one act to the trail; it stands or falls with the caller's transaction."""
    session.add(AuditEntry(actor=actor, action=action, subject=subject, details=details))
