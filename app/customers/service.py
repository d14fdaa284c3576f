"""Looking at a customer in full: for a reason, so often an hour, and on record."""

from dataclasses import replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from app.audit.service import customer_subject, record, record_apart
from app.core.access import Permission, Viewer
from app.core.errors import DomainError
from app.core.limits import TooMany, hit
from app.core.masking import mask_account, mask_address, mask_name
from app.core.settings import settings
from app.customers.models import Account
from app.customers.queries import Served, is_on_beat

OWN_BEAT, OTHER = "own_beat", "other"
REASONS = ("caller", "work_order", "visit", "correction", OTHER)
"""Why somebody looks at a customer who is not their own; `other` says why in a note."""
REVEALS = lazy_gettext("You have looked at as many customers in full as one hour allows. Try again in %(wait)s.")
SHORTEST_NOTE, LONGEST_NOTE = 4, 100


def masked_account(served: Served) -> Served:
    """The account with all that is personal masked; manager, cell and station stay."""
    return replace(
        served,
        account_no=mask_account(served.account_no),
        name=mask_name(served.name),
        address=mask_address(served.address),
        point_no=mask_account(served.point_no),
    )


def needs_reason(session: Session, viewer: Viewer, customer_id: int) -> bool:
    """Whether the viewer must say why: none of the customer's metering points lies on the viewer's own beat."""
    scope = viewer.scope(Permission.CUSTOMERS_REVEAL)
    return not (scope.cells and is_on_beat(session, scope, customer_id))


def reveal(session: Session, viewer: Viewer, account: Account, reason: str = "", note: str = "") -> None:
    """Write down that the viewer sees the customer in full, and why; refuse without a reason, or too often an hour."""
    customer_id = account.customer_id
    if needs_reason(session, viewer, customer_id):
        why = _reason(reason, note.strip()[:LONGEST_NOTE])
    else:
        why = {"why": OWN_BEAT}
    try:
        count_reveal(viewer)
    except TooMany:
        subject = customer_subject(customer_id)
        record_apart(viewer.actor, "customers.reveal_refused", subject, customer_id, **why)
        raise
    record(session, viewer.actor, "customers.reveal", customer_subject(customer_id), customer_id, **why)


def count_reveal(viewer: Viewer) -> None:
    """Count a look at personal data in full; refuse it where the hour has had as many as are allowed."""
    hit(f"{settings().reveals_an_hour} per hour", "reveals", str(viewer.user_id), said=REVEALS)


def _reason(reason: str, note: str) -> dict[str, str]:
    if reason not in REASONS or (reason == OTHER and len(note) < SHORTEST_NOTE):
        message = _(
            "Say why you need to see this customer in full: choose a reason, or write at least %(shortest)s letters.",
            shortest=SHORTEST_NOTE,
        )
        raise DomainError(message)
    return {"why": reason, "note": note} if reason == OTHER else {"why": reason}
