"""Take the oldest acts from the trail, so that what is left can still be proven."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.audit import queries
from app.audit.models import AuditEntry
from app.audit.service import record
from app.core.errors import DomainError


def require_right(session: Session) -> None:
    """Refuse where the database lets this user only append: purging is for the owner of the tables."""
    if session.get_bind().dialect.name == "postgresql" and not session.scalar(
        text("select has_table_privilege('audit_entry', 'delete')")
    ):
        message = _("This database user may only append to the trail. Purge with the owner’s address of the database.")
        raise DomainError(message)


def mark(session: Session, moment: datetime, actor: str) -> None:
    """Put on record up to which act the trail will be purged: what comes before the moment, as far as all of it does.

    Number and hash of the last of them stay in the trail, so that the chain can be proven from there.
    """
    found = queries.last_before(session, moment)
    if found:
        through, last = found
        record(session, actor, queries.PURGE, "trail", through=through, hash=last, before=moment.isoformat())


def remove(session: Session) -> int:
    """Remove what is marked; returns how many acts that were. What was broken off before is done now."""
    marked = queries.purges(session)
    if not marked:
        return 0
    goes = AuditEntry.id <= max(through for through, _hash in marked)
    count = session.scalar(select(func.count()).where(goes)) or 0
    session.execute(delete(AuditEntry).where(goes), execution_options={"synchronize_session": False})
    return count
