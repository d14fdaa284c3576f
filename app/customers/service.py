"""Looking at a customer in full, which goes on record."""

from sqlalchemy.orm import Session

from app.audit.service import customer_subject, record
from app.customers.models import Account


def reveal(session: Session, actor: str, account: Account) -> None:
    """Write down who looked at the customer's name, phones and care marks."""
    record(session, actor, "customers.reveal", customer_subject(account.customer_id), account.customer_id)
