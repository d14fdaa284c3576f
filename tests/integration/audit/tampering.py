"""How somebody with the owner's rights would lie: the triggers go first."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.service import record

SQLITE_TRIGGERS = ("audit_entry_appends", "audit_entry_stays_as_it_is", "audit_entry_stays")


def make_acts(session: Session, count: int) -> None:
    """Acts on record, numbered from one."""
    for number in range(1, count + 1):
        record(session, "anna", "cell.give", f"C-{number}", before={"manager": None}, after={"manager": "M1"})
    session.commit()


@contextmanager
def unguarded(session: Session) -> Iterator[None]:
    """Tamper, and commit."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("alter table audit_entry disable trigger all"))
    else:
        for trigger in SQLITE_TRIGGERS:
            session.execute(text(f"drop trigger {trigger}"))
    yield
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("alter table audit_entry enable trigger all"))
    session.commit()
