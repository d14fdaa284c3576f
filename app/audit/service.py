"""Put acts on record."""

from typing import Any

from sqlalchemy.orm import Session

from app.audit.apart import put_apart
from app.audit.chain import Act, wait


def record(
    session: Session, actor: str, action: str, subject: str, customer_id: int | None = None, **details: Any
) -> None:
    """Add one act to the trail; it stands or falls with the caller's transaction.

    Details are plain JSON; where something changes, `before` and `after` hold the same keys. Customers are named by
    `customer_subject` and their id, never by name, phone, address or number.
    """
    wait(session, [Act(actor, action, subject, customer_id, details)])


def record_apart(actor: str, action: str, subject: str, customer_id: int | None = None, **details: Any) -> None:
    """Add one act in a transaction of its own, for what is refused and must be on record all the same."""
    put_apart(Act(actor, action, subject, customer_id, details))


def customer_subject(customer_id: int) -> str:
    """How the trail names a customer."""
    return f"customer:{customer_id}"
